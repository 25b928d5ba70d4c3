/** Servers that are wrong about the request half. */
import type { Exchange, Fields, Source } from '../../../../spec/msgi.ts';
import { data, FLAG, FRAME_TYPE, rstStream } from '../../../../wire/index.ts';
import { damages } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSource } from '../wrap.ts';
import { sourcing } from './faces.ts';

/** To be stopped is to be at the end. */
class EndedByStop extends ForwardedSource {
  #stopped = false;

  override get ended(): boolean {
    return this.#stopped || super.ended;
  }
  override stop(code?: number): void {
    this.#stopped = true;
    super.stop(code);
  }
}

/** What is cut looks whole. */
class Whole extends ForwardedSource {
  override async read(): Promise<Uint8Array | null> {
    try {
      return await super.read();
    } catch {
      return null;
    }
  }
}

/** What is buffered stays. */
class Keeping extends ForwardedSource {
  #kept = 0;

  override get buffered(): number {
    return Math.max(this.#kept, super.buffered);
  }
  override stop(code?: number): void {
    this.#kept = super.buffered;
    super.stop(code);
  }
}

/** A second reader gets nothing. */
class Crowded extends ForwardedSource {
  #reading = false;

  override async read(): Promise<Uint8Array | null> {
    if (this.#reading) return null;
    this.#reading = true;
    try {
      return await super.read();
    } finally {
      this.#reading = false;
    }
  }
}

/** Who leaves the loop wants no more. */
class Leaving extends ForwardedSource {
  override async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* super[Symbol.asyncIterator]();
    } finally {
      this.stop();
    }
  }
}

/** No trailers are an empty list. */
class Listing extends ForwardedSource {
  override get trailers(): Fields {
    return super.trailers ?? [];
  }
}

/** The window of the stream, whatever the client has said. */
class Windowed extends ForwardedSource {
  override get window(): number {
    return Math.max(super.window, 65_535);
  }
}

/** To stop is to give up. */
class GivingUp extends ForwardedSource {
  readonly #x: Exchange;

  constructor(inner: Source, x: Exchange) {
    super(inner);
    this.#x = x;
  }

  override stop(code = 0): void {
    this.#x.reset(code);
  }
}

