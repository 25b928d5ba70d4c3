/**
 * The kit's application: the one that a server hosts to be judged as a gateway. It serves the resources of the manifest,
 * and gives every exchange of a gateway case to the handler that the case brings (KIT rule 3). What it sees goes to the kit
 * over the control channel, never through the response.
 */
import type { App, Application, Awaitable, Exchange, Host } from '../../spec/msgi.ts';
import { ControlClient, type Event } from './control-client.ts';
import { Gates } from './gates.ts';
import { hostedCases } from './hosted.ts';
import { type Handler, Kit, reportedError } from './kit.ts';
import { addressed, CONTROL, EXPORTS, type KitMessage, parseKey, SUITE } from './messages.ts';
import { serve } from './resources.ts';

const cases = await hostedCases(process.env[SUITE]);
const gates = new Gates();
let control: ControlClient | null = null;

const tell = (event: Event): void => control?.tell(event);

/** Twins are the kit's own: they answer at once, whatever the case (`trial.quietApp`). */
const TWIN = /^twin-[0-9]+$/;

function told(message: KitMessage): void {
  if (message.do === 'end') gates.end(message.attempt);
  else if (message.do === 'release') gates.release(parseKey(message.key).attempt, message.key, message.gate);
}

function handlerOf(caseId: string, name: string): Handler | null {
  if (TWIN.test(name)) return x => x.respond(200);
  const app = cases.get(caseId)?.app;
  if (app === undefined) return null;
  if (typeof app === 'function') return app;
  return app[name] ?? app[name.replace(/-[0-9]+$/, '')] ?? null;
}

/** Calls the handler and reports how it ends; gives the server exactly what the handler gave. */
function run(handler: Handler, x: Exchange, kit: Kit): Awaitable<void> {
  const settled = (error: unknown = null, failed = false): void =>
    tell({ event: 'settled', key: kit.key, error: failed ? reportedError(error) : null });
  let result: Awaitable<void>;
  try {
    result = handler(x, kit);
  } catch (error) {
    settled(error, true);
    throw error;
  }
  if (result === undefined) settled();
  else
    result.then(
      () => settled(),
      error => settled(error, true),
    );
  return result;
}

/** `method` says whether the server called the member of the object that carries it. */
export function dispatch(x: Exchange, given: number, method: boolean): Awaitable<void> {
  const { target, authority } = x.request;
  const found = addressed(target, authority);
  if (found === null) return serve(x);
  const { caseId, key } = found;
  const parsed = parseKey(key);
  tell({ event: 'invoked', key, arguments: given, method });
  const handler = handlerOf(caseId, parsed.name);
  if (handler !== null) return run(handler, x, new Kit(caseId, key, parsed, gates, tell));
  tell({ event: 'unknown', key, why: cases.has(caseId) ? `no handler for ${parsed.name}` : `no case ${caseId}` });
  x.respond(404);
}

export const application: Application = {
  app: function (this: unknown, ...given: readonly unknown[]): Awaitable<void> {
    return dispatch(given[0] as Exchange, given.length, this === application);
  } as App,

  async start({ spec, server }: Host): Promise<void> {
    const address = process.env[CONTROL];
    if (address === undefined) return;
    if (control === null) {
      control = await ControlClient.connect(address, told, () => gates.abandon());
      process.on('unhandledRejection', error => tell({ event: 'unhandled', error: reportedError(error) }));
      tell({ event: 'hello', pid: process.pid, spec, server });
    }
    tell({ event: 'lifespan', member: 'start' });
  },

  drain: () => tell({ event: 'lifespan', member: 'drain' }),

  stop(): void {
    tell({ event: 'lifespan', member: 'stop' });
    control?.close();
  },
};

/** What the module exports: the application, or what the case makes of it that this process was started for. */
export async function exported(sound: Application): Promise<unknown> {
  const found = addressed(process.env[EXPORTS] ?? '', '');
  const exports = found === null ? undefined : cases.get(found.caseId)?.exports;
  if (found === null || exports === undefined) return sound;
  return exports(sound, new Kit(found.caseId, found.key, parseKey(found.key), gates, tell));
}

export default await exported(application);
