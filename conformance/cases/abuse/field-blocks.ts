/** Field sections without an end, or that are large only when they are decoded. */
import { concat, continuation, headers, indexed, literal, sizeUpdate } from '../../../wire/index.ts';
import { type AbuseCaseBody, abuses } from '../../abuse/case.ts';
import type { AbuseTrial } from '../../abuse/trial.ts';
import type { Peer } from '../../peer/peer.ts';

/** Index of the entry that was inserted last (RFC 7541 §2.3.3). */
const NEWEST = 62;

/** The first of the dynamic table's entries, so many times: an octet each. */
const again = (count: number): Uint8Array => new Uint8Array(count).fill(indexed(NEWEST)[0] as number);

/** One field put into the table and named as often as a frame has room for. */
function repeated(name: string, value: string, count: number): readonly Uint8Array[] {
  return [literal(name, value, 'incremental'), again(count)];
}

/** The table that the server keeps must have room for the entry. */
function needTable(trial: AbuseTrial, peer: Peer): void {
  const size = peer.ledger.setting('theirs', 'HEADER_TABLE_SIZE');
  if (size < 4096) trial.notApplicable(`SETTINGS_HEADER_TABLE_SIZE is ${size}`);
}

/** A block that HEADERS begins and nothing ends. */
function open(trial: AbuseTrial, peer: Peer): number {
  const { stream, payload } = trial.request(peer);
  peer.violate(headers(stream, payload, { endStream: true, endHeaders: false }));
  return stream;
}

/** Small requests that are held by a window of 0, so that what they have become stays where it is. */
function bomb(title: string, cve: AbuseCaseBody['cve'], name: string): AbuseCaseBody {
  return {
    title,
    cve,
    bound: '100 requests of up to 16,000 octets each, with windows of 0',
    async run(trial) {
      const peer = await trial.begin();
      needTable(trial, peer);
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      // Some servers refuse the larger ones, and bear the smaller.
      const sizes = [repeated(name, '', 15_800), repeated(name, '', 4000)] as const;
      await trial.flood(peer, 100, n => [trial.requestWith(peer, sizes[n % 2] ?? [])]);
      await trial.aftermath();
    },
  };
}

export default abuses({
  'fragments-without-end': {
    title: 'A field block that goes on and on is not kept.',
    cve: ['CVE-2024-27316', 'CVE-2024-28182', 'CVE-2024-27919', 'CVE-2016-8740'],
    bound: '600 CONTINUATION frames of 16,000 octets each',
    async run(trial) {
      const peer = await trial.begin();
      const stream = open(trial, peer);
      const fragment = literal('x-large', 'm'.repeat(15_980));
      await trial.flood(peer, 600, () => [continuation(stream, fragment, false)]);
      await trial.aftermath();
    },
  },

  'fragments-of-one-octet': {
    title: 'A field block in thousands of fragments of one octet starves nobody.',
    cve: ['CVE-2024-24549', 'CVE-2026-33871'],
    bound: '8,000 CONTINUATION frames of one octet each',
    async run(trial) {
      const peer = await trial.begin();
      const stream = open(trial, peer);
      const octets = literal('x-long', 'm'.repeat(8000));
      await trial.flood(peer, 8000, n => [continuation(stream, octets.subarray(n, n + 1), false)]);
      await trial.aftermath();
    },
  },

  'fragments-in-huffman': {
    title: 'A field block that goes on in the code of Huffman, beyond every limit, starves nobody.',
    cve: ['CVE-2023-45288', 'CVE-2022-41723'],
    bound: '300 CONTINUATION frames of 16,000 octets each',
    async run(trial) {
      const peer = await trial.begin();
      const stream = open(trial, peer);
      const fragment = literal('x-large', 'a'.repeat(25_000), 'without', true);
      await trial.flood(peer, 300, () => [continuation(stream, fragment, false)]);
      await trial.aftermath();
    },
  },

  'lost-in-a-field-block': {
    title: 'Connections that are lost within a field block end no server, and call no application.',
    cve: ['CVE-2024-27983'],
    bound: '100 connections',
    async run(trial) {
      await trial.begin();
      await trial.strangers(100, peer => {
        const { stream, payload } = trial.request(peer);
        const half = payload.length >> 1;
        peer.preface(
          [],
          headers(stream, payload.subarray(0, half), { endStream: true, endHeaders: false }),
          continuation(stream, payload.subarray(half, half + 5), false),
        );
        peer.lose();
      });
      await trial.aftermath();
      if (trial.invoked > 0) trial.fail(`the application is called ${trial.invoked} times for half a request`);
    },
  },

  'entry-of-4000-octets': {
    title: 'A large entry of the table that a request names thousands of times does not fill memory.',
    cve: ['CVE-2016-6581', 'CVE-2016-1544'],
    bound: '40 requests of 16,000 octets, 46 MiB each when decoded',
    async run(trial) {
      const peer = await trial.begin();
      needTable(trial, peer);
      const fields = repeated('x-bomb', 'm'.repeat(4000), 12_000);
      await trial.flood(peer, 40, () => [trial.requestWith(peer, fields)]);
      await trial.aftermath();
    },
  },

  'entry-of-one-octet': bomb(
    'A tiny entry that requests name thousands of times, and that are held, does not fill memory.',
    ['CVE-2026-49975', 'CVE-2026-47774'],
    'a',
  ),

  'cookie-in-crumbs': bomb(
    'Cookies in thousands of crumbs, of requests that are held, do not fill memory.',
    ['CVE-2026-49975', 'CVE-2026-47774'],
    'cookie',
  ),

  'table-turned-over': {
    title: 'A table whose every entry is new with each request does not fill memory, and starves nobody.',
    cve: ['CVE-2016-6581'],
    bound: '600 requests of 4,000 octets each',
    async run(trial) {
      const peer = await trial.begin();
      needTable(trial, peer);
      await trial.flood(peer, 600, n => [
        trial.requestWith(peer, [literal('x-entry', `${n}`.padStart(3900, 'm'), 'incremental')]),
      ]);
      await trial.aftermath();
    },
  },

  'table-resized': {
    title: 'Blocks that begin with thousands of new sizes of the table starve nobody.',
    cve: ['CVE-2016-6581'],
    bound: '100 requests of 12,000 octets each',
    async run(trial) {
      const peer = await trial.begin();
      needTable(trial, peer);
      const sizes = concat(Array.from({ length: 3000 }, (_, n) => sizeUpdate(n % 2 === 0 ? 0 : 4096)));
      await trial.flood(peer, 100, () => {
        const { stream, payload } = trial.request(peer);
        return [headers(stream, concat([sizes, payload]), { endStream: true })];
      });
      await trial.aftermath();
    },
  },
});
