/**
 * `toNode`: runs an MSGI application on the core API of node:http2. What node cannot do is in `caps`, or here.
 *
 * | member                | on node:http2                                                                               |
 * | --------------------- | ------------------------------------------------------------------------------------------- |
 * | `caps.priority`       | "none": node shows neither the `priority` field's rank nor PRIORITY_UPDATE to its scheduler |
 * | `caps.credit`         | "coarse": reading grants to the octet, `credit` is rounded up by at most one initial window |
 * | initial window        | 1 or more; a window of 0 could never open, since node grants only what has arrived          |
 * | sink's `window`       | exact up to what the peer began the stream with; then 16,384 once both windows are open     |
 * | sink's `buffered`     | exact up to there; then it falls, and `sent` rises, by pieces of at most 65,536 octets      |
 * | malformed fields      | a field line with a wrong name or value is dropped by nghttp2, not refused (MSGI-HEAD-12)   |
 * | a field sent twice    | one line, joined by a comma, where node takes a name for single: `content-type`, `etag`     |
 * | `end` after `start`   | END_STREAM comes in a frame of its own, which nghttp2 holds back while the window is 0      |
 * | drain                 | nghttp2 takes no request behind the first GOAWAY; the last one says so (MSGI-SPAN-10)       |
 * | too many requests     | nghttp2 ends the connection at a stream beyond the limit, if the peer has known it          |
 * | codes of a connection | known where node gives an error for it; else CANCEL by "transport", after `silence`         |
 * | promises              | nghttp2 begins no response to one when the peer has sent GOAWAY, whatever its last stream   |
 * | GOAWAY of the peer    | node ends the session when its streams are closed; another code than 0 ends it at once      |
 * @module
 */
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { inspect } from 'node:util';
import type { App, Application } from '../../spec/msgi.ts';
import { ERROR_CODE } from '../../wire/index.ts';
import type { Request } from '../engine/request-head.ts';
import { Applications } from '../gateway/applications.ts';
import { NO_FIELDS } from '../gateway/handling.ts';
import { invoke } from '../gateway/invocation.ts';
import { toRequest } from './to-node/headers.ts';
import { NodeSession, type SessionHost } from './to-node/session.ts';
import { NodeStream } from './to-node/stream.ts';

/** Options of one application on a server of node:http2; every one may be left out. */
export interface ToNodeOptions {
  /** SETTINGS_INITIAL_WINDOW_SIZE that the server advertises, octets; by default what the session says it is. */
  readonly initialWindow?: number;
  /** Exchanges of one connection that may run; by default SETTINGS_MAX_CONCURRENT_STREAMS of the session. */
  readonly maxConcurrentStreams?: number;
  /** Protocols of CONNECT that the application answers for: "" is plain CONNECT, "websocket" needs the setting of RFC 8441. */
  readonly protocols?: readonly string[];
  /** Milliseconds that a peer may take no content, beyond those that its progress is worth; default 60,000. */
  readonly sendTimeout?: number;
  /** The same for content that is read and not answered yet; default 60,000. */
  readonly receiveTimeout?: number;
  /**
   * Milliseconds that a peer may say nothing while exchanges of its run: then it is asked by PING, and has as long again to
   * answer; default 60,000. Infinity asks never. Nothing else tells of a connection that nghttp2 has ended.
   */
  readonly silence?: number;
  /** Failures of the application; default: one line to stderr. Must not throw. */
  readonly report?: (error: unknown, what: string) => void;
}

export interface NodeHost {
  /** Listener of "session": not needed to serve, but `drain` reaches no session that has had neither this nor a stream. */
  readonly onSession: (session: ServerHttp2Session) => void;
  /** Listener of "stream" of a server of node:http2. */
  readonly onStream: (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
    section: readonly string[],
  ) => void;
  /** Drains every connection (GOAWAY, then the final one); running exchanges go on. */
  drain(): void;
  /** Ends what still runs, as a limit does. */
  cancel(): void;
  /** Settles when no application runs any more. */
  idle(): Promise<void>;
}

/** The end of a request in its HEADERS frame (RFC 9113 §6.2). */
const END_STREAM = 0x1;

