/** Responses that are asked for and not taken. */
import { MAX_WINDOW, rstStream, settings, windowUpdate } from '../../../wire/index.ts';
import { abuses } from '../../abuse/case.ts';
import { writes } from '../../abuse/handlers.ts';
import { inTime } from '../../abuse/patience.ts';
import type { AbuseTrial } from '../../abuse/trial.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer } from '../../trial.ts';

/** As many requests of large content as the server allows, up to `most`; their streams. */
async function askLarge(trial: AbuseTrial, peer: Peer, most: number): Promise<readonly number[]> {
  const allowed = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
  const streams: number[] = [];
  const { path } = trial.resource('large');
  await trial.flood(peer, Math.min(most, allowed), () => {
    const request = trial.request(peer, { path });
    streams.push(request.stream);
    return [request];
  });
  return streams;
}

export default abuses({
  'content-by-the-octet': {
    title: 'Large responses that a client takes octet by octet starve nobody.',
    cve: ['CVE-2019-9511'],
    bound: '20 requests, and 4,000 WINDOW_UPDATE frames of 1',
    needs: ['large'],
    app: writes,
    async run(trial) {
      const peer = await trial.begin();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const streams = await askLarge(trial, peer, 20);
      await trial.flood(peer, 4000, n => [windowUpdate(streams[n % streams.length] as number, 1)]);
      await trial.aftermath();
    },
  },

  'windows-that-never-open': {
    title: 'Large responses that no window lets go are not kept in memory, and starve nobody.',
    cve: ['CVE-2016-1546', 'CVE-2023-43622'],
    bound: '100 requests, with windows of 0',
    needs: ['large'],
    app: writes,
    async run(trial) {
      const peer = await trial.begin();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      await askLarge(trial, peer, 100);
      await trial.aftermath();
    },
  },

  'windows-that-shut': {
    title: 'Windows that shut and open within responses, below zero and above, starve nobody.',
    cve: ['CVE-2019-9517'],
    bound: '20 requests and 400 SETTINGS frames',
    needs: ['large'],
    app: writes,
    async run(trial) {
      const peer = await trial.begin({ roomy: true });
      await askLarge(trial, peer, 20);
      await trial.flood(peer, 400, n => [settings([['INITIAL_WINDOW_SIZE', n % 2 === 0 ? 0 : 1000 + n]])]);
      await trial.aftermath();
    },
  },

  'unread-responses': {
    requirement: 'rfc9113/10.5/i2',
    also: ['rfc9113/10.5/2', 'rfc9113/10.5/i1'],
    title: 'Large responses that all windows let go, and a transport that takes nothing, do not fill memory.',
    cve: ['CVE-2019-9517'],
    bound: '64 requests, with windows of 2^31-1',
    needs: ['large'],
    app: writes,
    async run(trial) {
      const peer = await trial.begin({ roomy: true, settings: [['INITIAL_WINDOW_SIZE', MAX_WINDOW]] });
      peer.stall();
      const [first = 0, ...others] = await askLarge(trial, peer, 64);
      if (!peer.over) peer.send(...others.map(stream => rstStream(stream)));
      peer.resume();
      const cut = (ms: number): string => `the response does not end for ${ms} ms when it is read at last`;
      const record = await inTime(peer.answer(first), trial.victim.limit, cut);
      if (!record.gotEnd && !peer.over)
        trial.fail(`the response is cut short when it is read at last: ${describeAnswer(record, peer)}`);
      await trial.aftermath();
    },
  },

  'windows-that-overflow': {
    title: 'Connections whose window is made to overflow, and that are left open, end no server.',
    cve: ['CVE-2026-21714'],
    bound: '60 connections',
    async run(trial) {
      await trial.begin();
      await trial.strangers(60, peer => peer.preface([], trial.request(peer), windowUpdate(0, MAX_WINDOW)));
      await trial.aftermath();
    },
  },
});
