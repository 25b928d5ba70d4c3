/** How handlers come to a state of section 3.1, and what calls give, as words that can be compared. */
import { setImmediate } from 'node:timers/promises';
import type { Exchange, Sink, Source } from '../../../../spec/msgi.ts';
import { latin1Text } from '../../../../wire/index.ts';
import type { Json } from '../../../application/messages.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

export type State = Exchange['state'];
export const STATES: readonly State[] = ['idle', 'open', 'done', 'dead'];

/** Octets that the client lets a response send, and those that a handler writes against it: "done" is not complete then. */
export const WINDOW = 10;
export const WRITTEN = 30;

/** A connection on which each response is held back behind ten octets. */
export async function tight(trial: GatewayTrial): Promise<Peer> {
  const peer = await trial.open();
  await peer.change(['INITIAL_WINDOW_SIZE', WINDOW]);
  return peer;
}

/** Brings the response to the state; "done" with content that waits. Gives the sink, null in idle. */
export function brought(x: Exchange, state: State): Sink | null {
  if (state === 'idle') return null;
  const out = x.start(200);
  if (state === 'done') {
    out.write(new Uint8Array(WRITTEN));
    out.end();
  }
  if (state === 'dead') x.reset();
  return out;
}

/** Ends what a handler has begun, so that nothing of it stays on the connection. */
export function left(x: Exchange, out: Sink | null): void {
  if (x.state === 'idle') x.respond(204);
  else if (x.state === 'open') out?.end();
  if (x.state === 'done') x.reset();
}

/**
 * What a call gives: "nothing", "true", "12", "null", "an object", "a function"; "TypeError", and "TypeError, rejected" where
 * it was not thrown; "ExchangeError" either way.
 */
export async function outcome(call: () => unknown): Promise<string> {
  let given: unknown;
  try {
    given = call();
  } catch (error) {
    return nameOf(error);
  }
  try {
    return worded(await given);
  } catch (error) {
    const name = nameOf(error);
    return name === 'ExchangeError' ? name : `${name}, rejected`;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function worded(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The error that a call gives, thrown or rejected; null where it gives none. */
export async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return null;
  } catch (error) {
    return error;
  }
}

/** The next entry of the runtime into the program (section 1.3, "turn"): no clock, but what a turn is told by. */
export const laterTurn = (): Promise<void> => setImmediate();

/** Reads to the end of the request. Gives the octets; rejects where it does not come. */
export async function drained(body: Source): Promise<number> {
  let octets = 0;
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) octets += chunk.length;
  return octets;
}

/** A report that may come when the handler has ended, well or not. */
export async function told(trial: GatewayTrial, asked: Asked, name: string): Promise<Json> {
  await trial.app.until(
    () => trial.app.reports(asked, name).length > 0,
    `the application to report "${name}" of ${asked.name}`,
  );
  return trial.app.reports(asked, name)[0] as Json;
}

/** The same, with exactly this data. */
export async function toldThat(trial: GatewayTrial, asked: Asked, name: string, wanted: Json): Promise<void> {
  await told(trial, asked, name);
  await trial.reported(asked, name, wanted);
}

/** Content of the answer so far, one character for each octet. */
export function contentOf({ peer, stream }: Asked): string {
  const parts = peer.received.flatMap(({ frame, payload }) =>
    frame.stream === stream && payload.type === 'DATA' ? [latin1Text(payload.content)] : [],
  );
  return parts.join('');
}

/** The frames of the answer so far, by type, flow control left out. */
export function framesOf({ peer, stream }: Asked): readonly string[] {
  const own = peer.received.filter(({ frame, payload }) => frame.stream === stream && payload.type !== 'WINDOW_UPDATE');
  return own.map(({ payload }) => payload.type);
}
