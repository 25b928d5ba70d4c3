/** One accepted connection, whatever it speaks, as the listener sees it. */
export interface Peer {
  /** A beat of the coarse timer. */
  tick(now: number): void;
  /** Takes no new requests, and closes when those that run are over. */
  drain(): void;
  /** The grace time is over. */
  cancel(): void;
  /** The end, now. */
  destroy(): void;
}
