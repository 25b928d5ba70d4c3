/** Cases on extensions (RFC 9113 §5.5): what nobody has defined is ignored, but not inside a field block. */
import { continuation, errorName, goaway, headers, plainBlock, rstStream } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { connectionError, served, tolerated } from '../../expect.ts';
import { drains } from '../goaway/drain.ts';
import { extensionFrame } from './frames.ts';

const UNKNOWN_CODE = 0x5a5a_5a5a;

export default chapter('extensions', {
  'frame-inside-field-block': {
    requirement: 'rfc9113/5.5/3',
    title: 'A frame of an unknown type inside a field block is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const stream = peer.nextStream();
      const block = plainBlock(peer.fieldsOf());
      await connectionError(
        trial,
        peer,
        'PROTOCOL_ERROR',
        headers(stream, block.subarray(0, 9), { endStream: true, endHeaders: false }),
        extensionFrame(peer, stream),
        continuation(stream, block.subarray(9)),
      );
    },
  },

  'connection-frame-inside-field-block': {
    requirement: 'rfc9113/5.5/3',
    title: 'A frame of an unknown type on stream 0 inside a field block is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const stream = peer.nextStream();
      const block = plainBlock(peer.fieldsOf());
      await connectionError(
        trial,
        peer,
        'PROTOCOL_ERROR',
        headers(stream, block.subarray(0, 9), { endStream: true, endHeaders: false }),
        extensionFrame(peer, 0),
        continuation(stream, block.subarray(9)),
      );
    },
  },

  'unknown-code-in-reset': {
    requirement: 'rfc9113/5.5/1',
    also: ['rfc9113/7/1'],
    title: 'RST_STREAM with an unknown error code ends its stream and nothing else.',
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const stream = peer.ask();
      await tolerated(trial, peer, rstStream(stream, UNKNOWN_CODE));
      await peer.change(['INITIAL_WINDOW_SIZE', 65_535]);
      await served(trial, peer);
    },
  },

  'unknown-code-in-goaway': {
    requirement: 'rfc9113/5.5/1',
    title: 'GOAWAY with an unknown error code is no error of its own.',
    async run(trial) {
      // A server may take it for INTERNAL_ERROR (RFC 9113 §7), and say as it leaves why it does.
      await drains(trial, [goaway(0, UNKNOWN_CODE)], ['INTERNAL_ERROR', errorName(UNKNOWN_CODE)]);
    },
  },
});
