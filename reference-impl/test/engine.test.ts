/** The engine without a socket: octets in, frames out. */
import t from 'tap';
import {
  concat,
  continuation,
  Decoder,
  data,
  describeFrame,
  Encoder,
  ERROR_CODE,
  encodeFrame,
  FLAG,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  frame,
  goaway,
  headers,
  latin1Text,
  PREFACE_OCTETS,
  parsePayload,
  ping,
  priority,
  rstStream,
  settings,
  settingsAck,
  windowUpdate,
} from '../../wire/index.ts';
import { Http2Connection } from '../engine/connection.ts';
import { type Http2Error, Malformed } from '../engine/errors.ts';
import { isAuthority, isName, isTarget, isValue } from '../engine/fields.ts';
import { Budget, DEFAULT_LIMITS, type Limits } from '../engine/limits.ts';
import { checkTrailers, type Request, readRequest } from '../engine/request-head.ts';
import { roundRobin } from '../engine/scheduler.ts';
import { type Party, Stream } from '../engine/stream.ts';
import { type Input, next, STREAM_STATES, type State } from '../engine/stream-state.ts';
import { grown, ReceiptWindow } from '../engine/windows.ts';

const GET = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a.example'];
const POST = [':method', 'POST', ...GET.slice(2)];

/** A stream that writes down what happens to it. */
class Recorded extends Stream {
  readonly log: string[] = [];
  override onData(octets: Uint8Array): void {
    this.log.push(`data ${octets.length}`);
  }
  override onEnd(trailers: readonly string[]): void {
    this.log.push(`end ${trailers.join(' ')}`.trim());
  }
  override onFail(code: number, by: Party): void {
    this.log.push(`fail ${code} ${by}`);
  }
  override onProgress(): void {}
  override onComplete(): void {
    this.log.push('complete');
  }
  override onClosed(): void {
    this.log.push('closed');
  }
}

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** A connection with a client's encoder at hand; `said` empties the output. */
function peer(limits: Partial<Limits> = {}) {
  const streams = new Map<number, Recorded>();
  const requests: Request[] = [];
  const closes: (Http2Error | null)[] = [];
  const http2 = new Http2Connection(
    {
      date: DATE,
      open: (id, receiveWindow, sendWindow) => new Recorded(id, receiveWindow, sendWindow),
      request: (stream, request) => {
        streams.set(stream.id, stream as Recorded);
        requests.push(request);
      },
      output: () => {},
      close: error => closes.push(error),
      fault: error => {
        throw error;
      },
    },
    { ...DEFAULT_LIMITS, ...limits },
  );
  const encoder = new Encoder();
  const reader = new FrameReader();
  const send = (...frames: readonly Frame[]) => http2.receive(concat(frames.map(f => encodeFrame(f))), 0);
  const said = (): Frame[] => {
    const frames = reader.read(concat(http2.sender.output.take()));
    http2.flushed();
    return frames;
  };
  return {
    http2,
    streams,
    requests,
    closes,
    send,
    said,
    /** What was said, a line a frame. */
    lines: () => said().map(brief),
    request: (id: number, fields: readonly string[] = GET, endStream = true) =>
      send(headers(id, encoder.encode(fields), { endStream })),
    stream: (id: number) => streams.get(id) as Recorded,
    encoder,
  };
}

function brief(f: Frame): string {
  const payload = parsePayload(f);
  if (payload.type === 'GOAWAY') return `GOAWAY ${payload.lastStream} ${payload.code}`;
  if (payload.type === 'RST_STREAM') return `RST_STREAM ${f.stream} ${payload.code}`;
  if (payload.type === 'WINDOW_UPDATE') return `WINDOW_UPDATE ${f.stream} ${payload.increment}`;
  return describeFrame(f);
}

/** Past the preface, with SETTINGS acknowledged both ways and nothing left in the output. */
function ready(limits: Partial<Limits> = {}) {
  const it = peer(limits);
  it.http2.receive(PREFACE_OCTETS, 0);
  it.send(settings(), settingsAck());
  it.said();
  return it;
}

function answer(it: ReturnType<typeof peer>, id: number, body = ''): void {
  const { sender } = it.http2;
  const block = sender.blocks.make(200, [], -1, '');
  sender.head(it.stream(id), block, body === '');
  if (body !== '')
    sender.content(
      it.stream(id),
      Uint8Array.from(body, c => c.charCodeAt(0)),
    );
  it.http2.push();
}

