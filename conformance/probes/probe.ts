/**
 * What the probes in JavaScript share: an old application that does what the kit tells it, step by step, over the control
 * channel, and tells what it has seen there, never in its response.
 */
import { createHash } from 'node:crypto';
import { ControlClient } from '../application/control-client.ts';
import { reportedError } from '../application/kit.ts';
import { addressed, CONTROL, type Json, type KitMessage, parseKey } from '../application/messages.ts';

export type Act = Extract<KitMessage, { readonly do: 'act' }>;

/** What the probe of an interface can do on one exchange, by verb. */
export type Verbs = Readonly<Record<string, (args: Args) => unknown>>;

export type Args = Readonly<Record<string, Json | undefined>>;

/** The probe fails because it was told to. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

const OVER = Symbol('over');

class Queue {
  readonly #acts: (Act | typeof OVER)[] = [];
  #take: ((act: Act | typeof OVER) => void) | null = null;

  put(act: Act | typeof OVER): void {
    if (this.#take === null) this.#acts.push(act);
    else this.#take(act);
    this.#take = null;
  }

  next(): Promise<Act | typeof OVER> {
    const act = this.#acts.shift();
    if (act !== undefined) return Promise.resolve(act);
    return new Promise(resolve => {
      this.#take = resolve;
    });
  }
}

const queues = new Map<string, Queue>();
const over = new Set<string>();

function queueOf(key: string): Queue {
  const known = queues.get(key) ?? new Queue();
  queues.set(key, known);
  return known;
}

function told(message: KitMessage): void {
  if (message.do === 'act') queueOf(message.key).put(message);
  else if (message.do === 'end') end(message.attempt);
}

function end(attempt: string): void {
  over.add(attempt);
  for (const [key, queue] of queues) {
    if (parseKey(key).attempt !== attempt) continue;
    queue.put(OVER);
    queues.delete(key);
  }
}

async function connect(): Promise<ControlClient | null> {
  const address = process.env[CONTROL];
  if (address === undefined) return null;
  const client = await ControlClient.connect(address, told);
  client.tell({ event: 'hello', pid: process.pid, spec: '', server: 'probe' });
  return client;
}

const control = await connect();

export interface Visit {
  /** Name of the exchange in its case. */
  readonly name: string;
  report(name: string, data?: Json): void;
  /** The handler has ended. */
  settled(error?: unknown): void;
  /** Does what it is told until the attempt is over, or a step of it was the last. */
  perform(verbs: Verbs): Promise<void>;
}

/** The visit that a request is of; null where it asks for a resource. `twin` is answered at once. */
export function visitOf(target: string): (Visit & { readonly twin: boolean }) | null {
  const found = addressed(target, '');
  if (found === null) return null;
  const { key } = found;
  const { name, attempt } = parseKey(key);
  const report = (title: string, data: Json = null): void => control?.tell({ event: 'report', key, name: title, data });
  control?.tell({ event: 'invoked', key, arguments: 0, method: false });
  return {
    name,
    twin: /^twin-[0-9]+$/.test(name),
    report,
    settled: error =>
      control?.tell({ event: 'settled', key, error: error === undefined ? null : reportedError(error) }),
    perform: verbs => perform(over.has(attempt) ? null : queueOf(key), verbs, report),
  };
}

async function perform(queue: Queue | null, verbs: Verbs, report: Visit['report']): Promise<void> {
  for (;;) {
    const act = queue === null ? OVER : await queue.next();
    if (act === OVER) return;
    try {
      const result = await (verbs[act.verb] ?? unknown(act.verb))(act.with as Args);
      report(`did-${act.n}`, { result: (result ?? null) as Json, error: null });
    } catch (error) {
      report(`did-${act.n}`, { result: null, error: { ...reportedError(error) } });
      if (error instanceof Failure) throw error;
    }
  }
}

function unknown(verb: string): () => never {
  return () => {
    throw new TypeError(`this probe has no "${verb}"`);
  };
}

/** Octets of a step: its text, as often as it says. */
export function contentOf({ text = '', times = 1 }: Args): Uint8Array {
  return Buffer.from(String(text).repeat(Number(times)), 'latin1');
}

/** What was read, as the kit wants to know it. */
export function readOf(parts: readonly Uint8Array[], ended: boolean): Json {
  const whole = Buffer.concat(parts);
  return {
    octets: whole.length,
    hash: createHash('sha256').update(whole).digest('hex'),
    text: whole.subarray(0, 200).toString('latin1'),
    ended,
  };
}

export const SMALL = 'hello from here\n';
export const LARGE_OCTETS = 2_097_152;
export const ABSENT = 'not found\n';
