/** Cases on HEADERS (RFC 9113 §6.2). */
import { concat, continuation, FLAG, FRAME_TYPE, frame, headers, plainBlock } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { answered, type Codes, connectionEnd, connectionError, reaction } from '../../expect.ts';
import { mismatch } from '../../trial.ts';

/** HEADERS that is too short for what its flags promise: a frame with a field block, so a connection error (§4.2). */
function tooShort(
  what: string,
  flags: number,
  payload: readonly number[],
  codes: Codes = 'FRAME_SIZE_ERROR',
): CaseBody {
  return {
    requirement: 'rfc9113/6.2/i3',
    title: `HEADERS that has no room for ${what} is a connection error.`,
    async run(trial) {
      const peer = await trial.open();
      const short = frame(FRAME_TYPE.HEADERS, flags | FLAG.END_HEADERS | FLAG.END_STREAM, peer.nextStream(), payload);
      await connectionError(trial, peer, codes, short);
    },
  };
}

/** HEADERS with more padding than there is room for: a connection error. */
function excessPadding(what: string, flag: number, padding: number): CaseBody {
  return {
    requirement: 'rfc9113/6.2/7',
    title: `${what} is a connection error, not a stream error.`,
    async run(trial) {
      const peer = await trial.open();
      const priorityFields = flag === FLAG.PRIORITY ? new Uint8Array(5) : new Uint8Array(0);
      const block = plainBlock(peer.fieldsOf()).subarray(0, padding - priorityFields.length - 1);
      const flags = flag | FLAG.PADDED | FLAG.END_HEADERS | FLAG.END_STREAM;
      const payload = concat([Uint8Array.of(padding), priorityFields, block]);
      const get = frame(FRAME_TYPE.HEADERS, flags, peer.nextStream(), payload);
      await connectionError(trial, peer, ['PROTOCOL_ERROR', 'FRAME_SIZE_ERROR'], get);
    },
  };
}

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
      const plain = await peer.wholeAnswer(peer.ask(options));
      const again = await peer.wholeAnswer(peer.ask(options));
      const block = plainBlock(peer.fieldsOf(options));
      const post = headers(peer.nextStream(), block.subarray(0, 20), { endStream: true, endHeaders: false });
      peer.send(post, continuation(post.stream, block.subarray(20)));
      const record = await reaction(trial, peer, post.stream);
      // The length of an answer tells something where it is always the same.
      const size = plain.octets === again.octets ? plain.octets : record.octets;
      const seen = mismatch(record, { path: '', status: plain.status, size });
      if (seen !== null) trial.fail(`${seen}: the same request in one frame is answered`);
      trial.seen = `status ${record.status}, as for the same request in one frame`;
    },
  },

  'padding-beyond-payload': excessPadding('Padding that is longer than the payload', 0, 255),
  'padding-beyond-payload-with-priority': excessPadding(
    'Padding that is longer than what the priority fields leave',
    FLAG.PRIORITY,
    255,
  ),

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

  'on-stream-zero': {
    requirement: 'rfc9113/6.2/6',
    title: 'HEADERS on stream 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const get = headers(0, plainBlock(peer.fieldsOf()), { endStream: true });
      await connectionError(trial, peer, 'PROTOCOL_ERROR', get);
    },
  },

  'non-zero-padding': {
    requirement: 'rfc9113/6.2/2',
    title: 'Padding of HEADERS that is not zero is dropped, or refused as a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const payload = concat([Uint8Array.of(3), plainBlock(peer.fieldsOf()), Uint8Array.of(0xff, 0xff, 0xff)]);
      const flags = FLAG.PADDED | FLAG.END_HEADERS | FLAG.END_STREAM;
      const get = frame(FRAME_TYPE.HEADERS, flags, peer.nextStream(), payload);
      await reaction(trial, peer, get.stream, get);
      if (peer.over) return connectionEnd(trial, peer, 'PROTOCOL_ERROR');
      await answered(trial, peer, get.stream);
      return undefined;
    },
  },

  'no-room-for-pad-length': tooShort('Pad Length', FLAG.PADDED, []),
  'no-room-for-priority': tooShort('the priority fields', FLAG.PRIORITY, []),
  'no-room-for-weight': tooShort('the weight', FLAG.PRIORITY, [0, 0, 0, 0]),
  'no-room-for-pad-length-and-priority': tooShort(
    'Pad Length and the priority fields',
    FLAG.PADDED | FLAG.PRIORITY,
    [0, 0, 0, 0, 0],
  ),
  'no-room-for-priority-before-padding': tooShort(
    'the priority fields before the padding',
    FLAG.PADDED | FLAG.PRIORITY,
    [3, 0, 0, 0, 0, 16, 0],
    ['FRAME_SIZE_ERROR', 'PROTOCOL_ERROR'],
  ),
});