t.test('stream states: every cell is a state, a drop or a refusal with code, scope and rule', t => {
  const states = Object.keys(STREAM_STATES) as State[];
  for (const state of states) {
    for (const input of Object.keys(STREAM_STATES[state]) as Input[]) {
      const cell = STREAM_STATES[state][input];
      if (typeof cell === 'string') {
        t.ok(cell === 'drop' || states.includes(cell), `${state} ${input}: ${cell}`);
        t.equal(next(state, input, 1), cell);
        continue;
      }
      t.ok(cell.code in ERROR_CODE && cell.rule.length > 10, `${state} ${input}: ${cell.code}`);
      try {
        next(state, input, 7);
        t.fail('a refusal is thrown');
      } catch (error) {
        t.match(error, { code: cell.code, scope: cell.scope, stream: cell.scope === 'stream' ? 7 : 0 });
      }
    }
  }
  t.end();
});

t.test('stream states: nothing leaves "closed" or "reset" but a reset of ours', t => {
  for (const state of ['closed', 'reset', 'skipped'] as const) {
    for (const [input, cell] of Object.entries(STREAM_STATES[state])) {
      if (typeof cell === 'string') t.ok(cell === 'drop' || input === 'sendReset', `${state} ${input}`);
    }
  }
  t.end();
});

t.test('windows: sums stop at 2^31-1, receipt is returned in halves', t => {
  t.equal(grown(2 ** 31 - 2, 1), 2 ** 31 - 1);
  t.equal(grown(2 ** 31 - 1, 1), null);
  t.equal(grown(-5, 3), -2);
  const receipt = new ReceiptWindow(100_000, 65_535);
  t.equal(receipt.due(), 0);
  t.ok(receipt.take(20_000));
  t.equal(receipt.due(), 54_465);
  t.equal(receipt.left, 100_000);
  t.notOk(receipt.take(100_001));
  t.end();
});

t.test('limits: a budget allows a burst, refuses the next and refills with time', t => {
  const budget = new Budget({ burst: 2, perSecond: 1 });
  t.same(
    [budget.take(0), budget.take(0), budget.take(0), budget.take(999), budget.take(2000)],
    [true, true, false, false, true],
  );
  t.end();
});

t.test('scheduler: round robin, each stream once', t => {
  const scheduler = roundRobin();
  const [a, b] = [new Recorded(1, 0, 0), new Recorded(3, 0, 0)];
  scheduler.add(a);
  scheduler.add(b);
  scheduler.add(a);
  t.equal(scheduler.next(), a);
  scheduler.add(a);
  t.same([scheduler.next()?.id, scheduler.next()?.id, scheduler.next()], [3, 1, undefined]);
  t.ok(scheduler.empty);
  t.end();
});

t.test('fields: octets of names, values, targets and authorities', t => {
  for (const name of ['', 'A', 'a b', 'a:b', 'a\x00', 'a\x7f', 'é']) t.notOk(isName(name), JSON.stringify(name));
  for (const name of ['a', 'x-1', "!#$%&'*+-.^_`|~"]) t.ok(isName(name), name);
  for (const value of ['a\r', 'a\nb', '\x00', ' a', 'a\t', '\x7f', '\x1f', '\u0100'])
    t.notOk(isValue(value), JSON.stringify(value));
  for (const value of ['', 'a\tb c', '\xff']) t.ok(isValue(value), JSON.stringify(value));
  for (const target of ['', '*', 'a', '/ ', '/#', '/\x7f', '/\x00']) t.notOk(isTarget(target), JSON.stringify(target));
  for (const target of ['/', '//a/..?q=%2f', '/\xe9']) t.ok(isTarget(target), target);
  for (const authority of ['', 'u@h', 'h/p', 'h:p', 'a b']) t.notOk(isAuthority(authority), authority);
  for (const authority of ['h', 'h:80', '[::1]', '[::1]:8080', '127.0.0.1:1']) t.ok(isAuthority(authority), authority);
  t.end();
});

