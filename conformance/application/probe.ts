/** The application behind the middleware that is judged: each case decides what it does. */
import type { App } from '../../spec/msgi.ts';

/** `app` runs what `act` holds, and hello where a case has given it nothing. */
export const probe: { act: App | null; readonly app: App } = {
  act: null,
  app: x => (probe.act === null ? x.respond(200, ['content-type', 'text/plain'], 'hello\n') : probe.act(x)),
};
