/** Servers that are wrong about the early end of an exchange. */
import type { ExchangeError } from '../../../../spec/msgi.ts';
import { errorName, FRAME_TYPE, goaway, rstStream } from '../../../../wire/index.ts';
import { damages } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { changed, failing, sinking, type Wrap } from '../lifecycle/faces.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

/** The errors of write are others. */
class Erring extends ForwardedSink {
  readonly #change: (error: ExchangeError) => unknown;

  constructor(inner: ForwardedSink, change: (error: ExchangeError) => unknown) {
    super(inner);
    this.#change = change;
  }

  override async write(chunk: Uint8Array | string): Promise<void> {
    try {
      await super.write(chunk);
    } catch (error) {
      throw this.#change(error as ExchangeError);
    }
  }
}

const erring = (change: (error: ExchangeError) => unknown): Wrap =>
  sinking(inner => new Erring(inner as ForwardedSink, change));

export default [
  {
    id: 'cancellation/aborts-without-reason',
    deviation: 'The member signal aborts with the reason that the runtime gives by default.',
    clause: 'MSGI-LIFE-48',
    fails: ['cancellation/aborts-when-it-fails'],
    seen: /aborted of reset is \["AbortError"/,
    wrap: failing(() => undefined),
  },
  {
    id: 'cancellation/aborts-for-the-request',
    deviation: 'The member signal aborts when the request breaks off behind a complete response.',
    clause: 'MSGI-LIFE-49',
    fails: ['cancellation/no-abort-behind-the-response'],
    seen: /signal of breaks is true/,
    wrap: facing(x => {
      const controller = new AbortController();
      x.watch(notice => {
        if (notice.type === 'close' && notice.code !== 0) controller.abort();
      });
      return withMembers(x, { signal: controller.signal });
    }),
  },
  {
    id: 'cancellation/too-late-to-abort',
    deviation: 'A signal that is first asked for after the failure never aborts.',
    clause: 'MSGI-LIFE-50',
    fails: ['cancellation/aborted-when-asked-for-late'],
    seen: /signal of a is \[false,/,
    wrap: facing(x =>
      withMembers(x, {
        get signal() {
          return x.state === 'dead' ? new AbortController().signal : x.signal;
        },
      }),
    ),
  },
  {
    id: 'cancellation/aborts-inside-reset',
    deviation: 'The member reset runs the listeners of signal.',
    clause: 'MSGI-LIFE-56',
    fails: ['cancellation/no-abort-inside-a-call'],
    seen: /inside of unread is true/,
    wrap: facing(x => {
      const controller = new AbortController();
      const reset = (code?: number): void => {
        x.reset(code);
        controller.abort(x.signal.reason);
      };
      return withMembers(x, { signal: controller.signal, reset });
    }),
  },
  {
    id: 'cancellation/facts-on-the-prototype',
    deviation: 'The error has its code and party on its prototype.',
    clause: 'MSGI-ERR-1',
    fails: ['cancellation/known-by-its-name'],
    seen: /error of a is \[true,"ExchangeError",false,false\]/,
    wrap: erring(error => Object.create(error)),
  },
  {
    id: 'cancellation/an-error-for-each-call',
    deviation: 'The member write makes an error of its own each time.',
    clause: 'MSGI-ERR-2',
    fails: ['cancellation/one-error-everywhere'],
    seen: /other errors of a is \["write"\]/,
    wrap: erring(error => changed(error, {})),
  },
  {
    id: 'cancellation/the-application-did-it',
    deviation: 'The server gives its limits as acts of the application.',
    clause: 'MSGI-ERR-3',
    fails: ['cancellation/who-was-first'],
    seen: /by of limit is \["app","app"\]/,
    wrap: failing(error => changed(error, error.by === 'server' ? { by: 'app' } : {})),
  },
  {
    id: 'cancellation/knows-its-codes-only',
    deviation: 'The server gives codes that it does not know as INTERNAL_ERROR.',
    clause: 'MSGI-ERR-4',
    fails: ['cancellation/codes-of-the-client-are-passed'],
    seen: /code of a-\d+ is 2, not 4660/,
    wrap: failing(error => changed(error, errorName(error.code).startsWith('0x') ? { code: 2 } : {})),
  },
  {
    id: 'cancellation/lost-with-no-error',
    deviation: 'The server gives NO_ERROR to exchanges of a connection that is lost.',
    clause: 'MSGI-ERR-5',
    fails: ['cancellation/lost-without-a-word'],
    seen: /code of get is 0, not 8/,
    wrap: failing(error => changed(error, error.by === 'transport' ? { code: 0 } : {})),
  },
  {
    id: 'cancellation/nobodys-connection-error',
    deviation: 'The server blames the transport for a connection error of the client.',
    clause: 'MSGI-ERR-6',
    fails: ['cancellation/connection-errors-are-the-clients'],
    seen: /by of a-0 is "transport"/,
    wrap: failing(error => changed(error, { by: 'transport' })),
  },
  {
    id: 'cancellation/quotes-the-client',
    deviation: 'The message of the error has the user-agent of the client.',
    clause: 'MSGI-ERR-7',
    fails: ['cancellation/nothing-of-the-clients-is-quoted', 'cancellation/no-name-of-the-clients-is-quoted'],
    seen: /the message of (trailers|names) quotes the client/,
    wrap: failing((error, x) => changed(error, { message: `${error.message}, ${x.request.fields.join(' ')}` })),
  },
  {
    id: 'cancellation/cancels-always',
    deviation: 'The server sends CANCEL, whatever the code of reset.',
    clause: 'MSGI-ERR-9',
    fails: ['cancellation/the-code-of-reset-is-sent'],
    seen: /zero: RST_STREAM with code 8, not 0/,
    wire: damages(frame => (frame.type === FRAME_TYPE.RST_STREAM ? rstStream(frame.stream, 'CANCEL') : frame)),
  },
  {
    id: 'cancellation/takes-any-code',
    deviation: 'The member reset takes negative codes for CANCEL.',
    clause: 'MSGI-ERR-10',
    fails: ['cancellation/codes-are-checked'],
    seen: /reset\(-1\) gives nothing/,
    wrap: facing(x => withMembers(x, { reset: (code = 8) => x.reset(code < 0 ? 8 : code) })),
  },
  {
    id: 'cancellation/takes-7',
    deviation: 'A call of reset(7) resets with CANCEL.',
    clause: 'MSGI-ERR-11',
    fails: ['cancellation/no-application-refuses'],
    seen: /given of a is "nothing"/,
    wrap: facing(x => withMembers(x, { reset: (code = 8) => x.reset(code === 7 ? 8 : code) })),
  },
  {
    id: 'cancellation/refuses-what-failed',
    deviation: 'The server sends REFUSED_STREAM when an application has failed.',
    clause: 'MSGI-ERR-12',
    fails: ['cancellation/what-was-seen-is-not-refused'],
    seen: /the application was invoked on \w+, which is reset with REFUSED_STREAM/,
    wire: damages((frame, payload) =>
      payload.type === 'RST_STREAM' && payload.code === 2 ? rstStream(frame.stream, 'REFUSED_STREAM') : frame,
    ),
  },
  {
    id: 'cancellation/forgets-the-last-stream',
    deviation: 'The final GOAWAY names a stream below those whose requests were served.',
    clause: 'RFC 9113 §8.7',
    fails: ['cancellation/unprocessed-is-unseen'],
    seen: /GOAWAY says 3, and the application was invoked on stream \d+/,
    wire: damages((frame, payload) =>
      payload.type === 'GOAWAY' && payload.lastStream < 2 ** 31 - 1 ? goaway(3, payload.code) : frame,
    ),
  },
] satisfies readonly GatewayFault[];
