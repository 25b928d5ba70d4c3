/**
 * What connections and exchanges cost in memory, and whether they leave any behind. Exits with 1 when a figure is outside.
 *
 *   npm run build && node bench/memory.js [connections]
 *
 * 1. Idle: cleartext connections, 2,000 by default, after one request each; growth of the server's resident memory, divided.
 *    As it is, without a forced collection, and with one. Buffers of the kernel are not in it.
 * 2. Left behind: 10,000 exchanges on one connection that stays, 100 at a time, and 1,000 connections of one exchange each.
 *    The heap and what it holds outside of it, after a forced collection, against the same after an equal warm-up.
 */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  concat,
  Encoder,
  encodeFrame,
  FRAME_TYPE,
  FrameReader,
  headers,
  PREFACE_OCTETS,
  settings,
  settingsAck,
} from 'msgi/wire';
import { resident, serve } from './started.js';

const IDLE = 20 * 1024;
const LEFT = 1_048_576;
const [connections = 2000] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(connections) && connections > 0)) {
  process.stderr.write('usage: node bench/memory.js [connections]\n');
  process.exit(2);
}

function check(right, line) {
  process.stdout.write(`${right ? 'ok' : 'OUTSIDE'}  ${line}\n`);
  if (!right) process.exitCode = 1;
}

const number = value => Math.round(value).toLocaleString('en');

/** A connection that has made one request and had its answer: the cheapest client there is. */
async function visit(address) {
  const { port } = new URL(address);
  const socket = createConnection({ port: Number(port), host: '127.0.0.1' });
  const request = new Encoder().encode([':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a']);
  const frames = [settings([]), settingsAck(), headers(1, request, { endStream: true })];
  socket.write(concat([PREFACE_OCTETS, ...frames.map(frame => encodeFrame(frame))]));
  const reader = new FrameReader();
  for await (const [octets] of on(socket)) {
    const ends = reader
      .read(octets)
      .some(({ type, flags, stream }) => stream === 1 && type === FRAME_TYPE.DATA && (flags & 1) !== 0);
    if (ends) return socket;
  }
  throw new Error('the connection has ended before its answer');
}

async function* on(socket) {
  for (;;) yield await once(socket, 'data');
}

/** Many of them, some at a time. */
async function visits(address, count) {
  const sockets = [];
  while (sockets.length < count) {
    sockets.push(
      ...(await Promise.all(Array.from({ length: Math.min(100, count - sockets.length) }, () => visit(address)))),
    );
  }
  return sockets;
}

async function leave(sockets) {
  const closed = sockets.map(socket => once(socket, 'close'));
  for (const socket of sockets) socket.end();
  await Promise.all(closed);
}

async function get(client, path) {
  const stream = client.request({ ':path': path });
  let body = '';
  for await (const chunk of stream) body += chunk;
  return body;
}

/** What the heap of the server holds, and what it holds outside of it, octets. */
async function heap(client) {
  const { heapUsed, external } = JSON.parse(await get(client, '/heap'));
  return { heapUsed, external };
}

async function exchanges(client, count) {
  for (let done = 0; done < count; done += 100) {
    await Promise.all(Array.from({ length: 100 }, () => get(client, '/')));
  }
}

async function idle() {
  const server = await serve(['bench/memory-app.js'], ['--expose-gc']);
  const client = connect(server.address);
  await leave(await visits(server.address, 200));
  await heap(client);
  const before = resident(server.pid);
  const sockets = await visits(server.address, connections);
  await sleep(1000);
  const plain = (resident(server.pid) - before) / connections;
  await heap(client);
  const collected = (resident(server.pid) - before) / connections;
  check(
    plain < IDLE,
    `${number(connections)} idle connections: ${number(plain)} octets resident each (below ${number(IDLE)})`,
  );
  process.stdout.write(`    ${number(collected)} octets each after a forced collection\n`);
  client.destroy();
  for (const socket of sockets) socket.destroy();
  await server.stop();
}

async function leftBehind(title, work) {
  const server = await serve(['bench/memory-app.js'], ['--expose-gc']);
  const client = connect(server.address);
  await work(server.address, client);
  const before = await heap(client);
  await work(server.address, client);
  const after = await heap(client);
  const [inside, outside] = [after.heapUsed - before.heapUsed, after.external - before.external];
  const right = inside < LEFT && outside < LEFT;
  check(
    right,
    `${title}: ${number(inside)} octets in the heap, ${number(outside)} outside of it (below ${number(LEFT)})`,
  );
  client.destroy();
  await server.stop();
}

await idle();
await leftBehind('10,000 exchanges on one connection leave', (_, client) => exchanges(client, 10_000));
await leftBehind('1,000 connections leave', async address => leave(await visits(address, 1000)));
