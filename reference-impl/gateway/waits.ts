/** How long a peer keeps one exchange waiting: for room to send, and for the request that it has begun. */
import type { Host } from './gateway.ts';
import type { Handling } from './handling.ts';

/** How long a peer may keep an exchange waiting, milliseconds. */
export type Waits = Pick<Host, 'sendTimeout' | 'receiveTimeout'>;

/**
 * To be called at every beat of the timer. `blocked`: the peer is at fault when content waits; `writable`: the transport
 * takes output.
 */
export function checkWaits(host: Waits, handling: Handling, now: number, blocked: boolean, writable: boolean): void {
  if (keepsUsWaiting(host, handling, now, blocked)) handling.limit('the peer has taken no content for too long');
  else if (isTooSlow(host, handling, now, writable)) handling.limit('the request comes too slowly', 408);
}

function keepsUsWaiting(host: Waits, handling: Handling, now: number, blocked: boolean): boolean {
  const waiting = (handling.queued > 0 || (handling.outbound?.waiting ?? false)) && blocked;
  if (!waiting && handling.extras === null) return false;
  const { sending } = handling.withExtras();
  return sending.look(now, waiting, handling.sent - handling.queued) >= host.sendTimeout;
}

/** Once the response has begun, both sides may be silent for as long as they like: the application has its deadline. */
function isTooSlow(host: Waits, handling: Handling, now: number, writable: boolean): boolean {
  const reading = handling.inbound?.reading ?? false;
  // A transport that takes nothing is not read either.
  const waiting = reading && handling.phase === 'idle' && handling.gateway.wire.allowance(handling) > 0 && writable;
  if (!waiting && handling.extras === null) return false;
  const { receiving } = handling.withExtras();
  return receiving.look(now, waiting, handling.received) >= host.receiveTimeout;
}
