/** Cases on SETTINGS (RFC 9113 §6.5). */
import {
  concat,
  DEFAULT_WINDOW,
  FLAG,
  FRAME_TYPE,
  frame,
  MAX_MAX_FRAME_SIZE,
  MAX_WINDOW,
  type SettingEntry,
  settings,
  windowUpdate,
} from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError, served, tolerated } from '../../expect.ts';
import { describeEnd } from '../../trial.ts';

const MAX_VALUE = 0xffff_ffff;

/** What is brief for a client that wants to ask something. */
const BRIEF_MS = 2000;

const LARGEST: readonly SettingEntry[] = [
  ['HEADER_TABLE_SIZE', MAX_VALUE],
  ['ENABLE_PUSH', 1],
  ['MAX_CONCURRENT_STREAMS', MAX_VALUE],
  ['INITIAL_WINDOW_SIZE', MAX_WINDOW],
  ['MAX_FRAME_SIZE', MAX_MAX_FRAME_SIZE],
  ['MAX_HEADER_LIST_SIZE', MAX_VALUE],
];

export default chapter('settings', {
  'ack-with-payload': {
    requirement: 'rfc9113/6.5/5',
    title: 'A SETTINGS acknowledgement with a payload is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const setting = settings([['ENABLE_PUSH', 0]]).payload;
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 0, setting));
    },
  },

  'each-acknowledged-once': {
    requirement: 'rfc9113/6.5.3/4',
    title: 'Each SETTINGS frame is acknowledged once.',
    async run(trial) {
      const peer = await trial.open();
      const before = peer.settingsAcks;
      trial.expected = 'five SETTINGS acknowledgements for five SETTINGS';
      peer.send(...Array.from({ length: 5 }, () => settings()));
      await peer.fence();
      await trial.idle(peer.within(peer.limit, () => peer.settingsAcks >= before + 5 || peer.over, 'acknowledgements'));
      await served(trial, peer);
      if (peer.settingsAcks !== before + 5)
        trial.fail(`${peer.settingsAcks - before} acknowledgements of five SETTINGS`);
    },
  },

  'any-time': {
    requirement: 'rfc9113/6.5/2',
    title: 'SETTINGS may come at any time: while a response is under way they draw no error, and it is completed.',
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const stream = peer.ask();
      const same = settings([['INITIAL_WINDOW_SIZE', 0]]);
      await tolerated(trial, peer, settings(), same, settings(), same);
      // More than the content: an END_STREAM that comes on its own need not be sent without room (RFC 9113 §6.9.1).
      peer.send(windowUpdate(stream, trial.subject.small.size + DEFAULT_WINDOW));
      await answered(trial, peer, stream);
    },
  },

  'length-not-of-whole-settings': {
    requirement: 'rfc9113/6.5/9',
    also: ['rfc9113/6.5/8', 'rfc9113/4.2/3'],
    title: 'SETTINGS whose length is no multiple of 6 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const { payload } = settings([['ENABLE_PUSH', 0]]);
      const broken = frame(FRAME_TYPE.SETTINGS, 0, 0, concat([payload, Uint8Array.of(0)]));
      await connectionError(trial, peer, ['FRAME_SIZE_ERROR', 'PROTOCOL_ERROR'], broken);
    },
  },

  'enable-push-of-2': {
    requirement: 'rfc9113/6.5.2/3',
    also: ['rfc9113/6.5/8'],
    title: 'ENABLE_PUSH other than 0 and 1 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', settings([['ENABLE_PUSH', 2]]));
    },
  },

  'window-above-maximum': {
    requirement: 'rfc9113/6.5.2/10',
    also: ['rfc9113/6.5/8'],
    title: 'INITIAL_WINDOW_SIZE above 2^31-1 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'FLOW_CONTROL_ERROR', settings([['INITIAL_WINDOW_SIZE', MAX_WINDOW + 1]]));
    },
  },

  'frame-size-below-minimum': {
    requirement: 'rfc9113/6.5.2/12',
    also: ['rfc9113/6.5/8'],
    title: 'MAX_FRAME_SIZE below 16,384 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', settings([['MAX_FRAME_SIZE', 16_383]]));
    },
  },

  'frame-size-above-maximum': {
    requirement: 'rfc9113/6.5.2/12',
    also: ['rfc9113/6.5/8'],
    title: 'MAX_FRAME_SIZE above 2^24-1 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', settings([['MAX_FRAME_SIZE', MAX_MAX_FRAME_SIZE + 1]]));
    },
  },

  'largest-values': {
    requirement: 'rfc9113/6.5.2/i2',
    title: 'The largest legal value of each setting is acknowledged, and the connection goes on serving.',
    async run(trial) {
      const peer = await trial.open();
      for (const setting of LARGEST) {
        await peer.change(setting);
        await served(trial, peer);
      }
    },
  },

  'unknown-ids': {
    requirement: 'rfc9113/6.5.2/14',
    also: ['rfc9113/6.5.3/3', 'rfc9113/5.5/1', 'rfc9113/6.9.1/1'],
    title: 'Unknown settings are ignored, and known ones beside them are not.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change([0x0, 0], [0x4321, MAX_VALUE], ['INITIAL_WINDOW_SIZE', 1000], [0xfffe, MAX_VALUE], [0xffff, 0]);
      if (peer.over) trial.fail(describeEnd(peer));
      const record = peer.stream(peer.ask({ path: trial.resource('large').path }));
      await peer.until(() => record.octets > 0 || record.over || peer.over, 'the first octets of the response');
      await peer.fence();
      if (record.receiveWindow < 0)
        trial.fail(`${1000 - record.receiveWindow} octets of DATA where the window is 1000`);
      peer.send(windowUpdate(record.id, MAX_WINDOW - 1000), windowUpdate(0, trial.resource('large').size));
      await answered(trial, peer, record.id, trial.resource('large'));
    },
  },

  'on-idle-stream': {
    requirement: 'rfc9113/6.5/7',
    title: 'SETTINGS on an idle stream is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', { ...settings(), stream: peer.nextStream() });
    },
  },

  'on-open-stream': {
    requirement: 'rfc9113/6.5/7',
    needs: ['upload'],
    title: 'SETTINGS on a stream is a connection error, also where the stream is open.',
    async run(trial) {
      const peer = await trial.open();
      const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      await connectionError(trial, peer, 'PROTOCOL_ERROR', { ...settings([['ENABLE_PUSH', 0]]), stream });
    },
  },

  'ack-on-stream': {
    requirement: 'rfc9113/6.5/7',
    title: 'An acknowledgement of SETTINGS on a stream is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 1));
    },
  },

  'no-streams-for-the-server': {
    requirement: 'rfc9113/6.5.2/8',
    title: 'SETTINGS_MAX_CONCURRENT_STREAMS 0 from a client forbids pushes and nothing else: its requests are served.',
    async run(trial) {
      const peer = await trial.open({ settings: [['MAX_CONCURRENT_STREAMS', 0]] });
      trial.expected = 'requests are served, and no stream of the server is opened';
      await served(trial, peer);
      const pushed = peer.received.find(({ frame, payload }) => payload.type === 'HEADERS' && frame.stream % 2 === 0);
      if (pushed !== undefined) trial.fail(`HEADERS on stream ${pushed.frame.stream}, which the limit does not allow`);
    },
  },

  'no-streams-only-briefly': {
    requirement: 'rfc9113/6.5.2/9',
    handshake: true,
    title: 'A server that allows no streams does so for a short time only.',
    async run(trial) {
      trial.expected = 'a MAX_CONCURRENT_STREAMS of more than 0, soon if not at first';
      const peer = await trial.dial();
      peer.preface();
      await trial.handshaken(peer);
      const shut = (): boolean => peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS') === 0;
      if (shut()) await trial.idle(peer.within(BRIEF_MS, () => peer.over || !shut(), 'room for a stream'));
      trial.seen = `MAX_CONCURRENT_STREAMS is ${peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS')}`;
      if (shut()) trial.weak(`the server allows no stream for ${BRIEF_MS} ms`);
    },
  },
});
