/**
 * Responses on node:http2. One piece at a time is with node: it tells when all of a write has gone, and nothing before, so
 * that the size of a piece is how exactly progress is known.
 */
import type { OutgoingHttpHeaders, ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2';
import { ERROR_CODE } from '../../../wire/index.ts';
import type { FieldList } from '../../engine/response-blocks.ts';
import type { Block, Blocks, Sending } from '../../gateway/carrier.ts';
import type { Handling } from '../../gateway/handling.ts';
import { toHeaders } from './headers.ts';
import type { NodeStream } from './stream.ts';

/** Octets of a piece; more of one stream are not worth a window. */
const PIECE = 65_536;
/** What is tried where a window is known to be open, and not how far: a frame. */
const FRAME = 16_384;
const NOTHING = new Uint8Array(0);

/** What the session knows of its peer. */
export interface Peer {
  /** SETTINGS_INITIAL_WINDOW_SIZE of the peer. */
  readonly initialSendWindow: number;
  /** What the connection lets through now. */
  readonly connectionSendWindow: number;
  /** Frames that node has not sent. */
  readonly waitingFrames: number;
  readonly lost: boolean;
}

export class NodeSender implements Sending {
  readonly blocks: Blocks = { find: () => null, make };
  readonly output: { readonly length: number };
  readonly #peer: Peer;
  readonly #ended: (stream: NodeStream) => void;
  /** Octets of field sections that node may not have sent. */
  #queued = 0;

  /** `ended` is called when the end of a response has been handed on. */
  constructor(peer: Peer, ended: (stream: NodeStream) => void) {
    this.#peer = peer;
    this.#ended = ended;
    const length = (): number => this.#length();
    this.output = {
      get length() {
        return length();
      },
    };
  }

  #length(): number {
    if (this.#peer.waitingFrames === 0) this.#queued = 0;
    return this.#queued;
  }

  /** A field section that nobody's window holds back has been given to node. */
  count(headers: OutgoingHttpHeaders): void {
    for (const [name, value] of Object.entries(headers)) this.#queued += name.length + String(value).length + 32;
  }

  get writable(): boolean {
    return !this.#peer.lost;
  }

  /**
   * Node tells the window of the connection and not that of the stream. Of the latter it is known that it is at least what
   * the peer began with, less all that was written; where that is used up, node is asked to tell when there is some.
   */
  room(handling: Handling): number {
    const node = handling as NodeStream;
    if (node.gone) return 0;
    const room = Math.min(this.#known(node), this.#peer.connectionSendWindow, PIECE) - node.queued;
    if (room > 0) return room;
    if (node.queued === 0) this.#probe(node);
    return 0;
  }

  /** Octets that the stream's window lets through beyond those that have gone, as far as is known. */
  #known(node: NodeStream): number {
    return this.#peer.initialSendWindow + node.proved - (node.sent - node.queued);
  }

  /** A write of no octets: node lets it wait until both windows are open, and sends nothing for it. */
  #probe(node: NodeStream): void {
    // Before the head a write would send one.
    if (node.probing || !node.stream.headersSent || node.stream.writableEnded) return;
    node.probing = true;
    node.stream.write(NOTHING, error => {
      node.probing = false;
      if (error != null || node.failed || node.queued > 0) return;
      if (this.#known(node) <= 0) this.#prove(node, node.sent + FRAME);
      node.onProgress();
    });
  }

  /** The stream's window has let through, or lets through now, so many octets of content in all. */
  #prove(node: NodeStream, octets: number): void {
    node.proved = Math.max(node.proved, octets - this.#peer.initialSendWindow);
  }

  interim(handling: Handling, block: Block): void {
    const node = handling as NodeStream;
    if (node.gone) return;
    this.count(block as OutgoingHttpHeaders);
    node.stream.additionalHeaders(block as OutgoingHttpHeaders);
  }

  head(handling: Handling, block: Block, endStream: boolean): void {
    const node = handling as NodeStream;
    const { stream } = node;
    // "close" will say that it is lost.
    if (node.gone) return;
    // Not for trailers alone: what node ends by itself it ends before a reset as well, so that what is cut looks whole.
    node.trailing = !endStream && node.phase === 'open';
    if (node.trailing) stream.once('wantTrailers', () => this.#sendTrailers(node));
    const options = { endStream, waitForTrailers: node.trailing };
    if (node.tunnel) openTunnel(stream, block as OutgoingHttpHeaders, options);
    else stream.respond(block as OutgoingHttpHeaders, options);
    if (endStream && !stream.destroyed) this.#ended(node);
  }

  content(handling: Handling, octets: Uint8Array): void {
    handling.endDue = true;
    this.queue(handling, octets);
  }

  queue(handling: Handling, octets: Uint8Array): void {
    handling.queue ??= [];
    handling.queue.push(octets);
    handling.queued += octets.length;
    this.#next(handling as NodeStream);
  }

  finish(handling: Handling, trailers: FieldList | null): void {
    handling.endDue = true;
    handling.trailers = trailers;
    this.#next(handling as NodeStream);
  }

  #next(node: NodeStream): void {
    if (node.writing || node.gone) return;
    const piece = this.#piece(node);
    if (piece !== null) this.#write(node, piece);
    else if (node.endDue) this.#end(node);
  }

  /** Up to what is known of the window: of what goes beyond it nobody learns how much has gone. */
  #piece(node: NodeStream): Uint8Array | null {
    const first = node.queue?.[0];
    if (first === undefined) return null;
    const known = this.#known(node);
    const most = known > 0 ? Math.min(known, PIECE) : PIECE;
    if (first.length <= most) return (node.queue as Uint8Array[]).shift() as Uint8Array;
    (node.queue as Uint8Array[])[0] = first.subarray(most);
    return first.subarray(0, most);
  }

  #write(node: NodeStream, piece: Uint8Array): void {
    node.writing = true;
    const last = node.endDue && node.queue?.length === 0;
    node.stream.write(piece, error => {
      node.writing = false;
      if (error != null || node.failed) return;
      node.queued -= piece.length;
      this.#prove(node, node.sent - node.queued);
      if (!last) this.#next(node);
      else if (!node.trailing) this.#ended(node);
      node.onProgress();
    });
    // In the same turn, so that the last piece and END_STREAM are one frame where no trailers can follow.
    if (last) this.#end(node);
  }

  /** Content that was started ends with `wantTrailers`, other content with its last piece. */
  #end(node: NodeStream): void {
    node.endDue = false;
    node.endGiven = true;
    node.stream.end();
  }

  /** Node has sent all content; an empty list makes END_STREAM. */
  #sendTrailers(node: NodeStream): void {
    if (node.gone) return;
    node.stream.sendTrailers(toHeaders(node.trailers ?? []));
    // Node hands them on in the next turn.
    setImmediate(() => {
      if (!node.failed) this.#ended(node);
    });
  }

  /** Drops what a response had to send. */
  drop(node: NodeStream): void {
    node.queue = null;
    node.dropped += node.queued;
    node.queued = 0;
    node.endDue = false;
  }

  /** Ends the request of a peer that nobody reads any more, behind the response (RFC 9113 §8.1). */
  stopPeer(node: NodeStream): void {
    if (node.stopped && node.complete && !node.whole && !node.gone) node.stream.close(ERROR_CODE.NO_ERROR);
  }
}

function make(status: number, list: FieldList, contentLength: number, date: string): Block {
  const headers = toHeaders(list);
  headers[':status'] = status;
  if (contentLength >= 0) headers['content-length'] = contentLength;
  if (date !== '') headers['date'] = date;
  return headers;
}

/** Node ends a 204 and a 205 with their head. To CONNECT each 2xx opens a tunnel (RFC 9110 §9.3.6). */
function openTunnel(
  stream: ServerHttp2Stream,
  headers: OutgoingHttpHeaders,
  options: ServerStreamResponseOptions,
): void {
  const { end } = stream;
  stream.end = () => stream;
  stream.respond(headers, options);
  stream.end = end;
}
