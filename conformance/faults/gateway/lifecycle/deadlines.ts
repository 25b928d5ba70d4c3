/** Servers that keep deadlines badly, or make a limit's end another one. */
import type { Exchange, Fields, Source } from '../../../../spec/msgi.ts';
import { FRAME_TYPE, rstStream } from '../../../../wire/index.ts';
import { damages, spoilsResponses } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, ForwardedSource, facing, withMembers } from '../wrap.ts';
import { changed, sinking, sourcing, type Wrap } from './faces.ts';

/** Deadlines in another way. */
const timing = (deadline: (x: Exchange, ms: number) => void): Wrap =>
  facing(x => withMembers(x, { deadline: ms => deadline(x, ms) }));

/** The end of the response lifts the deadline. */
class Lifting extends ForwardedSink {
  readonly #x: Exchange;

  constructor(inner: ForwardedSink, x: Exchange) {
    super(inner);
    this.#x = x;
  }

  override end(trailers?: Fields): ReturnType<ForwardedSink['end']> {
    this.#x.deadline(Number.POSITIVE_INFINITY);
    return super.end(trailers);
  }
}

/** Ends of the request are the application's. */
class Blaming extends ForwardedSource {
  override async read(): Promise<Uint8Array | null> {
    try {
      return await super.read();
    } catch (error) {
      throw changed(error as Parameters<typeof changed>[0], { by: 'app' });
    }
  }
}

export default [
  {
    id: 'lifecycle/takes-any-deadline',
    deviation: 'The server takes a deadline of 0 or less for none.',
    clause: 'MSGI-LIFE-51',
    fails: ['lifecycle/deadlines-are-checked'],
    seen: /deadline\(0\) gives nothing/,
    wrap: timing((x, ms) => {
      if (ms > 0) x.deadline(ms);
    }),
  },
  {
    id: 'lifecycle/the-shortest-deadline',
    deviation: 'The shortest deadline of an exchange counts, not the last.',
    clause: 'MSGI-LIFE-52',
    fails: ['lifecycle/the-last-deadline-counts'],
    seen: /lifted: status 503/,
    wrap: app => x => {
      let shortest = Number.POSITIVE_INFINITY;
      return app(
        withMembers(x, {
          deadline: ms => {
            shortest = Math.min(shortest, ms);
            x.deadline(shortest);
          },
        }),
      );
    },
  },
  {
    id: 'lifecycle/early',
    deviation: 'The server ends an exchange at half of its deadline.',
    clause: 'MSGI-LIFE-53',
    fails: ['lifecycle/never-early-and-hardly-late'],
    seen: /a deadline of 300 ms ends the exchange [12]?\d?\d ms after/,
    wrap: timing((x, ms) => void setTimeout(() => x.reset(), ms / 2)),
  },
  {
    id: 'lifecycle/late',
    deviation: 'The server ends an exchange two seconds after its deadline.',
    clause: 'MSGI-LIFE-53',
    fails: ['lifecycle/never-early-and-hardly-late'],
    seen: /a deadline of 300 ms ends the exchange [2-9]\d{3} ms after/,
    wrap: timing((x, ms) => x.deadline(ms + 2000)),
  },
  {
    id: 'lifecycle/lifts-with-the-response',
    deviation: 'The server lifts the deadline when the response is ended.',
    clause: 'MSGI-LIFE-54',
    fails: ['lifecycle/deadlines-outlive-the-response'],
    seen: /waited for the application to report "read"/,
    waits: true,
    wrap: sinking((inner, x) => new Lifting(inner as ForwardedSink, x)),
  },
  {
    id: 'lifecycle/grace-until-the-deadline',
    deviation: 'The server gives an exchange with a deadline time until then when it drains.',
    clause: 'MSGI-LIFE-55',
    fails: ['lifecycle/a-drain-ends-in-spite-of-deadlines'],
    seen: /waited for the application to report "failed"/,
    waits: true,
    wrap: facing(x => withMembers(x, { signal: new AbortController().signal })),
  },
  {
    id: 'lifecycle/limits-are-504',
    deviation: 'The server answers 504 when a limit ends an idle exchange.',
    clause: 'MSGI-LIFE-17',
    fails: ['lifecycle/a-limit-in-idle'],
    seen: /get: status 504/,
    wire: spoilsResponses(({ fields }) => fields.map(field => (field === '503' ? '504' : field))),
  },
  {
    id: 'lifecycle/limits-are-internal-errors',
    deviation: 'The server resets with INTERNAL_ERROR when a limit ends a response.',
    clause: 'MSGI-LIFE-18',
    fails: ['lifecycle/a-limit-within-the-response'],
    seen: /open: RST_STREAM with code 2, not CANCEL/,
    wire: damages(frame => (frame.type === FRAME_TYPE.RST_STREAM ? rstStream(frame.stream, 'INTERNAL_ERROR') : frame)),
  },
  {
    id: 'lifecycle/limits-are-the-applications',
    deviation: 'The server takes the end of a request by its limit for an act of the application.',
    clause: 'MSGI-LIFE-19',
    fails: ['lifecycle/a-limit-behind-the-response'],
    seen: /read of a is \["ExchangeError",8,"app"\]/,
    wrap: sourcing((inner: Source) => new Blaming(inner)),
  },
] satisfies readonly GatewayFault[];
