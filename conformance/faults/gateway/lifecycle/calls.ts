/** Servers that take a call where they should not, or leave a state as it was. */
import type { Fields } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';
import { posing, sinking } from './faces.ts';

/** Members of the sink that are called again do nothing. */
class Patient extends ForwardedSink {
  #ended = false;

  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    return this.#ended ? undefined : super.write(chunk);
  }
  override end(trailers?: Fields): ReturnType<ForwardedSink['end']> {
    if (this.#ended) return;
    this.#ended = true;
    return super.end(trailers);
  }
}

/** A member that is no more than a promise. */
class Rejecting extends ForwardedSink {
  override async write(chunk: Uint8Array | string): Promise<void> {
    await super.write(chunk);
  }
}

/** Looks at the length first. */
class Counting extends ForwardedSink {
  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    if (chunk.length > 10) throw new TypeError('content goes beyond its length');
    return super.write(chunk);
  }
}

/** Looks at the trailers first. */
class Strict extends ForwardedSink {
  override end(trailers: Fields = []): ReturnType<ForwardedSink['end']> {
    if (trailers.length > 0) throw new TypeError('a tunnel has no trailers');
    return super.end(trailers);
  }
}

export default [
  {
    id: 'lifecycle/informs-late',
    deviation: 'The server takes informational responses behind the head and drops them.',
    clause: 'MSGI-LIFE-6',
    fails: ['lifecycle/calls-of-the-response', 'lifecycle/one-response'],
    seen: /inform in open gives false/,
    wrap: facing(x =>
      withMembers(x, { inform: (status, fields) => (x.state === 'idle' ? x.inform(status, fields) : false) }),
    ),
  },
  {
    id: 'lifecycle/starts-late',
    deviation: 'The server takes a response for begun when content comes.',
    clause: 'MSGI-LIFE-4',
    fails: ['lifecycle/start-opens'],
    seen: /start in idle leaves the state idle/,
    wrap: posing(({ state }) => (state === 'open' ? 'idle' : state)),
  },
  {
    id: 'lifecycle/responds-openly',
    deviation: 'The server leaves the response open behind respond.',
    clause: 'MSGI-LIFE-5',
    fails: ['lifecycle/respond-is-done'],
    seen: /respond in idle leaves the state open/,
    wrap: posing(({ state }) => (state === 'done' ? 'open' : state)),
  },
  {
    id: 'lifecycle/ends-twice',
    deviation: 'The server takes write and end behind the end, and does nothing.',
    clause: 'MSGI-LIFE-8',
    fails: ['lifecycle/nothing-behind-the-end'],
    seen: /write in done gives nothing/,
    wrap: sinking(inner => new Patient(inner)),
  },
  {
    id: 'lifecycle/done-dies',
    deviation: 'The state of a response that was ended is dead when the exchange fails.',
    clause: 'MSGI-LIFE-11',
    fails: ['lifecycle/done-is-not-dead'],
    seen: /reset in done leaves the state dead/,
    wrap: posing(x => (x.state === 'done' && x.signal.aborted ? 'dead' : x.state)),
  },
  {
    id: 'lifecycle/dead-checks-nothing',
    deviation: 'The server does not look at arguments when the exchange is dead.',
    clause: 'MSGI-LIFE-1',
    fails: ['lifecycle/arguments-first'],
    seen: /respond with a wrong argument gives nothing in dead/,
    wrap: facing(x =>
      withMembers(x, {
        respond: (...given) => {
          if (x.state !== 'dead') x.respond(...given);
        },
      }),
    ),
  },
  {
    id: 'lifecycle/sends-any-status',
    deviation: 'The server takes statuses above 599.',
    clause: 'MSGI-LIFE-7',
    fails: ['lifecycle/statuses-are-checked'],
    seen: /respond gives nothing for the status 600/,
    wrap: facing(x =>
      withMembers(x, { respond: (status, ...rest) => x.respond(status >= 600 ? 599 : status, ...rest) }),
    ),
  },
  {
    id: 'lifecycle/rejects-mistakes',
    deviation: 'The server rejects the promise of write for a mistake of the program.',
    clause: 'MSGI-LIFE-2',
    fails: ['lifecycle/mistakes-are-thrown'],
    seen: /write of a number gives TypeError, rejected/,
    wrap: sinking(inner => new Rejecting(inner)),
  },
  {
    id: 'lifecycle/lets-errors-loose',
    deviation: 'The server does not handle the rejections that it makes.',
    clause: 'MSGI-LIFE-34',
    fails: ['lifecycle/errors-that-nobody-awaits'],
    seen: /an unhandled rejection: ExchangeError/,
    wrap: sinking(inner => new Rejecting(inner)),
  },
  {
    id: 'lifecycle/length-before-death',
    deviation: 'The server looks at the length of a response that is dead.',
    clause: 'MSGI-LIFE-57',
    fails: ['lifecycle/a-dead-exchange-has-no-lengths'],
    seen: /write of a is "TypeError"/,
    wrap: sinking(inner => new Counting(inner)),
  },
  {
    id: 'lifecycle/trailers-before-death',
    deviation: 'The server looks at the trailers of a tunnel that is dead.',
    clause: 'MSGI-LIFE-57',
    fails: ['lifecycle/a-dead-tunnel-has-no-trailers'],
    seen: /end of a is "TypeError"/,
    wrap: sinking(inner => new Strict(inner)),
  },
] satisfies readonly GatewayFault[];
