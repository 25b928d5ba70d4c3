/** `request.socket` without a socket: the facts of the connection, and no way to the transport (MSGI-ADAPT-12). */
import { Duplex } from 'node:stream';
import type { Exchange } from '../../../spec/msgi.ts';

export class AdaptedSocket extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: string | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly encrypted: boolean;
  readonly authorized: boolean;
  readonly alpnProtocol: string | false;
  readonly servername: string | false;
  readonly connecting = false;
  readonly bytesRead = 0;
  readonly bytesWritten = 0;
  timeout = 0;
  readonly #x: Exchange;
  #timer: NodeJS.Timeout | null = null;

  constructor(x: Exchange) {
    super({ allowHalfOpen: true, emitClose: true });
    const { peer, local, tls } = x.connection;
    this.#x = x;
    this.remoteAddress = peer?.host;
    this.remotePort = peer?.port;
    this.remoteFamily = peer === null ? undefined : peer.host.includes(':') ? 'IPv6' : 'IPv4';
    this.localAddress = local?.host;
    this.localPort = local?.port;
    this.encrypted = tls !== null;
    this.authorized = tls?.verified ?? false;
    this.alpnProtocol = tls?.alpn || false;
    this.servername = tls?.sni || false;
    this.on('error', () => {});
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, callback: (error: Error) => void): void {
    callback(new Error('the socket belongs to the server: write to the response'));
  }

  /** Who destroys the socket of a request gives its exchange up. */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#x.state === 'idle' || this.#x.state === 'open') this.#x.reset();
    callback(error);
  }

  /** "timeout" after so many milliseconds from the call: traffic is the server's to see. 0 lifts it. */
  setTimeout(ms: number, listener?: () => void): this {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.timeout = ms;
    if (listener !== undefined) this.once('timeout', listener);
    if (ms > 0) {
      this.#timer = setTimeout(() => this.emit('timeout'), ms);
      this.#timer.unref();
    }
    return this;
  }

  address(): { readonly address?: string | undefined; readonly port?: number | undefined } {
    return { address: this.localAddress, port: this.localPort };
  }

  getPeerCertificate(): Record<string, unknown> {
    const raw = this.#x.connection.tls?.chain[0];
    return raw === undefined ? {} : { raw: Buffer.from(raw) };
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }
}
