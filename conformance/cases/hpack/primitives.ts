/** Integers and strings (RFC 7541 §5). */
import {
  concat,
  fromHex,
  headers,
  huffmanEncode,
  indexed,
  integer,
  latin1,
  literal,
  sizeUpdate,
  string,
} from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionEnd, connectionError, reaction } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';
import { block, NEWEST, plainPath, request, usable } from './blocks.ts';

/** A block with a field x-a whose value is the string given, octet by octet, is a decoding error. */
async function refusesString(trial: Trial, value: (peer: Peer) => Uint8Array): Promise<void> {
  const peer = await trial.open();
  const field = concat([Uint8Array.of(0x00), string('x-a'), value(peer)]);
  const frame = request(trial, peer, { path: plainPath(trial.subject.small.path), after: [field] });
  await connectionError(trial, peer, 'COMPRESSION_ERROR', frame);
}

/** A request whose last representation is this one is a decoding error. */
async function refusesField(trial: Trial, field: Uint8Array): Promise<void> {
  const peer = await trial.open();
  const frame = request(trial, peer, { path: plainPath(trial.subject.small.path), after: [field] });
  await connectionError(trial, peer, 'COMPRESSION_ERROR', frame);
}

/** Static index of accept-encoding: gzip, deflate: cut down to it, a large index makes a request that could be served. */
const ACCEPT_ENCODING = 16n;

async function refusesIndex(trial: Trial, value: bigint): Promise<void> {
  const peer = await trial.open();
  const frame = request(trial, peer, { path: plainPath(trial.subject.small.path), after: [indexed(value)] });
  await connectionError(trial, peer, 'COMPRESSION_ERROR', frame);
}

/** A Huffman string of the octets as they are. */
const huffman = (octets: Uint8Array): Uint8Array => concat([Uint8Array.from(integer(octets.length, 7, 0x80)), octets]);

