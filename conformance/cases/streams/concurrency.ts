/** Cases on the number of streams at a time (RFC 9113 §5.1.2). */
import { DEFAULT_WINDOW, rstStream, windowUpdate } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, calmed, leaves, streamError } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, type Trial } from '../../trial.ts';

const REFUSALS = ['REFUSED_STREAM', 'PROTOCOL_ERROR'] as const;

/** Above this a server could take the case itself for an attack. */
const MOST = 400;

export default chapter('streams', {
  'one-above-the-limit': {
    requirement: 'rfc9113/5.1.2/2',
    title: 'A request above SETTINGS_MAX_CONCURRENT_STREAMS is refused, alone.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await filled(trial, peer);
      const extra = peer.request({ method: 'HEAD' });
      await streamError(trial, peer, extra.stream, REFUSALS, extra);
      steady(trial, peer, streams);
    },
  },

  'ended-streams-free-their-slot': {
    requirement: 'rfc9113/5.1.2/i1',
    title: 'Streams that have ended do not count for SETTINGS_MAX_CONCURRENT_STREAMS.',
    async run(trial) {
      const peer = await trial.open();
      const limit = limitOf(trial, peer);
      await peer.fence();
      for (const count of [limit, limit, 1]) {
        const requests = Array.from({ length: count }, () => peer.request({ method: 'HEAD' }));
        peer.send(...requests);
        for (const { stream } of requests) {
          const { over } = await peer.wholeAnswer(stream);
          if (!over && leaves(peer)) trial.notApplicable(`the server ends the connection behind so many requests`);
          await answered(trial, peer, stream);
        }
        await peer.fence();
      }
    },
  },

  'refused-streams-take-no-slot': {
    requirement: 'rfc9113/5.1.2/i1',
    title: 'A stream that was refused does not count for SETTINGS_MAX_CONCURRENT_STREAMS.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await filled(trial, peer);
      const refused = [peer.request({ method: 'HEAD' }), peer.request({ method: 'HEAD' })];
      await peer.fence(...refused);
      for (const { stream } of refused) {
        const record = peer.stream(stream);
        if (record.resets.length === 0)
          trial.notApplicable(`no RST_STREAM above the limit: ${describeAnswer(record, peer)}`);
      }
      const [first = 0] = streams;
      // More than the content: an END_STREAM that comes on its own may wait for room (RFC 9113 §6.9.1: a MAY), also with HEAD.
      peer.send(windowUpdate(first, trial.subject.small.size + DEFAULT_WINDOW));
      await answered(trial, peer, first);
      await peer.fence();
      const next = peer.ask({ method: 'HEAD' });
      peer.send(windowUpdate(next, DEFAULT_WINDOW));
      await peer.fence();
      // A server that serves one request at a time comes to this one only when those that are held are gone.
      peer.send(...streams.slice(1).map(stream => rstStream(stream)));
      await answered(trial, peer, next);
    },
  },
});

/** The limit that the server announces, where it is one that can be reached. */
function limitOf(trial: Trial, peer: Peer): number {
  const limit = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
  if (limit < 1 || limit > MOST) trial.notApplicable(`SETTINGS_MAX_CONCURRENT_STREAMS is ${limit}`);
  return limit;
}

/** As many unfinished responses as the server allows: small ones, so that to hold them is no burden. */
async function filled(trial: Trial, peer: Peer): Promise<readonly number[]> {
  const limit = limitOf(trial, peer);
  await peer.change(['INITIAL_WINDOW_SIZE', 0]);
  await peer.fence();
  const requests = Array.from({ length: limit }, () => peer.request());
  peer.send(...requests);
  await peer.fence();
  const streams = requests.map(({ stream }) => stream);
  steady(trial, peer, streams);
  if (limitOf(trial, peer) !== limit) trial.notApplicable('the limit changes while the case runs');
  return streams;
}

/** None of the streams within the limit has ended. */
function steady(trial: Trial, peer: Peer, streams: readonly number[]): void {
  const ended = streams.find(stream => peer.stream(stream).over);
  if (calmed(peer, ...streams.map(stream => peer.stream(stream))))
    trial.notApplicable('responses that all wait for their windows are taken for an abuse');
  if (ended !== undefined && !peer.over)
    trial.fail(`stream ${ended}, within the limit: ${describeAnswer(peer.stream(ended), peer)}`);
}
