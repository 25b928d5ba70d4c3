/** Servers that send in another order, or content where there is none. */
import type { Exchange, PushRequest } from '../../../../spec/msgi.ts';
import { data, FLAG, FRAME_TYPE, type Frame, headers, plainBlock } from '../../../../wire/index.ts';
import { damages, type Fault } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';
import { sinking } from './faces.ts';

/** Two writes in the other order. */
class Swapping extends ForwardedSink {
  #held: Uint8Array | string | null = null;

  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    const held = this.#held;
    this.#held = held === null ? chunk : null;
    if (held === null) return;
    super.write(chunk);
    return super.write(held);
  }
}

/** A room that is always there. */
class Roomy extends ForwardedSink {
  override get window(): number {
    return 65_535;
  }
}

/** Nothing is worth waiting for. */
class Eager extends ForwardedSink {
  override write(chunk: Uint8Array | string): void {
    super.write(chunk);
  }
}

/** HEADERS that end the response, in another form. */
const splitting = (rest: (stream: number) => Frame): Fault['wire'] =>
  damages(frame =>
    frame.type === FRAME_TYPE.HEADERS && (frame.flags & FLAG.END_STREAM) !== 0
      ? [{ ...frame, flags: frame.flags & ~FLAG.END_STREAM }, rest(frame.stream)]
      : frame,
  );

export default [
  {
    id: 'lifecycle/ends-with-data',
    deviation: 'The server ends responses without content by empty DATA.',
    clause: 'MSGI-LIFE-27',
    fails: ['lifecycle/the-head-is-the-end'],
    seen: /head: the response is HEADERS, DATA/,
    wire: splitting(stream => data(stream, '', { endStream: true })),
  },
  {
    id: 'lifecycle/trailers-of-nothing',
    deviation: 'The server sends the trailers of responses without content.',
    clause: 'MSGI-LIFE-30',
    fails: ['lifecycle/trailers-of-no-content-are-dropped'],
    seen: /head: the response is HEADERS, HEADERS/,
    wire: splitting(stream => headers(stream, plainBlock(['x-sum', '1']), { endStream: true })),
  },
  {
    id: 'lifecycle/room-for-nothing',
    deviation: 'The sink of a response without content has a window.',
    clause: 'MSGI-LIFE-28',
    fails: ['lifecycle/no-room-for-no-content'],
    seen: /room of head is \[65535,/,
    wrap: sinking(inner => new Roomy(inner)),
  },
  {
    id: 'lifecycle/drops-at-once',
    deviation: 'A write to a response without content settles at once.',
    clause: 'MSGI-LIFE-29',
    fails: ['lifecycle/dropped-writes-let-the-loop-go-on'],
    seen: /turned of head is false/,
    wrap: sinking(inner => new Eager(inner)),
  },
  {
    id: 'lifecycle/informs-backwards',
    deviation: 'The server sends informational responses the last first.',
    clause: 'MSGI-LIFE-31',
    fails: ['lifecycle/sent-in-order'],
    seen: /before the head are 102, 103/,
    wrap: facing(x => {
      let held: Parameters<Exchange['inform']> | null = null;
      return withMembers(x, {
        inform: (...given) => {
          if (held === null) {
            held = given;
            return true;
          }
          return x.inform(...given) && x.inform(...held);
        },
      });
    }),
  },
  {
    id: 'lifecycle/promises-late',
    deviation: 'The server sends a promise behind the head that was given after it.',
    clause: 'MSGI-LIFE-31',
    fails: ['lifecycle/promised-in-order'],
    seen: /HEADERS is sent before the promise/,
    wrap: facing(x => {
      const held: PushRequest[] = [];
      return withMembers(x, {
        push: request => held.push(request) > 0,
        start: (...given) => {
          const out = x.start(...given);
          for (const request of held) x.push(request);
          return out;
        },
      });
    }),
  },
  {
    id: 'lifecycle/swaps-writes',
    deviation: 'The server sends writes that were not awaited in another order.',
    clause: 'MSGI-LIFE-32',
    fails: ['lifecycle/writes-keep-their-order'],
    seen: /the content is badc/,
    wrap: sinking(inner => new Swapping(inner)),
  },
] satisfies readonly GatewayFault[];
