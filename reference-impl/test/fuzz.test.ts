/**
 * Engine and gateway under random frames, legal and not, random applications and a transport that stops and goes: against
 * a client that keeps accounts of its own (model-client.ts).
 */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import type { Exchange, Notice, Priority, PriorityNode, Sink } from '../../spec/msgi.ts';
import {
  concat,
  continuation,
  data,
  ERROR_CODE,
  encodeFrame,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  headers,
  PREFACE_OCTETS,
  ping,
  priority,
  priorityUpdate,
  rstStream,
  type SettingName,
  settings,
  settingsAck,
  windowUpdate,
} from '../../wire/index.ts';
import { DEFAULT_LIMITS } from '../engine/limits.ts';
import { Applications } from '../gateway/applications.ts';
import { Gateway } from '../gateway/gateway.ts';
import { ModelClient, type ModelStream, pattern } from './model-client.ts';

const STREAMS = 4;
const PROMISES = 2;
const KEPT_NODES = 5;
const CONTENT_KEY = 1000;
/** What a client that makes no mistake may meet: refusals, resets and failures of the application, limits. */
const FAIR: readonly number[] = [
  ERROR_CODE.NO_ERROR,
  ERROR_CODE.INTERNAL_ERROR,
  ERROR_CODE.REFUSED_STREAM,
  ERROR_CODE.CANCEL,
];
const ASKED = new Error('asked for by the fuzz');

/** What the application does inside its call; "wait" leaves it to later actions. */
const FIRST = ['wait', 'wait', 'wait', 'respond', 'start', 'throw', 'nothing', 'reset'] as const;
type First = (typeof FIRST)[number];

/** The tree hangs together: every node below its parent, each id once, and the exchange among them. */
function checkTree(x: Exchange): void {
  const { tree } = x.connection;
  assert.equal(tree === null, x.caps.priority === 'urgency');
  if (tree === null) return;
  const ids = new Set<number>();
  const visit = (node: PriorityNode): void => {
    assert.ok(!ids.has(node.id) && node.weight >= 1 && node.weight <= 256);
    ids.add(node.id);
    for (const child of node.children) {
      assert.equal(child.parent, node);
      visit(child);
    }
  };
  visit(tree);
  assert.ok(x.state === 'dead' || ids.has(x.id), 'an open stream has a node');
  assert.ok(ids.size <= 1 + STREAMS + PROMISES + KEPT_NODES, 'the tree is bounded');
}

/** One exchange as its application sees it. */
class Served {
  readonly x: Exchange;
  readonly notices: Notice['type'][] = [];
  sink: Sink | null = null;
  written = 0;
  read = 0;
  reading = false;
  /** Calls of `write` and `ready` that wait. */
  writing = 0;
  waiting = 0;
  settled = false;
  complete = false;
  fulfil: () => void = () => {};
  reject: (error: unknown) => void = () => {};

  /** What the peer asked for when the application last heard of it. */
  #known: string;

  constructor(x: Exchange) {
    this.x = x;
    this.#known = numbers(x.priority);
  }

