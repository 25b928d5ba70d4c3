/** Servers that lead an exchange to a wrong end. */
import type { Exchange, Fields } from '../../../../spec/msgi.ts';
import { data, FRAME_TYPE, rstStream } from '../../../../wire/index.ts';
import { damages, type Fault, hides, mendsRequests } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';
import { posing, sinking, summing } from './faces.ts';

/** A dead sink takes what is written. */
class Swallowing extends ForwardedSink {
  override async write(chunk: Uint8Array | string): Promise<void> {
    await Promise.resolve(super.write(chunk)).catch(() => {});
  }
}

/** The end is told when it is called. */
class Hasty extends ForwardedSink {
  override end(trailers?: Fields): void {
    super.end(trailers);
  }
}

/** No more waiting behind the end. */
class Closed extends ForwardedSink {
  #ended = false;

  override ready(): ReturnType<ForwardedSink['ready']> {
    if (this.#ended) throw new TypeError('ready after end');
    return super.ready();
  }
  override end(trailers?: Fields): ReturnType<ForwardedSink['end']> {
    this.#ended = true;
    return super.end(trailers);
  }
}

/** Nobody is asked for more when the response is done. */
class Final extends ForwardedSink {
  readonly #x: Exchange;

  constructor(inner: ForwardedSink, x: Exchange) {
    super(inner);
    this.#x = x;
  }

