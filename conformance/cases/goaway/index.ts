/** Cases on GOAWAY (RFC 9113 §6.8). */
import { goaway } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { describeEnd } from '../../trial.ts';
import { drains, refusesGoaway } from './drain.ts';

/** The stream that a client names is one of the server's, so it is even: the highest there can be. */
const HIGHEST_PUSHED = 0x7fff_fffe;

export default chapter('goaway', {
  'on-stream': {
    requirement: 'rfc9113/6.8/4',
    title: 'GOAWAY on a stream is a connection error, also where that stream is open.',
    async run(trial) {
      await refusesGoaway(trial, 'PROTOCOL_ERROR', stream => ({ ...goaway(0), stream }));
    },
  },

  'too-short': {
    requirement: 'rfc9113/6.8/i2',
    also: ['rfc9113/4.2/2', 'rfc9113/4.2/3'],
    title: 'GOAWAY of less than 8 octets is a connection error.',
    async run(trial) {
      await refusesGoaway(trial, 'FRAME_SIZE_ERROR', () => {
        const sound = goaway(0);
        return { ...sound, payload: sound.payload.subarray(0, 7) };
      });
    },
  },

  'with-debug-data': {
    requirement: 'rfc9113/6.8/11',
    title: 'GOAWAY may carry debug data of any length.',
    async run(trial) {
      await drains(trial, [goaway(0, 'NO_ERROR', 'so long, and thanks for all the frames\n'.repeat(200))]);
    },
  },

  'several-in-a-row': {
    requirement: 'rfc9113/6.8/5',
    also: ['rfc9113/6.8/i1'],
    title: 'A client may send GOAWAY twice, and its running request is still finished.',
    async run(trial) {
      const completed = await drains(trial, [goaway(HIGHEST_PUSHED), goaway(0)]);
      if (!completed) trial.weak(`${trial.seen}, with the request unfinished`);
    },
  },

  'said-before-the-close': {
    requirement: 'rfc9113/6.8/3',
    limited: true,
    title: 'A server that closes behind a GOAWAY of the client says GOAWAY itself.',
    async run(trial) {
      const peer = await trial.open();
      trial.expected = 'GOAWAY before the close, or no close';
      peer.send(goaway(0));
      await trial.idle(peer.within(peer.limit, () => peer.end !== null, 'the close'));
      trial.seen = describeEnd(peer);
      if (peer.end !== null && peer.goaways.length === 0) trial.weak(`${trial.seen}, without a GOAWAY before it`);
    },
  },
});