t.test('requests: what a head is made of', t => {
  const { head, contentLength, expectsContinue } = readRequest([
    ...POST,
    'cookie',
    'a=1',
    'content-length',
    '12',
    'host',
    'A.example',
    'expect',
    '100-continue',
    'cookie',
    'b=2',
    'te',
    'trailers',
  ]);
  t.same(head, {
    version: '2',
    method: 'POST',
    scheme: 'http',
    authority: 'a.example',
    target: '/',
    base: '',
    protocol: '',
    fields: ['cookie', 'a=1; b=2', 'content-length', '12', 'expect', '100-continue', 'te', 'trailers'],
  });
  t.same([contentLength, expectsContinue], [12, true]);
  t.equal(readRequest([':method', 'OPTIONS', ':scheme', 'http', ':path', '*', 'host', 'a']).head.target, '*');
  t.equal(readRequest([...GET.slice(0, 6), 'host', 'h:1']).head.authority, 'h:1');
  t.equal(readRequest([':method', 'CONNECT', ':authority', 'h:1']).head.target, '');
  t.end();
});

t.test('requests: malformed ones', t => {
  const without = (name: string) => GET.filter((_, i) => GET[i - (i % 2)] !== name);
  const bad: readonly (readonly string[])[] = [
    [],
    without(':method'),
    without(':scheme'),
    without(':path'),
    [...GET, ':path', '/'],
    [...GET, ':status', '200'],
    [...GET, ':protocol', 'websocket'],
    [...GET, 'a', 'b', ':authority', 'c'],
    [':method', 'GE T', ...GET.slice(2)],
    [...GET.slice(0, 4), ':path', ''],
    [...GET.slice(0, 4), ':path', '*'],
    [...GET.slice(0, 4), ':path', '/a b'],
    [':method', 'GET', ':scheme', '1', ':path', '/'],
    [...GET.slice(0, 6), ':authority', 'u@h'],
    [...GET, 'host', 'other.example'],
    GET.slice(0, 6),
    [...GET.slice(0, 6), 'host', ''],
    [...GET.slice(0, 6), 'host', 'h', 'host', 'h'],
    [...GET, 'connection', 'close'],
    [...GET, 'transfer-encoding', 'chunked'],
    [...GET, 'te', 'gzip'],
    [...GET, 'X', 'y'],
    [...GET, 'x', ' y'],
    [...GET, 'content-length', '1', 'content-length', '1'],
    [...GET, 'content-length', '-1'],
    [...GET, 'content-length', '99999999999999999999'],
    [':method', 'CONNECT', ':authority', 'h', ':path', '/'],
    [':method', 'CONNECT'],
  ];
  for (const section of bad) t.throws(() => readRequest(section), Malformed, section.join(' '));
  for (const section of [
    [':path', '/'],
    ['connection', 'x'],
    ['A', 'b'],
  ]) {
    t.throws(() => checkTrailers(section), Malformed);
  }
  t.end();
});

t.test('opening: SETTINGS first, acknowledged once each', t => {
  const it = peer();
  t.same(
    it.said().map(f => f.type),
    [FRAME_TYPE.SETTINGS, FRAME_TYPE.WINDOW_UPDATE],
  );
  const opening = concat([PREFACE_OCTETS, encodeFrame(settings([['INITIAL_WINDOW_SIZE', 1]]))]);
  for (const octet of opening) it.http2.receive(Uint8Array.of(octet), 0);
  it.send(settings([[0x5a5a, 7]]));
  t.same(it.lines(), ['SETTINGS stream 0 ACK 0 octets', 'SETTINGS stream 0 ACK 0 octets']);
  t.end();
});

t.test('a request in one piece, octet by octet, and over CONTINUATION', t => {
  const it = ready();
  it.request(1);
  const block = it.encoder.encode([...GET, 'x', 'y']);
  const cut = concat([
    encodeFrame(headers(3, block.subarray(0, 2), { endStream: true, endHeaders: false })),
    encodeFrame(continuation(3, block.subarray(2, 3), false)),
    encodeFrame(continuation(3, block.subarray(3))),
  ]);
  for (const octet of cut) it.http2.receive(Uint8Array.of(octet), 0);
  t.same(
    it.requests.map(r => r.head.fields),
    [[], ['x', 'y']],
  );
  answer(it, 1, 'hi');
  answer(it, 3);
  t.same(it.lines(), [
    'HEADERS stream 1 END_HEADERS 1 octet',
    'DATA stream 1 END_STREAM 2 octets',
    'HEADERS stream 3 END_STREAM END_HEADERS 1 octet',
  ]);
  t.same(it.stream(1).log, ['complete', 'closed']);
  t.equal(it.http2.active, 0);
  t.end();
});