  override async end(trailers?: Fields): Promise<void> {
    await super.end(trailers);
    this.#x.body.stop();
  }
}

/** The code of the server's RST_STREAM. */
const recoding = (change: (code: number) => number): Fault['wire'] =>
  damages((frame, payload) => (payload.type === 'RST_STREAM' ? rstStream(frame.stream, change(payload.code)) : frame));

export default [
  {
    id: 'lifecycle/survives-resets',
    deviation: 'The server leaves the state as it was when the client resets.',
    clause: 'MSGI-LIFE-3',
    fails: ['lifecycle/events-of-the-response'],
    seen: /reset in idle: idle, 11 by peer/,
    wrap: posing(x => (x.state === 'dead' && x.signal.reason.by === 'peer' ? 'idle' : x.state)),
  },
  {
    id: 'lifecycle/lost-in-good-order',
    deviation: 'The server takes the loss of a connection for its end in good order.',
    clause: 'MSGI-LIFE-3',
    fails: ['lifecycle/a-lost-connection'],
    seen: /a lost connection in idle: dead, 0 by transport/,
    wrap: summing(close => (close.by === 'transport' ? { ...close, code: 0 } : close)),
  },
  {
    id: 'lifecycle/promises-to-the-gone',
    deviation: 'The server goes on taking promises when the client has sent GOAWAY.',
    clause: 'MSGI-LIFE-3',
    fails: ['lifecycle/goaway-of-the-client'],
    seen: /PUSH_PROMISE is sent for (idle|open), behind GOAWAY/,
    wire: hides(({ type }) => type === FRAME_TYPE.GOAWAY),
  },
  {
    id: 'lifecycle/throws-when-dead',
    deviation: 'The member respond throws the error of a dead exchange.',
    clause: 'MSGI-LIFE-9',
    fails: ['lifecycle/a-dead-exchange-takes-calls'],
    seen: /"respond":"ExchangeError"/,
    wrap: facing(x =>
      withMembers(x, {
        respond: (...given) => {
          if (x.state === 'dead') throw x.signal.reason;
          x.respond(...given);
        },
      }),
    ),
  },
  {
    id: 'lifecycle/swallows-when-dead',
    deviation: 'A write to a dead sink is taken without a word.',
    clause: 'MSGI-LIFE-10',
    fails: ['lifecycle/a-dead-sink-gives-the-error', 'lifecycle/open-behind-the-head'],
    seen: /write of before is \["object"|write of lost is "nothing"/,
    wrap: sinking(inner => new Swallowing(inner)),
  },
  {
    id: 'lifecycle/does-not-look-at-the-promise',
    deviation: 'The server takes no notice of an application that settles.',
    clause: 'MSGI-LIFE-47',
    fails: ['lifecycle/settled-is-the-end', 'lifecycle/settling-stops-the-request'],
    seen: /late of idle is "nothing"|read of a is \["object"/,
    wrap: app => x => {
      app(x);
      return new Promise(resolve => {
        x.watch(({ type }) => {
          if (type === 'close') resolve();
        });
      });
    },
  },
  {
    id: 'lifecycle/says-why',
    deviation: 'The server answers 500 with the message of the error.',
    clause: 'MSGI-LIFE-13',
    fails: ['lifecycle/no-response-is-500', 'cancellation/the-reason-stays-inside'],
    seen: /the response says/,
    wrap: app => async x => {
      try {
        await app(x);
      } catch (error) {
        if (x.state === 'idle') x.respond(500, [], error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
  },
  {
    id: 'lifecycle/cancels-what-is-not-ended',
    deviation: 'The server resets a response that its application left open with CANCEL.',
    clause: 'MSGI-LIFE-14',
    fails: ['lifecycle/not-ended-is-reset'],
    seen: /throws: RST_STREAM with code 8/,
    wrap: app => async x => {
      try {
        await app(x);
      } finally {
        if (x.state === 'open') x.reset();
      }
    },
  },
  {
    id: 'lifecycle/gives-up-what-is-done',
    deviation: 'The server gives up a response that is done when its application rejects.',
    clause: 'MSGI-LIFE-47',
    fails: ['lifecycle/an-error-after-the-end-changes-nothing'],
    seen: /^a: RST_STREAM INTERNAL_ERROR/,
    wrap: app => async x => {
      try {
        await app(x);
      } catch (error) {
        x.reset(2);
        throw error;
      }
    },
  },
  {
    id: 'lifecycle/sends-what-waits',
    deviation: 'The server sends some of what waits before it resets.',
    clause: 'MSGI-LIFE-12',
    fails: ['lifecycle/what-waits-is-dropped', 'lifecycle/reset-in-done-drops'],
    seen: /15 octets where 10 were sent before the failure/,
    wire: damages(frame =>
      frame.type === FRAME_TYPE.RST_STREAM ? [data(frame.stream, new Uint8Array(5)), frame] : frame,
    ),
  },
  {
    id: 'lifecycle/no-error-behind-the-response',
    deviation: 'The server resets with NO_ERROR behind a response, whatever the code of reset.',
    clause: 'MSGI-LIFE-21',
    fails: ['lifecycle/reset-behind-the-response'],
    seen: /RST_STREAM with code 0 where reset\(5\) was called/,
    wire: recoding(() => 0),
  },
  {
    id: 'lifecycle/ends-at-once',
    deviation: 'The member end settles when it is called, however much waits.',
    clause: 'MSGI-LIFE-22',
    fails: ['lifecycle/end-settles-when-complete', 'lifecycle/end-rejects-when-it-fails'],
    seen: /end settles when 10 octets of 30 have been sent|end of a is \["object"/,
    wrap: sinking(inner => new Hasty(inner)),
  },
  {
    id: 'lifecycle/ready-after-end-throws',
    deviation: 'The member ready throws a TypeError when the response is done.',
    clause: 'MSGI-LIFE-24',
    fails: ['lifecycle/ready-is-0-at-the-end'],
    seen: /later of a is "TypeError"/,
    wrap: sinking(inner => new Closed(inner)),
  },
  {
    id: 'lifecycle/stops-with-the-response',
    deviation: 'The server stops the request when the response is complete.',
    clause: 'MSGI-LIFE-25',
    fails: ['lifecycle/the-request-goes-on'],
    seen: /the upload is given up with RST_STREAM/,
    wrap: sinking((inner, x) => new Final(inner as ForwardedSink, x)),
  },
  {
    id: 'lifecycle/does-not-see-expect',
    deviation: 'The server does not know that the client waits for 100.',
    clause: 'MSGI-LIFE-26',
    fails: ['lifecycle/who-waits-for-100-is-not-asked'],
    seen: /waited for the application to report "read"/,
    waits: true,
    wire: mendsRequests(({ fields }) =>
      fields.flatMap((_, i) => (i % 2 === 0 && fields[i] !== 'expect' ? fields.slice(i, i + 2) : [])),
    ),
  },
] satisfies readonly GatewayFault[];
