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
      for (const piece of pieces) output.write(piece);
      output.uncork();
    },
    close() {
      if (!output.writableEnded) output.end();
    },
  };
}