t.test('equal blocks give the same head, a changed table does not', t => {
  const it = ready();
  it.request(1);
  it.request(3);
  it.request(5);
  it.request(7);
  t.equal(it.requests[2]?.head, it.requests[3]?.head);
  t.ok(Object.isFrozen(it.requests[3]?.head.fields), 'what exchanges share, none can change');
  it.request(9, [...GET, 'x', 'y']);
  it.request(11, [...GET.slice(0, 4), ':path', '/other', ...GET.slice(6)]);
  t.equal(it.requests[5]?.head.target, '/other');
  it.request(13);
  t.equal(it.requests[6]?.head.target, '/');
  t.end();
});

t.test('an equal block with a size update says it again, unless the table has that size', t => {
  const it = ready();
  const get = [0x82, 0x86, 0x84, 0x01, 0x01, 0x61];
  const send = (id: number, ...block: readonly number[]) =>
    it.send(headers(id, Uint8Array.from(block), { endStream: true }));
  for (const id of [1, 3, 5]) send(id, 0x3f, 0xe1, 0x1f, ...get);
  send(7, 0x20, ...get);
  send(9, 0x3f, 0xe1, 0x1f, ...get);
  send(11, ...get, 0x40, 0x01, 0x78, 0x01, 0x79);
  send(13, ...get, 0xbe);
  t.same(
    it.requests.map(r => r.head.fields.length),
    [0, 0, 0, 0, 0, 2, 2],
    'what was inserted is there',
  );
  t.end();
});

t.test('content: order, padding, trailers, lengths', t => {
  const it = ready();
  it.request(1, POST, false);
  it.send(
    data(1, 'abc'),
    data(1, 'de', { padding: 3 }),
    headers(1, it.encoder.encode(['x', 'y']), { endStream: true }),
  );
  t.same(it.stream(1).log, ['data 3', 'data 2', 'end x y']);
  t.same(it.lines(), ['WINDOW_UPDATE 1 4'], 'padding is returned');
  it.request(3, [...POST, 'content-length', '3'], false);
  it.send(data(3, 'abcd'));
  it.request(5, [...POST, 'content-length', '3'], false);
  it.send(data(5, 'ab', { endStream: true }));
  it.request(7, [...POST, 'content-length', '3'], true);
  t.same(it.lines(), ['RST_STREAM 3 1', 'RST_STREAM 5 1', 'RST_STREAM 7 1']);
  t.equal(it.streams.has(7), false, 'a malformed request is never told');
  t.end();
});

