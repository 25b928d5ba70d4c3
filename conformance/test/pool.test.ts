/** Instances that cases about the pipe use one after the other. The server at the other end is the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { encode } from '../../binding/codec.ts';
import { type Frame, FrameReader } from '../../binding/frame.ts';
import type { ServerMessage } from '../../binding/messages.ts';
import { CONTROL, pathOf } from '../application/messages.ts';
import { Transcript } from '../peer/transcript.ts';
import { octetOf } from '../process/host-end.ts';
import { InstancePool, type Lease } from '../process/pool.ts';
import { type Instance, type Target, TargetError } from '../targets/target.ts';
import { PACKAGE_ROOT } from '../version.ts';
import { someHead } from './some-head.ts';

interface Server {
  readonly child: ChildProcess;
  stopped: boolean;
  write(...messages: readonly ServerMessage[]): void;
}

/** A pool whose instances are processes that carry a pipe; `settled`: what such a server does at SETTLED. */
function pooled(t: Test, settled: (server: Server, frame: Frame) => void = () => {}) {
  const servers: Server[] = [];
  const another: NonNullable<Target['another']> = async (_options, _env, _control, pipes) => {
    if (pipes === undefined) throw new TargetError('no pipes');
    const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'dist', 'conformance', 'process', 'host.js')], {
      env: { ...process.env, [CONTROL]: pipes.address },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const server: Server = {
      child,
      stopped: false,
      write: (...messages) => void child.stdin.write(Buffer.concat(messages.map(encode))),
    };
    servers.push(server);
    const reader = new FrameReader(2 ** 24);
    child.stdout.on('data', octets => {
      for (const frame of reader.read(octets)) if (frame.type === octetOf('SETTLED')) settled(server, frame);
    });
    server.write({ type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: 65_536, name: 'x' } });
    await pipes.greeted(20_000);
    const stop = async (): Promise<void> => {
      server.stopped = true;
      child.stdin.destroy();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    };
    return { stop } as unknown as Instance;
  };
  const pool = new InstancePool(another);
  t.teardown(() => pool.stop());
  return { pool, servers };
}

/** The case of the lease begins. */
async function used({ host }: Lease): Promise<void> {
  host.lend(new Transcript(), AbortSignal.timeout(20_000));
  await host.message(0, 'HELLO');
}

/** HEAD of an exchange that no control answers. */
const head = (number: number): ServerMessage => ({
  type: 'HEAD',
  number,
  payload: someHead(pathOf('process/x', 'x')),
});
const opened: ServerMessage = { type: 'OPEN', number: 1, payload: { peer: null, local: null, tls: null } };
const closed = (number: number): ServerMessage => ({
  type: 'CLOSE',
  number,
  payload: { complete: false, code: 8, by: 'peer', status: 0, sent: 0, received: 0 },
});

/** An exchange that the case has left behind. */
async function leaves({ host }: Lease, server: Server | undefined): Promise<void> {
  server?.write(opened, head(3));
  await host.message(3, 'HEAD');
}

t.test('an instance that a case has left clean is used again, and shows nothing of it', async t => {
  const { pool, servers } = pooled(t, (server, { number }) => server.write(closed(number)));
  const one = await pool.take();
  await used(one);
  await leaves(one, servers[0]);
  one.host.send('PUSH', 3, { promise: one.host.promise(), method: 'GET', target: '/', fields: [] });
  servers[0]?.write({ type: 'RESET', number: 2, payload: { code: 7, by: 'server' } });
  await one.host.message(2, 'RESET');
  pool.give(one, true);
  // The other place is taken first, so that this take waits for what is given back.
  const [two, again] = await Promise.all([pool.take(), pool.take()]);
  const same = [two, again].find(({ host }) => host === one.host);
  t.ok(same, 'the same pipe');
  t.equal(servers.length, 2);
  one.host.lend(new Transcript(), AbortSignal.timeout(20_000));
  t.same(
    one.host.received.map(({ type }) => type),
    ['HELLO'],
  );
  t.equal(one.host.promise(), 4, 'numbers of promises rise');
  for (const lease of [two, again]) pool.give(lease, true);
});

t.test('an instance is not used again when its case has not passed, or has left an exchange open', async t => {
  for (const clean of [false, true]) {
    const { pool, servers } = pooled(t);
    const one = await pool.take();
    await used(one);
    if (clean) await leaves(one, servers[0]);
    pool.give(one, clean);
    await pool.stop();
    t.ok(servers[0]?.stopped, clean ? 'left open' : 'not passed');
    const next = await pool.take();
    t.not(next.host, one.host);
    pool.give(next, true);
  }
});

t.test('an instance that has broken a rule, or ended its pipe, is not used again', async t => {
  for (const breaks of [
    (server: Server) => server.write(opened, opened),
    (server: Server) => void server.child.stdin?.end(),
  ]) {
    const { pool, servers } = pooled(t);
    const one = await pool.take();
    await used(one);
    breaks(servers[0] as Server);
    await one.host.until(() => one.host.over || one.host.grammar.findings.length > 0, 'the breach');
    pool.give(one, true);
    await pool.stop();
    t.ok(servers[0]?.stopped);
  }
});

t.test('two run at a time, and who waits gets the next', async t => {
  const { pool, servers } = pooled(t);
  const [one, two] = [await pool.take(), await pool.take()];
  let third: Lease | null = null;
  const waits = pool.take().then(lease => {
    third = lease;
  });
  await used(one);
  await used(two);
  t.equal(third, null);
  pool.give(one, true);
  await waits;
  t.equal((third as Lease | null)?.host, one.host);
  t.equal(servers.length, 2);
  pool.give(two, true);
  pool.give(one, true);
});
