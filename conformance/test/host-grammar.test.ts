/** What a host writes, held against the text: each finding names the sentence, and a sound host has none. */
import t from 'tap';
import { encode } from '../../binding/codec.ts';
import { type Frame, FrameReader } from '../../binding/frame.ts';
import type { Head, HostMessage, HostPayloads, ServerMessage } from '../../binding/messages.ts';
import { HostGrammar } from '../host/host-grammar.ts';

function frameOf(message: HostMessage): Frame {
  const [frame] = new FrameReader(2 ** 24).read(encode(message));
  return frame as Frame;
}

const hello = { versions: ['1.0'], payload: 65_536, name: 'x' } as const;

const caps = {
  multiplex: true,
  duplex: true,
  push: true,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'exact',
  priority: 'none',
  reset: 'code',
} as const;

const head: Head = {
  connection: 1,
  id: 1,
  request: {
    version: '2',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    target: '/',
    base: '',
    protocol: '',
    fields: [],
  },
  caps,
  priority: { scheme: 'none', urgency: 3, incremental: false },
  window: 0,
  room: 10,
  pushed: false,
  ended: true,
};

/** A message of the host for exchange 3, a frame of any kind, or what the server says in between. */
type Step = { readonly host: HostMessage } | { readonly frame: Frame } | { readonly server: ServerMessage };

const host = <T extends keyof HostPayloads>(type: T, payload: HostPayloads[T], number = 3): Step => ({
  host: { type, number, payload } as HostMessage,
});
const raw = (type: number, payload: string | readonly number[], number = 3): Step => ({
  frame: { type, number, payload: Uint8Array.from(typeof payload === 'string' ? Buffer.from(payload) : payload) },
});
const credit = (payload: number): Step => ({ server: { type: 'CREDIT', number: 3, payload } });

/** Ids of the sentences that these steps break, behind both HELLOs, OPEN 1 and HEAD 3. */
function broken(steps: readonly Step[], changed: Partial<Head> = {}): readonly string[] {
  const grammar = new HostGrammar();
  grammar.sends({ type: 'HELLO', number: 0, payload: hello });
  grammar.frame(frameOf({ type: 'HELLO', number: 0, payload: hello }));
  grammar.sends({ type: 'OPEN', number: 1, payload: { peer: null, local: null, tls: null } });
  grammar.sends({ type: 'HEAD', number: 3, payload: { ...head, ...changed } });
  for (const step of steps) {
    if ('server' in step) grammar.sends(step.server);
    else grammar.frame('frame' in step ? step.frame : frameOf(step.host));
  }
  return grammar.findings.map(({ requirement }) => requirement);
}

const start = host('START', { status: 200, fields: [] });
const end = host('END', {});
const settled = host('SETTLED', {});
const data = (octets: number): Step => host('DATA', new Uint8Array(octets));
const push = (promise: number): Step => host('PUSH', { promise, method: 'GET', target: '/a', fields: [] });

t.test('a sound host breaks nothing', async t => {
  const inform = host('INFORM', { status: 103, fields: [] });
  t.same(broken([inform, push(2), start, data(10), credit(5), data(5), push(4), end, settled]), []);
  t.same(broken([host('START', { status: 204, fields: [], end: true }), settled]), []);
  t.same(broken([host('RESET', { code: 8 }), settled]), [], 'a reset needs no response');
  t.same(broken([start, settled]), [], 'what the server makes of it is its own');
  t.same(broken([host('STOP', { code: 0 }), host('DEADLINE', { ms: null }), host('DRAIN', null, 1)]), []);
  t.same(broken([credit(2 ** 31 - 1), credit(2 ** 31 - 1), start, data(65_536)]), []);
});

t.test('the grammar of a host names the sentence', async t => {
  const cases: readonly (readonly [sentence: string, steps: readonly Step[], head?: Partial<Head>])[] = [
    ['MSGI-PROC-14', [host('HELLO', hello, 0)]],
    ['MSGI-PROC-4', [raw(0x80, '')]],
    ['MSGI-PROC-4', [raw(0x11, '')]],
    ['MSGI-PROC-4', [raw(0x07, [0, 0, 1])]],
    ['MSGI-PROC-4', [raw(0x05, [])]],
    ['MSGI-PROC-4', [host('STOP', { code: 0 }, 1)]],
    ['MSGI-PROC-4', [host('DRAIN', null, 3)]],
    ['MSGI-PROC-4', [host('SETTLED', {}, 7)]],
    ['MSGI-PROC-5', [raw(0x0b, '{"code":0,"code":0}')]],
    ['MSGI-PROC-5', [raw(0x0b, '{"code":0,"why":""}')]],
    ['MSGI-PROC-5', [host('RESET', { code: 7 })]],
    ['MSGI-PROC-8', [credit(2 ** 20), start, data(65_537)]],
    ['MSGI-PROC-12', [push(4)]],
    ['MSGI-PROC-12', [push(2), push(6), push(4)]],
    ['MSGI-PROC-12', [raw(0x0a, '{"promise":3,"method":"GET","target":"/a","fields":[]}')]],
    ['MSGI-PROC-13', [push(2), push(2)]],
    ['MSGI-PROC-23', [start, data(11)]],
    ['MSGI-PROC-23', [start, data(10), credit(5), data(6)]],
    ['MSGI-PROC-33', [host('INFORM', { status: 103, fields: [] })], { caps: { ...caps, inform: false } }],
    ['MSGI-PROC-34', [push(2)], { caps: { ...caps, push: false } }],
    ['MSGI-PROC-34', [push(2)], { pushed: true }],
    ['MSGI-PROC-34', [push(2)], { request: { ...head.request, method: 'CONNECT' } }],
    ['MSGI-PROC-34', [start, end, push(2)]],
    ['MSGI-PROC-40', [settled, settled]],
    ['MSGI-PROC-53', [start, settled, data(1)]],
    ['MSGI-LIFE-6', [start, start]],
    ['MSGI-LIFE-6', [start, host('INFORM', { status: 103, fields: [] })]],
    ['MSGI-LIFE-31', [data(1)]],
    ['MSGI-LIFE-8', [start, end, data(1)]],
    ['MSGI-LIFE-12', [start, host('RESET', { code: 8 }), data(1)]],
  ];
  for (const [sentence, steps, changed] of cases) t.same(broken(steps, changed), [sentence], JSON.stringify(steps));
});

t.test('before HELLO', async t => {
  const early = new HostGrammar();
  early.frame(frameOf({ type: 'HELLO', number: 0, payload: hello }));
  t.match(early.findings, [{ requirement: 'MSGI-PROC-16' }], 'of the server');
  const other = new HostGrammar();
  other.sends({ type: 'HELLO', number: 0, payload: hello });
  other.frame(frameOf({ type: 'SETTLED', number: 3, payload: {} }));
  t.match(other.findings, [{ requirement: 'MSGI-PROC-14' }, { requirement: 'MSGI-PROC-4' }]);
});