t.test('connection errors: code, last stream, and the rule as debug data', t => {
  const cases: readonly (readonly [string, number, (it: ReturnType<typeof peer>) => void])[] = [
    ['DATA on stream 0', 1, it => it.send(data(0, 'x'))],
    ['HEADERS on an even stream', 1, it => it.request(2)],
    ['DATA on an idle stream', 1, it => it.send(data(9, 'x'))],
    ['RST_STREAM on an idle stream', 1, it => it.send(rstStream(9))],
    ['WINDOW_UPDATE on an idle stream', 1, it => it.send(windowUpdate(9, 1))],
    ['PUSH_PROMISE', 1, it => it.send(frame(FRAME_TYPE.PUSH_PROMISE, FLAG.END_HEADERS, 1, [0, 0, 0, 2]))],
    ['CONTINUATION alone', 1, it => it.send(continuation(1, Uint8Array.of(0x82)))],
    ['PING of 7', 6, it => it.send(frame(FRAME_TYPE.PING, 0, 0, [1, 2, 3, 4, 5, 6, 7]))],
    ['PING on a stream', 1, it => it.send(frame(FRAME_TYPE.PING, 0, 1, [1, 2, 3, 4, 5, 6, 7, 8]))],
    ['SETTINGS of 5', 6, it => it.send(frame(FRAME_TYPE.SETTINGS, 0, 0, [0, 0, 0, 0, 0]))],
    ['SETTINGS ACK with content', 6, it => it.send(frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 0, [0, 0, 0, 0, 0, 0]))],
    ['ENABLE_PUSH 2', 1, it => it.send(settings([['ENABLE_PUSH', 2]]))],
    ['INITIAL_WINDOW_SIZE 2^31', 3, it => it.send(settings([['INITIAL_WINDOW_SIZE', 2 ** 31]]))],
    ['MAX_FRAME_SIZE 1', 1, it => it.send(settings([['MAX_FRAME_SIZE', 1]]))],
    ['a frame of 16,385', 6, it => it.send(data(1, new Uint8Array(16_385)))],
    ['WINDOW_UPDATE 0', 1, it => it.send(windowUpdate(0, 0))],
    ['a window above 2^31-1', 3, it => it.send(windowUpdate(0, 2 ** 31 - 1))],
    ['GOAWAY on a stream', 1, it => it.send(frame(FRAME_TYPE.GOAWAY, 0, 1, new Uint8Array(8)))],
    [
      'padding longer than DATA',
      1,
      it => {
        it.request(3, POST, false);
        it.send(frame(FRAME_TYPE.DATA, FLAG.PADDED, 3, [2, 0]));
      },
    ],
    ['HPACK index 0', 9, it => it.send(headers(3, Uint8Array.of(0x80)))],
    ['HEADERS on a closed stream', 5, it => it.request(1)],
    [
      'a new stream of a lower number',
      1,
      it => {
        it.request(9);
        it.request(5);
      },
    ],
    ['PRIORITY of 4 on a stream that the server never promised', 6, it => it.send(frame(2, 0, 2, [0, 0, 0, 0]))],
    ['PRIORITY of an idle stream on itself', 1, it => it.send(priority(9, { dependency: 9, weight: 1 }))],
  ];
  for (const [name, code, act] of cases) {
    const it = ready();
    it.request(1);
    answer(it, 1);
    it.said();
    act(it);
    const last = it.said().at(-1) as Frame;
    const payload = parsePayload(last);
    t.equal(payload.type, 'GOAWAY', name);
    if (payload.type !== 'GOAWAY') continue;
    t.equal(payload.code, code, name);
    t.match(latin1Text(payload.debug), /[a-z]/, name);
    t.equal(payload.lastStream, name.includes('lower') ? 9 : name.includes('padding') ? 3 : 1, name);
    t.equal(it.closes.length, 1, name);
    it.request(11);
    t.same(it.said(), [], 'nothing is said after the last word');
  }
  t.end();
});

t.test('stream errors leave the connection whole', t => {
  const it = ready();
  const cases: readonly (readonly [number, number, () => void])[] = [
    [
      1,
      5,
      () => {
        it.request(1);
        it.send(data(1, 'x'));
      },
    ],
    [
      3,
      1,
      () => {
        it.request(3, POST, false);
        it.send(headers(3, it.encoder.encode(['x', 'y'])));
      },
    ],
    [
      5,
      1,
      () => {
        it.request(5, POST, false);
        it.send(windowUpdate(5, 0));
      },
    ],
    [
      7,
      3,
      () => {
        it.request(7, POST, false);
        it.send(windowUpdate(7, 2 ** 31 - 1));
      },
    ],
    [
      9,
      6,
      () => {
        it.request(9, POST, false);
        it.send(frame(FRAME_TYPE.PRIORITY, 0, 9, [0, 0, 0, 0]));
      },
    ],
    [11, 1, () => it.request(11, [...GET, 'connection', 'close'])],
    [
      13,
      1,
      () => it.send(headers(13, it.encoder.encode(GET), { endStream: true, priority: { dependency: 13, weight: 1 } })),
    ],
  ];
  for (const [id, code, act] of cases) {
    act();
    // A section that is wrong in itself is answered with 400 before its stream is reset.
    const said = id === 11 ? ['HEADERS stream 11 END_HEADERS 26 octets'] : [];
    t.same(it.lines(), [...said, `RST_STREAM ${id} ${code}`], `stream ${id}`);
  }
  it.send(frame(FRAME_TYPE.PRIORITY, 0, 3, [0, 0, 0, 0]));
  t.same(it.lines(), [], 'one RST_STREAM is enough');
  it.send(data(3, 'late'), headers(3, it.encoder.encode(['late', 'field'])), rstStream(3), windowUpdate(3, 1));
  t.same(it.lines(), [], 'frames that crossed the reset are dropped');
  it.request(15, [...GET, 'late', 'field']);
  t.same(it.requests.at(-1)?.head.fields, ['late', 'field'], 'and their fields have gone through HPACK');
  t.end();
});