export default chapter('hpack', {
  'index-wraps-at-32-bits': {
    requirement: 'rfc7541/5.1/1',
    title: 'An index that 32 bits would cut to a valid one is a decoding error.',
    run: trial => refusesIndex(trial, 2n ** 32n + ACCEPT_ENCODING),
  },

  'index-wraps-at-64-bits': {
    requirement: 'rfc7541/5.1/1',
    title: 'An index that 64 bits would cut to a valid one is a decoding error.',
    run: trial => refusesIndex(trial, 2n ** 64n + ACCEPT_ENCODING),
  },

  'string-length-wraps-at-32-bits': {
    requirement: 'rfc7541/5.1/1',
    title: 'A string length that 32 bits would cut to the octets at hand is a decoding error.',
    async run(trial) {
      await refusesString(trial, () => string('value', false, 2n ** 32n + 5n));
    },
  },

  'string-length-wraps-at-64-bits': {
    requirement: 'rfc7541/5.1/1',
    title: 'A string length that 64 bits would cut to the octets at hand is a decoding error.',
    async run(trial) {
      await refusesString(trial, () => string('value', false, 2n ** 64n + 5n));
    },
  },

  'name-index-wraps-at-32-bits': {
    requirement: 'rfc7541/5.1/1',
    title: 'The index of a name that 32 bits would cut to a valid one is a decoding error.',
    async run(trial) {
      const name = Uint8Array.from(integer(2n ** 32n + ACCEPT_ENCODING, 4));
      await refusesField(trial, concat([name, string('gzip')]));
    },
  },

  'size-update-wraps-at-32-bits': {
    requirement: 'rfc7541/5.1/1',
    title: 'A size update that 32 bits would cut to 0 is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const path = plainPath(trial.subject.small.path);
      const frame = request(trial, peer, { before: [sizeUpdate(2n ** 32n)], path });
      await connectionError(trial, peer, 'COMPRESSION_ERROR', frame);
    },
  },

  'block-ends-in-an-index': {
    requirement: 'rfc7541/3.1/i1',
    also: ['rfc9113/4.3/3'],
    title: 'A block that ends inside an index is a decoding error.',
    async run(trial) {
      await refusesField(trial, Uint8Array.of(0xff, 0x80));
    },
  },

  'block-ends-in-a-string-length': {
    requirement: 'rfc7541/3.1/i1',
    also: ['rfc9113/4.3/3'],
    title: 'A block that ends inside the length of a string is a decoding error.',
    async run(trial) {
      await refusesField(trial, concat([Uint8Array.of(0x00), string('x-a'), Uint8Array.of(0x7f, 0x80)]));
    },
  },

  'block-ends-behind-a-name-index': {
    requirement: 'rfc7541/3.1/i1',
    also: ['rfc9113/4.3/3'],
    title: 'A block that ends behind the index of a name is a decoding error.',
    async run(trial) {
      await refusesField(trial, Uint8Array.from(integer(ACCEPT_ENCODING, 6, 0x40)));
    },
  },

  'huffman-padding-of-zeros-in-a-name': {
    requirement: 'rfc7541/5.2/2',
    title: 'Huffman padding of a name that is not all ones is a decoding error.',
    async run(trial) {
      await refusesField(trial, concat([Uint8Array.of(0x00), huffman(Uint8Array.of(0x18)), string('value')]));
    },
  },

  'huffman-eos-in-a-name': {
    requirement: 'rfc7541/5.2/3',
    title: 'A Huffman name that holds EOS is a decoding error.',
    async run(trial) {
      await refusesField(trial, concat([Uint8Array.of(0x00), huffman(fromHex('ffffffff')), string('value')]));
    },
  },

  'long-integers': {
    requirement: 'rfc7541/5.1/i1',
    title: 'Integers of several octets decode with their least significant group first.',
    async run(trial) {
      const peer = await trial.open();
      const after = [literal('x-long', 'v'.repeat(300)), literal('x-huffman', 'w'.repeat(600), 'without', true)];
      const frame = request(trial, peer, { path: plainPath(trial.subject.small.path), after });
      peer.send(frame);
      await answered(trial, peer, frame.stream);
    },
  },

  'huffman-padding-too-long': {
    requirement: 'rfc7541/5.2/1',
    title: 'Huffman padding of 8 bits or more is a decoding error.',
    async run(trial) {
      // "aaaaaaaa" fills 5 octets to the bit; the octet of ones behind it is padding of 8 bits.
      await refusesString(trial, () => huffman(concat([huffmanEncode('aaaaaaaa'), Uint8Array.of(0xff)])));
    },
  },

  'huffman-padding-of-zeros': {
    requirement: 'rfc7541/5.2/2',
    title: 'Huffman padding that is not all ones is a decoding error.',
    async run(trial) {
      // "a" is 00011: three bits of padding, here zeros.
      await refusesString(trial, () => huffman(Uint8Array.of(0x18)));
    },
  },

  'huffman-eos': {
    requirement: 'rfc7541/5.2/3',
    title: 'A Huffman string that holds EOS is a decoding error.',
    async run(trial) {
      await refusesString(trial, () => huffman(fromHex('ffffffff')));
    },
  },

  'string-past-the-block': {
    requirement: 'rfc7541/5.2/i2',
    also: ['rfc9113/4.3/3'],
    title: 'A string longer than what is left of the block is a decoding error.',
    async run(trial) {
      await refusesString(trial, () => string('value', false, 100));
    },
  },

  'block-ends-in-a-literal': {
    requirement: 'rfc7541/3.1/i1',
    also: ['rfc9113/4.3/3'],
    title: 'A block that ends between the name and the value of a literal is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const name = concat([Uint8Array.of(0x00), string('x-a')]);
      const cut = block(trial, { path: plainPath(trial.subject.small.path), after: [name] });
      await connectionError(trial, peer, 'COMPRESSION_ERROR', headers(peer.nextStream(), cut, { endStream: true }));
    },
  },

  'zero-padded-integers': {
    requirement: 'rfc7541/5.1/i2',
    needs: ['other'],
    title: 'An integer with groups of zero behind its value is read as that value, or refused as a decoding error.',
    async run(trial) {
      const other = trial.resource('other');
      for (const padding of [1, 2, 4, 12, 60]) {
        const peer = await trial.open();
        // The name index of ":path" does not fill its prefix: it is the length of the value that is long enough.
        const value = concat([Uint8Array.of(...integer(200, 7, 0, padding)), latin1('v'.repeat(200))]);
        const field = concat([Uint8Array.of(0x00), string('x-padded'), value]);
        const frame = request(trial, peer, { path: plainPath(other.path), before: [], after: [field] });
        await reaction(trial, peer, frame.stream, frame);
        if (peer.over) await connectionEnd(trial, peer, 'COMPRESSION_ERROR');
        else await answered(trial, peer, frame.stream, other);
      }
    },
  },

  'empty-strings': {
    requirement: 'rfc7541/5.2/i3',
    title: 'Empty strings are legal, plain and Huffman coded, in the table and out of it.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const empty = (form: number): Uint8Array => concat([Uint8Array.of(0x40), string('x-empty'), Uint8Array.of(form)]);
      const path = plainPath(trial.subject.small.path);
      for (const parts of [
        { before: [update], path, after: [empty(0x00), empty(0x80)] },
        { path, after: [indexed(NEWEST), indexed(NEWEST + 1)] },
      ]) {
        const frame = request(trial, peer, parts);
        peer.send(frame);
        await answered(trial, peer, frame.stream);
      }
    },
  },
});
