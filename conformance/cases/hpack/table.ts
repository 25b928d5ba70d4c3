/** The dynamic table: order, size, eviction, changes of its size (RFC 7541 §2.3.2, 3.2, 4). */
import { entrySize, headers, indexed, literal, sizeUpdate } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { answered, connectionEnd, connectionError, reaction } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Resource } from '../../subject.ts';
import { describeAnswer, type Trial } from '../../trial.ts';
import { block, filler, insertPath, NEWEST, plainPath, type RequestBlock, request, usable } from './blocks.ts';

/** Sends the request and wants the answer of the resource. */
async function asks(trial: Trial, peer: Peer, parts: RequestBlock, resource: Resource): Promise<void> {
  const frame = request(trial, peer, parts);
  peer.send(frame);
  await answered(trial, peer, frame.stream, resource);
}

/** A connection whose table has room for `wanted` octets, and two resources to put into it. */
async function begin(trial: Trial, wanted: number) {
  const peer = await trial.open();
  const { size, update } = usable(trial, peer, wanted);
  return { peer, size, update, small: trial.subject.small, other: trial.resource('other') };
}

/** A request that refers to an entry which is gone: a decoding error. */
async function gone(trial: Trial, peer: Peer, index: number): Promise<void> {
  await connectionError(trial, peer, 'COMPRESSION_ERROR', request(trial, peer, { path: indexed(index) }));
}

const pathSize = (path: string): number => entrySize(':path', path);

/** A size update that does not stand at the start of its block (RFC 7541 §4.2). */
function misplaced(where: string, last: boolean): CaseBody {
  return {
    requirement: 'rfc7541/4.2/i2',
    needs: ['other'],
    disputed:
      'a size update stands at the start of a block (RFC 7541 §4.2), against the lack of a sentence that makes another ' +
      'place a decoding error',
    title: `A size update ${where} is a decoding error, or changes no field.`,
    async run(trial) {
      const { peer, size, update, small, other } = await begin(trial, 512);
      await asks(trial, peer, { before: [update], path: insertPath(other.path) }, other);
      const after = last ? [sizeUpdate(size)] : [sizeUpdate(size), literal('x-a', '1')];
      const frame = request(trial, peer, { path: plainPath(small.path), after });
      const record = await reaction(trial, peer, frame.stream, frame);
      if (peer.over) return connectionEnd(trial, peer, 'COMPRESSION_ERROR');
      trial.weak(`the update is taken: ${describeAnswer(record, peer)}`);
      await asks(trial, peer, { path: indexed(NEWEST) }, other);
      return undefined;
    },
  };
}

