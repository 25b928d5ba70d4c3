/** The pipe that the kit plays the host of: what its grammar finds, its filters, and the channel to the carried process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { encode } from '../../binding/codec.ts';
import { type Frame, FrameReader } from '../../binding/frame.ts';
import type { ServerMessage } from '../../binding/messages.ts';
import { CONTROL } from '../application/messages.ts';
import { Failed } from '../outcome.ts';
import { Transcript } from '../peer/transcript.ts';
import { HELLO, HostEnd, type HostEndOptions } from '../process/host-end.ts';
import { PipeGrammar } from '../process/pipe-grammar.ts';
import { Pipes } from '../process/pipes.ts';
import { parseManifest } from '../targets/manifest.ts';
import { PACKAGE_ROOT } from '../version.ts';
import { someHead } from './some-head.ts';

function frameOf(message: ServerMessage): Frame {
  const [frame] = new FrameReader(2 ** 24).read(encode(message));
  return frame as Frame;
}

const hello: ServerMessage = { type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: 65_536, name: 'x' } };
const open = (number: number): ServerMessage => ({
  type: 'OPEN',
  number,
  payload: { peer: null, local: null, tls: null },
});
const head = (number: number, connection = 1): ServerMessage => ({
  type: 'HEAD',
  number,
  payload: someHead('/', connection),
});
const sent = (number: number): ServerMessage => ({ type: 'SENT', number, payload: null });
const close = (number: number): ServerMessage => ({
  type: 'CLOSE',
  number,
  payload: { complete: true, code: 0, by: 'app', status: 200, sent: 0, received: 0 },
});

/** Ids of the sentences that the messages break; the kit says HELLO behind the first. */
function broken(...messages: readonly (ServerMessage | Frame)[]): readonly string[] {
  const grammar = new PipeGrammar();
  for (const [i, message] of messages.entries()) {
    grammar.frame(typeof message.type === 'string' ? frameOf(message as ServerMessage) : (message as Frame));
    if (i === 0) grammar.greeted(65_536);
  }
  return grammar.findings.map(({ requirement }) => requirement);
}

t.test('a sound server breaks nothing', async t => {
  t.same(broken(hello, open(1), head(3), head(5), sent(5), close(5), sent(3), close(3), head(7)), []);
});

t.test('the grammar of the pipe names the sentence', async t => {
  const raw = (type: number, payload: readonly number[], number = 3): Frame => ({
    type,
    number,
    payload: Uint8Array.from(payload),
  });
  const json = (type: number, text: string): Frame => raw(type, [...Buffer.from(text)]);
  t.same(broken(open(1)), ['MSGI-PROC-14', 'MSGI-PROC-15']);
  t.same(broken(hello, hello), ['MSGI-PROC-14']);
  t.same(broken(hello, raw(0x80, [])), ['MSGI-PROC-4']);
  t.same(broken(hello, raw(0x09, [0x7b, 0x7d])), ['MSGI-PROC-4', 'MSGI-PROC-19'], 'START is the host’s');
  t.same(broken(hello, open(1), head(3), raw(0x07, [0, 0, 1])), ['MSGI-PROC-4']);
  t.same(broken(hello, open(1), head(3), json(0x0e, '{"code":8,"by":"peer","why":""}')), ['MSGI-PROC-5']);
  t.same(broken(hello, open(1), head(3), json(0x0e, '{"code":8,"code":8,"by":"peer"}')), ['MSGI-PROC-5']);
  t.same(broken(hello, open(1), head(3), raw(0x05, new Array(65_537).fill(0))), ['MSGI-PROC-8']);
  t.same(broken(hello, open(2)), ['MSGI-PROC-11']);
  t.same(broken(hello, open(5), head(3, 5)), ['MSGI-PROC-11']);
  t.same(broken(hello, open(1), head(3), close(3), head(3)), ['MSGI-PROC-13']);
  t.same(broken(hello, head(3)), ['MSGI-PROC-18']);
  t.same(broken(hello, open(1), head(3), { type: 'CLOSE', number: 1, payload: null }), ['MSGI-PROC-18']);
  t.same(broken(hello, open(1), sent(3)), ['MSGI-PROC-19']);
  t.same(broken(hello, open(1), head(3), close(3), sent(3)), ['MSGI-PROC-39']);
});

/** A process of the kit's as a server starts it, and the kit's end of its pipe. */
async function carried(t: Test, options: Partial<HostEndOptions> = {}) {
  const hosts: HostEnd[] = [];
  const transcript = new Transcript();
  const pipes = await Pipes.listen((socket: Socket) =>
    hosts.push(
      new HostEnd(socket, {
        count: 1,
        hello: HELLO,
        transcript,
        signal: AbortSignal.timeout(20_000),
        deviation: null,
        ...options,
      }),
    ),
  );
  t.teardown(() => pipes.close());
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'dist', 'conformance', 'process', 'host.js')], {
    env: { ...process.env, [CONTROL]: pipes.address },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  t.ok(await pipes.greeted(20_000));
  return { child, host: hosts[0] as HostEnd, transcript };
}

t.test('a carried pipe is the same octets at both ends, and ends with either', async t => {
  const { child, host, transcript } = await carried(t);
  child.stdin.write(encode(hello));
  await host.message(0, 'HELLO');
  const [octets] = await once(child.stdout, 'data');
  t.same([...octets], [...encode({ type: 'HELLO', number: 0, payload: HELLO })]);
  child.stdin.write(Buffer.concat([encode(open(1)), encode(head(3))]));
  t.same(await host.message(1, 'OPEN'), { peer: null, local: null, tls: null });
  await host.message(3, 'HEAD');
  t.match(
    transcript.entries.map(({ payload }) => payload),
    [/starts process 1/, /^HELLO/, /^HELLO/, /^OPEN 1/, /^HEAD 3/, /^START 3/],
    'a positive control is answered at once',
  );
  child.stdin.end();
  await host.ended();
  await t.rejects(host.message(3, 'SENT'), new Failed('the server ends the pipe before it writes SENT for 3'));
});

t.test('a pipe that the kit leaves is the end of its process', async t => {
  const { child, host } = await carried(t, { hello: null });
  host.send('SETTLED', 3, {});
  host.close();
  const [[octets], [status]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
  t.same([...octets], [...encode({ type: 'SETTLED', number: 3, payload: {} })], 'what was written goes out first');
  t.equal(status, 0);
});

t.test('a deviation stands between the two', async t => {
  const { child, host } = await carried(t, {
    hello: null,
    deviation: link => ({
      toHost: frame => [frame, { ...frame, type: 0x80 }],
      toServer: frame => {
        link.toHost(frameOf(open(9)));
        return [frame, frame];
      },
    }),
  });
  host.hello();
  t.equal(host.of(9, 'OPEN').length, 1);
  child.stdin.write(encode(hello));
  await host.until(() => host.grammar.findings.length > 2, 'findings');
  t.match(
    host.grammar.findings.map(({ seen }) => seen),
    ['the first frame is OPEN', 'HELLO comes a second time', 'the server writes a frame of type 128'],
  );
});

t.test('options of a manifest are words, or variables', async t => {
  const read = (option: unknown) =>
    parseManifest(
      JSON.stringify({ name: 'x', start: ['x'], address: 'http://127.0.0.1:{port}', options: { one: option } }),
      '/x.json',
    ).options['one'];
  t.same(read(['-n', '{value}']), ['-n', '{value}']);
  t.same(read({ env: { N: '{value}' } }), { env: { N: '{value}' } });
  t.throws(() => read({ environment: {} }), /x\.json/);
});
