/** A connection at the host: what OPEN told of it, and what its exchanges on this pipe share. */
import type { Connection, Tls } from '../../spec/msgi.ts';
import type { Open } from '../messages.ts';
import type { Handling } from './handling.ts';

export class HostConnection {
  readonly number: number;
  /** Live exchanges, who are told of a drain. */
  readonly exchanges = new Set<Handling>();
  readonly face: Connection;
  draining = false;

  /** `sendDrain` asks the server for it (section 11.4, DRAIN). */
  constructor(number: number, facts: Open, sendDrain: () => void) {
    this.number = number;
    this.face = faceOf(this, facts, () => {
      if (this.draining) return;
      sendDrain();
      this.drain();
    });
  }

  /** The server drains it, or the application has asked for it. */
  drain(): void {
    if (this.draining) return;
    this.draining = true;
    for (const handling of this.exchanges) handling.tell({ type: 'drain' });
  }
}

function faceOf(connection: HostConnection, { peer, local, tls }: Open, drain: () => void): Connection {
  const locals = Object.create(null) as Record<string, unknown>;
  return {
    peer,
    local,
    tls: tls === null ? null : tlsOf(tls),
    tree: null,
    get draining() {
      return connection.draining;
    },
    locals,
    drain,
  };
}

function tlsOf(tls: NonNullable<Open['tls']>): Tls {
  return { ...tls, chain: tls.chain.map(text => Uint8Array.from(atob(text), char => char.charCodeAt(0))) };
}
