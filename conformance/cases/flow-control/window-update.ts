/** WINDOW_UPDATE itself: which ones are errors, and which are none (RFC 9113 §6.9, §6.9.1). */
import { FRAME_TYPE, frame, MAX_WINDOW, u32, windowUpdate } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { answered, connectionError, ignored, served, streamError, tolerated } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer } from '../../trial.ts';
import { askLarge, credit, goesOn, moved, standstill } from './windows.ts';

const RESERVED = 2 ** 31;

const LENGTHS = [0, 3, 5, 8];

/** A WINDOW_UPDATE of that length whose first octets are a legal increment. */
const cut = (stream: number, length: number): ReturnType<typeof frame> =>
  frame(FRAME_TYPE.WINDOW_UPDATE, 0, stream, [0, 0, 1, 0, 0, 0, 1, 0].slice(0, length));

/** A connection for each wrong length, all at once: each may take its time to close. */
async function ofEachLength(run: (length: number) => Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled(LENGTHS.map(run)))
    if (outcome.status === 'rejected') throw outcome.reason;
}

/** A response that waits for its first octet of window; its stream is half-closed (remote). */
async function waiting(peer: Peer): Promise<number> {
  await peer.change(['INITIAL_WINDOW_SIZE', 0]);
  const stream = peer.ask();
  await peer.fence();
  return stream;
}

export const windowUpdates: Readonly<Record<string, CaseBody>> = {
  'zero-increment-on-stream': {
    requirement: 'rfc9113/6.9/3',
    title: 'A WINDOW_UPDATE of 0 on a stream is a stream error.',
    async run(trial) {
      const peer = await trial.open();
      const stream = await waiting(peer);
      await streamError(trial, peer, stream, ['PROTOCOL_ERROR', 'FLOW_CONTROL_ERROR'], windowUpdate(stream, 0));
    },
  },

  'zero-increment-behind-reserved-bit': {
    requirement: 'rfc9113/6.9/3',
    title: 'A WINDOW_UPDATE of 0 on a stream is a stream error whatever its reserved bit says.',
    async run(trial) {
      const peer = await trial.open();
      const stream = await waiting(peer);
      const zero = frame(FRAME_TYPE.WINDOW_UPDATE, 0, stream, u32(RESERVED));
      await streamError(trial, peer, stream, ['PROTOCOL_ERROR', 'FLOW_CONTROL_ERROR'], zero);
    },
  },

  'zero-increment-on-connection': {
    requirement: 'rfc9113/6.9/4',
    title: 'A WINDOW_UPDATE of 0 on the connection is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, ['PROTOCOL_ERROR', 'FLOW_CONTROL_ERROR'], windowUpdate(0, 0));
    },
  },

  'wrong-length-on-stream': {
    requirement: 'rfc9113/6.9/7',
    title: 'A WINDOW_UPDATE of another length than 4 on a stream is a connection error.',
    async run(trial) {
      await ofEachLength(async length => {
        const peer = await trial.open();
        const stream = await waiting(peer);
        await connectionError(trial, peer, 'FRAME_SIZE_ERROR', cut(stream, length));
      });
    },
  },

  'wrong-length-on-connection': {
    requirement: 'rfc9113/6.9/7',
    title: 'A WINDOW_UPDATE of another length than 4 on the connection is a connection error.',
    async run(trial) {
      await ofEachLength(async length => {
        const peer = await trial.open();
        await connectionError(trial, peer, 'FRAME_SIZE_ERROR', cut(0, length));
      });
    },
  },

  'stream-window-overflow': {
    requirement: 'rfc9113/6.9.1/4',
    title: 'A WINDOW_UPDATE that lifts a stream window above 2^31-1 ends the stream.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 1]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      // Between the two the response can use no more than the connection window, which it outlasts.
      const most = windowUpdate(stream, MAX_WINDOW);
      await streamError(trial, peer, stream, 'FLOW_CONTROL_ERROR', most, most);
    },
  },

  'connection-window-overflow': {
    requirement: 'rfc9113/6.9.1/4',
    title: 'A WINDOW_UPDATE that lifts the connection window above 2^31-1 ends the connection.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'FLOW_CONTROL_ERROR', windowUpdate(0, MAX_WINDOW));
    },
  },

  'increment-of-one': {
    requirement: 'rfc9113/6.9/i2',
    also: ['rfc9113/6.9.1/1'],
    title: 'A WINDOW_UPDATE of 1 is legal and lets one octet pass.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await tolerated(trial, peer, windowUpdate(stream, 1));
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'largest-increment': {
    requirement: 'rfc9113/6.9/i2',
    also: ['rfc9113/6.9.1/1'],
    title: 'A WINDOW_UPDATE of 2^31-1 is legal, and the response goes on up to the connection window.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await tolerated(trial, peer, windowUpdate(stream, MAX_WINDOW));
      await standstill(trial, peer, stream);
      const { octets } = peer.stream(stream);
      peer.send(windowUpdate(0, 1000));
      await moved(trial, peer, [stream], [octets]);
    },
  },

  'reserved-bit-of-increment': {
    requirement: 'rfc9113/6.9/i2',
    also: ['rfc9113/6.9.1/1'],
    title: 'The reserved bit of an increment is ignored.',
    needs: ['large'],
    disputed:
      'ignored, as RFC 9113 §4.1 says of the field Reserved, to which §6.9 refers for fields of that name, against §6.9, which says nothing of a bit that is set in the payload: refused is weak',
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [stream = 0] = askLarge(trial, peer, 1);
      trial.expected = 'the increment counts as if the bit were not set';
      for (const octets of [1000, 65_535]) {
        const before = peer.stream(stream).octets;
        await peer.fence(frame(FRAME_TYPE.WINDOW_UPDATE, 0, stream, u32(RESERVED + octets)));
        if (peer.over || peer.stream(stream).resets.length > 0)
          return trial.weak(`the increment is refused: ${describeAnswer(peer.stream(stream), peer)}`);
        await standstill(trial, peer, stream);
        if (octets === 65_535) await moved(trial, peer, [stream], [before]);
      }
      return undefined;
    },
  },

  'credit-on-half-closed-stream': {
    requirement: 'rfc9113/6.9/5',
    title: 'A WINDOW_UPDATE on a stream whose request has ended is no error.',
    async run(trial) {
      const peer = await trial.open();
      const stream = await waiting(peer);
      await tolerated(trial, peer, windowUpdate(stream, 1));
      credit(peer, 65_535, stream);
      await answered(trial, peer, stream);
    },
  },

  'credit-on-closed-stream': {
    requirement: 'rfc9113/6.9/5',
    title: 'A WINDOW_UPDATE on a stream whose response has ended is no error.',
    async run(trial) {
      const peer = await trial.open();
      const { id } = await served(trial, peer);
      await ignored(trial, peer, windowUpdate(id, 1));
    },
  },
};
