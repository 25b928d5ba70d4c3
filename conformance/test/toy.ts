/** Subjects in process: one server whose manners a test decides frame by frame. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import {
  concat,
  Decoder,
  data,
  encodeFrame,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  headers,
  PREFACE_OCTETS,
  ping,
  plainBlock,
  settings,
  settingsAck,
} from '../../wire/index.ts';
import type { Subject } from '../subject.ts';
import type { Crash, NamedResource, Target } from '../targets/target.ts';

/** One connection, as the toy sees it. */
export interface Link {
  readonly socket: Socket;
  /** Frames of the kit's, in order. */
  readonly frames: Frame[];
  /** In one write. */
  send(...frames: readonly Frame[]): void;
  octets(octets: Uint8Array | string): void;
}

/** True where the frame was dealt with, so that the toy's sound manners do not apply. */
export type Manners = (frame: Frame, link: Link) => boolean;

export interface Toy {
  readonly port: number;
  readonly links: Link[];
  /** Drops everything and refuses connections until `live`. */
  die(): Promise<void>;
  live(): Promise<void>;
}

/** A frame that tells the toy what to do: of a type that RFC 9113 leaves open, so that a sound server ignores it. */
export const ORDER = 0xf0;

export const CONTENT = 'sixteen octets!\n';

const RESOURCES: Readonly<Record<string, string>> = { '/': CONTENT, '/large': 'l'.repeat(100_000), '/empty': '' };

/** Serves "/" (16 octets), "/large" and "/empty", answers 404 with 9 octets to the rest, but for what `manners` takes over. */
export async function toy(t: Test, manners: Manners = () => false): Promise<Toy> {
  const links: Link[] = [];
  const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => links.push(link(socket, manners)));
  const die = async (): Promise<void> => {
    for (const { socket } of links) socket.destroy();
    if (server.listening) await new Promise(resolve => server.close(resolve));
  };
  const listen = async (port: number): Promise<number> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  t.teardown(die);
  return { port, links, die, live: async () => void (await listen(port)) };
}

function link(socket: Socket, manners: Manners): Link {
  const reader = new FrameReader();
  const decoder = new Decoder(4096);
  const write = (octets: Uint8Array | string): void => {
    if (socket.writable) socket.write(octets);
  };
  const self: Link = {
    socket,
    frames: [],
    send: (...frames) => write(concat(frames.map(frame => encodeFrame(frame)))),
    octets: write,
  };
  let awaited = PREFACE_OCTETS.length;
  socket.on('error', () => {}).on('end', () => socket.end());
  socket.on('data', chunk => {
    const skipped = Math.min(awaited, chunk.length);
    if (awaited > 0 && awaited === skipped) self.send(settings());
    awaited -= skipped;
    for (const frame of reader.read(Uint8Array.from(chunk).subarray(skipped))) {
      self.frames.push(frame);
      if (!manners(frame, self)) sound(frame, self, decoder);
    }
  });
  return self;
}

function sound(frame: Frame, { send }: Link, decoder: Decoder): void {
  if (frame.type === FRAME_TYPE.SETTINGS && frame.flags === 0) send(settingsAck());
  else if (frame.type === FRAME_TYPE.PING && frame.flags === 0) send(ping(frame.payload, true));
  else if (frame.type === FRAME_TYPE.HEADERS) send(...response(frame.stream, decoder.decode(frame.payload)));
}

export function response(stream: number, request: readonly string[]): readonly Frame[] {
  const field = (name: string): string => request[request.indexOf(name) + 1] ?? '';
  const content = RESOURCES[field(':path')];
  const head = headers(
    stream,
    plainBlock([':status', content === undefined ? '404' : '200', 'date', 'Sun, 06 Nov 1994 08:49:37 GMT']),
    {
      endStream: field(':method') === 'HEAD',
    },
  );
  if (field(':method') === 'HEAD') return [head];
  const octets = Buffer.from(content ?? 'not found');
  const frames: Frame[] = [];
  for (let at = 0; at < octets.length || at === 0; at += 16_384)
    frames.push(data(stream, octets.subarray(at, at + 16_384), { endStream: at + 16_384 >= octets.length }));
  return [head, ...frames];
}

/** The subject that a case is given, without a calibration before. */
export function subjectAt(port: number): Subject {
  return {
    name: 'toy',
    endpoint: { scheme: 'http', host: '127.0.0.1', port },
    tls: null,
    authority: `127.0.0.1:${port}`,
    fields: [],
    verify: false,
    claims: new Set(['http2']),
    small: { path: '/', status: 200, size: CONTENT.length },
    large: { path: '/large', status: 200, size: 100_000 },
    upload: null,
    other: { path: '/other', status: 404, size: 9 },
  };
}

export function targetAt(
  port: number,
  rest: Partial<Target> = {},
  resources: Readonly<Record<string, NamedResource>> = { small: { path: '/' }, large: { path: '/large' } },
): Target {
  const { endpoint, authority, fields, verify } = subjectAt(port);
  return {
    facts: { name: 'toy', version: '1', address: `http://127.0.0.1:${port}`, claims: ['http2'] },
    ...{ endpoint, authority, fields, verify, resources },
    tls: null,
    expect: {},
    races: {},
    argument: `http://127.0.0.1:${port}`,
    crash: () => null,
    restart: async () => {},
    stop: async () => {},
    ...rest,
  };
}

/** A toy that the kit "started": its exit is known some turns of the event loop after its connections have gone. */
export function mortal(toy: Toy, restart: () => Promise<void> = () => toy.live()): Partial<Target> & { kill(): void } {
  let crash: Crash | null = null;
  const exit = (turns: number): void => {
    if (turns > 0) setImmediate(exit, turns - 1);
    else crash = { how: 'signal SIGSEGV', output: 'assertion failed: toys do not live for ever' };
  };
  return {
    kill: () => void toy.die().then(() => exit(50)),
    crash: () => crash,
    restart: async () => {
      await restart();
      crash = null;
    },
  };
}
