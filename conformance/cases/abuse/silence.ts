/** Clients that begin, and then say nothing, or leave; and those that use up what there is but once. */
import { data, FRAME_TYPE, frame, headers, PREFACE_OCTETS } from '../../../wire/index.ts';
import { abuses } from '../../abuse/case.ts';
import { reads } from '../../abuse/handlers.ts';

/** The highest stream that there can be (RFC 9113 §5.1.1). */
const LAST_STREAM = 2 ** 31 - 1;

export default abuses({
  'half-a-preface': {
    title: 'Connections that say half of the preface, and nothing more, starve nobody.',
    cve: [],
    bound: '150 connections',
    async run(trial) {
      await trial.begin();
      await trial.strangers(150, peer => peer.octets(PREFACE_OCTETS.subarray(0, 12)));
      await trial.aftermath();
    },
  },

  'half-a-frame': {
    title: 'Connections that announce a large frame, and say nothing more, do not fill memory and starve nobody.',
    cve: [],
    bound: '150 connections',
    async run(trial) {
      await trial.begin();
      await trial.strangers(150, peer => {
        peer.preface([]);
        peer.octets(Uint8Array.from([0, 0x40, 0, FRAME_TYPE.HEADERS, 0x05, 0, 0, 0, 1]));
      });
      await trial.aftermath();
    },
  },

  'half-a-field-block': {
    title: 'Connections that begin a field block, and say nothing more, starve nobody and call no application.',
    cve: ['CVE-2024-27316'],
    bound: '150 connections',
    async run(trial) {
      await trial.begin();
      await trial.strangers(150, peer => {
        const { stream, payload } = trial.request(peer);
        peer.preface([], headers(stream, payload, { endStream: true, endHeaders: false }));
      });
      await trial.aftermath();
      if (trial.invoked > 0) trial.fail(`the application is called ${trial.invoked} times for half a request`);
    },
  },

  'half-a-body': {
    title: 'Uploads that begin, and never go on, starve nobody; the application hears of it when they are lost.',
    cve: ['CVE-2018-17189'],
    bound: '100 requests with an octet of content each',
    app: reads,
    async run(trial) {
      const peer = await trial.begin();
      trial.needWindow(peer, 100);
      const allowed = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
      await trial.flood(peer, Math.min(100, allowed), () => {
        const upload = trial.request(peer, { method: 'POST', path: trial.uploadPath, endStream: false });
        return [upload, data(upload.stream, 'm')];
      });
      await trial.aftermath();
    },
  },

  'settings-never-acknowledged': {
    title: 'Connections that never acknowledge SETTINGS, and hold a request each, starve nobody.',
    cve: [],
    bound: '100 connections with a request each',
    async run(trial) {
      await trial.begin();
      await trial.strangers(100, peer => {
        peer.stopReplies();
        peer.preface([['INITIAL_WINDOW_SIZE', 0]], trial.request(peer));
      });
      await trial.aftermath();
    },
  },

  'gone-without-a-word': {
    title: 'Connections that are lost with requests under way leave nothing running.',
    cve: ['CVE-2025-23085'],
    bound: '200 connections with 5 requests each',
    async run(trial) {
      await trial.begin();
      await trial.strangers(200, peer => {
        peer.preface([], ...Array.from({ length: 5 }, () => trial.request(peer)));
        peer.lose();
      });
      await trial.aftermath();
    },
  },

  'last-stream-used': {
    title: 'A connection that uses the last stream first, and asks on, starves nobody.',
    cve: [],
    bound: '500 requests',
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 500, n => {
        const { payload } = trial.request(peer);
        return [headers(n % 2 === 0 ? LAST_STREAM : LAST_STREAM - 2 * n, payload, { endStream: true })];
      });
      await trial.aftermath();
    },
  },

  'lengths-of-everything': {
    title: 'Frames of every known type with every short length, each on a connection of its own, end no server.',
    cve: ['CVE-2026-27141'],
    bound: '200 connections with a frame each',
    async run(trial) {
      await trial.begin();
      let n = 0;
      await trial.strangers(200, peer => {
        const [type, length] = [n % 10, Math.floor(n / 10)];
        n += 1;
        peer.preface([]);
        peer.violate(frame(type, 0xff & ~(length << 2), [0, 1, 3][n % 3] as number, new Uint8Array(length)));
      });
      await trial.aftermath();
    },
  },
});
