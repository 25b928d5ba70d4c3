/** Servers that are wrong about the allowance: what it is, whom it binds, and whose windows stay open. */
import { FLAG, FRAME_TYPE, type Frame, rstStream, SETTING, settings } from '../../../../wire/index.ts';
import { damages, type Fault } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSource } from '../wrap.ts';
import { isStreamCredit, sourcing } from './credit.ts';

const isConnectionCredit = ({ type, stream }: Frame): boolean => type === FRAME_TYPE.WINDOW_UPDATE && stream === 0;

/** No credit of the connection once more octets of DATA than that have come. */
const connectionCreditFor =
  (most: number): Fault['wire'] =>
  () => {
    let octets = 0;
    return {
      toServer: frame => {
        if (frame.type === FRAME_TYPE.DATA) octets += frame.payload.length;
        return [frame];
      },
      toClient: frame => (octets > most && isConnectionCredit(frame) ? [] : [frame]),
    };
  };

/** Streams that have more than 1,024 octets before the acknowledgement of SETTINGS are reset. */
const noFirstFlight: Fault['wire'] = link => {
  let acknowledged = false;
  const over = new Set<number>();
  return {
    toServer: frame => {
      acknowledged ||= frame.type === FRAME_TYPE.SETTINGS && (frame.flags & FLAG.ACK) !== 0;
      if (over.has(frame.stream)) return [];
      if (acknowledged || frame.type !== FRAME_TYPE.DATA || frame.payload.length <= 1024) return [frame];
      over.add(frame.stream);
      link.toClient(rstStream(frame.stream, 'FLOW_CONTROL_ERROR'));
      return [rstStream(frame.stream, 'FLOW_CONTROL_ERROR')];
    },
  };
};

/** What is done with the octet that goes beyond the window: cases send it as a frame of its own. */
const lastStraw =
  (instead: (frame: Frame) => readonly Frame[]): Fault['wire'] =>
  () => ({
    toServer: frame => (frame.type === FRAME_TYPE.DATA && frame.payload.length === 1 ? instead(frame) : [frame]),
  });

class Unknowing extends ForwardedSource {
  override get window(): number {
    return super.window + 64_511;
  }
}

class CountsWhatWaits extends ForwardedSource {
  override get window(): number {
    return super.window + super.buffered;
  }
}

class CountsAll extends ForwardedSource {
  readonly #initial = super.window;
  override get buffered(): number {
    return this.#initial - super.window;
  }
}

export default [
  {
    id: 'flow/forgets-the-option',
    deviation: 'The server advertises the initial window of RFC 9113, whatever its listener is told.',
    clause: 'MSGI-FLOW-11',
    fails: ['flow/the-initial-window-is-an-option'],
    seen: /SETTINGS_INITIAL_WINDOW_SIZE is 65535, not 1000/,
    wire: damages((frame, payload) =>
      payload.type !== 'SETTINGS' || payload.ack
        ? frame
        : settings(payload.entries.filter(([id]) => id !== SETTING.INITIAL_WINDOW_SIZE)),
    ),
  },
  {
    id: 'flow/binds-before-the-acknowledgement',
    deviation: 'The server holds the client to an initial window that the client has not acknowledged.',
    clause: 'MSGI-FLOW-12',
    fails: ['flow/content-before-the-acknowledgement-is-taken'],
    seen: /the stream is reset \(code 3\) for what it did not know/,
    wire: noFirstFlight,
  },
  {
    id: 'flow/allowance-of-the-unknowing',
    deviation: 'The server gives as allowance what a client that does not know SETTINGS may send.',
    clause: 'MSGI-FLOW-12',
    fails: ['flow/content-before-the-acknowledgement-is-taken'],
    seen: /begun of a is 65535, not 1024/,
    wrap: sourcing(inner => new Unknowing(inner)),
  },
  {
    id: 'flow/takes-an-octet-more',
    deviation: 'The server does not notice an octet beyond the allowance.',
    clause: 'MSGI-FLOW-13',
    fails: ['flow/content-beyond-the-allowance-fails'],
    seen: /waited for the application to report "aborted"/,
    waits: true,
    wire: lastStraw(() => []),
  },
  {
    id: 'flow/overrun-of-another-name',
    deviation: 'The server takes content beyond the allowance for a breach of the protocol like any other.',
    clause: 'MSGI-FLOW-13',
    fails: ['flow/content-beyond-the-allowance-fails'],
    seen: /the exchange fails with code 1 by peer/,
    wire: lastStraw(({ stream }) => [rstStream(stream, 'PROTOCOL_ERROR')]),
  },
  {
    id: 'flow/keeps-padding',
    deviation: 'The server returns padding when the content beside it is read.',
    clause: 'MSGI-FLOW-14',
    fails: ['flow/padding-is-returned'],
    seen: /waited for credit for padding/,
    waits: true,
    // Nothing is read before the padding has gone through, so that all credit of the stream is for padding.
    wire: () => ({ toClient: frame => (isStreamCredit(frame) ? [] : [frame]) }),
  },
  {
    id: 'flow/allowance-falls-by-reading',
    deviation: 'The server takes content off the allowance when it is read.',
    clause: 'MSGI-FLOW-15',
    fails: ['flow/window-and-buffered-are-counted'],
    seen: /arrived of a is \[(\d+),600\], not/,
    wrap: sourcing(inner => new CountsWhatWaits(inner)),
  },
  {
    id: 'flow/buffered-counts-what-was-read',
    deviation: 'The server counts as buffered all that has arrived and has not been granted again.',
    clause: 'MSGI-FLOW-15',
    fails: ['flow/window-and-buffered-are-counted'],
    seen: /read of a is \[\d+,600\], not/,
    wrap: sourcing(inner => new CountsAll(inner)),
  },
  {
    id: 'flow/connection-credit-for-reading',
    deviation: 'The server returns the window of the connection for content that has been read, and for no other.',
    clause: 'MSGI-FLOW-17',
    fails: ['flow/connection-credit-comes-on-receipt', 'flow/dropped-content-is-returned-to-the-connection'],
    seen: /waited for credit for the rest of an upload/,
    waits: true,
    wire: connectionCreditFor(0),
  },
  {
    id: 'flow/bounds-the-sum-by-the-connection',
    deviation: 'The server bounds what all exchanges have unread to two mebioctets by the window of the connection.',
    clause: 'MSGI-FLOW-18',
    fails: ['flow/all-held-uploads-keep-no-connection-credit'],
    seen: /waited for credit (of the connection|for the rest of an upload)/,
    waits: true,
    wire: connectionCreditFor(2 ** 21),
  },
] satisfies readonly GatewayFault[];
