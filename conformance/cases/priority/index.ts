/** Cases on PRIORITY (RFC 9113 §6.3) and the priority fields that are left of RFC 7540 (§5.3.2). */
import { errorName, FRAME_TYPE, frame, headers, plainBlock, priority } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionEnd, connectionError, held, streamError, tolerated } from '../../expect.ts';
import type { Trial } from '../../trial.ts';

const DISPUTED =
  'a stream error for the length of PRIORITY (RFC 9113 §6.3) against RST_STREAM on an idle stream, which nobody may send ' +
  '(§6.4)';

async function wrongLengthWhileIdle(trial: Trial, octets: number): Promise<void> {
  const peer = await trial.open();
  const stream = 101;
  const wrong = frame(FRAME_TYPE.PRIORITY, 0, stream, new Uint8Array(octets));
  trial.expected = 'connection error FRAME_SIZE_ERROR, or RST_STREAM FRAME_SIZE_ERROR on the idle stream';
  const mark = peer.received.length;
  if ((await peer.fence(wrong)) === 'over') return connectionEnd(trial, peer, 'FRAME_SIZE_ERROR');
  const reset = peer.received.slice(mark).find(({ payload }) => payload.type === 'RST_STREAM');
  if (reset?.payload.type !== 'RST_STREAM') return void trial.weak('the frame is ignored');
  const code = errorName(reset.payload.code);
  trial.seen = `RST_STREAM ${code} on stream ${reset.frame.stream}`;
  if (reset.frame.stream !== stream) trial.fail(`${trial.seen}, where the frame was on stream ${stream}`);
  if (code !== 'FRAME_SIZE_ERROR') trial.weak(`${trial.seen} instead of FRAME_SIZE_ERROR`);
}

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

  'too-short-on-idle-stream': {
    requirement: 'rfc9113/6.3/i1',
    disputed: DISPUTED,
    title: 'PRIORITY of 4 octets on an idle stream is an error FRAME_SIZE_ERROR.',
    async run(trial) {
      await wrongLengthWhileIdle(trial, 4);
    },
  },

  'too-long-on-idle-stream': {
    requirement: 'rfc9113/6.3/i1',
    disputed: DISPUTED,
    title: 'PRIORITY of 6 octets on an idle stream is an error FRAME_SIZE_ERROR.',
    async run(trial) {
      await wrongLengthWhileIdle(trial, 6);
    },
  },
});
