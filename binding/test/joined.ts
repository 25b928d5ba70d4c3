/** Both ends of a pipe in one process: what one writes the other reads, in pieces that no frame knows of. */

import type { LintError } from '../../lint/index.ts';
import { formatLint, lint } from '../../lint/index.ts';
import type { App, Application } from '../../spec/msgi.ts';
import { Lifespan } from '../host/lifespan.ts';
import { type Carrier, HostPipe } from '../host/pipe.ts';
import { ServerPipe } from '../server/pipe.ts';

export interface Joined {
  /** For a server: forwards to the application at the far end. */
  readonly application: Application;
  readonly server: ServerPipe;
  readonly host: HostPipe;
  /** What the checker at the far end has found of its server, which is the binding. */
  readonly findings: string[];
  /** Failures that the host reports. */
  readonly reports: string[];
}

/** Octets of one piece: many frames are cut by it, and some pieces have several. */
const PIECE = 1021;

export function join(hosted: App | Application): Joined {
  const findings: string[] = [];
  const reports: string[] = [];
  const judged = (app: App): App =>
    lint(app, {
      report: (error: LintError) => {
        if (error.side === 'server') findings.push(formatLint(error));
      },
    });
  const application: Application = typeof hosted === 'function' ? { app: hosted } : hosted;
  const lifespan = new Lifespan({ ...application, app: judged(x => application.app(x)) }, error => {
    reports.push(String(error));
  });
  let ready = (): void => {};
  let failed = (_: Error): void => {};
  const greeted = new Promise<void>((yes, no) => {
    ready = yes;
    failed = no;
  });
  greeted.catch(() => {});
  const host: HostPipe = new HostPipe(
    lifespan,
    piecewise(() => server),
  );
  const server: ServerPipe = new ServerPipe(
    piecewise(() => host),
    { ready, ended: error => failed(error ?? new Error('the pipe has ended')) },
  );
  return {
    server,
    host,
    findings,
    reports,
    application: {
      app: x => (server.state === 'ready' ? server.forward(x) : x.respond(503)),
      start: () => greeted,
      drain: () => server.drain(),
      async stop() {
        server.end();
        await host.settled();
        await lifespan.stop();
      },
    },
  };
}

function piecewise(to: () => { receive(octets: Uint8Array): void; end(): void }): Carrier {
  return {
    write(pieces) {
      const octets = Uint8Array.from(Buffer.concat(pieces));
      for (let at = 0; at < octets.length; at += PIECE) {
        const piece = octets.slice(at, at + PIECE);
        setImmediate(() => {
          const end = to();
          end.receive(piece);
          // A server may keep nothing of it: what comes next is read to the same place.
          if (end instanceof ServerPipe) piece.fill(0x2d);
        });
      }
    },
    close() {
      setImmediate(() => to().end());
    },
  };
}
