/** Cases on HEADERS (RFC 9113 §6.2). */
import { concat, continuation, FLAG, FRAME_TYPE, frame, headers, plainBlock } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError, reaction } from '../../expect.ts';
import { mismatch } from '../../trial.ts';

export default chapter('headers', {
  'padded-and-prioritized': {
    requirement: 'rfc9113/6.2/i1',
    title: 'Padding and priority fields are taken off the field block, whatever their values.',
    async run(trial) {
      const peer = await trial.open();
      const block = plainBlock(peer.fieldsOf());
      const low = { dependency: 0, weight: 1 };
      const high = { dependency: 1, weight: 256, exclusive: true };
      for (const padding of [{}, { padding: 0 }, { padding: 1 }, { padding: 255 }]) {
        for (const priority of [{}, { priority: low }, { priority: high }]) {
          const get = headers(peer.nextStream(), block, { endStream: true, ...padding, ...priority });
          peer.send(get);
          await answered(trial, peer, get.stream);
        }
      }
    },
  },

  'empty-fragment-with-padding': {
    requirement: 'rfc9113/6.2/i1',
    title: 'HEADERS may have padding and nothing of the field block, which follows in CONTINUATION.',
    async run(trial) {
      const peer = await trial.open();
      const get = headers(peer.nextStream(), new Uint8Array(0), { endStream: true, endHeaders: false, padding: 9 });
      peer.send(get, continuation(get.stream, plainBlock(peer.fieldsOf())));
      await answered(trial, peer, get.stream);
    },
  },

  'end-stream-before-continuation': {
    requirement: 'rfc9113/6.2/i2',
    needs: ['upload'],
    title: 'END_STREAM on HEADERS ends the request although CONTINUATION follows.',
    async run(trial) {
      const peer = await trial.open();
      const options = { method: 'POST', path: trial.upload.path, fields: ['content-length', '0'] };
      const plain = await peer.answer(peer.ask(options));
      const block = plainBlock(peer.fieldsOf(options));
      const post = headers(peer.nextStream(), block.subarray(0, 20), { endStream: true, endHeaders: false });
      peer.send(post, continuation(post.stream, block.subarray(20)));
      const record = await reaction(trial, peer, post.stream);
      const seen = mismatch(record, { path: '', status: plain.status, size: plain.octets });
      if (seen !== null) trial.fail(`${seen}: the same request in one frame is answered`);
      trial.seen = `status ${record.status}, as for the same request in one frame`;
    },
  },

  'padding-as-long-as-payload': {
    requirement: 'rfc9113/6.2/7',
    title: 'Padding that leaves no room for itself is a connection error, not a stream error.',
    async run(trial) {
      const peer = await trial.open();
      const block = plainBlock(peer.fieldsOf());
      const flags = FLAG.PADDED | FLAG.END_HEADERS | FLAG.END_STREAM;
      const payload = concat([Uint8Array.of(block.length + 1), block]);
      const get = frame(FRAME_TYPE.HEADERS, flags, peer.nextStream(), payload);
      await connectionError(trial, peer, ['PROTOCOL_ERROR', 'FRAME_SIZE_ERROR'], get);
    },
  },
});
