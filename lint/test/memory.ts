/**
 * A server in memory: one exchange, whose peer is the test. A second implementation, small and by the specification; `wrong`
 * replaces members of its three faces, to make servers that break one rule.
 */
import type {
  App,
  Caps,
  Close,
  Connection,
  Exchange,
  Fields,
  Notice,
  RequestHead,
  Sink,
  Source,
} from '../../spec/msgi.ts';

const CAPS: Caps = {
  multiplex: true,
  duplex: true,
  push: false,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'exact',
  priority: 'both',
  reset: 'code',
};
const HEAD: RequestHead = {
  version: '2',
  method: 'GET',
  scheme: 'http',
  authority: 'a.test',
  target: '/',
  base: '',
  protocol: '',
  fields: [],
};

export interface Scene {
  readonly head?: Partial<RequestHead>;
  readonly caps?: Partial<Caps>;
  readonly exchange?: (memory: Memory) => object;
  readonly source?: (memory: Memory) => object;
  readonly sink?: (memory: Memory) => object;
  readonly close?: Partial<Close>;
  /** Content that has arrived; null: the request goes on. */
  readonly content?: readonly string[];
  readonly open?: boolean;
}

/** What has to settle, and how. */
class Waiting<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}

export class Memory {
  state: Exchange['state'] = 'idle';
  readonly control = new AbortController();
  readonly scene: Scene;
  readonly head: RequestHead;
  chunks: Uint8Array[];
  peerEnded: boolean;
  stopped: Error | null = null;
  reader: Waiting<Uint8Array | null> | null = null;
  allowance = 1024;
  arrived = 0;
  manual = false;
  status = 0;
  bare = false;
  declared = -1;
  sent = 0;
  complete = false;
  closed: Close | null = null;
  readonly listeners: ((notice: Notice) => void)[] = [];
  readonly faceSink: Sink;
  readonly faceSource: Source;
  readonly face: Exchange;

  constructor(scene: Scene = {}) {
    this.scene = scene;
    this.head = { ...HEAD, ...scene.head };
    this.chunks = (scene.content ?? []).map(text => new TextEncoder().encode(text));
    for (const chunk of this.chunks) this.#arrive(chunk.length);
    this.peerEnded = scene.open !== true;
    this.faceSource = over(this.#source(), scene.source?.(this));
    this.faceSink = over(this.#sink(), scene.sink?.(this));
    this.face = over(this.#exchange(), scene.exchange?.(this));
  }

  /** Runs the application to its end, and the exchange too. */
  async run(app: App): Promise<void> {
    let failed = false;
    try {
      await app(this.face);
    } catch {
      failed = true;
    }
    if (this.state === 'idle') this.#finish(500);
    else if (this.state === 'open') this.fail(2, 'app');
    if (failed && this.state === 'open') this.fail(2, 'app');
    this.#cease(error(0, 'app'));
    this.#close();
    for (let i = 0; i < 40; i++) await null;
  }

  #arrive(octets: number): void {
    this.arrived += octets;
    this.allowance -= octets;
  }

  push(text: string): void {
    const chunk = new TextEncoder().encode(text);
    this.#arrive(chunk.length);
    if (this.reader === null) this.chunks.push(chunk);
    else {
      const { reader } = this;
      this.reader = null;
      this.#read(chunk.length);
      reader.resolve(chunk);
    }
  }

  end(): void {
    this.peerEnded = true;
    this.reader?.resolve(null);
    this.reader = null;
  }

  fail(code: number, by: string): void {
    const reason = error(code, by);
    if (this.state !== 'done') this.state = 'dead';
    this.#cease(reason);
    this.control.abort(reason);
  }

  tell(notice: Notice): void {
    for (const listener of this.listeners) listener(notice);
  }

  #close(): void {
    const { signal } = this.control;
    const { code, by } = signal.aborted ? signal.reason : { code: 0, by: 'app' };
    const { complete, status, sent, arrived } = this;
    this.tell({ type: 'close', complete, code, by, status, sent, received: arrived, ...this.scene.close });
  }

  #finish(status: number): void {
    this.state = 'done';
    this.status = status;
    this.complete = true;
  }

  #cease(reason: Error): void {
    if (this.#over()) return;
    this.stopped ??= reason;
    this.chunks = [];
    this.reader?.reject(reason);
    this.reader = null;
  }

