/** What a handler is given beside its exchange: gates that the case opens, and a way to report what it sees. */
import type { Awaitable, Exchange, Notice } from '../../spec/msgi.ts';
import type { Event } from './control-client.ts';
import type { Gates } from './gates.ts';
import { formatKey, type Json, type Key, pathOf, type ReportedError } from './messages.ts';

/**
 * The application's half of a case. It runs in the subject's process: it knows its exchange and its kit, shares nothing with
 * other exchanges, and reports plain JSON.
 */
export type Handler = (x: Exchange, kit: Kit) => Awaitable<void>;

export class Kit {
  /** Name of the exchange within its case: "a" of `trial.ask(peer, 'a')`. */
  readonly name: string;
  readonly key: string;
  readonly #caseId: string;
  readonly #parsed: Key;
  readonly #gates: Gates;
  readonly #tell: (event: Event) => void;

  constructor(caseId: string, key: string, parsed: Key, gates: Gates, tell: (event: Event) => void) {
    this.name = parsed.name;
    this.key = key;
    this.#caseId = caseId;
    this.#parsed = parsed;
    this.#gates = gates;
    this.#tell = tell;
  }

  /** Waits until the case releases the gate. The case sees that the handler waits. */
  gate(name = 'go'): Promise<void> {
    this.#tell({ event: 'waits', key: this.key, gate: name });
    return this.#gates.pass(this.#parsed.attempt, this.key, name);
  }

  /** Tells the case. Without data it reports null. */
  report(name: string, data: Json = null): void {
    this.#tell({ event: 'report', key: this.key, name, data });
  }

  /** Reports what the exchange is told from now on: each notice by its type, and "aborted" with the reason. */
  follow(x: Exchange): void {
    x.watch(notice => this.report(notice.type, noticeData(notice)));
    x.signal.addEventListener('abort', () => this.report('aborted', { ...reportedError(x.signal.reason) }));
  }

  /** The target of another exchange of this attempt, for `push`. The case knows it as `trial.exchange(name)`. */
  path(name: string): string {
    return pathOf(this.#caseId, formatKey({ ...this.#parsed, name }));
  }
}

function noticeData(notice: Notice): Json {
  if (notice.type === 'drain') return null;
  if (notice.type === 'close') return { ...notice };
  const { scheme, urgency, incremental, node } = notice.priority;
  return { scheme, urgency, incremental, node: node === null ? null : node.id };
}

/** Whatever was thrown, as plain data. */
export function reportedError(error: unknown): ReportedError {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const { name, message, code, by } = error as Error & { readonly code?: unknown; readonly by?: unknown };
  return {
    name,
    message,
    ...(typeof code === 'number' ? { code } : {}),
    ...(typeof by === 'string' ? { by } : {}),
  };
}

/** The same promise, and the process lives until it settles: while a server starts nothing else may keep it. */
export async function alive<T>(promise: Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, 2 ** 31 - 1);
  try {
    return await promise;
  } finally {
    clearInterval(hold);
  }
}

/** Other turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(resolve => setImmediate(resolve));
}