/** Runs `app` on every stream given to `onStream`. `start`, `drain` and `stop` of an Application are the caller's. */
export function toNode(hosted: App | Application, options: ToNodeOptions = {}): NodeHost {
  return new Runner(typeof hosted === 'function' ? { app: hosted } : hosted, options);
}

class Runner implements NodeHost {
  readonly onSession: NodeHost['onSession'];
  readonly onStream: NodeHost['onStream'];
  readonly #applications = new Applications();
  readonly #sessions = new WeakMap<ServerHttp2Session, NodeSession>();
  readonly #live = new Set<NodeSession>();
  readonly #host: SessionHost;
  readonly #protocols: ReadonlySet<string>;
  /** Node tells clients so by its settings (RFC 8441 §3), which are the caller's. */
  readonly #extendedConnect: boolean;
  #draining = false;

  constructor(hosted: Application, options: ToNodeOptions) {
    this.#protocols = new Set((options.protocols ?? []).map(protocol => protocol.toLowerCase()));
    this.#extendedConnect = [...this.#protocols].some(protocol => protocol !== '');
    this.#host = {
      app: x => hosted.app(x),
      applications: this.#applications,
      clock: newClock(),
      initialWindow: options.initialWindow ?? null,
      maxConcurrentStreams: options.maxConcurrentStreams ?? null,
      sendTimeout: options.sendTimeout ?? 60_000,
      receiveTimeout: options.receiveTimeout ?? 60_000,
      silence: options.silence ?? 60_000,
      report: options.report ?? reportToStderr,
    };
    this.onSession = session => void this.#sessionOf(session);
    this.onStream = (stream, headers, flags, section) => this.#accept(stream, headers, flags, section);
  }

  #accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, section: readonly string[]): void {
    const { session } = stream;
    stream.on('error', ignoreError);
    // Lost before its turn came.
    if (session === undefined || session.destroyed) return;
    const request = acceptable(stream, headers, section, this.#extendedConnect);
    if (request === null) return;
    const shared = this.#sessionOf(session as ServerHttp2Session);
    if (shared.full) stream.close(ERROR_CODE.REFUSED_STREAM);
    else this.#begin(new NodeStream(shared, stream, (flags & END_STREAM) !== 0), request);
  }

  #begin(exchange: NodeStream, request: Request): void {
    exchange.session.exchanges.add(exchange);
    exchange.begin(request);
    const { method, protocol } = request.head;
    if (method === 'CONNECT' && !this.#protocols.has(protocol.toLowerCase())) {
      // Not listed, so no application answers for a tunnel that is not there.
      exchange.respond(501, NO_FIELDS, undefined);
      exchange.settle();
    } else invoke(this.#host, exchange);
  }

  #sessionOf(session: ServerHttp2Session): NodeSession {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const shared = new NodeSession(session, this.#host);
    this.#sessions.set(session, shared);
    this.#live.add(shared);
    session.once('close', () => this.#live.delete(shared));
    if (this.#draining) shared.drain();
    return shared;
  }

  drain(): void {
    this.#draining = true;
    for (const session of this.#live) session.drain();
  }

  cancel(): void {
    for (const session of this.#live) session.cancel();
  }

  idle(): Promise<void> {
    return this.#applications.idle();
  }
}

/** The request, or null where it is malformed and has been refused: RFC 9113 §8.1.1, and MSGI-HEAD-6 to MSGI-HEAD-14. */
function acceptable(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  section: readonly string[],
  extendedConnect: boolean,
): Request | null {
  try {
    return toRequest(section, headers, extendedConnect);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Malformed') throw error;
    stream.close(ERROR_CODE.PROTOCOL_ERROR);
    return null;
  }
}

/** The text of a second is made once. */
function newClock(): { readonly date: string } {
  let second = -1;
  let text = '';
  return {
    get date() {
      const now = Math.floor(Date.now() / 1000);
      if (now !== second) text = new Date(now * 1000).toUTCString();
      second = now;
      return text;
    },
  };
}

function ignoreError(): void {}

function reportToStderr(error: unknown, what: string): void {
  process.stderr.write(`msgi: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`);
}