t.test('unfinished: the peer owes the rest of a frame or of a field block', t => {
  const it = ready();
  t.equal(it.http2.unfinished, false);
  it.http2.receive(Uint8Array.of(0), 0);
  t.equal(it.http2.unfinished, true);
  it.http2.receive(Uint8Array.of(0, 0, 0x7f, 0, 0, 0, 0, 0), 0);
  t.equal(it.http2.unfinished, false);
  const block = it.encoder.encode(GET);
  it.send(headers(1, block.subarray(0, 1), { endStream: true, endHeaders: false }));
  t.equal(it.http2.unfinished, true);
  it.send(continuation(1, block.subarray(1)));
  t.equal(it.http2.unfinished, false);
  t.end();
});

t.test('flow control: both windows, negative ones, settings in the middle', t => {
  const it = ready();
  it.send(settings([['INITIAL_WINDOW_SIZE', 10]]));
  it.request(1);
  it.said();
  answer(it, 1, 'x'.repeat(25));
  t.same(it.lines().slice(1), ['DATA stream 1 10 octets']);
  it.send(settings([['INITIAL_WINDOW_SIZE', 5]]));
  t.equal(it.stream(1).sendWindow, -5);
  it.send(windowUpdate(1, 5));
  t.same(it.lines().slice(1), [], 'a window of 0 sends nothing');
  it.send(windowUpdate(1, 1), settings([['INITIAL_WINDOW_SIZE', 100]]));
  t.same(it.lines().slice(1), ['DATA stream 1 END_STREAM 15 octets']);
  t.end();
});

t.test('flow control: what the peer sends', t => {
  const it = ready({ initialWindow: 10 });
  it.request(1, POST, false);
  it.send(data(1, 'x'.repeat(11)));
  t.same(it.lines(), ['RST_STREAM 1 3']);
  it.request(3, POST, false);
  it.send(data(3, 'x'.repeat(10)));
  it.http2.grant(it.stream(3), 4);
  t.same(it.lines(), ['WINDOW_UPDATE 3 4']);
  it.http2.grant(it.stream(3), 2 ** 31);
  t.equal(it.stream(3).receiveWindow, 2 ** 31 - 1, 'credit stops at 2^31-1');
  const open = ready({ connectionWindow: 65_535, initialWindow: 2 ** 31 - 1 });
  open.request(1, POST, false);
  open.send(data(1, new Uint8Array(16_384)), data(1, new Uint8Array(16_384)), data(1, new Uint8Array(1)));
  t.same(open.lines(), ['WINDOW_UPDATE 0 32768'], 'unread content gives the connection its window back');
  t.end();
});

t.test('an initial window below 65,535 holds from the acknowledgement on', t => {
  const it = peer({ initialWindow: 0 });
  it.http2.receive(PREFACE_OCTETS, 0);
  it.send(settings());
  it.request(1, POST, false);
  it.send(data(1, 'early'));
  t.equal(it.stream(1).receiveWindow, 65_530);
  t.equal(it.http2.allowance(it.stream(1)), -5, 'what the application is told does not wait for the acknowledgement');
  it.send(settingsAck());
  t.equal(it.stream(1).receiveWindow, -5);
  t.equal(it.http2.allowance(it.stream(1)), -5);
  const wide = peer({ initialWindow: 100_000 });
  wide.http2.receive(PREFACE_OCTETS, 0);
  wide.send(settings());
  wide.request(1, POST, false);
  t.equal(wide.http2.allowance(wide.stream(1)), 100_000);
  t.end();
});

t.test('limits: streams, resets, field blocks, empty frames, replies', t => {
  const it = ready({ concurrentStreams: 1 });
  it.request(1);
  it.request(3);
  t.same(it.lines(), ['RST_STREAM 3 7']);
  const calm = (limits: Partial<Limits>, act: (it: ReturnType<typeof peer>) => void, name: string) => {
    const other = ready(limits);
    act(other);
    t.match(other.lines().at(-1), /^GOAWAY \d+ 11$/, name);
  };
  calm(
    { peerResets: { burst: 3, perSecond: 0 } },
    o => {
      for (let id = 1; id < 9; id += 2) {
        o.request(id);
        o.send(rstStream(id));
      }
    },
    'rapid reset',
  );
  calm(
    { provokedResets: { burst: 3, perSecond: 0 } },
    o => {
      for (let id = 1; id < 9; id += 2) {
        o.request(id, POST, false);
        o.send(windowUpdate(id, 0));
      }
    },
    'MadeYouReset',
  );
  calm(
    { continuations: 2 },
    o =>
      o.send(
        headers(1, Uint8Array.of(), { endHeaders: false }),
        ...[1, 2, 3].map(() => continuation(1, Uint8Array.of(), false)),
      ),
    'CONTINUATION',
  );
  calm(
    { idleFrames: { burst: 2, perSecond: 0 } },
    o => {
      o.request(1, POST, false);
      o.send(data(1, ''), data(1, ''), data(1, ''));
    },
    'empty DATA',
  );
  calm({ replies: 4 }, o => o.send(...[1, 2, 3, 4, 5].map(() => ping([1, 2, 3, 4, 5, 6, 7, 8]))), 'PING');
  const large = ready({ headerListSize: 200 });
  large.request(1, [...GET, 'x', 'y'.repeat(100)]);
  t.match(large.lines(), [/HEADERS stream 1 END_STREAM/], '431 for a field section that is too large');
  t.equal(large.requests.length, 0);
  t.end();
});

