/** What a listener may be told. */
import type { Limits } from '../engine/limits.ts';
import type { Signals } from '../engine/priorities.ts';
import type { ConnectionFailure } from '../gateway/gateway.ts';

/** PEM texts. */
export interface Credentials {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/** Options of one server; every one may be left out. */
export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /**
   * Serve TLS: HTTP/2 by ALPN "h2", else HTTP/1.1. Without it cleartext: HTTP/2 with prior knowledge (RFC 9113 §3.3), and
   * HTTP/1.1 and HTTP/1.0. What is left unread of a request there is read on for 262,144 octets, then the connection closes.
   */
  readonly tls?: Credentials;
  /** Authorities, as in ":authority", that may be pushed on exchanges of any other. None by default. */
  readonly authorities?: readonly string[];
  /** Any of the engine's limits. */
  readonly limits?: Partial<Limits>;
  /**
   * Signals of priority that count: the tree of RFC 7540 section 5.3, urgency and incremental of RFC 9218, or "both", the
   * default. "urgency" tells clients with SETTINGS_NO_RFC7540_PRIORITIES.
   */
  readonly priority?: Signals;
  /** False hides the tree from applications: its nodes show how many streams there are, also those of other users. */
  readonly tree?: boolean;
  /** Milliseconds for the client to begin and to acknowledge SETTINGS; default 10,000 and 30,000. */
  readonly prefaceTimeout?: number;
  readonly settingsTimeout?: number;
  /** Milliseconds that a peer may take no content, beyond those that its progress is worth; default 60,000. */
  readonly sendTimeout?: number;
  /** The same for what it has begun to send: a frame, a field block, content that is read and not answered yet; 60,000. */
  readonly receiveTimeout?: number;
  /** Milliseconds after which a connection without exchanges and without a word of the peer is drained; default 300,000. */
  readonly idleTimeout?: number;
  /** Milliseconds that running exchanges are given at the end; default 5,000. */
  readonly grace?: number;
  /** Milliseconds that applications are given after that, when their exchanges are cancelled; default 2,000. */
  readonly kill?: number;
  /**
   * Protocols of CONNECT, and of `upgrade` on HTTP/1.1, that the application is invoked for, as "websocket"; "" is
   * plain CONNECT. None by default: 501. One that is not "" enables extended CONNECT (RFC 8441).
   */
  readonly protocols?: readonly string[];
  /** Whether clients of HTTP/1.1 read while they send (MSGI-CAPS-4); default false. */
  readonly duplex?: boolean;
  /** Whether 103 is sent over HTTP/1.1; some clients take it for the final response (MSGI-VER-7). Default false. */
  readonly earlyHints?: boolean;
  /** Failures of the application; default: one line to stderr. */
  readonly report?: (error: unknown, what: string) => void;
  /** Connections that end for an error of the protocol or a limit; default: nothing. */
  readonly failed?: (failure: ConnectionFailure) => void;
}
