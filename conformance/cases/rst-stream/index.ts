/** Cases on RST_STREAM (RFC 9113 §6.4). */
import { concat, FRAME_TYPE, frame, headers, indexed, literal, rstStream, windowUpdate } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { answered, connectionEnd, connectionError, served } from '../../expect.ts';
import { describeAnswer, describeEnd } from '../../trial.ts';
import { standstill } from '../flow-control/windows.ts';
import { block, NEWEST, plainPath, usable } from '../hpack/blocks.ts';
import { pathless, provoked } from '../provoked.ts';

/** A reset of another length on a request that is under way. */
const ofLength = (octets: number): CaseBody => ({
  requirement: 'rfc9113/6.4/7',
  needs: ['upload'],
  title: `RST_STREAM of ${octets} octets is a connection error FRAME_SIZE_ERROR, not a reset.`,
  async run(trial) {
    const peer = await trial.open();
    const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
    const wrong = frame(FRAME_TYPE.RST_STREAM, 0, stream, new Uint8Array(octets));
    await connectionError(trial, peer, 'FRAME_SIZE_ERROR', wrong);
  },
});

export default chapter('rst-stream', {
  'nothing-after-it': {
    requirement: 'rfc9113/6.4/1',
    needs: ['large'],
    title: "After a client's RST_STREAM the server sends nothing more on the stream.",
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 16_384]);
      const record = peer.stream(peer.ask({ path: trial.resource('large').path }));
      await peer.until(() => record.octets > 0 || record.over || peer.over, 'the first content of a response');
      // With padding, or by frames of a size of its own, a server may leave a part of the window unused for content.
      await standstill(trial, peer, record.id);
      if (record.over || peer.over)
        trial.fail(`a response of which the window takes a part: ${describeAnswer(record, peer)}`);
      const mark = peer.received.length;
      peer.send(rstStream(record.id));
      await peer.change(['INITIAL_WINDOW_SIZE', 65_535]);
      peer.send(windowUpdate(0, 16_384));
      await served(trial, peer);
      await peer.fence();
      const more = peer.received.slice(mark).filter(({ frame }) => frame.stream === record.id);
      const named = more.find(({ payload }) => payload.type !== 'PRIORITY' && payload.type !== 'unknown');
      trial.expected = `nothing on stream ${record.id} after the RST_STREAM`;
      if (named !== undefined) trial.fail(`${named.payload.type} on stream ${record.id} after the client's RST_STREAM`);
    },
  },

  'fields-behind-it-are-decoded': {
    requirement: 'rfc9113/6.4/2',
    also: ['rfc9113/5.1/11'],
    disputed:
      'trailers under way to a stream that the server has reset are decoded and dropped (RFC 9113 §5.1, §6.4) against a ' +
      'connection error for HEADERS on a spent identifier (§5.1.1)',
    title: 'Fields that were under way to a stream when the server reset it still enter the table of the decoder.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const post = pathless(peer);
      const inserting = concat([update, literal('x-trailer', 'kept', 'incremental')]);
      await provoked(trial, peer, post, headers(post.stream, inserting, { endStream: true }));
      if (peer.goaways.some(({ code }) => code === 'COMPRESSION_ERROR')) trial.fail(describeEnd(peer));
      if (peer.over) {
        trial.weak('the trailers end the connection');
        return connectionEnd(trial, peer, ['PROTOCOL_ERROR', 'STREAM_CLOSED']);
      }
      const path = plainPath(trial.subject.small.path);
      const get = headers(peer.nextStream(), block(trial, { path, after: [indexed(NEWEST)] }), { endStream: true });
      peer.send(get);
      await answered(trial, peer, get.stream);
      return undefined;
    },
  },

  'on-never-promised-stream': {
    requirement: 'rfc9113/6.4/6',
    title: 'RST_STREAM on an even stream that was never promised is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', rstStream(peer.unpromised()));
    },
  },

  'wrong-length': {
    requirement: 'rfc9113/6.4/7',
    needs: ['upload'],
    title: 'RST_STREAM of 5 octets is a connection error FRAME_SIZE_ERROR, not a reset.',
    async run(trial) {
      const peer = await trial.open();
      const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      const long = frame(FRAME_TYPE.RST_STREAM, 0, stream, [0, 0, 0, 8, 0]);
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', long);
    },
  },

  'of-no-octets': ofLength(0),
  'of-three-octets': ofLength(3),
  'of-eight-octets': ofLength(8),

  'on-stream-zero': {
    requirement: 'rfc9113/6.4/4',
    title: 'RST_STREAM on stream 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', rstStream(0));
    },
  },
});
