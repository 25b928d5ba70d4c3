/** Frames above SETTINGS_MAX_FRAME_SIZE, by their types (RFC 9113 §4.2). */
import {
  concat,
  continuation,
  data,
  type Frame,
  goaway,
  headers,
  literal,
  plainBlock,
  settings,
} from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { type Codes, connectionError, streamError } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';
import { hold } from '../messages/upload.ts';

/** Larger frames are not sent. */
const SENDABLE = 2 ** 20;

/** Octets of one setting. */
const SETTING_OCTETS = 6;

/** What the server takes; not applicable where that is more than is sent. */
function limitOf(trial: Trial, peer: Peer): number {
  const limit = peer.ledger.setting('theirs', 'MAX_FRAME_SIZE');
  if (limit > SENDABLE) trial.notApplicable(`the server takes frames of ${limit} octets`);
  return limit;
}

/** A sound request of exactly so many octets or a few more, by a field that fills it. */
function requestOf(peer: Peer, octets: number): Uint8Array {
  const sound = plainBlock(peer.fieldsOf());
  return concat([sound, literal('x-fill', 'f'.repeat(Math.max(0, octets - sound.length)))]);
}

const oversized = (what: string, codes: Codes, frames: (peer: Peer, limit: number) => readonly Frame[]): CaseBody => ({
  requirement: 'rfc9113/4.2/3',
  also: ['rfc9113/4.2/2'],
  title: `${what} above SETTINGS_MAX_FRAME_SIZE is a connection error.`,
  async run(trial) {
    const peer = await trial.open();
    await connectionError(trial, peer, codes, ...frames(peer, limitOf(trial, peer)));
  },
});

export default chapter('framing', {
  'oversized-headers': oversized('HEADERS', 'FRAME_SIZE_ERROR', (peer, limit) => [
    headers(peer.nextStream(), requestOf(peer, limit + 1), { endStream: true }),
  ]),

  'oversized-continuation': oversized('CONTINUATION', 'FRAME_SIZE_ERROR', (peer, limit) => {
    const stream = peer.nextStream();
    const first = headers(stream, plainBlock(peer.fieldsOf()), { endStream: true, endHeaders: false });
    return [first, continuation(stream, literal('x-fill', 'f'.repeat(limit)))];
  }),

  'oversized-settings': oversized('SETTINGS', 'FRAME_SIZE_ERROR', (_, limit) => {
    const entries = Array.from(
      { length: Math.floor(limit / SETTING_OCTETS) + 1 },
      () => ['MAX_FRAME_SIZE', 16_384] as const,
    );
    return [settings(entries)];
  }),

  'oversized-goaway': oversized('GOAWAY', 'FRAME_SIZE_ERROR', (_, limit) => [goaway(0, 'NO_ERROR', 'd'.repeat(limit))]),

  'oversized-data': {
    requirement: 'rfc9113/4.2/2',
    needs: ['upload'],
    title: 'DATA above SETTINGS_MAX_FRAME_SIZE is a stream error.',
    async run(trial) {
      const peer = await trial.open();
      const limit = limitOf(trial, peer);
      const stream = await hold(trial, peer);
      const large = data(stream, new Uint8Array(limit + 1), { endStream: true });
      await streamError(trial, peer, stream, ['FRAME_SIZE_ERROR', 'FLOW_CONTROL_ERROR'], large);
    },
  },
});
