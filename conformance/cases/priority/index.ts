/** Cases on PRIORITY (RFC 9113 §6.3) and the priority fields that are left of RFC 7540 (§5.3.2). */
import { FRAME_TYPE, frame, headers, plainBlock, priority } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError, held, streamError, tolerated } from '../../expect.ts';

export default chapter('priority', {
  'on-stream-zero': {
    requirement: 'rfc9113/6.3/1',
    title: 'PRIORITY on stream 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', priority(0, { dependency: 0, weight: 16 }));
    },
  },

  'too-short': {
    requirement: 'rfc9113/6.3/2',
    needs: ['large'],
    title: 'PRIORITY of 4 octets is a stream error FRAME_SIZE_ERROR.',
    async run(trial) {
      const peer = await trial.open();
      const [stream = 0] = await held(trial, peer);
      const short = frame(FRAME_TYPE.PRIORITY, 0, stream, new Uint8Array(4));
      await streamError(trial, peer, stream, 'FRAME_SIZE_ERROR', short);
    },
  },

  'too-long': {
    requirement: 'rfc9113/6.3/2',
    needs: ['large'],
    title: 'PRIORITY of 6 octets is a stream error FRAME_SIZE_ERROR.',
    async run(trial) {
      const peer = await trial.open();
      const [stream = 0] = await held(trial, peer);
      const long = frame(FRAME_TYPE.PRIORITY, 0, stream, new Uint8Array(6));
      await streamError(trial, peer, stream, 'FRAME_SIZE_ERROR', long);
    },
  },

  'in-every-state': {
    requirement: 'rfc9113/5.1/i1',
    needs: ['large', 'upload'],
    title: 'PRIORITY is taken in every state of a stream and changes none: one on an idle stream does not open it.',
    async run(trial) {
      const peer = await trial.open();
      const open = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      const [halfClosed = 0] = await held(trial, peer);
      const [lower, idle] = [peer.request({ method: 'HEAD' }), peer.request({ method: 'HEAD' }, 101)];
      const fields = { dependency: 0, weight: 16 };
      await tolerated(trial, peer, ...[1, open, halfClosed, idle.stream].map(stream => priority(stream, fields)));
      for (const request of [lower, idle]) {
        peer.send(request);
        await answered(trial, peer, request.stream);
      }
    },
  },

  'dependency-on-unknown-stream': {
    requirement: 'rfc9113/5.3.2/i1',
    title: 'A request may depend on a stream that was never opened.',
    async run(trial) {
      const peer = await trial.open();
      const fields = { dependency: 99, weight: 16, exclusive: true };
      const get = headers(peer.nextStream(), plainBlock(peer.fieldsOf()), { endStream: true, priority: fields });
      peer.send(get);
      await answered(trial, peer, get.stream);
    },
  },
});
