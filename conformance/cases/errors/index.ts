/** Cases on connection errors and stream errors (RFC 9113 §5.4). */
import { data, headers, indexed, rstStream, windowUpdate } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, CLOSE_MS, connectionError, held, served, tolerated } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeEnd, type Trial } from '../../trial.ts';
import { pathless, provoked } from '../provoked.ts';

/** Index 0 of the tables: a block that nobody can decode (RFC 7541 §6.1). */
const UNDECODABLE = indexed(0);

/** How long a server may take to close behind its GOAWAY: at least 5 s are its due. */
const LONG_MS = 5000;

export default chapter('errors', {
  'connection-error-ends-running-requests': {
    requirement: 'rfc9113/5.4/6',
    needs: ['large', 'upload'],
    title: 'A connection error is reported and ends the connection, whatever requests are under way.',
    async run(trial) {
      const peer = await trial.open();
      peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      await held(trial, peer, 2);
      const broken = headers(peer.nextStream(), UNDECODABLE, { endStream: true });
      await connectionError(trial, peer, ['COMPRESSION_ERROR', 'PROTOCOL_ERROR'], broken);
    },
  },

  'goaway-names-answered-streams': {
    requirement: 'rfc9113/5.4.1/1',
    also: ['rfc9113/8.7/4', 'rfc9113/6.8/i3'],
    title: 'The GOAWAY of a connection error names a last stream that is no lower than one that was answered.',
    async run(trial) {
      const peer = await trial.open();
      await served(trial, peer);
      const broken = headers(peer.nextStream(), UNDECODABLE, { endStream: true });
      await connectionError(trial, peer, ['COMPRESSION_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR'], broken);
      trial.expected = 'GOAWAY names a last stream from 5 to 7';
      for (const { lastStream } of peer.goaways.filter(({ code }) => code !== 'NO_ERROR')) {
        if (lastStream < 5) trial.fail(`GOAWAY names last stream ${lastStream} although stream 5 was answered`);
        if (lastStream > 7) trial.weak(`GOAWAY names last stream ${lastStream}, which was never used`);
      }
    },
  },

  'stream-error-leaves-others-alone': {
    requirement: 'rfc9113/5.4.2/i1',
    needs: ['large'],
    title: 'A stream error leaves the other streams of the connection alone.',
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      const others = await held(trial, peer, 2);
      await provoked(trial, peer, pathless(peer));
      await completed(trial, peer, others);
    },
  },

  'frames-under-way-to-a-reset-stream': {
    requirement: 'rfc9113/5.4.2/1',
    also: ['rfc9113/5.1/11'],
    needs: ['large'],
    title: 'DATA and WINDOW_UPDATE that were under way to a stream when the server reset it are dropped in silence.',
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      const others = await held(trial, peer);
      const post = pathless(peer);
      const late = [
        data(post.stream, 'late'),
        windowUpdate(post.stream, 1),
        data(post.stream, 'r', { endStream: true }),
      ];
      await provoked(trial, peer, post, ...late);
      await completed(trial, peer, others);
    },
  },

  'reset-is-not-answered-by-reset': {
    requirement: 'rfc9113/5.4.2/4',
    also: ['rfc9113/5.1/i4'],
    needs: ['large', 'upload'],
    title: "A client's RST_STREAM ends its request, without a RST_STREAM in return and without harm to the connection.",
    async run(trial) {
      const peer = await trial.open();
      const open = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      const [halfClosed = 0] = await held(trial, peer);
      await tolerated(trial, peer, rstStream(open), rstStream(halfClosed));
      await served(trial, peer, { method: 'HEAD' });
      await tolerated(trial, peer);
      for (const stream of [open, halfClosed]) {
        if (peer.stream(stream).resets.length > 0)
          trial.fail(`RST_STREAM on stream ${stream}, which the client had reset`);
      }
    },
  },

  'closed-behind-goaway': {
    requirement: 'rfc9113/5.4.1/2',
    limited: true,
    title: 'Behind the GOAWAY of a connection error the server closes the connection.',
    async run(trial) {
      const peer = await trial.open();
      trial.expected = `the close behind a GOAWAY with an error code, within ${LONG_MS} ms`;
      const broken = headers(peer.nextStream(), UNDECODABLE, { endStream: true });
      if ((await peer.fence(broken)) === 'quiet') trial.notApplicable('a block that does not decode is no error here');
      const closed = await trial.idle(peer.within(LONG_MS, () => peer.end !== null, 'the close'));
      trial.seen = describeEnd(peer);
      const named = peer.goaways.some(({ code }) => code !== 'NO_ERROR');
      trial.limited = !closed;
      if (!closed && named) trial.fail(`${describeEnd(peer)}, and the connection is still open ${LONG_MS} ms later`);
    },
  },

  'one-reset-for-one-fault': {
    requirement: 'rfc9113/5.4/2',
    also: ['rfc9113/5.4.2/2'],
    title: 'A frame with several faults, and what is under way behind it, draw one RST_STREAM.',
    async run(trial) {
      const peer = await trial.open();
      const post = pathless(peer);
      const late = [data(post.stream, 'late'), data(post.stream, 'r', { endStream: true })];
      await provoked(trial, peer, post, ...late);
      await peer.fence();
      const { resets } = peer.stream(post.stream);
      trial.expected = 'one RST_STREAM';
      trial.seen = `${resets.length} RST_STREAM on stream ${post.stream}`;
      if (resets.length > 1) trial.weak(trial.seen);
    },
  },

  'one-code-for-one-error': {
    requirement: 'rfc9113/5.4/3',
    title: 'A connection error is reported with one code.',
    async run(trial) {
      const peer = await trial.open();
      const broken = headers(peer.nextStream(), UNDECODABLE, { endStream: true });
      trial.expected = 'one error code, however many GOAWAYs';
      if ((await peer.fence(broken)) === 'quiet') trial.notApplicable('a block that does not decode is no error here');
      await trial.idle(peer.within(CLOSE_MS, () => peer.end !== null, 'the close'));
      trial.seen = describeEnd(peer);
      const codes = new Set(peer.goaways.map(({ code }) => code).filter(code => code !== 'NO_ERROR'));
      if (codes.size > 1) trial.weak(`GOAWAY with ${[...codes].join(' and with ')}`);
    },
  },
});

/** Gives the streams credit for the rest of their responses; they complete, and the connection serves on. */
async function completed(trial: Trial, peer: Peer, streams: readonly number[]): Promise<void> {
  if (peer.over) trial.fail(`behind the RST_STREAM: ${describeEnd(peer)}`);
  const large = trial.resource('large');
  peer.send(...streams.map(stream => windowUpdate(stream, large.size)));
  for (const stream of streams) await answered(trial, peer, stream, large);
  await served(trial, peer, { method: 'HEAD' });
}
