/** Limits of both sides: the table that a setting shrinks or grows, and integers and strings of any size. */
import {
  concat,
  continuation,
  type Frame,
  headers,
  indexed,
  literal,
  plainBlock,
  settings,
  string,
} from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError, reaction, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, type Trial } from '../../trial.ts';
import { block, plainPath, request } from './blocks.ts';

/** SETTINGS_HEADER_TABLE_SIZE of an instance that allows less than every connection begins with. */
const SMALLER = 1024;

/** Octets of a value that no server needs to take. */
const MEBIBYTE = 2 ** 20;

/** Octets of content in a frame that every server takes, and MiB of a string that has no end. */
const FRAME = 16_384;
const PARTS = 4;

/** The octet of an integer that says that more follow, all bits of its group set. */
const MORE = 0xff;

/** The block in frames that every server takes. */
function inFrames(stream: number, octets: Uint8Array): readonly Frame[] {
  const first = headers(stream, octets.subarray(0, FRAME), { endStream: true, endHeaders: false });
  const rest = Array.from({ length: Math.ceil(octets.length / FRAME) - 1 }, (_, at) => {
    const from = (at + 1) * FRAME;
    return continuation(stream, octets.subarray(from, from + FRAME), from + FRAME >= octets.length);
  });
  return [first, ...rest];
}

/** A request whose last field is this instruction. */
function ending(trial: Trial, peer: Peer, ...field: readonly Uint8Array[]): Frame {
  return request(trial, peer, { path: plainPath(trial.subject.small.path), after: field });
}

export default chapter('hpack', {
  'block-without-the-update-due': {
    requirement: 'rfc9113/4.3.1/2',
    alone: { header_table: SMALLER },
    title: 'Once a smaller table is acknowledged, a block that does not open with the size update is a decoding error.',
    async run(trial) {
      const peer = await trial.open({ control: false });
      const size = peer.ledger.setting('theirs', 'HEADER_TABLE_SIZE');
      if (size !== SMALLER) trial.fail(`the server's HEADER_TABLE_SIZE is ${size}, where it is to be ${SMALLER}`);
      const plain = headers(peer.nextStream(), plainBlock(peer.fieldsOf()), { endStream: true });
      await connectionError(trial, peer, 'COMPRESSION_ERROR', plain);
    },
  },

  'table-before-the-acknowledgement': {
    requirement: 'rfc9113/4.3.1/i1',
    alone: { header_table: SMALLER },
    needs: ['other'],
    title:
      'Until the client has acknowledged a smaller table, 4,096 octets of entries are kept and may be referred to.',
    async run(trial) {
      const other = trial.resource('other');
      await trial.open();
      const peer = await trial.dial();
      // More than the smaller table holds goes in behind the entry that is referred to.
      const filler = literal('x-fill', 'f'.repeat(2 * SMALLER), 'incremental');
      const entry = literal(4, other.path, 'incremental');
      const first = headers(1, block(trial, { path: entry, after: [filler] }), { endStream: true });
      const second = headers(3, block(trial, { path: indexed(63) }), { endStream: true });
      peer.preface([], first, second);
      await answered(trial, peer, first.stream, other);
      await answered(trial, peer, second.stream, other);
    },
  },

  'encoder-waits-for-a-larger-table': {
    requirement: 'rfc9113/4.3.1/i1',
    title: 'The table of the server grows when it has acknowledged a larger one, and by a size update.',
    async run(trial) {
      const peer = await trial.open();
      const acks = peer.settingsAcks;
      const get = peer.request();
      peer.send(settings([['HEADER_TABLE_SIZE', 65_536]]), get);
      await answered(trial, peer, get.stream);
      await peer.until(() => peer.over || peer.settingsAcks > acks, 'the acknowledgement of SETTINGS');
      for (let requests = 0; requests < 3; requests += 1) await served(trial, peer);
      trial.expected = 'field blocks that a table of 4,096 octets decodes until an update says otherwise';
      trial.seen = 'every field block decodes';
    },
  },

  'string-of-two-gibibytes': {
    requirement: 'rfc7541/7.4/i1',
    title: 'A string that announces 2 GiB in a block that ends is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const field = concat([Uint8Array.of(0x00), string('x-a'), string('value', false, 2n ** 31n)]);
      await connectionError(trial, peer, 'COMPRESSION_ERROR', ending(trial, peer, field));
    },
  },

  'string-of-two-gibibytes-in-fragments': {
    requirement: 'rfc7541/7.4/i1',
    title: 'A string that announces 2 GiB is not waited for without end; other connections are served while it comes.',
    async run(trial) {
      const peer = await trial.open();
      const announced = string('', false, 2n ** 31n);
      const { stream, payload } = ending(trial, peer, Uint8Array.of(0x00), string('x-a'), announced);
      peer.violate(headers(stream, payload, { endStream: true, endHeaders: false }));
      const refused = (): boolean => peer.over || peer.stream(stream).over;
      for (let part = 0; part < PARTS && !refused(); part += 1) {
        const fragment = new Uint8Array(FRAME).fill(0x6d);
        peer.violate(...Array.from({ length: MEBIBYTE / FRAME }, () => continuation(stream, fragment, false)));
        await trial.open();
      }
      if (!refused()) await reaction(trial, peer, stream, continuation(stream, new Uint8Array(0)));
      trial.seen = describeAnswer(peer.stream(stream), peer);
    },
  },

  'integer-of-a-thousand-octets': {
    requirement: 'rfc7541/7.4/i1',
    title: 'An integer of a thousand octets is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const index = concat([new Uint8Array(1000).fill(MORE), Uint8Array.of(0x01)]);
      await connectionError(trial, peer, 'COMPRESSION_ERROR', ending(trial, peer, index));
    },
  },

  'string-of-one-mebibyte': {
    requirement: 'rfc7541/7.4/i1',
    title: 'A field of 1 MiB is answered or refused, and other connections are served.',
    async run(trial) {
      const peer = await trial.open();
      const large = literal('x-large', 'l'.repeat(MEBIBYTE));
      const frames = inFrames(
        peer.nextStream(),
        block(trial, { path: plainPath(trial.subject.small.path), after: [large] }),
      );
      const record = await reaction(trial, peer, frames[0]?.stream ?? 0, ...frames);
      const seen = describeAnswer(record, peer);
      await trial.open();
      trial.seen = seen;
    },
  },
});
