/** Requests that end at once, by the client's hand or by the server's: the limit of streams alone holds nobody back. */
import {
  data,
  FRAME_TYPE,
  type Frame,
  frame,
  headers,
  literal,
  MAX_WINDOW,
  priority,
  rstStream,
  windowUpdate,
} from '../../../wire/index.ts';
import { type AbuseCaseBody, abuses } from '../../abuse/case.ts';
import { answersAtLength, stubborn } from '../../abuse/handlers.ts';
import type { AbuseTrial } from '../../abuse/trial.ts';
import type { Peer } from '../../peer/peer.ts';

/** Streams that are filled where nobody says how many are allowed. */
const SOME = 100;

/**
 * What a client can send on a stream of its own so that the server resets it: the six ways of MadeYouReset. The wire then
 * counts no stream, while the application may work on.
 */
const provocations: Readonly<Record<string, { readonly title: string; provoke(stream: number, peer: Peer): Frame }>> = {
  'increment-of-zero': {
    title: 'WINDOW_UPDATE of 0',
    provoke: stream => windowUpdate(stream, 0),
  },
  'window-overflow': {
    title: 'WINDOW_UPDATE beyond 2^31-1',
    provoke: stream => windowUpdate(stream, MAX_WINDOW),
  },
  'length-of-priority': {
    title: 'PRIORITY of six octets',
    provoke: stream => frame(FRAME_TYPE.PRIORITY, 0, stream, new Uint8Array(6)),
  },
  'dependency-on-itself': {
    title: 'PRIORITY of a stream on itself',
    provoke: stream => priority(stream, { dependency: stream, weight: 16 }),
  },
  'data-behind-the-end': {
    title: 'DATA behind END_STREAM',
    provoke: stream => data(stream, ''),
  },
  'headers-behind-the-end': {
    title: 'HEADERS behind END_STREAM',
    provoke: stream => headers(stream, literal('x-late', '1'), { endStream: true }),
  },
};

/** As many requests at once as are allowed, which the application works on before what ends them follows. */
async function waves(
  trial: AbuseTrial,
  peer: Peer,
  count: number,
  end: (stream: number) => readonly Frame[],
): Promise<void> {
  const wave = Math.min(SOME, peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS'));
  for (let asked = 0; asked < count && !peer.over; asked += wave) {
    const streams: number[] = [];
    await trial.flood(peer, wave, () => {
      const request = trial.request(peer);
      streams.push(request.stream);
      return [request];
    });
    // What ends before the application is called on it would never run.
    await trial.dealtWith(peer);
    await trial.told();
    if (!peer.over) peer.violate(...streams.flatMap(end));
  }
}

function provoked([slug, { title, provoke }]: [string, (typeof provocations)[string]]): [string, AbuseCaseBody] {
  const body: AbuseCaseBody = {
    title: `Requests that the server must reset, for ${title}, run no more applications than streams are allowed.`,
    cve: ['CVE-2025-8671'],
    bound: '1,500 requests',
    app: stubborn,
    async run(trial) {
      const peer = await trial.begin();
      const end = (stream: number): readonly Frame[] => [provoke(stream, peer)];
      // Whoever does not host the kit's application may have answered when the end of a wave comes.
      if (trial.hosted !== null) await waves(trial, peer, 1500, end);
      else {
        await trial.flood(peer, 1500, () => {
          const request = trial.request(peer);
          return [request, ...end(request.stream)];
        });
      }
      await trial.aftermath();
    },
  };
  return [`made-you-reset-by-${slug}`, body];
}

export default abuses({
  'rapid-reset': {
    title: 'Requests that are cancelled at once, again and again, leave nothing running and starve nobody.',
    cve: ['CVE-2023-44487', 'CVE-2026-23918'],
    bound: '3,000 requests',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 3000, () => {
        const request = trial.request(peer);
        return [request, rstStream(request.stream)];
      });
      await trial.dealtWith(peer);
      await trial.atRest();
      await trial.aftermath();
    },
  },

  'rapid-reset-of-uploads': {
    title: 'Uploads that are cancelled before their content leave nothing running and starve nobody.',
    cve: ['CVE-2023-44487'],
    bound: '3,000 requests',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 3000, () => {
        const request = trial.request(peer, { method: 'POST', path: trial.uploadPath, endStream: false });
        return [request, rstStream(request.stream)];
      });
      await trial.dealtWith(peer);
      await trial.atRest();
      await trial.aftermath();
    },
  },

  'rapid-reset-of-the-deaf': {
    title: 'Applications that work on although their requests are cancelled are no more than streams are allowed.',
    cve: ['CVE-2023-44487', 'CVE-2023-39325'],
    bound: '1,500 requests',
    hosted: true,
    app: stubborn,
    async run(trial) {
      const peer = await trial.begin();
      await waves(trial, peer, 1500, stream => [rstStream(stream)]);
      await trial.aftermath();
    },
  },

  'rapid-reset-of-large-requests': {
    title: 'Requests with large fields that are cancelled at once are not kept for as long as their connection lives.',
    cve: ['CVE-2023-44487', 'CVE-2023-45802', 'CVE-2025-53020'],
    bound: '2,000 requests of 4,000 octets each',
    async run(trial) {
      const peer = await trial.begin();
      const fields = ['x-large', 'm'.repeat(3900)];
      await trial.flood(peer, 2000, () => {
        const request = trial.request(peer, { fields });
        return [request, rstStream(request.stream)];
      });
      await trial.aftermath();
    },
  },

  ...Object.fromEntries(Object.entries(provocations).map(provoked)),

  'responses-too-long-to-send': {
    title: 'Responses whose fields are more than the client says it takes run no more applications than are allowed.',
    cve: ['CVE-2026-50560'],
    bound: '1,500 requests, with SETTINGS_MAX_HEADER_LIST_SIZE 1',
    app: answersAtLength,
    async run(trial) {
      const peer = await trial.begin();
      await peer.change(['MAX_HEADER_LIST_SIZE', 1]);
      await waves(trial, peer, 1500, () => []);
      await trial.aftermath();
    },
  },

  'refused-requests': {
    title: 'Requests beyond the limit of streams are refused, and the application never sees them.',
    cve: ['CVE-2026-47244'],
    bound: '2,000 requests beyond the limit',
    app: stubborn,
    async run(trial) {
      const peer = await trial.begin();
      const limit = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
      await trial.flood(peer, 2000 + Math.min(limit, SOME), () => [
        trial.request(peer, { method: 'POST', path: trial.uploadPath, endStream: false }),
      ]);
      await trial.aftermath();
    },
  },

  'unread-resets': {
    title: 'RST_STREAM frames that a client provokes and does not read do not pile up.',
    cve: ['CVE-2019-9514'],
    bound: '3,000 malformed requests',
    async run(trial) {
      const peer = await trial.begin();
      peer.stall();
      await trial.flood(peer, 3000, () => [trial.request(peer, { fields: ['X-Upper', 'case'] })]);
      peer.resume();
      await trial.aftermath();
    },
  },
});
