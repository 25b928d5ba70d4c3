/** What a response has come to, by the calls of the application: shared by the exchange and its sink. */
import { type Handed, octetsOf } from './octets.ts';

export class Outcome {
  /** By the calls that were right and met no failure. */
  phase: 'idle' | 'open' | 'done' = 'idle';
  /** Final status that was given; 0 before. */
  status = 0;
  /** HEAD, 204, 205, 304: content is taken and dropped. */
  bare = false;
  tunnel = false;
  /** Content-length of the head; −1 where there is none that counts. */
  declared = -1;
  /** Octets of content given. */
  written = 0;
  /** The last octet is known to have been handed to the transport. */
  complete = false;
  /** The server has lost the state of the exchange: what follows from that is not told again. */
  lost = false;
  /** Code of the `reset` that ended it; −1 where none did. */
  reset = -1;
  readonly handed: Handed | null;

  constructor(handed: Handed | null) {
    this.handed = handed;
  }

  begin(phase: 'open' | 'done', status: number, method: string): void {
    this.phase = phase;
    this.status = status;
    this.tunnel = method === 'CONNECT' && status < 300;
    this.bare = !this.tunnel && isBare(status, method);
  }

  take(chunk: Uint8Array | string): void {
    this.written += octetsOf(chunk);
    this.handed?.take(chunk);
  }
}

export function isBare(status: number, method: string): boolean {
  return method === 'HEAD' || status === 204 || status === 205 || status === 304;
}
