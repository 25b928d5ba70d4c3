/** Cases on PUSH_PROMISE and server push (RFC 9113 §6.6, §8.4). */
import { type Frame, plainBlock, pushPromise } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { connectionError, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';

/** What a server would say, from a client. */
function promise(peer: Peer, stream: number): Frame {
  return pushPromise(stream, 2, plainBlock(peer.fieldsOf()));
}

export default chapter('push', {
  'from-client-on-open-stream': {
    requirement: 'rfc9113/8.4/7',
    needs: ['upload'],
    title: 'A PUSH_PROMISE from a client is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const post = peer.request({ method: 'POST', path: trial.upload.path, endStream: false });
      await connectionError(trial, peer, 'PROTOCOL_ERROR', post, promise(peer, post.stream));
    },
  },

  'from-client-on-idle-stream': {
    requirement: 'rfc9113/8.4/7',
    also: ['rfc9113/5.1/1'],
    title: 'A PUSH_PROMISE from a client on an idle stream is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', promise(peer, peer.nextStream()));
    },
  },

  'on-stream-zero': {
    requirement: 'rfc9113/6.6/7',
    title: 'A PUSH_PROMISE on stream 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', promise(peer, 0));
    },
  },

  'none-when-disabled': {
    requirement: 'rfc9113/6.6/8',
    also: ['rfc9113/6.5.2/1'],
    passive: true,
    title: 'Nothing is pushed to a client that has set ENABLE_PUSH to 0.',
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 0]] });
      await served(trial, peer);
      await peer.fence();
      trial.seen = 'no PUSH_PROMISE';
    },
  },

  'promised-identifiers': {
    requirement: 'rfc9113/6.6/1',
    also: ['rfc9113/5.1.1/2', 'rfc9113/5.1.1/3', 'rfc9113/6.6/11', 'rfc9113/6.6/12'],
    passive: true,
    title: 'Each PUSH_PROMISE promises an even stream above all that were promised before.',
    async run(trial) {
      const peer = await trial.open();
      await served(trial, peer);
      await served(trial, peer);
      await peer.fence();
      trial.seen = `${peer.received.filter(({ payload }) => payload.type === 'PUSH_PROMISE').length} sound PUSH_PROMISE`;
    },
  },
});
