/** Carries a pipe over streams of Node.js: reads at all times (MSGI-PROC-24), writes what it is given together. */
import type { Readable, Writable } from 'node:stream';
import type { Carrier } from './host/pipe.ts';

/** What is told of what comes. */
export interface Receiver {
  receive(octets: Uint8Array): void;
  /** Nothing more comes. */
  end(): void;
}

/** Errors of the streams are the end of the pipe. */
export function listenTo(input: Readable, output: Writable, receiver: Receiver): void {
  // Not as a Buffer: its `slice` copies nothing, and an application would not expect one.
  input.on('data', (octets: Buffer) =>
    receiver.receive(new Uint8Array(octets.buffer, octets.byteOffset, octets.length)),
  );
  input.once('close', () => receiver.end());
  input.once('end', () => receiver.end());
  input.on('error', () => receiver.end());
  output.on('error', () => receiver.end());
}

export function carrier(output: Writable): Carrier {
  return {
    write(pieces) {
      if (output.writableEnded || output.destroyed) return;
      output.cork();
      for (const piece of joined(pieces)) output.write(piece);
      output.uncork();
    },
    close() {
      if (!output.writableEnded) output.end();
    },
  };
}

/** Octets up to which a copy costs less than a write of its own. */
const SMALL = 4096;

/** The same octets in order, neighbours that are small as one: a burst of messages is one piece to write. */
function joined(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length === 1) return pieces;
  const out: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  for (const piece of pieces) {
    run.push(piece);
    if (piece.length <= SMALL) continue;
    out.push(Buffer.concat(run.slice(0, -1)), piece);
    run = [];
  }
  out.push(Buffer.concat(run));
  return out.filter(({ length }) => length > 0);
}
