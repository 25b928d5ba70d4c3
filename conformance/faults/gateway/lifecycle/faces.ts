/** Exchanges with one thing changed: the sink, the source, the notices, the reason of the signal. */
import type { App, Close, Exchange, ExchangeError, Notice, Sink, Source } from '../../../../spec/msgi.ts';
import { facing, withMembers } from '../wrap.ts';

export type Wrap = (app: App) => App;

/** The exchange with another sink. */
export const sinking = (make: (inner: Sink, x: Exchange) => Sink): Wrap =>
  facing(x => withMembers(x, { start: (status, fields) => make(x.start(status, fields), x) }));

/** The exchange with another source. */
export const sourcing = (make: (inner: Source, x: Exchange) => Source): Wrap =>
  facing(x => withMembers(x, { body: make(x.body, x) }));

/** The exchange with another state. */
export const posing = (pose: (x: Exchange) => Exchange['state']): Wrap =>
  facing(x =>
    withMembers(x, {
      get state() {
        return pose(x);
      },
    }),
  );

/** Listeners are added in another way. */
export const watching = (watch: (x: Exchange, listener: (notice: Notice) => void) => () => void): Wrap =>
  facing(x => withMembers(x, { watch: listener => watch(x, listener) }));

/** The sum of the exchange is another one. */
export const summing = (change: (close: Close, x: Exchange) => Close): Wrap =>
  watching((x, listener) => x.watch(notice => listener(notice.type === 'close' ? change(notice, x) : notice)));

/** The signal has the reason that `change` makes of the error. */
export const failing = (change: (error: ExchangeError, x: Exchange) => unknown): Wrap =>
  facing(x => {
    const controller = new AbortController();
    x.signal.addEventListener('abort', () => controller.abort(change(x.signal.reason as ExchangeError, x)));
    return withMembers(x, { signal: controller.signal });
  });

/** An error with other facts. */
export function changed(error: ExchangeError, facts: Partial<ExchangeError>): Error {
  const { name, message, code, by } = { ...error, name: error.name, message: error.message, ...facts };
  return Object.assign(new Error(message), { name, code, by });
}