  /** A notice of priority: something has changed. Numbers that have not are those of a node that moved. */
  asked(priority: Priority): void {
    assert.ok(numbers(priority) !== this.#known || priority.node !== null, 'a notice of nothing');
    this.#known = numbers(priority);
  }

  /** By the end of the turn every change has been told; what the tree gives up to make room is no change. */
  told(): void {
    const { priority } = this.x;
    if (priority.scheme !== 'tree') assert.equal(numbers(priority), this.#known, 'a change without a notice');
  }
}

function numbers({ scheme, urgency, incremental }: Priority): string {
  return `${scheme} ${urgency} ${incremental}`;
}

/** Everything of one run. */
class World {
  readonly client = new ModelClient();
  readonly gateway: Gateway;
  readonly served: Served[] = [];
  readonly faults: string[] = [];
  now = performance.now();
  nextId = 1;
  /** Promises handed out that have not settled. */
  pending = 0;
  /** Nothing was sent that the accounts do not know. */
  exact = true;
  acknowledged = false;
  blocked = false;
  #held: Uint8Array[] = [];
  #resets: ModelStream[] = [];
  readonly #expected = new Map<number, readonly string[]>();
  readonly #heads = new Set<number>();
  readonly #firsts: readonly First[];

  constructor(firsts: readonly First[], initialWindow: number) {
    this.#firsts = firsts;
    const limits = {
      ...DEFAULT_LIMITS,
      initialWindow,
      concurrentStreams: STREAMS,
      promisedStreams: PROMISES,
      connectionWindow: 70_000,
      outputMark: 20_000,
      headerListSize: 500,
      rememberedResets: 100,
      keptNodes: KEPT_NODES,
      orderedOutputMark: 17_000,
      peerResets: { burst: 20, perSecond: 1 },
    };
    this.gateway = new Gateway(
      {
        app: x => this.#app(x),
        applications: new Applications(),
        limits,
        protocols: new Set(),
        authorities: new Set(),
        clock: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
        duplex: false,
        earlyHints: false,
        sendTimeout: 3000,
        receiveTimeout: 4000,
        report: (error, what) => {
          if (error !== ASKED && !/no response|not ended/.test(String(error))) this.faults.push(`${what}: ${error}`);
        },
        failed: () => {},
      },
      { peer: null, local: null, tls: null, wake: () => {}, close: () => {} },
    );
    this.#held.push(PREFACE_OCTETS);
  }

  // The application -----------------------------------------------------------------------------------------------

  #app(x: Exchange): void | Promise<void> {
    const served = new Served(x);
    this.served.push(served);
    const expected = this.#expected.get(x.id);
    checkTree(x);
    if (this.exact && expected !== undefined)
      assert.deepEqual([...x.request.fields], expected, 'the fields as they were sent');
    x.watch(notice => {
      assert.ok(
        !served.notices.includes('close') && (notice.type === 'priority' || !served.notices.includes(notice.type)),
        'drain and close once, close last',
      );
      served.notices.push(notice.type);
      if (notice.type === 'priority') served.asked(notice.priority);
      if (notice.type !== 'close') return;
      served.complete = notice.complete;
      assert.ok(x.body.buffered === 0 && x.body.window <= 0, 'the request half is over, too');
    });
    const first = this.#firsts[this.served.length % this.#firsts.length];
    if (first === 'throw') this.#settle(served);
    if (first === 'throw') throw ASKED;
    if (first === 'respond') this.respond(served, 300);
    if (first === 'start') this.start(served);
    if (first === 'reset') this.reset(served);
    if (first === 'respond' || first === 'nothing') return this.#settle(served);
    return new Promise<void>((resolve, reject) => {
      served.fulfil = () => {
        this.#settle(served);
        resolve();
      };
      served.reject = error => {
        this.#settle(served);
        reject(error);
      };
    });
  }

  #settle(served: Served): void {
    served.settled = true;
  }