export default [
  {
    id: 'lifecycle/stopped-is-ended',
    deviation: 'A request that was stopped has ended is true.',
    clause: 'MSGI-LIFE-3',
    fails: ['lifecycle/calls-of-the-request'],
    seen: /ended of a request that is stopped gives true/,
    wrap: sourcing(inner => new EndedByStop(inner)),
  },
  {
    id: 'lifecycle/takes-any-trailers',
    deviation: 'The server takes trailers that are malformed for an end.',
    clause: 'MSGI-LIFE-3',
    fails: ['lifecycle/events-of-the-request'],
    seen: /malformed of a request that is flowing: reading gives 4 octets/,
    wire: () => {
      const open = new Set<number>();
      return {
        toServer: frame => {
          const trailers = frame.type === FRAME_TYPE.HEADERS && open.has(frame.stream);
          open.add(frame.stream);
          return [trailers ? data(frame.stream, '', { endStream: true }) : frame];
        },
      };
    },
  },
  {
    id: 'lifecycle/cut-looks-whole',
    deviation: 'The member read gives null when the request is cut.',
    clause: 'MSGI-LIFE-36',
    fails: ['lifecycle/a-cut-upload-never-looks-whole'],
    seen: /read of cut is "whole"/,
    wrap: sourcing(inner => new Whole(inner)),
  },
  {
    id: 'lifecycle/keeps-what-nobody-reads',
    deviation: 'The server keeps what is buffered of a request that is stopped.',
    clause: 'MSGI-LIFE-37',
    fails: ['lifecycle/no-reading-behind-stop'],
    seen: /after of stopped is 4, not 0/,
    wrap: sourcing(inner => new Keeping(inner)),
  },
  {
    id: 'lifecycle/two-readers',
    deviation: 'A read while another one waits gives null.',
    clause: 'MSGI-LIFE-38',
    fails: ['lifecycle/one-reader-at-a-time'],
    seen: /second of a is "null"/,
    wrap: sourcing(inner => new Crowded(inner)),
  },
  {
    id: 'lifecycle/leaving-stops',
    deviation: 'The server stops the request when an iteration is left.',
    clause: 'MSGI-LIFE-39',
    fails: ['lifecycle/another-loop-goes-on'],
    seen: /ended before it came to "octets": ExchangeError code 0 by app/,
    wrap: sourcing(inner => new Leaving(inner)),
  },
  {
    id: 'lifecycle/trailers-from-the-start',
    deviation: 'The member trailers is an empty list until the request has ended.',
    clause: 'MSGI-LIFE-40',
    fails: ['lifecycle/trailers-behind-the-end'],
    seen: /begin of some is \[\]/,
    wrap: sourcing(inner => new Listing(inner)),
  },
  {
    id: 'lifecycle/window-of-the-ended',
    deviation: 'The member body.window is that of the stream while content is unread, also behind END_STREAM.',
    clause: 'MSGI-LIFE-41',
    fails: ['lifecycle/no-window-behind-the-end'],
    seen: /unread of a is \[4,65535,false\]/,
    wrap: sourcing(inner => new Windowed(inner)),
  },
  {
    id: 'lifecycle/keeps-credit-of-the-dropped',
    deviation: 'The server gives no credit of the connection for content that it drops.',
    clause: 'MSGI-LIFE-42',
    fails: ['lifecycle/unwanted-content-costs-nobody'],
    seen: /waited for credit of the connection/,
    waits: true,
    // All content of the case is dropped.
    wire: () => {
      let content = false;
      return {
        toServer: frame => {
          content ||= frame.type === FRAME_TYPE.DATA;
          return [frame];
        },
        toClient: frame => (content && frame.type === FRAME_TYPE.WINDOW_UPDATE && frame.stream === 0 ? [] : [frame]),
      };
    },
  },
  {
    id: 'lifecycle/stop-gives-up',
    deviation: 'The server gives the exchange up when its request is stopped.',
    clause: 'MSGI-LIFE-43',
    fails: ['lifecycle/stop-is-no-failure'],
    seen: /goes on of plain is \["dead",true\]/,
    wrap: sourcing((inner, x) => new GivingUp(inner, x)),
  },
  {
    id: 'lifecycle/cancels-behind-the-response',
    deviation: 'The server resets a stopped request with CANCEL behind the response.',
    clause: 'MSGI-LIFE-45',
    fails: ['lifecycle/told-to-stop-with-no-error'],
    seen: /RST_STREAM with code 8 behind the response/,
    wire: damages(frame => (frame.type === FRAME_TYPE.RST_STREAM ? rstStream(frame.stream, 'CANCEL') : frame)),
  },
  {
    id: 'lifecycle/resets-with-the-head',
    deviation: 'The server stops an upload when it has the head of the response, and sends no content.',
    clause: 'MSGI-LIFE-46',
    fails: ['lifecycle/not-reset-before-the-response', 'lifecycle/early-answer'],
    seen: /RST_STREAM NO_ERROR/,
    wire: () => {
      const over = new Set<number>();
      const uploads = new Set<number>();
      return {
        toServer: frame => {
          if (frame.type === FRAME_TYPE.HEADERS && (frame.flags & FLAG.END_STREAM) === 0) uploads.add(frame.stream);
          return [frame];
        },
        toClient: frame => {
          if (over.has(frame.stream)) return [];
          if (frame.type !== FRAME_TYPE.HEADERS || !uploads.has(frame.stream)) return [frame];
          over.add(frame.stream);
          return [frame, rstStream(frame.stream, 'NO_ERROR')];
        },
      };
    },
  },
] satisfies readonly GatewayFault[];
