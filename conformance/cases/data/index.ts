/** Cases on DATA (RFC 9113 §6.1). */
import { data, FLAG, FRAME_TYPE, type Frame, frame } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { connectionEnd, connectionError, held, reaction, streamError } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, type Trial } from '../../trial.ts';
import { hold } from '../messages/upload.ts';

const TEXT = 'a small upload, cut and padded in every way there is';

export default chapter('data', {
  padded: {
    requirement: 'rfc9113/6.1/1',
    needs: ['upload'],
    title: 'Padding of every length is taken off the content.',
    async run(trial) {
      const peer = await trial.open();
      await likePlain(trial, peer, stream => [
        data(stream, TEXT.slice(0, 10), { padding: 0 }),
        data(stream, TEXT.slice(10, 20), { padding: 1 }),
        data(stream, '', { padding: 20 }),
        data(stream, TEXT.slice(20), { padding: 255 }),
        data(stream, '', { padding: 0, endStream: true }),
      ]);
    },
  },

  'in-many-frames': {
    requirement: 'rfc9113/6.1/i2',
    needs: ['upload'],
    title: 'Content in many DATA frames is one, empty frames among them.',
    async run(trial) {
      const peer = await trial.open();
      const pieces = ['', ...(TEXT.match(/.{1,7}/g) ?? []), ''];
      await likePlain(trial, peer, stream => [
        ...pieces.map(piece => data(stream, piece)),
        data(stream, '', { endStream: true }),
      ]);
    },
  },

  'padded-without-pad-length': {
    requirement: 'rfc9113/6.1/i3',
    needs: ['upload'],
    title: 'A PADDED frame that has no room for Pad Length is a stream error.',
    async run(trial) {
      const peer = await trial.open();
      const stream = await hold(trial, peer);
      const empty = frame(FRAME_TYPE.DATA, FLAG.PADDED | FLAG.END_STREAM, stream);
      await streamError(trial, peer, stream, ['FRAME_SIZE_ERROR', 'PROTOCOL_ERROR'], empty);
    },
  },

  'after-end-stream': {
    requirement: 'rfc9113/6.1/6',
    also: ['rfc9113/5.1/8'],
    needs: ['large'],
    title: 'DATA on a stream that the client has ended is a stream error STREAM_CLOSED.',
    async run(trial) {
      const peer = await trial.open();
      const [stream = 0] = await held(trial, peer);
      await streamError(trial, peer, stream, 'STREAM_CLOSED', data(stream, 'late'));
    },
  },

  'on-stream-zero': {
    requirement: 'rfc9113/6.1/5',
    title: 'DATA on stream 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', data(0, 'nobody'));
    },
  },

  'padding-as-long-as-payload': {
    requirement: 'rfc9113/6.1/7',
    needs: ['upload'],
    title: 'Padding of DATA that leaves no room for Pad Length is a connection error.',
    async run(trial) {
      await overPadded(trial, [4, 0, 0, 0]);
    },
  },

  'padding-beyond-payload': {
    requirement: 'rfc9113/6.1/7',
    needs: ['upload'],
    title: 'Padding of DATA that is longer than the payload is a connection error.',
    async run(trial) {
      await overPadded(trial, [255, 0, 0, 0]);
    },
  },

  'padding-of-one-octet-payload': {
    requirement: 'rfc9113/6.1/7',
    needs: ['upload'],
    title: 'Padding of 1 in a DATA payload that holds Pad Length alone is a connection error.',
    async run(trial) {
      await overPadded(trial, [1]);
    },
  },

  'non-zero-padding': {
    requirement: 'rfc9113/6.1/3',
    needs: ['upload'],
    title: 'Padding of DATA that is not zero is dropped, or refused as a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const post = peer.request({ method: 'POST', path: trial.upload.path, endStream: false });
      const padded = frame(FRAME_TYPE.DATA, FLAG.PADDED | FLAG.END_STREAM, post.stream, [2, 0x78, 0xff, 0xff]);
      const record = await reaction(trial, peer, post.stream, post, padded);
      if (peer.over) return connectionEnd(trial, peer, 'PROTOCOL_ERROR');
      trial.expected = 'a response, or connection error PROTOCOL_ERROR';
      trial.seen = describeAnswer(record, peer);
      if (!record.gotEnd) trial.fail(`${trial.seen}: neither served nor a connection error`);
      return undefined;
    },
  },
});

/** A POST that waits for its content, and padded DATA of that payload, too short for what its first octet says. */
async function overPadded(trial: Trial, payload: readonly number[]): Promise<void> {
  const peer = await trial.open();
  const stream = await hold(trial, peer);
  const padded = frame(FRAME_TYPE.DATA, FLAG.PADDED, stream, payload);
  await connectionError(trial, peer, ['PROTOCOL_ERROR', 'FRAME_SIZE_ERROR'], padded);
}

/** The content in the frames given is answered as it is in one frame. */
async function likePlain(trial: Trial, peer: Peer, cut: (stream: number) => readonly Frame[]): Promise<void> {
  const whole = (): Promise<string> => uploaded(trial, peer, stream => [data(stream, TEXT, { endStream: true })]);
  const plain = await whole();
  if (plain === 'nothing' || plain.includes('RST_STREAM'))
    trial.notApplicable(`a plain upload is answered by ${plain}`);
  // The length of an answer tells something where it is always the same.
  const told = plain === (await whole()) ? (seen: string) => seen : (seen: string) => seen.replace(/ with .*/, '');
  trial.expected = `the same answer as for the content in one frame: ${told(plain)}`;
  trial.seen = await uploaded(trial, peer, cut);
  if (told(trial.seen) !== told(plain)) trial.fail(`${trial.seen} where the content in one frame gets ${plain}`);
}

/** Sends the content as fast as the windows allow; gives the answer in words. */
async function uploaded(trial: Trial, peer: Peer, cut: (stream: number) => readonly Frame[]): Promise<string> {
  const fields = ['content-length', `${TEXT.length}`];
  const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false, fields });
  const record = peer.stream(stream);
  for (const piece of cut(stream)) {
    const credit = (): number => Math.min(record.sendWindow, peer.ledger.sendWindow);
    await peer.until(() => record.over || peer.over || credit() >= piece.payload.length, 'credit for an upload');
    if (record.over || peer.over) break;
    peer.send(piece);
  }
  const { gotEnd, status, octets } = await peer.answer(stream);
  return gotEnd ? `status ${status} with ${octets} octets of content` : describeAnswer(record, peer);
}
