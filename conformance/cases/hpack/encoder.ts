/** The server's own encoder obeys SETTINGS_HEADER_TABLE_SIZE (RFC 7541 §4.2, RFC 9113 §4.3.1). */
import { type Instruction, parseBlock, STATIC_LENGTH, settings } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';

/** Instructions of the subject's field blocks from the given one on. */
function blocksSince(peer: Peer, first: number): readonly (readonly Instruction[])[] {
  return peer.blocks.slice(first).map(block => parseBlock(block).instructions);
}

const inserts = (block: readonly Instruction[]): boolean =>
  block.some(instruction => instruction.kind === 'literal' && instruction.indexing === 'incremental');

/** The size updates that open a block. */
function openingUpdates(block: readonly Instruction[]): number[] {
  const sizes: number[] = [];
  for (const instruction of block) {
    if (instruction.kind !== 'size') break;
    sizes.push(instruction.size);
  }
  return sizes;
}

/** The largest index that a block uses, as field or as name; 0 for none. */
function largestIndex(block: readonly Instruction[]): number {
  return Math.max(
    0,
    ...block.map(instruction =>
      instruction.kind === 'indexed' ? instruction.index : instruction.kind === 'literal' ? instruction.nameIndex : 0,
    ),
  );
}

/** Two equal requests give an encoder what it can put into its table. */
async function primed(trial: Trial, peer: Peer): Promise<boolean> {
  await served(trial, peer);
  await served(trial, peer);
  return blocksSince(peer, 0).some(inserts);
}

/** The size that the encoder has set itself before a block; undefined where it has said nothing. */
const ownSize = (peer: Peer, before: number): number | undefined =>
  blocksSince(peer, 0).slice(0, before).flatMap(openingUpdates).at(-1);

/** Grades the first block after the limit fell to 0: it opens with an update to 0, where that was not the size before. */
function judgeUpdate(trial: Trial, peer: Peer, first: number, inserted: boolean): void {
  const [block = []] = blocksSince(peer, first);
  const [smallest] = openingUpdates(block);
  if (smallest === 0 || ownSize(peer, first) === 0) return;
  const seen =
    smallest === undefined
      ? 'the block opens with no size update'
      : `the block opens with a size update to ${smallest}`;
  if (inserted) trial.fail(`${seen}, although entries had been inserted`);
  trial.weak(`${seen}; no entry had been inserted`);
}

/** With a table of no octets no block refers to it. */
function judgeReferences(trial: Trial, peer: Peer, first: number): void {
  const highest = Math.max(...blocksSince(peer, first).map(largestIndex));
  if (highest > STATIC_LENGTH) trial.fail(`a block refers to index ${highest} of a table that has no room`);
}

export default chapter('hpack', {
  'encoder-signals-smaller-table': {
    requirement: 'rfc9113/4.3.1/1',
    also: ['rfc7541/4.2/2', 'rfc7541/4.2/1', 'rfc9113/6.5.2/i1'],
    title:
      'Once a HEADER_TABLE_SIZE of 0 is acknowledged, the next block opens with a size update to 0 and refers to no entry.',
    async run(trial) {
      const peer = await trial.open();
      const inserted = await primed(trial, peer);
      await peer.change(['HEADER_TABLE_SIZE', 0]);
      const first = peer.blocks.length;
      await served(trial, peer);
      trial.expected = 'a size update to 0 at the start of the next block, and no index above 61';
      judgeReferences(trial, peer, first);
      judgeUpdate(trial, peer, first, inserted);
    },
  },

  'encoder-keeps-to-the-limit': {
    requirement: 'rfc9113/6.5.2/i1',
    also: ['rfc7541/4.2/1', 'rfc7541/2/i1', 'rfc7541/6.3/1'],
    title: 'With a HEADER_TABLE_SIZE of 0 no block of the server refers to its dynamic table.',
    async run(trial) {
      const peer = await trial.open({ settings: [['HEADER_TABLE_SIZE', 0]] });
      const first = peer.blocks.length;
      for (let request = 0; request < 3; request += 1) await served(trial, peer);
      trial.expected = 'no index above 61 in any block';
      judgeReferences(trial, peer, first);
    },
  },

  'encoder-signals-smallest-table': {
    requirement: 'rfc7541/4.2/3',
    title: 'Where the limit fell to 0 and rose again, the next block opens with the smallest size.',
    async run(trial) {
      const peer = await trial.open();
      const inserted = await primed(trial, peer);
      const acks = peer.settingsAcks;
      peer.send(settings([['HEADER_TABLE_SIZE', 0]]), settings([['HEADER_TABLE_SIZE', 4096]]));
      await peer.until(() => peer.over || peer.settingsAcks === acks + 2, 'two acknowledgements of SETTINGS');
      const first = peer.blocks.length;
      await served(trial, peer);
      trial.expected = 'a size update to 0 at the start of the next block, and no reference to an older entry';
      judgeUpdate(trial, peer, first, inserted);
    },
  },
});
