/** One end of an HTTP/2 connection made of our frames and HPACK, over a socket: what a foreign stack is talked to with. */
import type { Socket } from 'node:net';
import {
  continuation,
  Decoder,
  describeFrame,
  Encoder,
  encodeFrame,
  FLAG,
  type Frame,
  FrameReader,
  headers,
  MIN_MAX_FRAME_SIZE,
  PREFACE_OCTETS,
  parsePayload,
  ping,
  SETTING,
  settings,
  settingsAck,
} from '../index.ts';

/** The fields of one block and its octets, to look at how they were sent. */
export interface Section {
  readonly stream: number;
  readonly fields: readonly string[];
  readonly block: Uint8Array;
}

export class RawPeer {
  readonly encoder: Encoder;
  readonly decoder = new Decoder();
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #onSection: (section: Section) => void;
  readonly #onError: (error: Error) => void;
  /** Octets of the client's preface that are still to come. */
  #preface: number;
  /** SETTINGS_HEADER_TABLE_SIZE sent and not yet acknowledged: it counts from the acknowledgement on. */
  readonly #unacknowledged: { readonly size: number; readonly acknowledged: () => void }[] = [];
  #fragments: Uint8Array[] = [];

  constructor(
    socket: Socket,
    role: 'client' | 'server',
    ceiling: number,
    onSection: (section: Section) => void,
    onError: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#onSection = onSection;
    this.#onError = onError;
    this.encoder = new Encoder(ceiling);
    this.#preface = role === 'server' ? PREFACE_OCTETS.length : 0;
    // Frames go out one by one: waiting for acknowledgements of TCP would make every round 40 ms long.
    socket.setNoDelay(true);
    if (role === 'client') socket.write(PREFACE_OCTETS);
    socket.on('data', chunk => {
      try {
        this.#receive(chunk);
      } catch (error) {
        onError(error as Error);
      }
    });
    socket.on('error', onError);
    socket.on('close', () => onError(new Error('the connection was closed')));
  }

  send(frame: Frame): void {
    this.#socket.write(encodeFrame(frame));
  }

  /** SETTINGS with that table size; resolves when the peer has acknowledged it. */
  setTableSize(size: number): Promise<void> {
    this.send(settings([['HEADER_TABLE_SIZE', size]]));
    return new Promise(acknowledged => this.#unacknowledged.push({ size, acknowledged }));
  }

  /** A field section that ends its stream, in as many frames as it takes. */
  sendSection(stream: number, fields: readonly string[], sensitive: readonly string[]): void {
    const block = this.encoder.encode(fields, sensitive);
    const cut = Math.min(block.length, MIN_MAX_FRAME_SIZE);
    this.send(headers(stream, block.subarray(0, cut), { endStream: true, endHeaders: cut === block.length }));
    for (let at = cut; at < block.length; at += MIN_MAX_FRAME_SIZE) {
      const end = at + MIN_MAX_FRAME_SIZE;
      this.send(continuation(stream, block.subarray(at, end), end >= block.length));
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    const skipped = Math.min(this.#preface, chunk.length);
    this.#preface -= skipped;
    for (const frame of this.#reader.read(chunk.subarray(skipped))) this.#frame(frame);
  }

  #frame(frame: Frame): void {
    const payload = parsePayload(frame);
    switch (payload.type) {
      case 'SETTINGS':
        if (payload.ack) this.#acknowledged();
        else this.#settings(payload.entries);
        break;
      case 'PING':
        if (!payload.ack) this.send(ping(payload.opaque, true));
        break;
      case 'HEADERS':
      case 'CONTINUATION':
        this.#fragment(frame, payload.fragment);
        break;
      case 'GOAWAY':
      case 'RST_STREAM':
        if (payload.code !== 0) this.#onError(new Error(`the peer sent ${describeFrame(frame)}, code ${payload.code}`));
        break;
      case 'malformed':
        this.#onError(new Error(`${describeFrame(frame)}: ${payload.why}`));
        break;
    }
  }

  #acknowledged(): void {
    const sent = this.#unacknowledged.shift();
    if (sent === undefined) return;
    this.decoder.setLimit(sent.size);
    sent.acknowledged();
  }

  #settings(entries: readonly (readonly [number, number])[]): void {
    for (const [id, value] of entries) if (id === SETTING.HEADER_TABLE_SIZE) this.encoder.setLimit(value);
    this.send(settingsAck());
  }

  #fragment(frame: Frame, fragment: Uint8Array): void {
    this.#fragments.push(fragment);
    if (!(frame.flags & FLAG.END_HEADERS)) return;
    const block = new Uint8Array(Buffer.concat(this.#fragments));
    this.#fragments = [];
    this.#onSection({ stream: frame.stream, fields: this.decoder.decode(block), block });
  }
}
