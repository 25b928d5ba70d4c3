/** Frames that cost a client next to nothing, and a server an answer or a search. */
import {
  FRAME_TYPE,
  frame,
  goaway,
  ping,
  priority,
  priorityUpdate,
  rstStream,
  settings,
  windowUpdate,
} from '../../../wire/index.ts';
import { abuses } from '../../abuse/case.ts';

/** Streams above all that a case uses, which stay idle. */
const IDLE = 100_001;

/** The nth of so many idle streams, over and over. */
const idle = (n: number, count = 1000): number => IDLE + 2 * (n % count);

/** Entries of a SETTINGS frame that fills 16,200 octets. */
const MANY_ENTRIES = Array.from({ length: 2700 }, (_, n) => [0xff00 + (n % 0xff), n] as const);

/** Frame types beyond those of RFC 9113: ALTSVC and ORIGIN, which a server ignores, and what nobody knows. */
const TYPES = Array.from({ length: 246 }, (_, n) => 0x0a + n).filter(type => type !== FRAME_TYPE.PRIORITY_UPDATE);

export default abuses({
  'unread-pings': {
    title: 'PINGs whose acknowledgements the client does not read do not pile up.',
    cve: ['CVE-2019-9512'],
    bound: '10,000 PING frames',
    async run(trial) {
      const peer = await trial.begin();
      peer.stall();
      await trial.flood(peer, 10_000, n => [ping([0, 0, 0, 0, 0, 1, n >> 8, n & 0xff])]);
      peer.resume();
      await trial.aftermath();
    },
  },

  'unread-settings': {
    title: 'SETTINGS whose acknowledgements the client does not read do not pile up.',
    cve: ['CVE-2019-9515'],
    bound: '5,000 empty SETTINGS frames',
    async run(trial) {
      const peer = await trial.begin();
      peer.stall();
      await trial.flood(peer, 5000, () => [settings()]);
      peer.resume();
      await trial.aftermath();
    },
  },

  'settings-of-many-entries': {
    title: 'SETTINGS with thousands of entries starve nobody.',
    cve: ['CVE-2020-11080'],
    bound: '100 SETTINGS frames of 2,700 entries each',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 100, () => [settings(MANY_ENTRIES)]);
      await trial.aftermath();
    },
  },

  'window-seesaw': {
    title: 'SETTINGS that move the windows of many streams up and down starve nobody.',
    cve: ['CVE-2019-9515'],
    bound: '50 requests and 2,000 SETTINGS frames',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.begin();
      trial.needStreams(peer, 50);
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      peer.send(...Array.from({ length: 50 }, () => trial.request(peer, { path: trial.resource('large').path })));
      await trial.flood(peer, 2000, n => [settings([['INITIAL_WINDOW_SIZE', n % 2]])]);
      await trial.aftermath();
    },
  },

  'priority-churn': {
    title: 'PRIORITY frames that turn a tree over and over starve nobody.',
    cve: ['CVE-2019-9513'],
    bound: '20,000 PRIORITY frames',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 20_000, n => [
        priority(idle(n), { dependency: idle(n * 7 + 3), weight: 1 + (n % 256), exclusive: n % 2 === 0 }),
      ]);
      await trial.aftermath();
    },
  },

  'priority-cycles': {
    title: 'Streams that are made to depend on each other in a circle, and on idle ones, end no server.',
    cve: ['CVE-2015-8659'],
    bound: '6,000 PRIORITY frames',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 2000, n => {
        const [a, b, c] = [idle(3 * n), idle(3 * n + 1), idle(3 * n + 2)];
        return [
          priority(a, { dependency: b, weight: 16 }),
          priority(b, { dependency: c, weight: 16, exclusive: true }),
          priority(c, { dependency: a, weight: 16, exclusive: n % 2 === 0 }),
        ];
      });
      await trial.aftermath();
    },
  },

  'priority-chain': {
    title: 'A chain of thousands of streams, each depending on the one before, starves nobody.',
    cve: ['CVE-2019-9513'],
    bound: '10,000 PRIORITY frames and 100 requests at the end of the chain',
    async run(trial) {
      const peer = await trial.begin();
      const at = (n: number): number => idle(n, 10_000);
      await trial.flood(peer, 10_000, n => [priority(at(n + 1), { dependency: n === 0 ? 0 : at(n), weight: 256 })]);
      await trial.flood(peer, 100, () => {
        const request = trial.request(peer, { priority: { dependency: at(9999), weight: 1 } });
        return [request, rstStream(request.stream)];
      });
      await trial.aftermath();
    },
  },

  'priority-update-churn': {
    title: 'PRIORITY_UPDATE frames for streams that are never opened starve nobody and are not kept.',
    cve: ['CVE-2019-9513'],
    bound: '10,000 PRIORITY_UPDATE frames',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 10_000, n => [priorityUpdate(idle(n, 10_000), `u=${n % 8}${n % 2 === 0 ? ', i' : ''}`)]);
      await trial.aftermath();
    },
  },

  'priority-updates-in-turn': {
    title: 'PRIORITY_UPDATE frames that move a few streams over and over starve nobody.',
    cve: ['CVE-2019-9513'],
    bound: '10,000 PRIORITY_UPDATE frames for 40 streams',
    async run(trial) {
      const peer = await trial.begin();
      const first = peer.nextStream();
      await trial.flood(peer, 10_000, n => [priorityUpdate(first + 2 * (n % 40), `u=${n % 8}`)]);
      await trial.aftermath();
    },
  },

  'credit-by-the-octet': {
    title: 'Credit for the connection in thousands of single octets starves nobody.',
    cve: ['CVE-2019-9511'],
    bound: '20,000 WINDOW_UPDATE frames',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 20_000, () => [windowUpdate(0, 1)]);
      await trial.aftermath();
    },
  },

  'frames-of-every-type': {
    title: 'Frames of types that a server does not know, with any flags and lengths, end no server.',
    cve: ['CVE-2026-27141'],
    bound: '1,960 frames, of every type from 0x0a on',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 8 * TYPES.length, n => {
        const round = Math.floor(n / TYPES.length);
        const type = TYPES[n % TYPES.length] as number;
        return [frame(type, 1 << round, round % 2 === 0 ? 0 : IDLE, new Uint8Array(9 * round))];
      });
      await trial.aftermath();
    },
  },

  'goaway-again-and-again': {
    title: 'GOAWAY frames by the thousand starve nobody, and what the client leaves then is cleaned up.',
    cve: ['CVE-2022-27664'],
    bound: '20 requests and 2,000 GOAWAY frames',
    async run(trial) {
      const peer = await trial.begin();
      peer.drains = true;
      peer.send(...Array.from({ length: 20 }, () => trial.request(peer)));
      await trial.flood(peer, 2000, () => [goaway(0)]);
      await trial.aftermath();
    },
  },

  'resets-of-the-same-stream': {
    title: 'RST_STREAM frames by the thousand for a stream that is over starve nobody.',
    cve: ['CVE-2023-44487'],
    bound: '5,000 RST_STREAM frames',
    async run(trial) {
      const peer = await trial.begin();
      const request = trial.request(peer);
      peer.send(request);
      await trial.flood(peer, 5000, () => [rstStream(request.stream)]);
      await trial.aftermath();
    },
  },
});
