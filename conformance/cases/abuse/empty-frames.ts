/** Frames and fields that carry nothing, in numbers. */
import { continuation, data, headers, literal, plainBlock } from '../../../wire/index.ts';
import { abuses } from '../../abuse/case.ts';
import { reads } from '../../abuse/handlers.ts';

/** A field with neither name nor value, spelt out; with Huffman's code it is no shorter. */
const NOTHING = literal('', '');

export default abuses({
  'empty-data': {
    title: 'DATA frames without content starve nobody, and the application is not given any of them.',
    cve: ['CVE-2019-9518'],
    bound: '10,000 DATA frames',
    app: reads,
    async run(trial) {
      const peer = await trial.begin();
      const upload = trial.request(peer, { method: 'POST', path: trial.uploadPath, endStream: false });
      peer.send(upload);
      await trial.flood(peer, 10_000, () => [data(upload.stream, '')]);
      if (!peer.over) peer.violate(data(upload.stream, '', { endStream: true }));
      await trial.aftermath();
      const [count = 0] = trial.reported('reads');
      if (count > 0) trial.fail(`the application is given ${count} chunks of no content at all`);
    },
  },

  'padding-alone': {
    title: 'DATA frames of padding alone starve nobody, and their octets are given back.',
    cve: ['CVE-2019-9518'],
    bound: '200 DATA frames of 256 octets, within the windows',
    app: reads,
    async run(trial) {
      const peer = await trial.begin();
      trial.needWindow(peer, 51_200);
      const upload = trial.request(peer, { method: 'POST', path: trial.uploadPath, endStream: false });
      peer.send(upload);
      await trial.flood(peer, 200, () => [data(upload.stream, '', { padding: 255 })]);
      await trial.aftermath();
    },
  },

  'empty-fragments': {
    title: 'CONTINUATION frames without a fragment, which no count of octets sees, starve nobody.',
    cve: ['CVE-2026-33871', 'CVE-2019-9518'],
    bound: '10,000 CONTINUATION frames',
    async run(trial) {
      const peer = await trial.begin();
      const { stream, payload } = trial.request(peer);
      peer.violate(headers(stream, payload, { endStream: true, endHeaders: false }));
      await trial.flood(peer, 10_000, () => [continuation(stream, new Uint8Array(0), false)]);
      if (!peer.over) peer.violate(continuation(stream, new Uint8Array(0)));
      await trial.aftermath();
    },
  },

  'fields-without-a-name': {
    title: 'Fields with neither name nor value are not kept for as long as their connection lives.',
    cve: ['CVE-2019-9516'],
    bound: '60 requests of 3,000 such fields each',
    async run(trial) {
      const peer = await trial.begin();
      const fields = Array.from({ length: 3000 }, () => NOTHING);
      await trial.flood(peer, 60, () => [trial.requestWith(peer, fields)]);
      await trial.aftermath();
    },
  },

  'trailers-of-nothing': {
    title: 'Requests that end in an empty trailer section, by the thousand, starve nobody.',
    cve: ['CVE-2019-9518'],
    bound: '2,000 requests',
    app: reads,
    async run(trial) {
      const peer = await trial.begin();
      await trial.flood(peer, 2000, () => {
        const upload = trial.request(peer, { method: 'POST', path: trial.uploadPath, endStream: false });
        return [upload, headers(upload.stream, plainBlock([]), { endStream: true })];
      });
      await trial.aftermath();
    },
  },
});
