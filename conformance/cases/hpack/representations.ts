/** Indexed fields, literals and size updates (RFC 7541 §6), and the index address space (§2.3.3). */
import { indexed, literal, sizeUpdate } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { answered, connectionError } from '../../expect.ts';
import type { Trial } from '../../trial.ts';
import { insertPath, NEWEST, PATH, plainPath, request, usable } from './blocks.ts';

/** A literal of that form is emitted, and the newest entry is afterwards what it was before. */
async function leavesTheTable(trial: Trial, indexing: 'without' | 'never'): Promise<void> {
  const peer = await trial.open();
  const { update } = usable(trial, peer, 512);
  const { small } = trial.subject;
  const other = trial.resource('other');
  for (const [parts, resource] of [
    [{ before: [update], path: insertPath(other.path) }, other],
    [{ path: literal(PATH, small.path, indexing) }, small],
    [{ path: indexed(NEWEST) }, other],
  ] as const) {
    const frame = request(trial, peer, parts);
    peer.send(frame);
    await answered(trial, peer, frame.stream, resource);
  }
}

/** A literal of that form whose name is in neither table. */
function namePastTables(form: string, indexing: 'incremental' | 'never'): CaseBody {
  return {
    requirement: 'rfc7541/2.3.3/1',
    title: `A name index past both tables in a literal ${form} is a decoding error.`,
    async run(trial) {
      const peer = await trial.open();
      const after = [literal(NEWEST, 'value', indexing)];
      const frame = request(trial, peer, { path: plainPath(trial.subject.small.path), after });
      await connectionError(trial, peer, 'COMPRESSION_ERROR', frame);
    },
  };
}

export default chapter('hpack', {
  'index-zero': {
    requirement: 'rfc7541/6.1/1',
    title: 'Index 0 is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const path = plainPath(trial.subject.small.path);
      await connectionError(
        trial,
        peer,
        'COMPRESSION_ERROR',
        request(trial, peer, { path, after: [Uint8Array.of(0x80)] }),
      );
    },
  },

  'index-past-empty-table': {
    requirement: 'rfc7541/2.3.3/1',
    title: 'An index past the static table is a decoding error while the dynamic table is empty.',
    async run(trial) {
      const peer = await trial.open();
      const path = plainPath(trial.subject.small.path);
      await connectionError(trial, peer, 'COMPRESSION_ERROR', request(trial, peer, { path, after: [indexed(NEWEST)] }));
    },
  },

  'index-past-filled-table': {
    requirement: 'rfc7541/2.3.3/1',
    title: 'The index behind the oldest entry is a decoding error; that of the oldest entry is not.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const { path } = trial.subject.small;
      const fill = [literal('x-a', '1', 'incremental'), literal('x-b', '2', 'incremental')];
      const filled = request(trial, peer, { before: [update], path: plainPath(path), after: fill });
      peer.send(filled);
      await answered(trial, peer, filled.stream);
      const oldest = request(trial, peer, { path: plainPath(path), after: [indexed(NEWEST + 1)] });
      peer.send(oldest);
      await answered(trial, peer, oldest.stream);
      const past = request(trial, peer, { path: plainPath(path), after: [indexed(NEWEST + 2)] });
      await connectionError(trial, peer, 'COMPRESSION_ERROR', past);
    },
  },

  'name-index-past-tables': {
    requirement: 'rfc7541/2.3.3/1',
    title: 'A name index past both tables is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const after = [literal(NEWEST, 'value', 'without')];
      const frame = request(trial, peer, { path: plainPath(trial.subject.small.path), after });
      await connectionError(trial, peer, 'COMPRESSION_ERROR', frame);
    },
  },

  'name-index-past-tables-with-indexing': namePastTables('with incremental indexing', 'incremental'),
  'name-index-past-tables-never-indexed': namePastTables('that is never indexed', 'never'),

  'literal-with-indexing': {
    requirement: 'rfc7541/6.2.1/i1',
    also: ['rfc7541/6.1/i1'],
    needs: ['other'],
    title: 'A literal with incremental indexing is emitted and inserted.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const other = trial.resource('other');
      const inserting = request(trial, peer, { before: [update], path: insertPath(other.path, true) });
      peer.send(inserting);
      await answered(trial, peer, inserting.stream, other);
      const referring = request(trial, peer, { path: indexed(NEWEST) });
      peer.send(referring);
      await answered(trial, peer, referring.stream, other);
    },
  },

  'literal-without-indexing': {
    requirement: 'rfc7541/6.2.2/i1',
    needs: ['other'],
    title: 'A literal without indexing is emitted and not inserted.',
    run: trial => leavesTheTable(trial, 'without'),
  },

  'literal-never-indexed': {
    requirement: 'rfc7541/6.2.3/i1',
    needs: ['other'],
    title: 'A never-indexed literal is emitted and not inserted.',
    run: trial => leavesTheTable(trial, 'never'),
  },

  'size-update-above-limit': {
    requirement: 'rfc7541/6.3/2',
    title: 'A size update above SETTINGS_HEADER_TABLE_SIZE is a decoding error.',
    async run(trial) {
      const peer = await trial.open();
      const limit = peer.ledger.setting('theirs', 'HEADER_TABLE_SIZE');
      if (limit === 0xffff_ffff) trial.notApplicable('the server allows every size: HEADER_TABLE_SIZE is 2^32-1');
      const path = plainPath(trial.subject.small.path);
      await connectionError(
        trial,
        peer,
        'COMPRESSION_ERROR',
        request(trial, peer, { before: [sizeUpdate(limit + 1)], path }),
      );
    },
  },

  'size-updates-at-start': {
    requirement: 'rfc7541/6.3/i1',
    title: 'One or two size updates within the limit at the start of a block are accepted.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 0);
      const path = plainPath(trial.subject.small.path);
      for (const before of [[update], [update, update], [sizeUpdate(0), update]]) {
        const frame = request(trial, peer, { before, path });
        peer.send(frame);
        await answered(trial, peer, frame.stream);
      }
    },
  },
});
