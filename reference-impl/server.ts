/** The server: hosts an application on a port. What touches sockets is in transport/. */
import type { App, Application } from '../spec/msgi.ts';
import { Listener } from './transport/listener.ts';
import type { ServeOptions } from './transport/options.ts';

export { DEFAULT_LIMITS, type Limits } from './engine/limits.ts';
export type { ConnectionFailure } from './gateway/gateway.ts';
export type { Credentials, ServeOptions } from './transport/options.ts';

export interface Running {
  /** "http://127.0.0.1:8080" */
  readonly address: string;
  readonly port: number;
  /** Drains: running exchanges get the grace time, then the rest is cancelled. */
  close(): Promise<void>;
}

/** Hosts an application until `close`. Rejects when it cannot listen or when the application's `start` does. */
export async function serve(hosted: App | Application, options: ServeOptions = {}): Promise<Running> {
  const application: Application = typeof hosted === 'function' ? { app: hosted } : hosted;
  await application.start?.({ spec: '1.0', server: 'msgi' });
  let listener: Listener;
  let port: number;
  try {
    // As its member, for an application may be an object that uses itself (MSGI-MODEL-10).
    listener = new Listener(typeof hosted === 'function' ? hosted : x => hosted.app(x), options);
    port = await listener.listen();
  } catch (error) {
    // It was started, so it is stopped.
    await application.stop?.();
    throw error;
  }
  let closing: Promise<void> | null = null;
  return {
    address: `${options.tls === undefined ? 'http' : 'https'}://${hostInUrl(options.host ?? '127.0.0.1')}:${port}`,
    port,
    close: () => {
      closing ??= stop(application, listener);
      return closing;
    },
  };
}

async function stop(application: Application, listener: Listener): Promise<void> {
  drainApplication(application, listener);
  await listener.close();
  await application.stop?.();
}

function drainApplication(application: Application, listener: Listener): void {
  try {
    application.drain?.();
  } catch (error) {
    listener.host.report(error, 'drain');
  }
}

/** An IPv6 address in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
