/** Field sections become requests, or the trailers of one (RFC 9113 §8.1, §5.1.1). */
import { ERROR_CODE, MIN_MAX_FRAME_SIZE } from '../../wire/index.ts';
import { streamError } from './errors.ts';
import { FieldBlocks } from './field-blocks.ts';
import type { FlowControl } from './flow-control.ts';
import type { Limits } from './limits.ts';
import type { Priorities } from './priorities.ts';
import type { Dependency } from './priority-tree.ts';
import { checkTrailers, type Request } from './request-head.ts';
import type { FieldList } from './response-blocks.ts';
import { asStreamError, checkLength, fieldsInTunnel, lengthError, parse, selfDependence } from './rules.ts';
import type { Sender } from './sender.ts';
import type { PeerSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { next, type State } from './stream-state.ts';
import type { Streams } from './streams.ts';

/** Who serves requests. */
export interface RequestListener {
  /** The value of the field `date` now, for responses that no application gives (RFC 9110 §6.6.1). */
  readonly date: string;
  /** A stream object for the request that is about to be told. */
  open(id: number, receiveWindow: number, sendWindow: number): Stream;
  /** The request has been checked and may be served; `stream.state` tells whether content is to come. */
  request(stream: Stream, request: Request): void;
}

const EMPTY: readonly string[] = Object.freeze([]);

export class Requests {
  readonly #limits: Limits;
  readonly #listener: RequestListener;
  readonly #peer: PeerSettings;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #flow: FlowControl;
  readonly #priorities: Priorities;
  readonly #blocks: FieldBlocks;
  readonly #extendedConnect: boolean;

  constructor(
    limits: Limits,
    listener: RequestListener,
    peer: PeerSettings,
    sender: Sender,
    streams: Streams,
    flow: FlowControl,
    priorities: Priorities,
    extendedConnect: boolean,
  ) {
    this.#limits = limits;
    this.#listener = listener;
    this.#peer = peer;
    this.#sender = sender;
    this.#streams = streams;
    this.#flow = flow;
    this.#priorities = priorities;
    this.#blocks = new FieldBlocks(limits);
    this.#extendedConnect = extendedConnect;
  }

  /** Our SETTINGS have been acknowledged. */
  acknowledge(): void {
    this.#blocks.acknowledge();
  }

  /** A whole field block: it goes through HPACK in any case (RFC 9113 §4.3). */
  block(
    id: number,
    endStream: boolean,
    dependency: Dependency | null,
    octets: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (id <= this.#streams.highest) {
      this.#trailers(id, endStream, this.#dependsOnItself(id, dependency), this.#blocks.decode(octets, start, end));
      return;
    }
    const known = this.#blocks.recall(octets, start, end);
    const section = known === null ? this.#blocks.decode(octets, start, end) : EMPTY;
    if (this.#streams.final) return;
    this.#streams.raise(id);
    if (dependency !== null) {
      if (this.#dependsOnItself(id, dependency)) throw selfDependence(id);
      this.#priorities.useTree();
    }
    if (this.#streams.active >= this.#limits.concurrentStreams) {
      throw streamError(
        'REFUSED_STREAM',
        id,
        'more streams than SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 section 5.1.2)',
      );
    }
    if (known !== null) {
      this.#serve(id, endStream, known, dependency);
    } else if (this.#blocks.tooLarge(section)) {
      this.#answer(id, 431, endStream);
    } else {
      const request = this.#parsed(section, id);
      this.#blocks.remember(octets, start, end, request);
      this.#serve(id, endStream, request, dependency);
    }
  }

  /** The stream is to depend on itself, and the tree counts. */
  #dependsOnItself(id: number, dependency: Dependency | null): boolean {
    return dependency?.parent === id && this.#priorities.treeCounts;
  }

  /** The request, or a stream error behind a 400 that tells the client's user more than its code (RFC 9113 §8.2.1). */
  #parsed(section: FieldList, id: number): Request {
    try {
      return parse(section, id, this.#extendedConnect);
    } catch (error) {
      const block = this.#sender.blocks.make(400, EMPTY as FieldList, -1, this.#listener.date);
      this.#sender.output.fieldBlock(id, block, false, MIN_MAX_FRAME_SIZE);
      throw error;
    }
  }

  #serve(id: number, endStream: boolean, request: Request, dependency: Dependency | null): void {
    if (endStream && request.contentLength > 0) throw lengthError(id);
    const stream = this.#listener.open(id, this.#flow.initial, this.#peer.initialWindowSize);
    stream.state = next('idle', endStream ? 'receiveHeadersEnd' : 'receiveHeaders', id) as State;
    stream.contentLength = request.contentLength;
    this.#streams.active += 1;
    this.#priorities.open(stream, request.priority, dependency);
    this.#listener.request(stream, request);
    this.#streams.store(stream);
  }

  /** A response that no application gives: a status and nothing else. */
  #answer(id: number, status: number, endStream: boolean): void {
    const block = this.#sender.blocks.make(status, EMPTY as FieldList, -1, this.#listener.date);
    this.#sender.output.fieldBlock(id, block, true, MIN_MAX_FRAME_SIZE);
    // The response is whole and the rest of the request is not wanted: NO_ERROR says both (RFC 9113 §8.1).
    if (!endStream) this.#streams.refuse(id, ERROR_CODE.NO_ERROR);
  }

  #trailers(id: number, endStream: boolean, selfDependent: boolean, section: readonly string[]): void {
    const stream = this.#streams.get(id);
    const state = this.#streams.step(stream, id, endStream ? 'receiveHeadersEnd' : 'receiveHeaders');
    if (stream === undefined || state === 'drop') return;
    if (selfDependent) throw selfDependence(id);
    if (stream.tunnel) throw fieldsInTunnel(id);
    this.#checkTrailers(stream, section);
    stream.state = state;
    stream.onEnd(section);
    if (state === 'closed') this.#streams.finish(stream);
  }

  #checkTrailers(stream: Stream, section: readonly string[]): void {
    if (this.#blocks.tooLarge(section)) {
      throw streamError('PROTOCOL_ERROR', stream.id, 'a trailer section above SETTINGS_MAX_HEADER_LIST_SIZE');
    }
    try {
      checkTrailers(section);
    } catch (error) {
      throw asStreamError(error, stream.id);
    }
    checkLength(stream);
  }
}
