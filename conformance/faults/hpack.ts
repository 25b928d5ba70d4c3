/** Servers that are wrong about header compression (RFC 7541). */
import {
  FRAME_TYPE,
  huffmanDecode,
  parsePayload,
  SETTING,
  type SettingEntry,
  settings,
  settingsAck,
} from '../../wire/index.ts';
import { DeviantDecoder, type Deviation } from './deviant-decoder.ts';
import { alters, type Fault, recode, refusesRequests, type Wire } from './fault.ts';

/** A server whose decoder deviates so. */
function decodes(deviation: Deviation): Wire {
  return () => ({ toServer: recode(undefined, () => new DeviantDecoder(deviation)) });
}

/** What is served although it does not decode. */
const SERVED = /the connection lives on.*a response on stream/;

/** One table for all connections, as a careless cache would have it. */
const shared = new DeviantDecoder({});

export default [
  {
    id: 'hpack/integers-of-32-bits',
    deviation: 'The decoder cuts integers to 32 bits.',
    clause: 'RFC 7541 §5.1',
    fails: [
      'hpack/index-wraps-at-32-bits',
      'hpack/string-length-wraps-at-32-bits',
      'hpack/name-index-wraps-at-32-bits',
      'hpack/size-update-wraps-at-32-bits',
    ],
    seen: SERVED,
    wire: decodes({ integerBits: 32 }),
  },
  {
    id: 'hpack/integers-of-64-bits',
    deviation: 'The decoder cuts integers to 64 bits.',
    clause: 'RFC 7541 §5.1',
    fails: ['hpack/index-wraps-at-64-bits', 'hpack/string-length-wraps-at-64-bits'],
    seen: SERVED,
    wire: decodes({ integerBits: 64 }),
  },
  {
    id: 'hpack/integers-big-endian',
    deviation: 'The decoder takes the first group of a long integer for the most significant.',
    clause: 'RFC 7541 §5.1',
    fails: ['hpack/long-integers'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: decodes({ bigEndianIntegers: true }),
  },
  {
    id: 'hpack/any-huffman-padding',
    deviation: 'The decoder takes Huffman strings with any padding and with EOS.',
    clause: 'RFC 7541 §5.2',
    fails: [
      'hpack/huffman-padding-too-long',
      'hpack/huffman-padding-of-zeros',
      'hpack/huffman-eos',
      'hpack/huffman-padding-of-zeros-in-a-name',
      'hpack/huffman-eos-in-a-name',
    ],
    seen: SERVED,
    wire: decodes({ badHuffman: octets => huffmanDecode(octets, 0, octets.length - 1) ?? 'lenient' }),
  },
  {
    id: 'hpack/drops-what-is-cut-off',
    deviation: 'The decoder drops a representation that the end of the block cuts off.',
    clause: 'RFC 7541 §5.2 and RFC 9113 §4.3',
    fails: [
      'hpack/string-past-the-block',
      'hpack/block-ends-in-a-literal',
      'hpack/block-ends-in-an-index',
      'hpack/block-ends-in-a-string-length',
      'hpack/block-ends-behind-a-name-index',
      'field-blocks/undecodable',
    ],
    why: 'What a block lacks at its end can be any part of a representation.',
    seen: SERVED,
    wire: decodes({ truncates: true }),
  },
  {
    id: 'hpack/unknown-index-ignored',
    deviation: 'The decoder takes an index that is in neither table for an empty field.',
    clause: 'RFC 7541 §6.1 and §2.3.3',
    fails: [
      'hpack/index-zero',
      'hpack/index-past-empty-table',
      'hpack/index-past-filled-table',
      'hpack/name-index-past-tables',
      'hpack/name-index-past-tables-with-indexing',
      'hpack/name-index-past-tables-never-indexed',
    ],
    why: 'Each form of a representation has an index, and one look-up serves them all.',
    seen: SERVED,
    wire: decodes({ unknownIndex: () => ['x-unknown', ''] }),
  },
  {
    id: 'hpack/never-inserts',
    deviation: 'The decoder keeps no dynamic table.',
    clause: 'RFC 7541 §6.2.1',
    fails: ['hpack/literal-with-indexing', 'field-blocks/cut-at-every-octet'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    why: 'whatever refers to the dynamic table cannot be decoded without one',
    wire: decodes({ inserts: [] }),
  },
  {
    id: 'hpack/inserts-without-indexing',
    deviation: 'The decoder inserts literals without indexing.',
    clause: 'RFC 7541 §6.2.2',
    fails: ['hpack/literal-without-indexing'],
    // The newest entry is then another field than :path, and the request malformed.
    seen: /RST_STREAM|status 4\d\d where/,
    wire: decodes({ inserts: ['incremental', 'without'] }),
  },
  {
    id: 'hpack/inserts-never-indexed',
    deviation: 'The decoder inserts never-indexed literals.',
    clause: 'RFC 7541 §6.2.3',
    fails: ['hpack/literal-never-indexed'],
    seen: /status \d+ where \d+ is known|octets of content where/,
    wire: decodes({ inserts: ['incremental', 'never'] }),
  },
  {
    id: 'hpack/any-size-update',
    deviation: 'The decoder takes size updates above its limit.',
    clause: 'RFC 7541 §6.3',
    fails: ['hpack/size-update-above-limit'],
    seen: SERVED,
    wire: decodes({ anyUpdate: true }),
  },
  {
    id: 'hpack/refuses-size-updates',
    deviation: 'The decoder does not know size updates.',
    clause: 'RFC 7541 §6.3',
    fails: ['hpack/size-updates-at-start'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    why: 'every case on the table opens with an update, so that it rests on no setting',
    wire: decodes({ noUpdates: true }),
  },
  {
    id: 'hpack/counts-from-the-oldest',
    deviation: 'The decoder gives the lowest index to the oldest entry.',
    clause: 'RFC 7541 §2.3.2',
    fails: ['hpack/newest-entry-first'],
    seen: /status \d+ where \d+ is known|octets of content where/,
    wire: decodes({ order: 'oldest' }),
  },
  {
    id: 'hpack/skips-duplicates',
    deviation: 'The decoder does not insert a field that its table holds already.',
    clause: 'RFC 7541 §2.3.2',
    fails: ['hpack/duplicate-entries'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: decodes({ skipsDuplicates: true }),
  },
  {
    id: 'hpack/one-table-for-all',
    deviation: 'All connections share one dynamic table.',
    clause: 'RFC 7541 §2.2',
    fails: ['hpack/tables-belong-to-one-connection'],
    seen: SERVED,
    wire: () => ({ toServer: recode(undefined, () => shared) }),
  },
  {
    id: 'hpack/overhead-of-33',
    deviation: 'The decoder counts 33 octets of overhead for an entry.',
    clause: 'RFC 7541 §4.1',
    fails: ['hpack/exact-fit-stays'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: decodes({ overhead: 33 }),
  },
  {
    id: 'hpack/no-overhead',
    deviation: 'The decoder counts no overhead for an entry.',
    clause: 'RFC 7541 §4.1',
    fails: ['hpack/one-octet-over-evicts'],
    seen: SERVED,
    why: 'its table holds more than any other, so every eviction comes late',
    wire: decodes({ overhead: 0 }),
  },
  {
    id: 'hpack/evicts-the-newest',
    deviation: 'The decoder evicts the newest entries first.',
    clause: 'RFC 7541 §4.4',
    fails: ['hpack/oldest-evicted-first'],
    seen: /status \d+ where \d+ is known|octets of content where|GOAWAY COMPRESSION_ERROR|RST_STREAM/,
    wire: decodes({ evictsNewest: true }),
  },
  {
    id: 'hpack/oversize-ignored',
    deviation: 'An entry larger than the table leaves the table as it was.',
    clause: 'RFC 7541 §4.4',
    fails: ['hpack/oversized-entry-empties-table'],
    seen: SERVED,
    wire: decodes({ oversizeEmpties: false }),
  },
  {
    id: 'hpack/loses-evicted-name',
    deviation: 'The name of an entry is lost when the insertion that uses it evicts it.',
    clause: 'RFC 7541 §4.4',
    fails: ['hpack/name-of-evicted-entry'],
    seen: /RST_STREAM|status 4\d\d/,
    wire: decodes({ losesEvictedName: true }),
  },
  {
    id: 'hpack/last-update-only',
    deviation: 'Of two size updates only the last takes effect.',
    clause: 'RFC 7541 §4.2',
    fails: ['hpack/size-update-zero-then-full'],
    seen: SERVED,
    wire: decodes({ lastUpdateOnly: true }),
  },
  {
    id: 'hpack/forgets-the-size',
    deviation: 'The declared size holds for one block only.',
    clause: 'RFC 7541 §4.2',
    fails: ['hpack/size-stays-in-force'],
    seen: SERVED,
    wire: decodes({ forgetsSize: true }),
  },
  {
    id: 'hpack/ignores-size-updates',
    deviation: 'Size updates have no effect.',
    clause: 'RFC 7541 §4.3',
    fails: ['hpack/shrinking-evicts'],
    seen: SERVED,
    wire: decodes({ resizes: false }),
  },
  {
    id: 'hpack/forgets-refused-blocks',
    deviation: 'What a malformed request inserted into the table is lost.',
    clause: 'RFC 9113 §4.3',
    fails: ['hpack/refused-block-still-counts'],
    seen: /GOAWAY COMPRESSION_ERROR/,
    wire: decodes({ forgetsBlock: fields => fields.some(name => /[A-Z]/.test(name) && name.startsWith('X-')) }),
  },
  {
    id: 'hpack/encoder-ignores-the-limit',
    deviation: 'The encoder does not notice that HEADER_TABLE_SIZE fell.',
    clause: 'RFC 9113 §4.3.1 and RFC 7541 §4.2',
    fails: ['hpack/encoder-signals-smaller-table', 'hpack/encoder-keeps-to-the-limit'],
    seen: /index \d+|opens with no size update/,
    wire: alters((frame, payload) => {
      if (payload.type !== 'SETTINGS' || payload.ack || frame.stream !== 0) return frame;
      return settings(payload.entries.filter(([id]) => id !== SETTING.HEADER_TABLE_SIZE));
    }),
  },
  {
    id: 'hpack/encoder-sees-the-last-limit-only',
    deviation: 'Of two changes of HEADER_TABLE_SIZE the encoder notices only the last.',
    clause: 'RFC 7541 §4.2',
    fails: ['hpack/encoder-signals-smallest-table'],
    seen: /opens with no size update/,
    wire: link => ({
      toServer: frame => {
        const payload = parsePayload(frame);
        const empties =
          frame.type === FRAME_TYPE.SETTINGS &&
          payload.type === 'SETTINGS' &&
          payload.entries.some(([id, value]: SettingEntry) => id === SETTING.HEADER_TABLE_SIZE && value === 0);
        if (!empties) return [frame];
        link.toClient(settingsAck());
        return [];
      },
    }),
  },
  {
    id: 'hpack/late-updates-empty-the-table',
    deviation: 'The decoder takes a size update behind a field, and starts with an empty table again.',
    clause: 'RFC 7541 §4.2',
    fails: ['hpack/size-update-between-fields', 'hpack/size-update-at-the-end'],
    seen: /GOAWAY COMPRESSION_ERROR|RST_STREAM/,
    wire: decodes({ lateUpdateEmpties: true }),
  },
  {
    id: 'hpack/padded-integers-reset-the-stream',
    deviation: 'The server takes a field with a padded integer for a stream error.',
    clause: 'RFC 7541 §5.1',
    fails: ['hpack/zero-padded-integers'],
    seen: /RST_STREAM/,
    wire: refusesRequests(({ fields }) => fields.includes('x-padded')),
  },
  {
    id: 'hpack/empty-values-refused',
    deviation: 'The server takes a field with an empty value for malformed.',
    clause: 'RFC 7541 §5.2',
    fails: ['hpack/empty-strings'],
    seen: /RST_STREAM/,
    wire: refusesRequests(({ fields }) => fields.includes('')),
  },
] satisfies readonly Fault[];
