/** Cases on PRIORITY_UPDATE and the setting of RFC 9218 (§2.1, §7, §7.1). */
import { FRAME_TYPE, type Frame, frame, priorityUpdate, rstStream, settings } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionEnd, connectionError, ignored, served, tolerated } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';

/** Streams that a limit must not exceed for the case to reach it. */
const REACHABLE = 1000;
const MANY = 1000;

/** Values that are no dictionary; the empty one is. */
const UNREADABLE = ['???', 'u=', 'U=1', 'u=1,', '\x80'];

const ofLength = (octets: number): Frame => frame(FRAME_TYPE.PRIORITY_UPDATE, 0, 0, new Uint8Array(octets));

/** Both the error and silence are right: what follows silence is served. */
async function refusedOrIgnored(trial: Trial, peer: Peer, ...stimulus: readonly Frame[]): Promise<void> {
  trial.expected = 'no error, or connection error PROTOCOL_ERROR';
  if ((await peer.fence(...stimulus)) === 'over') await connectionEnd(trial, peer, 'PROTOCOL_ERROR');
  else await served(trial, peer);
}

export default chapter('priority-update', {
  'setting-above-one': {
    requirement: 'rfc9218/2.1/2',
    claims: ['priority-urgency'],
    title: 'A value of SETTINGS_NO_RFC7540_PRIORITIES above 1 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const wrong = settings([['NO_RFC7540_PRIORITIES', 2]]);
      const announced = peer.ledger.setting('theirs', 'NO_RFC7540_PRIORITIES') === 1;
      if (announced) return connectionError(trial, peer, 'PROTOCOL_ERROR', wrong);
      trial.expected = 'connection error PROTOCOL_ERROR';
      peer.violate(wrong);
      if ((await peer.fence()) === 'quiet') trial.weak('the value 2 is ignored');
      else await connectionEnd(trial, peer, 'PROTOCOL_ERROR');
    },
  },

  'setting-changes': {
    requirement: 'rfc9218/2.1/5',
    title: 'SETTINGS_NO_RFC7540_PRIORITIES that changes behind the first SETTINGS is ignored, or a connection error.',
    async run(trial) {
      const peer = await trial.open({ settings: [['NO_RFC7540_PRIORITIES', 1]] });
      await refusedOrIgnored(trial, peer, settings([['NO_RFC7540_PRIORITIES', 0]]));
    },
  },

  'unreadable-value': {
    requirement: 'rfc9218/7/1',
    title: 'A PRIORITY_UPDATE whose value is no dictionary is ignored, or a connection error.',
    async run(trial) {
      for (const value of UNREADABLE) {
        const peer = await trial.open();
        await refusedOrIgnored(trial, peer, priorityUpdate(peer.nextStream() + 2, value));
      }
    },
  },

  'before-its-stream': {
    requirement: 'rfc9218/7/2',
    title: 'A PRIORITY_UPDATE may come before its stream is opened, and takes no stream away.',
    async run(trial) {
      const peer = await trial.open();
      const streams = [peer.nextStream(), peer.nextStream(), peer.nextStream()];
      await tolerated(trial, peer, priorityUpdate(streams[2] as number, 'u=1'));
      for (const stream of streams) {
        peer.send(peer.request({ method: 'HEAD' }, stream));
        await answered(trial, peer, stream);
      }
    },
  },

  'empty-value': {
    requirement: 'rfc9218/7/i2',
    title: 'An empty value of PRIORITY_UPDATE is legal, for an idle stream and for an open one.',
    needs: ['upload'],
    async run(trial) {
      const peer = await trial.open();
      const open = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      await ignored(trial, peer, priorityUpdate(open, ''), priorityUpdate(open + 4, ''));
    },
  },

  'many-for-one-stream': {
    requirement: 'rfc9218/7/i3',
    title: `As many as ${MANY} PRIORITY_UPDATEs for one stream are taken.`,
    async run(trial) {
      const peer = await trial.open();
      const next = peer.nextStream() + 2;
      const updates = Array.from({ length: MANY }, (_, at) => priorityUpdate(next, `u=${at % 8}`));
      await ignored(trial, peer, ...updates);
    },
  },

  'on-another-stream': {
    requirement: 'rfc9218/7.1/2',
    claims: ['priority-urgency'],
    title: 'A PRIORITY_UPDATE on another stream than 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const stream = peer.nextStream();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', { ...priorityUpdate(stream, 'u=1'), stream });
    },
  },

  'for-more-streams-than-allowed': {
    requirement: 'rfc9218/7.1/5',
    claims: ['priority-urgency'],
    title: 'PRIORITY_UPDATE for more idle streams than may be opened is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const most = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
      if (most > REACHABLE) trial.notApplicable(`the subject allows ${most} streams`);
      const first = peer.nextStream() + 2;
      const updates = Array.from({ length: most + 1 }, (_, at) => priorityUpdate(first + 2 * at, 'u=1'));
      await tolerated(trial, peer, ...updates.slice(0, -1), ...updates.slice(0, -1));
      await connectionError(trial, peer, 'PROTOCOL_ERROR', updates.at(-1) as Frame);
    },
  },

  'for-a-stream-never-promised': {
    requirement: 'rfc9218/7.1/8',
    claims: ['priority-urgency'],
    title: 'A PRIORITY_UPDATE for a pushed stream that was never promised is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', priorityUpdate(peer.unpromised(), 'u=1'));
    },
  },

  'for-stream-zero': {
    requirement: 'rfc9218/7.1/9',
    claims: ['priority-urgency'],
    title: 'A PRIORITY_UPDATE for stream 0 is a connection error, with the reserved bit as well.',
    async run(trial) {
      for (const prioritized of [0, 0x8000_0000]) {
        const peer = await trial.open();
        await connectionError(trial, peer, 'PROTOCOL_ERROR', priorityUpdate(prioritized, 'u=1'));
      }
    },
  },

  'too-short': {
    requirement: 'rfc9218/7.1/i1',
    claims: ['priority-urgency'],
    title: 'A PRIORITY_UPDATE of fewer than 4 octets is a connection error FRAME_SIZE_ERROR.',
    async run(trial) {
      for (const octets of [0, 3]) {
        const peer = await trial.open();
        await connectionError(trial, peer, 'FRAME_SIZE_ERROR', ofLength(octets));
      }
    },
  },

  'for-finished-streams': {
    requirement: 'rfc9218/7.1/i3',
    needs: ['upload'],
    title: 'A PRIORITY_UPDATE for a stream that is answered, reset or passed over is no error.',
    async run(trial) {
      const peer = await trial.open();
      const reset = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      peer.send(rstStream(reset, 'CANCEL'));
      const skipped = peer.nextStream();
      await served(trial, peer);
      await ignored(trial, peer, ...[1, reset, skipped].map(stream => priorityUpdate(stream, 'u=1')));
    },
  },
});
