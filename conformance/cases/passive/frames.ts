/** The frames that a server sends: headers, order, streams (RFC 9113 §3.4, §4, §5.1, §6). */
import { FRAME_TYPE, ping, rstStream, settings, windowUpdate } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { served } from '../../expect.ts';
import { describeEnd } from '../../trial.ts';
import { acknowledged, converse, count, provokeReset, transfer, upload } from './scenarios.ts';

/** What a server may take to close after GOAWAY: more of them may come until then. */
const CLOSE_MS = 1500;

export const frames: Readonly<Record<string, CaseBody>> = {
  'settings-come-first': {
    requirement: 'rfc9113/3.4/3',
    also: ['rfc9113/3.3/2', 'rfc9113/6.5/1'],
    title: 'The first frame of a server is SETTINGS.',
    passive: true,
    handshake: true,
    async run(trial) {
      for (const hasty of [false, true]) {
        const peer = await trial.dial();
        trial.expected = 'SETTINGS as the first frame';
        peer.preface([], ...(hasty ? [peer.request()] : []));
        await peer.until(() => peer.received.length > 0 || peer.foreign !== '' || peer.over, 'the first frame');
        if (peer.received.length === 0) trial.fail(peer.foreign !== '' ? 'no HTTP/2 comes' : describeEnd(peer));
        trial.seen = 'the first frame is SETTINGS';
      }
    },
  },

  'frame-size': {
    requirement: 'rfc9113/4.1/1',
    title: 'No frame is larger than the client allows: 16,384 octets unless it says otherwise.',
    passive: true,
    async run(trial) {
      const peer = await trial.open({ settings: [['INITIAL_WINDOW_SIZE', 2 ** 30]], roomy: true });
      await transfer(trial, peer);
      await peer.change(['MAX_FRAME_SIZE', 32_768]);
      await transfer(trial, peer);
      await served(trial, peer);
    },
  },

  'unused-bits-are-zero': {
    requirement: 'rfc9113/4.1/4',
    also: ['rfc9113/4.1/5'],
    title: 'Undefined flags and the reserved bit of the stream identifier are sent as zero.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'field-blocks-are-whole': {
    requirement: 'rfc9113/4.3/1',
    also: ['rfc9113/8.1/2', 'rfc9113/6.2/3', 'rfc9113/6.10/1', 'rfc9113/6.10/5'],
    title: 'A field block is one run of frames, and CONTINUATION comes nowhere else.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'nothing-behind-end-stream': {
    requirement: 'rfc9113/5.1/i5',
    title: 'After its END_STREAM a server sends neither DATA nor HEADERS on a stream.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await peer.fence();
      await served(trial, peer);
    },
  },

  'nothing-behind-a-reset': {
    requirement: 'rfc9113/5.1/9',
    title: 'After RST_STREAM, its own or one that it has read, a server sends nothing more on the stream.',
    passive: true,
    async run(trial) {
      await provokeReset(trial);
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const stream = peer.ask({ path: (trial.subject.large ?? trial.subject.small).path });
      await peer.fence();
      peer.send(rstStream(stream));
      await peer.fence();
      const { length } = peer.received;
      // Whoever still held the response would send it now, before a later one has come.
      await peer.change(['INITIAL_WINDOW_SIZE', 65_535]);
      await served(trial, peer, { method: 'HEAD' });
      const late = peer.received.slice(length).find(({ frame }) => frame.stream === stream && TALK.has(frame.type));
      if (late !== undefined) trial.fail(`${late.payload.type} on stream ${stream}, which the client has reset`);
    },
  },

  padding: {
    requirement: 'rfc9113/6.1/2',
    also: ['rfc9113/6.2/1', 'rfc9113/6.1/i5'],
    title: 'Padding is zero and fits its frame.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'messages-on-streams': {
    requirement: 'rfc9113/6.1/4',
    also: ['rfc9113/6.2/5', 'rfc9113/6.10/3'],
    title: 'DATA, HEADERS and CONTINUATION are sent on streams.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'rst-stream': {
    requirement: 'rfc9113/6.4/3',
    also: ['rfc9113/6.4/5', 'rfc9113/6.4/i1'],
    title: 'RST_STREAM has 4 octets and is sent on streams that are not idle.',
    passive: true,
    async run(trial) {
      await provokeReset(trial);
      const peer = await trial.open();
      await upload(trial, peer);
      trial.seen = 'every RST_STREAM is sound';
    },
  },

  'settings-frames': {
    requirement: 'rfc9113/6.5/i1',
    also: ['rfc9113/6.5/4', 'rfc9113/6.5/6'],
    title: 'SETTINGS are sent on stream 0 and hold whole settings, acknowledgements none.',
    passive: true,
    handshake: true,
    async run(trial) {
      const peer = await trial.dial();
      peer.preface();
      await peer.until(() => peer.over || count(peer, FRAME_TYPE.SETTINGS) >= 2, 'SETTINGS and an acknowledgement');
      if (!peer.over) await acknowledged(peer, 'SETTINGS', settings([['HEADER_TABLE_SIZE', 4096]]));
      trial.seen = 'every SETTINGS frame is sound';
    },
  },

  'connect-protocol-setting': {
    requirement: 'rfc8441/3/1',
    also: ['rfc8441/3/3'],
    title: 'ENABLE_CONNECT_PROTOCOL is 0 or 1, and never 0 after it was 1.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'priority-setting': {
    requirement: 'rfc9218/2.1/1',
    also: ['rfc9218/2.1/3', 'rfc9218/2.1/4'],
    title: 'NO_RFC7540_PRIORITIES is 0 or 1, in the first SETTINGS or in none, and never changes.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'no-priority-update': {
    requirement: 'rfc9218/7.1/10',
    title: 'A server sends no PRIORITY_UPDATE.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await converse(trial, peer);
      await served(trial, peer);
    },
  },

  'settings-values': {
    requirement: 'rfc9113/6.5.2/11',
    also: ['rfc9113/6.5.2/4', 'rfc9113/6.5.2/6', 'rfc9113/6.5.2/i3'],
    title: 'MAX_FRAME_SIZE and INITIAL_WINDOW_SIZE of a server are in range, and it never sends ENABLE_PUSH=1.',
    passive: true,
    handshake: true,
    async run(trial) {
      const peer = await trial.dial();
      peer.preface();
      await peer.until(() => peer.over || count(peer, FRAME_TYPE.SETTINGS) >= 1, 'SETTINGS');
      trial.seen = 'every value is in range';
    },
  },

  ping: {
    requirement: 'rfc9113/6.7/1',
    also: ['rfc9113/6.7/i1'],
    title: 'PING has 8 octets on stream 0, and each acknowledgement answers one PING of the client.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      for (const octet of [1, 2, 3]) await acknowledged(peer, 'PING', ping(new Uint8Array(8).fill(octet)));
      await served(trial, peer);
    },
  },

  goaway: {
    requirement: 'rfc9113/6.8/i3',
    also: ['rfc9113/6.8/6'],
    title: 'GOAWAY is sound, names a stream not below one that was answered, and never a higher one than before.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      await served(trial, peer);
      await peer.fence(windowUpdate(0, 0));
      await trial.idle(peer.within(CLOSE_MS, () => peer.end !== null, 'the close'));
      trial.seen = 'every GOAWAY is sound';
    },
  },

  'window-update': {
    requirement: 'rfc9113/6.9/i3',
    title:
      'WINDOW_UPDATE has an increment, is for a stream in use or the connection, and lifts no window above 2^31-1.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      for (let uploads = 0; uploads < 3; uploads += 1) await upload(trial, peer);
      await served(trial, peer);
    },
  },
};

const TALK = new Set<number>([
  FRAME_TYPE.DATA,
  FRAME_TYPE.HEADERS,
  FRAME_TYPE.CONTINUATION,
  FRAME_TYPE.PUSH_PROMISE,
  FRAME_TYPE.WINDOW_UPDATE,
]);
