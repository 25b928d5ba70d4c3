/**
 * A client for the fuzz: keeps accounts of its own of everything that it and the server say, and throws where the server
 * breaks a rule. It knows the wire, and nothing of the engine.
 */
import { strict as assert } from 'node:assert';
import {
  Decoder,
  Encoder,
  encodeFrame,
  FLAG,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  parsePayload,
  SETTING,
  type SettingEntry,
} from '../../wire/index.ts';

const MAX_FRAME = 16_384;

/** What the client knows of one stream that it has opened. */
export class ModelStream {
  readonly id: number;
  /** Octets that either side may still send here. */
  sendWindow: number;
  receiveWindow: number;
  /** Padding, with its length octets, and what the server has granted: never less than that. */
  padding = 0;
  granted = 0;
  /** Content so far. */
  sent = 0;
  received = 0;
  response: 'none' | 'headed' | 'ended' = 'none';
  resetByServer = false;
  ended = false;
  /** Where the server's output stood when it had read our RST_STREAM: nothing of the stream may stand behind that. */
  horizon = Number.POSITIVE_INFINITY;

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}

/** The octet of content at an offset of a stream: whatever is lost, doubled or mixed up shows. */
export function pattern(id: number, from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (31 * id + 7 * (from + i)) & 0xff);
}

export class ModelClient {
  readonly encoder = new Encoder();
  readonly streams = new Map<number, ModelStream>();
  sendWindow = 65_535;
  receiveWindow = 65_535;
  /** The code of the server's last GOAWAY, −1 before. */
  goaway = -1;
  /** Codes of RST_STREAM so far. */
  readonly resets: number[] = [];
  /** The last stream that was promised. */
  promised = 0;
  readonly #reader = new FrameReader();
  readonly #decoder = new Decoder();
  /** SETTINGS of ours that have not been acknowledged. */
  readonly #pending: (readonly SettingEntry[])[] = [];
  #serverInitial = 65_535;
  /** The server's value, which holds from our acknowledgement on. */
  #announced = 65_535;
  #initial = 65_535;
  #offset = 0;
  #block: { readonly stream: number; readonly endStream: boolean; readonly parts: Uint8Array[] } | null = null;

  open(id: number): ModelStream {
    const stream = new ModelStream(id, this.#serverInitial, this.#initial);
    this.streams.set(id, stream);
    return stream;
  }

  sentSettings(entries: readonly SettingEntry[]): void {
    this.#pending.push(entries);
  }

  sentAck(): void {
    const by = this.#announced - this.#serverInitial;
    this.#serverInitial = this.#announced;
    for (const stream of this.streams.values()) stream.sendWindow += by;
  }

  sentData(stream: ModelStream | undefined, content: number, octets: number): void {
    this.sendWindow -= octets;
    if (stream === undefined) return;
    stream.sendWindow -= octets;
    stream.sent += content;
    stream.padding += octets - content;
  }

  sentWindowUpdate(id: number, increment: number): void {
    const stream = this.streams.get(id);
    if (id === 0) this.receiveWindow += increment;
    else if (stream !== undefined) stream.receiveWindow += increment;
  }

  /** Octets of the server. */
  receive(octets: Uint8Array): void {
    for (const frame of this.#reader.read(octets)) {
      this.#frame(frame);
      this.#offset += encodeFrame(frame).length;
    }
    assert.equal(this.#reader.pending, 0, 'the output ends with a frame');
  }

  #frame(frame: Frame): void {
    assert.ok(this.goaway <= 0, 'nothing follows a GOAWAY with an error');
    assert.ok(frame.payload.length <= MAX_FRAME, 'SETTINGS_MAX_FRAME_SIZE');
    assert.ok(this.#offset > 0 || frame.type === FRAME_TYPE.SETTINGS, 'SETTINGS is first');
    assert.equal(this.#block !== null, frame.type === FRAME_TYPE.CONTINUATION, 'a field block stands in one piece');
    const payload = parsePayload(frame);
    switch (payload.type) {
      case 'SETTINGS':
        this.#settings(frame, payload.entries);
        break;
      case 'GOAWAY':
        this.goaway = payload.code;
        break;
      case 'WINDOW_UPDATE':
        this.#windowUpdate(frame.stream, payload.increment);
        break;
      case 'RST_STREAM':
        this.#reset(frame.stream);
        this.resets.push(payload.code);
        break;
      case 'DATA':
        this.#data(frame, payload.content);
        break;
      case 'HEADERS':
      case 'CONTINUATION':
        this.#headers(frame, payload.fragment);
        break;
      case 'PUSH_PROMISE':
        this.#promise(frame.stream, payload.promised, payload.fragment);
        break;
      default:
        assert.equal(payload.type, 'PING');
    }
  }

  #settings(frame: Frame, entries: readonly (readonly [number, number])[]): void {
    if ((frame.flags & FLAG.ACK) === 0) {
      for (const [id, value] of entries) if (id === SETTING.INITIAL_WINDOW_SIZE) this.#announced = value;
      return;
    }
    const ours = this.#pending.shift();
    assert.ok(ours, 'an acknowledgement of nothing');
    for (const [id, value] of ours) {
      if (id === 'HEADER_TABLE_SIZE') this.#decoder.setLimit(value);
      if (id !== 'INITIAL_WINDOW_SIZE') continue;
      for (const stream of this.streams.values()) stream.receiveWindow += value - this.#initial;
      this.#initial = value;
    }
  }

  #known(id: number): ModelStream {
    const stream = this.streams.get(id);
    assert.ok(stream, `stream ${id} was never opened`);
    assert.ok(this.#offset < stream.horizon, `a frame on stream ${id}, which the client had reset`);
    assert.ok(!stream.resetByServer, `a frame on stream ${id} behind its RST_STREAM`);
    return stream;
  }

  #windowUpdate(id: number, increment: number): void {
    assert.ok(increment > 0);
    if (id === 0) {
      this.sendWindow += increment;
      assert.ok(this.sendWindow < 2 ** 31);
      return;
    }
    const stream = this.#known(id);
    stream.sendWindow += increment;
    stream.granted += increment;
    assert.ok(stream.sendWindow < 2 ** 31);
  }

  #reset(id: number): void {
    this.#known(id).resetByServer = true;
  }