  /** Makes a call: a TypeError where the table of the lifecycle says U, nothing else and nowhere else. */
  #call<T>(served: Served, wrongIn: readonly Exchange['state'][], call: () => T): T | undefined {
    const { state } = served.x;
    try {
      const result = call();
      assert.ok(!wrongIn.includes(state), `taken in state ${state}: ${call}`);
      if (result instanceof Promise) this.#track(result);
      return result;
    } catch (error) {
      assert.ok(error instanceof TypeError && wrongIn.includes(state), `${state}: ${error}`);
      return undefined;
    }
  }

  #track(promise: Promise<unknown>): void {
    this.pending += 1;
    promise.then(
      () => {
        this.pending -= 1;
      },
      error => {
        this.pending -= 1;
        if (error?.name !== 'ExchangeError') this.faults.push(String(error));
      },
    );
  }

  #count(served: Served, what: 'writing' | 'waiting', result: unknown): void {
    if (!(result instanceof Promise)) return;
    const over = (): void => {
      served[what] -= 1;
    };
    served[what] += 1;
    result.then(over, over);
  }

  respond(served: Served, length: number): void {
    const { x } = served;
    const was = x.state;
    this.#call(served, ['open', 'done'], () => x.respond(200, ['x-r', 'v'], pattern(x.id, 0, length)));
    if (was === 'idle') served.written = length;
    assert.equal(x.state, was === 'idle' ? 'done' : was);
  }

  start(served: Served): void {
    const { x } = served;
    const was = x.state;
    served.sink = this.#call(served, ['open', 'done'], () => x.start(200, ['x-s', String(x.id)])) ?? served.sink;
    assert.equal(x.state, was === 'idle' ? 'open' : was);
  }

  inform(served: Served): void {
    this.#call(served, ['open', 'done'], () => served.x.inform(103, ['x-i', 'v']));
  }

  push(served: Served): void {
    const { x } = served;
    const given = this.#call(served, [], () => x.push({ target: '/p' }));
    if (given) assert.ok((x.state === 'idle' || x.state === 'open') && !x.pushed, 'where a promise may be made');
  }

  write(served: Served, length: number): void {
    const { sink, x } = served;
    if (sink === null) return;
    const was = x.state;
    const result = this.#call(served, ['done'], () => sink.write(pattern(x.id, served.written, length)));
    this.#count(served, 'writing', result);
    if (was === 'open') served.written += length;
    assert.ok(sink.window >= 0);
  }

  end(served: Served, trailers: boolean): void {
    const { sink, x } = served;
    if (sink === null) return;
    const was = x.state;
    this.#call(served, ['done'], () => sink.end(trailers ? ['x-t', 'v'] : undefined));
    assert.equal(x.state, was === 'open' ? 'done' : was);
  }

  ready(served: Served): void {
    const { sink } = served;
    if (sink === null) return;
    const result = this.#call(served, [], () => sink.ready());
    this.#count(served, 'waiting', result);
  }

  read(served: Served): void {
    if (served.reading) return;
    const { x } = served;
    const { body } = x;
    const took = (chunk: Uint8Array | null): void => {
      served.reading = false;
      if (!this.exact) return;
      const stream = this.client.streams.get(x.id) as ModelStream;
      if (chunk === null) {
        assert.ok(stream.ended && served.read === stream.sent, 'null at the end only');
        return;
      }
      assert.ok(chunk.length > 0);
      assert.deepEqual(
        new Uint8Array(chunk),
        pattern(x.id + CONTENT_KEY, served.read, chunk.length),
        'content in order',
      );
      served.read += chunk.length;
    };
    served.reading = true;
    const result = this.#call(served, [], () => body.read());
    if (result instanceof Promise) {
      result
        .then(took, () => {
          served.reading = false;
        })
        .catch(error => this.faults.push(String(error)));
    } else {
      took(result as Uint8Array | null);
    }
  }

  reset(served: Served): void {
    const was = served.x.state;
    this.#call(served, [], () => served.x.reset());
    assert.equal(served.x.state, was === 'done' ? 'done' : 'dead');
    if (was !== 'done') assert.ok(served.x.signal.aborted);
  }

  // The client ----------------------------------------------------------------------------------------------------

  request(method: string, fields: readonly string[], endStream: boolean, cut: number, padding: number): void {
    const id = this.nextId;
    this.nextId += 2;
    const stream = this.client.open(id);
    stream.ended = endStream;
    if (method === 'HEAD') this.#heads.add(id);
    this.#expected.set(id, fields);
    const block = this.client.encoder.encode([
      ':method',
      method,
      ':scheme',
      'http',
      ':path',
      '/',
      ':authority',
      'a',
      ...fields,
    ]);
    const pad = padding > 0 ? { padding } : {};
    const endHeaders = cut === 0 || cut >= block.length;
    this.send(headers(id, endHeaders ? block : block.subarray(0, cut), { endStream, endHeaders, ...pad }));
    if (!endHeaders) this.send(continuation(id, block.subarray(cut)));
  }

  content(stream: ModelStream, wanted: number, endStream: boolean, padding: number, excess: boolean): void {
    if (stream.ended || stream.resetByServer) return;
    const overhead = padding > 0 ? padding + 1 : 0;
    const room = Math.min(stream.sendWindow, this.client.sendWindow, 16_000) - overhead;
    const length = excess ? wanted : Math.min(wanted, room);
    if (length < 0) return;
    const octets = pattern(stream.id + CONTENT_KEY, stream.sent, length);
    this.client.sentData(stream, length, length + overhead);
    stream.ended = endStream;
    if (excess && length > room) this.exact = false;
    this.send(data(stream.id, octets, { endStream, ...(padding > 0 ? { padding } : {}) }));
  }

  trailers(stream: ModelStream): void {
    if (stream.ended || stream.resetByServer) return;
    stream.ended = true;
    this.send(headers(stream.id, this.client.encoder.encode(['x-t', String(stream.id)]), { endStream: true }));
  }

  cancel(stream: ModelStream): void {
    stream.ended = true;
    this.send(rstStream(stream.id));
    this.#resets.push(stream);
  }

  update(id: number, increment: number): void {
    this.client.sentWindowUpdate(id, increment);
    this.send(windowUpdate(id, increment));
  }

  settings(name: SettingName, value: number): void {
    this.client.sentSettings([[name, value]]);
    this.send(settings([[name, value]]));
  }

  /** A word on the stream that is opened next: at most one is not open, and the streams leave it room. */
  early(value: string): void {
    const live = [...this.client.streams.values()].filter(s => !s.ended || s.response !== 'ended').length;
    if (live < STREAMS) this.send(priorityUpdate(this.nextId, value));
  }

  prioritize(served: Served, urgency: number, incremental: boolean): void {
    const before = numbers(served.x.priority);
    this.#call(served, [], () => served.x.prioritize(urgency, incremental));
    assert.equal(numbers(served.x.priority), before, 'the word of the application is none of the peer');
  }

  acknowledge(): void {
    this.flush();
    // What has not been read cannot be acknowledged.
    if (this.client.offset === 0) return;
    this.client.sentAck();
    this.acknowledged = true;
    this.send(settingsAck());
  }

  /** Any frame at all. */
  raw(type: number, flags: number, id: number, payload: Uint8Array): void {
    this.exact = false;
    // Whoever goes on behind a reset of its own may be told STREAM_CLOSED.
    const stream = this.client.streams.get(id);
    if (stream !== undefined) stream.horizon = Number.POSITIVE_INFINITY;
    if (type === FRAME_TYPE.SETTINGS && payload.length % 6 === 0) return;
    if (type === FRAME_TYPE.HEADERS && id >= this.nextId && id % 2 === 1) {
      for (; this.nextId <= id; this.nextId += 2) this.client.open(this.nextId);
    }
    if (type === FRAME_TYPE.WINDOW_UPDATE && payload.length === 4) {
      this.client.sentWindowUpdate(id, new DataView(payload.slice().buffer).getUint32(0) % 2 ** 31);
    }
    this.send(frame(type, flags, id, payload));
  }

  send(...frames: readonly Frame[]): void {
    for (const f of frames) this.#held.push(encodeFrame(f));
  }

  /** Hands what is held to the server, in reads of `size` octets; 0: in one. */
  deliver(size: number): void {
    const octets = concat(this.#held);
    this.#held = [];
    const step = size === 0 ? Math.max(1, octets.length) : size;
    for (let at = 0; at < octets.length; at += step) {
      this.gateway.wire.receive(octets.slice(at, at + step), this.now);
      assert.ok(this.gateway.wire.active <= STREAMS + PROMISES, 'the limits of streams');
    }
    for (const stream of this.#resets) {
      stream.horizon = Math.min(stream.horizon, this.client.offset + this.gateway.wire.sender.output.length);
    }
    this.#resets = [];
  }

  // The transport -------------------------------------------------------------------------------------------------

  block(blocked: boolean): void {
    this.blocked = blocked;
    this.gateway.wire.sender.writable = !blocked;
  }

  /** And the client goes on all the same. */
  transportEnds(): void {
    this.exact = false;
    this.gateway.wire.receiveEnd();
  }

  flush(): void {
    const { wire } = this.gateway;
    if (this.blocked) return;
    for (;;) {
      wire.sender.pump();
      wire.flushed();
      if (wire.sender.output.length === 0) break;
      this.client.receive(concat(wire.sender.output.take()));
      wire.sender.output.replies = 0;
      wire.sender.output.recycle();
    }
    wire.transportReady();
  }

  tick(by: number): void {
    this.now += by;
    this.gateway.tick(this.now);
  }

  // Accounts ------------------------------------------------------------------------------------------------------

  /** All is delivered and taken: both sides have to agree. */
  async settleAccounts(): Promise<void> {
    this.deliver(0);
    this.block(false);
    this.flush();
    await turn();
    this.flush();
    await turn();
    const { wire } = this.gateway;
    const costs = this.served.filter(s => !s.notices.includes('close') || (!s.complete && !s.settled)).length;
    // Whole responses whose request failed afterwards may count until their application has settled, or not.
    const mayCost = this.served.filter(s => s.complete && !s.settled).length;
    assert.ok(costs <= STREAMS + PROMISES, 'exchanges that count');
    for (const { x, sink, writing, waiting } of this.served) {
      if (sink === null || x.state !== 'open') continue;
      assert.ok(sink.buffered > 0 || writing === 0, 'write settles');
      assert.ok(sink.window <= 0 || waiting === 0, 'ready settles');
    }
    for (const served of this.served) served.told();
    if (!this.exact) return;
    assert.ok(this.client.goaway <= 0 || this.client.goaway === ERROR_CODE.ENHANCE_YOUR_CALM, 'an error of nobody');
    assert.ok(
      this.client.resets.every(code => FAIR.includes(code)),
      `streams are reset without a reason: ${this.client.resets}`,
    );
    if (wire.closed) return;
    const { active } = wire;
    assert.ok(active >= costs && active <= costs + mayCost, `${active} are counted, ${costs} or ${mayCost} more count`);
    assert.equal(wire.sender.window, this.client.receiveWindow, 'the window of the connection');
    assert.ok(this.client.sendWindow > 30_000, 'the window of the connection is given back');
    for (const stream of wire.streams()) {
      const model = this.client.streams.get(stream.id) as ModelStream;
      assert.equal(stream.sendWindow, model.receiveWindow, 'what the server may send on a stream');
      if (this.acknowledged && stream.receiving) {
        assert.equal(stream.receiveWindow, model.sendWindow, 'what the client may send on a stream');
      }
      if (stream.receiving) assert.ok(model.granted >= model.padding, 'padding is given back');
      if (stream.queued > 0) {
        assert.ok(stream.sendWindow <= 0 || wire.sender.window <= 0, 'nothing waits that has a window');
      }
    }
    for (const { x, written, read, reading } of this.served) {
      const model = this.client.streams.get(x.id) as ModelStream;
      assert.ok(!reading || !model.ended || read < model.sent, 'the end is told');
      if (x.state !== 'done' || model.response !== 'ended' || this.#heads.has(x.id)) continue;
      assert.equal(model.received, written, 'the whole content, and no more');
    }
  }

  /** The client opens its windows, of the streams first: whatever was written arrives. */
  openWindows(): void {
    const { wire } = this.gateway;
    if (!this.exact || wire.closed) return;
    for (const stream of wire.streams()) this.update(stream.id, 1_000_000);
    this.deliver(0);
    this.flush();
    this.update(0, 5_000_000);
    this.deliver(0);
    this.flush();
    for (const stream of wire.streams()) assert.equal(stream.queued, 0, 'with its windows open, all is sent');
    for (const { x, notices } of this.served) {
      const model = this.client.streams.get(x.id) as ModelStream;
      if (x.state === 'done' && !notices.includes('close')) assert.equal(model.response, 'ended', 'the end is sent');
    }
  }

  /** The end: the transport goes, the applications settle, and nothing may be left. */
  async finish(): Promise<void> {
    const { wire } = this.gateway;
    this.flush();
    if (!wire.closed) wire.lost();
    const { length } = wire.sender.output;
    for (const served of this.served) {
      for (const call of [this.respond, this.write, this.read, this.ready]) call.call(this, served, 10);
      served.fulfil();
    }
    await turn();
    await turn();
    assert.equal(wire.sender.output.length, length, 'nothing is said behind the end');
    assert.equal(this.pending, 0, 'every promise has settled');
    assert.equal(wire.active, 0, 'every exchange is over');
    for (const { notices } of this.served) assert.equal(notices.at(-1), 'close');
    assert.deepEqual(this.faults, []);
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

type Act = (world: World) => void;

/** On one of the exchanges served, the newest first. */
function onServed(act: (world: World, served: Served, size: number) => void): fc.Arbitrary<Act> {
  return fc.tuple(fc.nat(5), fc.nat(3000)).map(([back, size]) => world => {
    const served = world.served.at(-1 - (back % Math.max(1, world.served.length)));
    if (served !== undefined) act(world, served, size);
  });
}

function onStream(act: (world: World, stream: ModelStream, size: number, padding: number) => void): fc.Arbitrary<Act> {
  return fc
    .tuple(fc.nat(5), fc.oneof(fc.nat(20), fc.nat(16_000)), fc.constantFrom(0, 0, 1, 40))
    .map(([back, size, padding]) => world => {
      const stream = world.client.streams.get(world.nextId - 2 - 2 * back);
      if (stream !== undefined) act(world, stream, size, padding);
    });
}

function onPromise(act: (world: World, stream: ModelStream) => void): fc.Arbitrary<Act> {
  return fc.nat(2).map(back => world => {
    const stream = world.client.streams.get(world.client.promised - 2 * back);
    if (stream !== undefined && stream.id % 2 === 0) act(world, stream);
  });
}

const request: fc.Arbitrary<Act> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'POST', 'POST', 'HEAD'),
    fc.constantFrom<readonly string[]>(
      [],
      [],
      ['x-a', 'b'],
      ['cookie', 'a'],
      ['x-l', 'v'.repeat(90)],
      ['priority', 'u=1, i'],
      ['x-m', 'w'.repeat(900)],
    ),
    fc.boolean(),
    fc.constantFrom(0, 0, 0, 1, 5),
    fc.constantFrom(0, 0, 9),
  )
  .map(
    ([method, fields, end, cut, padding]) =>
      world =>
        world.request(method, fields, end && method !== 'POST', cut, padding),
  );

const VALUES = ['u=0', 'u=1, i', 'u=7', 'i', '', 'u=9', 'u=3;', 'x, u=2, i=?0'] as const;

/** Acts by name, with their weights: a counterexample is a list of names. */
const ACTS: readonly (readonly [number, string, fc.Arbitrary<Act>])[] = [
  [12, 'request', request],
  [10, 'content', onStream((w, s, n, padding) => w.content(s, n, false, padding, false))],
  [5, 'last content', onStream((w, s, n, padding) => w.content(s, n, true, padding, false))],
  [2, 'trailers', onStream((w, s) => w.trailers(s))],
  [3, 'cancel', onStream((w, s) => w.cancel(s))],
  [6, 'WINDOW_UPDATE', onStream((w, s, n) => w.update(s.id, n + 1))],
  [6, 'WINDOW_UPDATE 0', fc.integer({ min: 1, max: 5000 }).map(n => w => w.update(0, n))],
  [
    4,
    'window setting',
    fc.constantFrom(0, 1, 100, 5000, 65_535, 200_000).map(n => w => w.settings('INITIAL_WINDOW_SIZE', n)),
  ],
  [2, 'table setting', fc.constantFrom(0, 60, 4096).map(n => w => w.settings('HEADER_TABLE_SIZE', n))],
  [2, 'acknowledge', fc.constant(w => w.acknowledge())],
  [1, 'PING', fc.constant(w => w.send(ping([1, 2, 3, 4, 5, 6, 7, 8])))],
  [
    3,
    'PRIORITY',
    onStream((w, s, n) => {
      const dependency = Math.max(0, w.nextId - 2 * (n % 8));
      const weight = 1 + (n % 256);
      w.send(priority(dependency === s.id ? s.id + 2 : s.id, { dependency, weight, exclusive: n % 3 === 0 }));
    }),
  ],
  [3, 'PRIORITY_UPDATE', onStream((w, s, n) => w.send(priorityUpdate(s.id, VALUES[n % VALUES.length] as string)))],
  [1, 'PRIORITY of a promise', onPromise((w, s) => w.send(priority(s.id, { dependency: w.nextId - 2, weight: 9 })))],
  [1, 'PRIORITY_UPDATE of a promise', onPromise((w, s) => w.send(priorityUpdate(s.id, 'u=2')))],
  [1, 'early', fc.nat(9).map(n => w => w.early(VALUES[n % VALUES.length] as string))],
  [3, 'prioritize', onServed((w, s, n) => w.prioritize(s, n % 8, n % 3 === 0))],
  [8, 'respond', onServed((w, s, n) => w.respond(s, n * 10))],
  [8, 'start', onServed((w, s) => w.start(s))],
  [16, 'write', onServed((w, s, n) => w.write(s, n * 25))],
  [8, 'end', onServed((w, s, n) => w.end(s, n % 2 === 0))],
  [4, 'ready', onServed((w, s) => w.ready(s))],
  [12, 'read', onServed((w, s) => w.read(s))],
  [3, 'credit', onServed((_, s, n) => s.x.body.credit(n))],
  [1, 'manual', onServed((_, s) => s.x.body.manual())],
  [2, 'stop', onServed((_, s) => s.x.body.stop())],
  [2, 'inform', onServed((w, s) => w.inform(s))],
  [2, 'reset', onServed((w, s) => w.reset(s))],
  [4, 'push', onServed((w, s) => w.push(s))],
  [2, 'refuse', onPromise((w, s) => w.cancel(s))],
  [2, 'WINDOW_UPDATE of a promise', onPromise((w, s) => w.update(s.id, 500))],
  [6, 'fulfil', onServed((_, s) => s.fulfil())],
  [1, 'reject', onServed((_, s) => s.reject(ASKED))],
  [1, 'deadline', onServed((_, s, n) => s.x.deadline(n + 1))],
  [3, 'block or not', fc.boolean().map(blocked => w => w.block(blocked))],
  [4, 'tick', fc.nat(1500).map(ms => w => w.tick(ms))],
  [0.5, 'drain', fc.constant(w => w.gateway.drain())],
  [0.5, 'GOAWAY', fc.constant(w => w.send(goaway(0)))],
  // What no sound client does; most of it ends the connection.
  [0.5, 'too much content', onStream((w, s) => w.content(s, 16_000, false, 0, true))],
  [0.5, 'HEADERS again', onStream((w, s) => w.raw(FRAME_TYPE.HEADERS, 4, s.id, w.client.encoder.encode(['x-t', 'v'])))],
  [0.5, 'increment 0', onStream((w, s) => w.raw(FRAME_TYPE.WINDOW_UPDATE, 0, s.id, Uint8Array.of(0, 0, 0, 0)))],
  [0.2, 'end of the grace', fc.constant(w => w.gateway.cancel())],
  [0.2, 'end of the transport', fc.constant(w => w.transportEnds())],
  [
    0.5,
    'any frame',
    fc.tuple(fc.nat(16), fc.nat(255), fc.nat(1000), fc.uint8Array({ maxLength: 30 })).map(
      ([type, flags, id, payload]) =>
        w =>
          w.raw(type, flags, id % (w.nextId + 2), payload),
    ),
  ],
];

const act = fc.oneof(
  ...ACTS.map(([weight, name, arbitrary]) => ({
    weight: 10 * weight,
    arbitrary: arbitrary.map(run => Object.assign((w: World) => run(w), { [fc.toStringMethod]: () => name })),
  })),
);

/** More of it, or another: MSGI_FUZZ_SECONDS=300 MSGI_FUZZ_SEED=7. */
const seconds = Number(process.env['MSGI_FUZZ_SECONDS'] ?? 10);
const seed = Number(process.env['MSGI_FUZZ_SEED'] ?? 9113);
const runs = process.env['MSGI_FUZZ_SECONDS'] === undefined ? 600 : 1_000_000;

/** Reads of how many octets the act ends in; −1 leaves them for later. */
const cuts = fc.constantFrom(0, 0, 0, 1, 7, 100, -1);

t.test('random clients, applications and transports', { timeout: 1000 * seconds + 60_000 }, async t => {
  const unhandled: unknown[] = [];
  const catching = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', catching);
  t.teardown(() => process.off('unhandledRejection', catching));
  const seen = { requests: 0, errors: 0, complete: 0, pushed: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(act, cuts, fc.boolean()), {
        minLength: 20,
        maxLength: 150,
        size: 'max',
      }),
      fc.array(fc.constantFrom(...FIRST), { minLength: 4, maxLength: 12 }),
      fc.constantFrom(0, 1000, 65_535, 100_000),
      async (acts, firsts, initialWindow) => {
        const world = new World(firsts, initialWindow);
        world.settings('MAX_CONCURRENT_STREAMS', 100);
        for (const [one, cut, wait] of acts) {
          if (world.gateway.wire.closed) break;
          one(world);
          if (cut >= 0) world.deliver(cut);
          if (wait) await turn();
          world.flush();
        }
        await world.settleAccounts();
        world.openWindows();
        await world.settleAccounts();
        await world.finish();
        seen.requests += world.served.length;
        seen.complete += world.served.filter(s => s.complete).length;
        seen.pushed += world.served.filter(s => s.complete && s.x.pushed).length;
        if (world.client.goaway > 0) seen.errors += 1;
      },
    ),
    { seed, numRuns: runs, interruptAfterTimeLimit: 1000 * seconds },
  );
  await turn();
  t.same(unhandled, [], 'no unhandled rejection');
  t.ok(seen.requests > 200 && seen.complete > 50 && seen.pushed > 5 && seen.errors > 2, JSON.stringify(seen));
});
