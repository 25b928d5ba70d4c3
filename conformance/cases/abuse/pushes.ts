/** A server that pushes, and clients that ask for promises and do not want them (RFC 9113 §8.4). */
import { type Frame, rstStream, windowUpdate } from '../../../wire/index.ts';
import { type AbuseCaseBody, abuses } from '../../abuse/case.ts';
import { promising, untilGone, writes } from '../../abuse/handlers.ts';
import type { AbuseTrial } from '../../abuse/trial.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StreamRecord } from '../../peer/stream.ts';

/** Promises that each page asks for. */
const EACH = 5;

const pushing: Pick<AbuseCaseBody, 'hosted' | 'claims' | 'cve'> = { hosted: true, claims: ['push'], cve: [] };

/** A connection on which so many promises are taken, with windows of 0. */
async function begin(trial: AbuseTrial, most: number): Promise<Peer> {
  const settings = [['INITIAL_WINDOW_SIZE', 0] as const, ['MAX_CONCURRENT_STREAMS', most] as const];
  const peer = await trial.begin();
  await peer.change(...settings);
  return peer;
}

/** Streams of promises that the kit has read, and not reset yet. */
const promised = ({ ledger }: Peer): readonly StreamRecord[] =>
  [...ledger.streams.values()].filter(({ id, over, sentReset }) => id % 2 === 0 && !over && !sentReset);

/** The client does not want any of them. */
const resets = (peer: Peer): readonly Frame[] => promised(peer).map(({ id }) => rstStream(id, 'CANCEL'));

export default abuses({
  'promises-beyond-the-limit': {
    ...pushing,
    also: ['rfc9113/10.5/i1', 'MSGI-PUSH-4'],
    title: 'However many promises pages ask for, no more are made at once than the client allows.',
    bound: '100 requests for pages of 5 promises each, where 10 promises are allowed',
    app: { flood: promising(EACH), pushed: untilGone },
    async run(trial) {
      const peer = await begin(trial, 10);
      await trial.flood(peer, 100, () => [trial.request(peer)]);
      await trial.aftermath();
    },
  },

  'pushed-content-never-taken': {
    ...pushing,
    title: 'Large responses that are pushed to a client which takes none of them are not kept in memory.',
    bound: '100 requests for pages of 5 promises each, with windows of 0',
    app: { flood: promising(EACH), pushed: writes },
    async run(trial) {
      const peer = await begin(trial, 100);
      await trial.flood(peer, 100, () => [trial.request(peer)]);
      await trial.aftermath();
    },
  },

  'pushed-content-by-the-octet': {
    ...pushing,
    title: 'Large responses that are pushed, and that a client takes octet by octet, starve nobody.',
    bound: '20 requests for pages of 5 promises each, and 4,000 WINDOW_UPDATE frames of 1',
    app: { flood: promising(EACH), pushed: writes },
    async run(trial) {
      const peer = await begin(trial, 100);
      await trial.flood(peer, 20, () => [trial.request(peer)]);
      await trial.dealtWith(peer);
      const streams = promised(peer);
      if (streams.length === 0) trial.fail('nothing is pushed: push is claimed, and promises nothing');
      await trial.flood(peer, 4000, n => [windowUpdate((streams[n % streams.length] as StreamRecord).id, 1)]);
      await trial.aftermath();
    },
  },

  'promises-reset-at-once': {
    ...pushing,
    also: ['rfc9113/10.5/i1', 'MSGI-PUSH-16'],
    title: 'Promises that the client resets as they come, while pages ask for more, leave nothing running.',
    bound: '500 requests for pages of 5 promises each',
    app: { flood: promising(EACH), pushed: untilGone },
    async run(trial) {
      const peer = await begin(trial, 100);
      await trial.flood(peer, 500, () => [...resets(peer), trial.request(peer)]);
      await trial.dealtWith(peer);
      if (!peer.over) peer.send(...resets(peer));
      await trial.dealtWith(peer);
      await trial.atRest();
      await trial.aftermath();
    },
  },
});
