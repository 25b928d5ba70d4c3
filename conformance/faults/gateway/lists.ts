/** Field lists on their way between a sound server and the application, for faults that are about them. */
import type { App, Exchange, Fields, PushRequest, Sink } from '../../../spec/msgi.ts';
import { ForwardedSink, facing, withMembers } from './wrap.ts';

/** The application is given another field section. */
export const givesFields = (change: (fields: Fields) => Fields): ((app: App) => App) =>
  facing(x => withMembers(x, { request: { ...x.request, fields: change(x.request.fields) } }));

/** The exchange with another sink. */
export const sinking =
  (make: (inner: Sink, status: number, fields: Fields) => Sink) =>
  (x: Exchange): Exchange =>
    withMembers(x, { start: (status, fields = []) => make(x.start(status, fields), status, fields) });

class Ending extends ForwardedSink {
  readonly #change: (fields: Fields) => Fields;

  constructor(inner: Sink, change: (fields: Fields) => Fields) {
    super(inner);
    this.#change = change;
  }

  override end(trailers?: Fields): ReturnType<Sink['end']> {
    return super.end(trailers === undefined ? undefined : this.#change(trailers));
  }
}

/** The server makes other trailers of those that it is given. */
export const changesTrailers = (change: (fields: Fields) => Fields): ((app: App) => App) =>
  facing(sinking(inner => new Ending(inner, change)));

/** The server makes another list of each that the application gives. */
export const changesLists = (change: (fields: Fields) => Fields): ((app: App) => App) =>
  facing(x =>
    withMembers(x, {
      inform: (status, fields = []) => x.inform(status, change(fields)),
      respond: (status, fields = [], body) => x.respond(status, change(fields), body),
      start: (status, fields = []) => new Ending(x.start(status, change(fields)), change),
      push: ({ fields = [], ...request }: PushRequest, app) => x.push({ ...request, fields: change(fields) }, app),
    }),
  );