  #data(frame: Frame, content: Uint8Array): void {
    const stream = this.#known(frame.stream);
    assert.equal(stream.response, 'headed', 'DATA stands behind the head and before the end');
    this.receiveWindow -= frame.payload.length;
    stream.receiveWindow -= frame.payload.length;
    if (frame.payload.length > 0) {
      assert.ok(this.receiveWindow >= 0, 'the window of the connection');
      assert.ok(stream.receiveWindow >= 0, 'the window of the stream');
    }
    assert.deepEqual(content, pattern(stream.id, stream.received, content.length), 'content');
    stream.received += content.length;
    if (frame.flags & FLAG.END_STREAM) stream.response = 'ended';
  }

  #promise(parent: number, promised: number, fragment: Uint8Array): void {
    assert.notEqual(this.#known(parent).response, 'ended', 'a promise behind the end of its parent');
    assert.ok(parent % 2 === 1 && promised === this.promised + 2, `${promised} is promised on ${parent}`);
    assert.deepEqual(this.#decoder.decode(fragment).slice(0, 2), [':method', 'GET']);
    this.promised = promised;
    this.open(promised).ended = true;
  }

  #headers(frame: Frame, fragment: Uint8Array): void {
    this.#block ??= { stream: frame.stream, endStream: (frame.flags & FLAG.END_STREAM) !== 0, parts: [] };
    assert.equal(frame.stream, this.#block.stream);
    this.#block.parts.push(fragment);
    if ((frame.flags & FLAG.END_HEADERS) === 0) return;
    const { endStream, parts } = this.#block;
    this.#block = null;
    this.#section(this.#known(frame.stream), endStream, this.#decoder.decode(Buffer.concat(parts)));
  }

  #section(stream: ModelStream, endStream: boolean, fields: readonly string[]): void {
    assert.notEqual(stream.response, 'ended', 'HEADERS behind END_STREAM');
    if (stream.response === 'headed') {
      assert.ok(endStream && !fields.includes(':status'), 'the second section is trailers');
    } else {
      assert.equal(fields[0], ':status');
      assert.equal(fields.lastIndexOf(':status'), 0);
      if (fields[1]?.startsWith('1')) assert.ok(!endStream, 'an interim response ends nothing');
      else stream.response = 'headed';
    }
    if (endStream) stream.response = 'ended';
  }

  /** Where the server's output stands that has been read. */
  get offset(): number {
    return this.#offset;
  }
}
