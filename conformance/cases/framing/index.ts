/** Cases on frames (RFC 9113 §4.1 and §4.2). */
import {
  continuation,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  headers,
  latin1,
  ping,
  plainBlock,
  priority,
  settings,
  windowUpdate,
} from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError, ignored, served, tolerated } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';
import { extensionFrame, extensionFrames } from '../extensions/frames.ts';

/** Largest MAX_FRAME_SIZE of a server for which the kit still sends a frame above it. */
const SENDABLE = 1_048_576;

const PING = ping(latin1('framing?'));

/** A GET of the small resource in two frames: its HEADERS, and a CONTINUATION that ends its block. */
function twoFrames(peer: Peer, stream: number): readonly [Frame, Frame] {
  const block = plainBlock(peer.fieldsOf());
  return [
    headers(stream, block.subarray(0, 9), { endStream: true, endHeaders: false }),
    continuation(stream, block.subarray(9)),
  ];
}

/** Each of the PINGs has its acknowledgement, now that a fence has been passed. */
function acknowledged(trial: Trial, peer: Peer, ...pings: readonly Frame[]): void {
  const count = pings.filter(({ payload }) => peer.pingAcks.includes(payload.toString())).length;
  if (count < pings.length) trial.fail(`${count} of ${pings.length} PINGs are acknowledged`);
}

export default chapter('framing', {
  'unknown-type-on-idle-stream': {
    requirement: 'rfc9113/4.1/2',
    also: ['rfc9113/5.5/2'],
    title: 'Frames of unknown types on an idle stream are dropped, and the stream can still be opened.',
    async run(trial) {
      const peer = await trial.open();
      const get = peer.request();
      await tolerated(trial, peer, ...extensionFrames(peer, get.stream));
      peer.send(get);
      await answered(trial, peer, get.stream);
    },
  },

  'unknown-type-on-closed-stream': {
    requirement: 'rfc9113/4.1/2',
    also: ['rfc9113/5.5/2'],
    title: 'Frames of unknown types on a closed stream are dropped.',
    async run(trial) {
      const peer = await trial.open();
      await ignored(trial, peer, ...extensionFrames(peer, 1));
    },
  },

  'undefined-flags-on-request': {
    requirement: 'rfc9113/4.1/3',
    also: ['rfc9113/5.5/1'],
    title: 'Flags that HEADERS and CONTINUATION do not define are ignored.',
    async run(trial) {
      const peer = await trial.open();
      const stream = peer.nextStream();
      const [head, rest] = twoFrames(peer, stream);
      await tolerated(trial, peer, { ...head, flags: head.flags | 0xd2 }, { ...rest, flags: rest.flags | 0xfb });
      await answered(trial, peer, stream);
    },
  },

  'undefined-flags-on-connection-frames': {
    requirement: 'rfc9113/4.1/3',
    also: ['rfc9113/5.5/1'],
    title: 'Flags that PING and SETTINGS do not define are ignored: both are acknowledged.',
    async run(trial) {
      const peer = await trial.open();
      const acks = peer.settingsAcks;
      await tolerated(trial, peer, { ...settings(), flags: 0xfe }, { ...PING, flags: 0xfe });
      acknowledged(trial, peer, PING);
      await peer.until(() => peer.settingsAcks > acks || peer.over, 'the acknowledgement of SETTINGS');
      await served(trial, peer);
    },
  },

  'reserved-bit': {
    requirement: 'rfc9113/4.1/6',
    title: 'The reserved bit of a frame header is ignored, on streams and on the connection.',
    async run(trial) {
      const peer = await trial.open();
      const acks = peer.settingsAcks;
      const stream = peer.nextStream();
      const frames = [...twoFrames(peer, stream), settings(), PING, windowUpdate(0, 1000)];
      await tolerated(trial, peer, ...frames.map(sound => ({ ...sound, reserved: true })));
      acknowledged(trial, peer, PING);
      await answered(trial, peer, stream);
      await peer.until(() => peer.settingsAcks > acks || peer.over, 'the acknowledgement of SETTINGS');
      await served(trial, peer);
    },
  },

  'octet-by-octet': {
    requirement: 'rfc9113/4.1/i1',
    title: 'Frames that come one octet at a time are read as if they came whole.',
    async run(trial) {
      const peer = await trial.open();
      const get = peer.request();
      await peer.sendCut([get, PING], new Array(get.payload.length + 25).fill(1));
      await peer.fence();
      acknowledged(trial, peer, PING);
      await answered(trial, peer, get.stream);
    },
  },

  'many-frames-in-one-write': {
    requirement: 'rfc9113/4.1/i1',
    title: 'Many frames that come at once are all read.',
    async run(trial) {
      const peer = await trial.open();
      const get = peer.request();
      const pings = ['frames 1', 'frames 2', 'frames 3', 'frames 4', 'frames 5'].map(text => ping(latin1(text)));
      const credit = [1, 2, 3, 4].map(increment => windowUpdate(0, 1000 * increment));
      peer.send(get, settings(), ...credit, priority(get.stream, { dependency: 0, weight: 16 }), ...pings);
      await answered(trial, peer, get.stream);
      await peer.fence();
      acknowledged(trial, peer, ...pings);
    },
  },

  'largest-frame-of-unknown-type': {
    requirement: 'rfc9113/4.2/1',
    title: 'A frame of 16,384 octets is taken, whatever its type.',
    async run(trial) {
      const peer = await trial.open();
      await ignored(trial, peer, extensionFrame(peer, 0, 16_384));
    },
  },

  'oversized-frame-of-unknown-type': {
    requirement: 'rfc9113/4.2/2',
    also: ['rfc9113/4.2/3'],
    title: 'A frame above SETTINGS_MAX_FRAME_SIZE is a connection error on stream 0, also where its type is unknown.',
    async run(trial) {
      const peer = await trial.open();
      const limit = peer.ledger.setting('theirs', 'MAX_FRAME_SIZE');
      if (limit > SENDABLE) trial.notApplicable(`the server takes frames of ${limit} octets`);
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', extensionFrame(peer, 0, limit + 1));
    },
  },

  'headers-without-pad-length': {
    requirement: 'rfc9113/4.2/2',
    also: ['rfc9113/4.2/3'],
    title: 'HEADERS with PADDED and no octet for Pad Length is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const flags = FLAG.PADDED | FLAG.END_HEADERS | FLAG.END_STREAM;
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', frame(FRAME_TYPE.HEADERS, flags, peer.nextStream()));
    },
  },
});