export default chapter('hpack', {
  'newest-entry-first': {
    requirement: 'rfc7541/2.3.2/i1',
    needs: ['other'],
    title: 'The newest entry has the lowest index.',
    async run(trial) {
      const { peer, update, small, other } = await begin(trial, 512);
      await asks(trial, peer, { before: [update], path: insertPath(small.path) }, small);
      await asks(trial, peer, { path: insertPath(other.path) }, other);
      await asks(trial, peer, { path: indexed(NEWEST) }, other);
      await asks(trial, peer, { path: indexed(NEWEST + 1) }, small);
    },
  },

  'duplicate-entries': {
    requirement: 'rfc7541/2.3.2/1',
    needs: ['other'],
    title: 'The same field may be inserted twice and counts twice.',
    async run(trial) {
      const { peer, update, other } = await begin(trial, 512);
      await asks(trial, peer, { before: [update], path: insertPath(other.path) }, other);
      await asks(trial, peer, { path: insertPath(other.path) }, other);
      await asks(trial, peer, { path: indexed(NEWEST + 1) }, other);
    },
  },

  'tables-belong-to-one-connection': {
    requirement: 'rfc7541/2.2/i1',
    title: 'An entry inserted on one connection cannot be referred to on another.',
    async run(trial) {
      const first = await trial.open();
      const { small } = trial.subject;
      await asks(trial, first, { before: [usable(trial, first, 512).update], path: insertPath(small.path) }, small);
      await gone(trial, await trial.open(), NEWEST);
    },
  },

  'exact-fit-stays': {
    requirement: 'rfc7541/4.1/i1',
    needs: ['other'],
    title: 'Entries that fill the table to its last octet all stay.',
    async run(trial) {
      const { peer, size, update, other } = await begin(trial, 1024);
      const fill = filler(size - pathSize(other.path));
      await asks(trial, peer, { before: [update], path: insertPath(other.path, true), after: [fill] }, other);
      await asks(trial, peer, { path: indexed(NEWEST + 1) }, other);
    },
  },

  'one-octet-over-evicts': {
    requirement: 'rfc7541/4.1/i1',
    needs: ['other'],
    title: 'An entry that lacks one octet of room evicts the oldest.',
    async run(trial) {
      const { peer, size, update, other } = await begin(trial, 1024);
      const fill = filler(size - pathSize(other.path) + 1);
      await asks(trial, peer, { before: [update], path: insertPath(other.path), after: [fill] }, other);
      await gone(trial, peer, NEWEST + 1);
    },
  },

  'oldest-evicted-first': {
    requirement: 'rfc7541/4.4/i3',
    needs: ['other'],
    title: 'An insertion evicts as many entries as it needs, the oldest first.',
    async run(trial) {
      const { peer, size, update, small, other } = await begin(trial, 1024);
      // Oldest to newest: three fillers, :path other; the big entry needs the room of exactly the three.
      const fill = [filler(100, 'x-a'), filler(100, 'x-b'), filler(100, 'x-c')];
      const rest = filler(size - 300 - pathSize(other.path), 'x-rest');
      await asks(trial, peer, { before: [update], path: plainPath(small.path), after: fill }, small);
      await asks(trial, peer, { path: insertPath(other.path), after: [rest] }, other);
      await asks(trial, peer, { path: plainPath(small.path), after: [filler(300, 'x-big')] }, small);
      await asks(trial, peer, { path: indexed(NEWEST + 2) }, other);
      await gone(trial, peer, NEWEST + 3);
    },
  },

  'oversized-entry-empties-table': {
    requirement: 'rfc7541/4.4/i1',
    needs: ['other'],
    title: 'An entry larger than the table is emitted and empties the table.',
    async run(trial) {
      const { peer, update, small, other } = await begin(trial, 512);
      await asks(trial, peer, { before: [update], path: insertPath(other.path) }, other);
      await asks(trial, peer, { before: [sizeUpdate(256)], path: indexed(NEWEST) }, other);
      await asks(trial, peer, { path: plainPath(small.path), after: [filler(257)] }, small);
      await gone(trial, peer, NEWEST);
    },
  },

  'name-of-evicted-entry': {
    requirement: 'rfc7541/4.4/i2',
    needs: ['other'],
    title: 'An entry may take its name from the entry that its own insertion evicts.',
    async run(trial) {
      const { peer, update, small, other } = await begin(trial, 512);
      const size = Math.max(pathSize(small.path), pathSize(other.path));
      await asks(trial, peer, { before: [update], path: insertPath(small.path) }, small);
      await asks(trial, peer, { before: [sizeUpdate(size)], path: indexed(NEWEST) }, small);
      await asks(trial, peer, { path: literal(NEWEST, other.path, 'incremental') }, other);
      await asks(trial, peer, { path: indexed(NEWEST) }, other);
    },
  },

  'size-update-zero-then-full': {
    requirement: 'rfc7541/4.2/i1',
    title: 'Two size updates, to 0 and back, empty the table.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const { small } = trial.subject;
      await asks(trial, peer, { before: [update], path: insertPath(small.path) }, small);
      await asks(trial, peer, { before: [sizeUpdate(0), update], path: plainPath(small.path) }, small);
      await gone(trial, peer, NEWEST);
    },
  },

  'size-stays-in-force': {
    requirement: 'rfc7541/4.2/i3',
    needs: ['other'],
    title: 'A size declared once holds for later blocks and streams.',
    async run(trial) {
      const { peer, small, other } = await begin(trial, 512);
      const size = Math.max(pathSize(small.path), pathSize(other.path));
      await asks(trial, peer, { before: [sizeUpdate(size)], path: insertPath(small.path) }, small);
      await asks(trial, peer, { path: insertPath(other.path) }, other);
      await asks(trial, peer, { path: indexed(NEWEST) }, other);
      await gone(trial, peer, NEWEST + 1);
    },
  },

  'shrinking-evicts': {
    requirement: 'rfc7541/4.3/i1',
    needs: ['other'],
    title: 'A size update below what the table holds evicts the oldest entries and keeps the others.',
    async run(trial) {
      const { peer, update, small, other } = await begin(trial, 512);
      await asks(trial, peer, { before: [update], path: insertPath(small.path) }, small);
      await asks(trial, peer, { path: insertPath(other.path) }, other);
      const keepsOne = pathSize(small.path) + pathSize(other.path) - 1;
      await asks(trial, peer, { before: [sizeUpdate(keepsOne)], path: indexed(NEWEST) }, other);
      await gone(trial, peer, NEWEST + 1);
    },
  },

  'refused-block-still-counts': {
    requirement: 'rfc7541/3.2/i1',
    also: ['rfc9113/4.3/2', 'rfc9113/4.3/i1'],
    needs: ['other'],
    title: 'Entries that a malformed request inserted are there for the next request.',
    async run(trial) {
      const { peer, update, small, other } = await begin(trial, 512);
      const bad = {
        before: [update],
        path: plainPath(small.path),
        after: [literal('X-Upper', 'case'), insertPath(other.path)],
      };
      const stream = peer.nextStream();
      peer.violate(headers(stream, block(trial, bad), { endStream: true }));
      await peer.answer(stream);
      if (peer.over) trial.notApplicable('the malformed request was made a connection error, which ends the table too');
      await asks(trial, peer, { path: indexed(NEWEST) }, other);
    },
  },

  'size-update-between-fields': misplaced('between two fields', false),
  'size-update-at-the-end': misplaced('at the end of a block', true),
});