t.test('a response that no application gives has a date', t => {
  const refused = (limits: Partial<Limits>, ...more: readonly string[]): readonly string[] => {
    const it = ready(limits);
    it.request(1, [...GET, ...more]);
    const [answer] = it.said();
    return new Decoder().decode(answer?.payload ?? new Uint8Array(0));
  };
  t.same(refused({}, 'Upper', 'x'), [':status', '400', 'date', DATE]);
  t.same(refused({ headerListSize: 200 }, 'x', 'y'.repeat(100)), [':status', '431', 'date', DATE]);
  t.end();
});

t.test('GOAWAY of the peer, drain, transport lost', t => {
  const it = ready();
  it.request(1);
  it.send(goaway(0));
  t.equal(it.closes.length, 0, 'what runs is finished');
  answer(it, 1);
  t.match(it.lines(), [/HEADERS/, 'GOAWAY 1 0']);
  t.same(it.closes, [null]);

  const drained = ready();
  drained.request(1);
  drained.http2.drain();
  const [announced, probe] = drained.said();
  t.equal(brief(announced as Frame), `GOAWAY ${2 ** 31 - 1} 0`);
  drained.request(3);
  t.equal(drained.requests.length, 2, 'what was under way is served');
  drained.send(ping((probe as Frame).payload, true));
  t.same(drained.lines(), ['GOAWAY 3 0']);
  drained.request(5);
  t.equal(drained.requests.length, 2);
  answer(drained, 1);
  answer(drained, 3);
  t.same(drained.closes, [null]);

  const late = ready();
  late.request(1, POST, false);
  late.http2.drain();
  late.http2.finishDrain();
  late.request(3, [...GET, 'x', 'not served']);
  late.send(headers(1, late.encoder.encode(['x', 'not served']), { endStream: true }));
  t.same(late.stream(1).log, ['end x not served'], 'what is not served has gone through HPACK');

  const lost = ready();
  lost.request(1);
  lost.http2.lost();
  t.same(lost.stream(1).log, [`fail ${ERROR_CODE.CANCEL} transport`, 'closed']);
  t.end();
});

t.test('responses: size updates of the table, CONTINUATION, blocks made once', t => {
  const it = ready();
  it.send(
    settings([
      ['HEADER_TABLE_SIZE', 0],
      ['HEADER_TABLE_SIZE', 4096],
    ]),
  );
  it.said();
  const { sender } = it.http2;
  const list = ['x-a', 'b'];
  it.request(1);
  sender.head(it.stream(1), sender.blocks.make(200, list, 0, '', true), true);
  const [first] = it.said() as [Frame];
  t.same([...first.payload.subarray(0, 4)], [0x20, 0x3f, 0xe1, 0x1f], 'smallest first, then the last');
  t.equal(sender.blocks.find(200, list, 0, ''), null, 'a block with an insertion is not for a second time');
  sender.blocks.make(200, list, 0, '', true);
  t.ok(sender.blocks.find(200, list, 0, ''));
  list[1] = 'changed';
  t.equal(sender.blocks.find(200, list, 0, ''), null, 'nor is one whose list has changed');
  it.request(3);
  const wide = ['x-large', 'v'.repeat(40_000)];
  sender.head(it.stream(3), sender.blocks.make(200, wide, -1, ''), true);
  const frames = it.said();
  t.same(
    frames.map(f => f.type),
    [1, 9, 9].slice(0, frames.length),
  );
  const decoder = new Decoder();
  decoder.decode(first.payload);
  decoder.decode(sender.blocks.make(204, [], -1, ''));
  t.end();
});
