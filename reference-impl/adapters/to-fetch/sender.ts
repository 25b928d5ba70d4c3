/** The response of an exchange as a Response of Fetch, whose content is handed on as its reader asks for it. */
import type { Block, Blocks, Sending } from '../../gateway/carrier.ts';
import type { Handling } from '../../gateway/handling.ts';

/** Octets handed on at once, and the room of a sink. */
const PIECE = 65_536;

type Lines = [string, string][];

/** A head is the lines of its fields. */
const BLOCKS: Blocks = {
  find: () => null,
  make(_status, list, contentLength): Lines {
    const lines: Lines = [];
    for (let i = 0; i < list.length; i += 2) lines.push([list[i] as string, list[i + 1] as string]);
    if (contentLength >= 0) lines.push(['content-length', String(contentLength)]);
    return lines;
  },
};

export class FetchSender implements Sending {
  readonly blocks = BLOCKS;
  readonly output = { length: 0 };
  readonly response: Promise<Response>;
  /** The reader of the response waits for content. */
  writable = false;
  readonly #ended: (handling: Handling) => void;
  readonly #cancelled: () => void;
  #resolve: (response: Response) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Its head is made, and content follows. */
  #begun: Handling | null = null;
  #lines: Lines = [];

  /** `ended`: the last octet has been handed on. `cancelled`: the reader wants no more. */
  constructor(ended: (handling: Handling) => void, cancelled: () => void) {
    this.#ended = ended;
    this.#cancelled = cancelled;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  room({ queued }: Handling): number {
    return this.writable ? Math.max(0, PIECE - queued) : 0;
  }

  interim(): void {}

  head(handling: Handling, block: Block, endStream: boolean): void {
    this.#lines = block as Lines;
    if (!endStream) {
      this.#begun = handling;
      return;
    }
    this.#respond(handling, null);
    this.#ended(handling);
  }

  content(handling: Handling, octets: Uint8Array): void {
    this.#begun = null;
    this.#respond(handling, octets as Uint8Array<ArrayBuffer>);
    this.#ended(handling);
  }

  /** Behind `head`: a response whose content comes bit by bit. */
  announce(): void {
    const handling = this.#begun;
    if (handling === null) return;
    this.#begun = null;
    this.#respond(handling, this.#streamOf(handling));
  }

  #respond({ status }: Handling, body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null): void {
    this.#resolve(new Response(body, { status, headers: this.#lines }));
  }

  #streamOf(handling: Handling): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller;
        },
        pull: () => {
          this.writable = true;
          this.pump(handling);
          if (this.writable) handling.onProgress();
        },
        cancel: () => {
          this.#controller = null;
          this.#cancelled();
        },
      },
      { highWaterMark: 0 },
    );
  }

  queue(handling: Handling, octets: Uint8Array): void {
    handling.queue ??= [];
    handling.queue.push(octets);
    handling.queued += octets.length;
  }

  finish(handling: Handling): void {
    handling.endDue = true;
  }

  /** Hands on what is asked for, and the end. */
  pump(handling: Handling): void {
    const controller = this.#controller;
    if (controller === null) return;
    const moved = handling.queued > 0 && this.writable;
    if (moved) {
      this.writable = false;
      controller.enqueue(nextPiece(handling));
    }
    if (handling.queued === 0 && handling.endDue) this.#close(handling, controller);
    if (moved) handling.onProgress();
  }

  #close(handling: Handling, controller: ReadableStreamDefaultController<Uint8Array>): void {
    handling.endDue = false;
    this.#controller = null;
    controller.close();
    this.#ended(handling);
  }

  /** Drops what a response had to send. */
  drop(handling: Handling): void {
    handling.queue = null;
    handling.dropped += handling.queued;
    handling.queued = 0;
    handling.endDue = false;
  }

  /** Without a head the handler fails, and behind one its content. */
  fail(error: unknown): void {
    this.#reject(error);
    this.#controller?.error(error);
    this.#controller = null;
  }
}

/** A copy: readers may transfer the buffer, which may be shared. */
function nextPiece(handling: Handling): Uint8Array {
  const queue = handling.queue as Uint8Array[];
  const first = queue[0] as Uint8Array;
  const piece = new Uint8Array(first.subarray(0, PIECE));
  if (first.length <= PIECE) queue.shift();
  else queue[0] = first.subarray(PIECE);
  handling.queued -= piece.length;
  return piece;
}
