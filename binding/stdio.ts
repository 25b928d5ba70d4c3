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
  endWith(input, output, receiver);
}

/** The same but for what comes, which its owner hands on. */
export function endWith(input: Readable, output: Writable, receiver: Pick<Receiver, 'end'>): void {
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
  let from = 0;
  const join = (to: number): void => {
    if (to - from === 1) out.push(pieces[from] as Uint8Array);
    else if (to > from) out.push(Buffer.concat(pieces.slice(from, to)));
  };
  for (const [at, piece] of pieces.entries()) {
    if (piece.length <= SMALL) continue;
    join(at);
    out.push(piece);
    from = at + 1;
  }
  join(pieces.length);
  return out;
}