  #over(): boolean {
    return this.stopped === null && this.peerEnded && this.chunks.length === 0;
  }

  #read(octets: number): void {
    if (!this.manual && !this.peerEnded) this.allowance += octets;
  }

  #source(): Source {
    const memory = this;
    return {
      get ended() {
        return memory.#over();
      },
      get buffered() {
        return memory.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      },
      get window() {
        return memory.peerEnded || memory.stopped !== null ? 0 : memory.allowance;
      },
      get trailers() {
        return memory.#over() ? [] : null;
      },
      read() {
        if (memory.reader !== null) throw new TypeError('one reader at a time');
        if (memory.stopped !== null) return reject(memory.stopped);
        const chunk = memory.chunks.shift();
        if (chunk !== undefined) memory.#read(chunk.length);
        if (chunk !== undefined || memory.peerEnded) return chunk ?? null;
        memory.reader = new Waiting();
        return memory.reader.promise;
      },
      manual() {
        memory.manual = true;
      },
      credit(octets) {
        if (!Number.isInteger(octets) || octets < 0 || octets > 2 ** 31 - 1) throw new TypeError('credit');
        memory.allowance += octets;
      },
      stop(code = 0) {
        if (!Number.isInteger(code) || code < 0) throw new TypeError('code');
        memory.#cease(error(code, 'app'));
      },
      async *[Symbol.asyncIterator]() {
        for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk;
      },
    };
  }

  #sink(): Sink {
    const memory = this;
    return {
      get window() {
        return memory.state === 'open' && !memory.bare ? 1000 : 0;
      },
      buffered: 0,
      write(chunk) {
        const octets = typeof chunk === 'string' ? new TextEncoder().encode(chunk).length : chunk?.length;
        if (typeof octets !== 'number') throw new TypeError('content');
        if (memory.state === 'done') throw new TypeError('write after end');
        if (memory.state === 'dead') return reject(memory.control.signal.reason);
        if (memory.declared >= 0 && memory.sent + octets > memory.declared) throw new TypeError('too long');
        if (memory.bare) return new Promise(resolve => setImmediate(resolve));
        memory.sent += octets;
        return undefined;
      },
      ready() {
        if (memory.state === 'dead') return reject(memory.control.signal.reason);
        return memory.state === 'open' && !memory.bare ? 1000 : 0;
      },
      end(trailers) {
        check(trailers ?? [], true);
        if (memory.state === 'done') throw new TypeError('end after end');
        if (memory.state === 'dead') return reject(memory.control.signal.reason);
        if (memory.sent < memory.declared) {
          memory.fail(2, 'app');
          throw new TypeError('too short');
        }
        memory.#finish(memory.status);
        return undefined;
      },
    };
  }

  #begin(status: number, fields: Fields = []): void {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new TypeError('status');
    check(fields);
    if (this.state === 'dead') return;
    if (this.state !== 'idle') throw new TypeError('the response has begun');
    this.bare = this.head.method === 'HEAD' || [204, 205, 304].includes(status);
    this.status = status;
  }

  #exchange(): Exchange {
    const memory = this;
    const { signal } = this.control;
    const connection = { peer: null, local: null, tls: null, tree: null, draining: false, drain() {} };
    return {
      id: 1,
      request: this.head,
      connection: { ...connection, locals: Object.create(null) } satisfies Connection,
      caps: { ...CAPS, ...this.scene.caps },
      body: this.faceSource,
      get state() {
        return memory.state;
      },
      pushed: false,
      priority: { scheme: 'none', urgency: 3, incremental: false, node: null },
      signal,
      locals: Object.create(null),
      inform(status, fields = []) {
        if (status === 101 || status < 100 || status > 199) throw new TypeError('status');
        check(fields);
        if (memory.state === 'open' || memory.state === 'done') throw new TypeError('the response has begun');
        return memory.state === 'idle';
      },
      respond(status, fields, body = '') {
        if (typeof body !== 'string' && !(body instanceof Uint8Array)) throw new TypeError('content');
        const octets = new TextEncoder().encode(body as string).length;
        const declared = lengthOf(fields);
        if (declared >= 0 && declared !== octets && memory.state === 'idle') throw new TypeError('length');
        memory.#begin(status, fields);
        if (memory.state === 'dead') return;
        memory.sent = memory.bare ? 0 : octets;
        memory.#finish(status);
      },
      start(status, fields) {
        memory.#begin(status, fields);
        if (memory.state === 'idle') memory.state = 'open';
        memory.declared = memory.bare ? -1 : lengthOf(fields);
        return memory.faceSink;
      },
      push({ target, fields = [] }) {
        if (!target.startsWith('/') || target.includes('#')) throw new TypeError('target');
        if (fields.includes('host')) throw new TypeError('host');
        return false;
      },
      prioritize(urgency) {
        if (!(urgency >= 0 && urgency <= 7)) throw new TypeError('urgency');
      },
      deadline(ms) {
        if (!(ms >= 1)) throw new TypeError('deadline');
      },
      reset(code = 8) {
        if (!Number.isInteger(code) || code < 0 || code === 7) throw new TypeError('code');
        memory.fail(code, 'app');
      },
      watch(listener) {
        memory.listeners.push(listener);
        return () => void memory.listeners.splice(memory.listeners.indexOf(listener), 1);
      },
    };
  }
}

export function error(code: number, by: string): Error {
  const error = Object.assign(new Error('the exchange has ended'), { code, by });
  error.name = 'ExchangeError';
  return error;
}

function reject(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

function lengthOf(fields: Fields = []): number {
  const at = fields.indexOf('content-length');
  return at < 0 ? -1 : Number(fields[at + 1]);
}

function check(fields: Fields, trailers = false): void {
  if (fields.length % 2 !== 0) throw new TypeError('odd');
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] as string, fields[i + 1] as string];
    if (!/^[a-z0-9-]+$/.test(name) || name === 'connection') throw new TypeError('name');
    if (typeof value !== 'string' || !/^[\x21-\xff\t ]*$/.test(value)) throw new TypeError('value');
    if (name === 'content-length' && !/^\d+$/.test(value)) throw new TypeError('length');
    if (trailers && name === 'content-length') throw new TypeError('trailer');
  }
}

/** The members of a face, some of them replaced. */
function over<T extends object>(face: T, members: object | undefined): T {
  if (members === undefined) return face;
  return Object.defineProperties(face, Object.getOwnPropertyDescriptors(members));
}
