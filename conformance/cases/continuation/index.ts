/** Cases on CONTINUATION (RFC 9113 §6.10) and field blocks that other frames interrupt (§6.2). */
import { continuation, type Frame, headers, literal, plainBlock, priority, settings } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { endless } from './endless.ts';

/** A GET on the next stream, cut into HEADERS and so many CONTINUATIONs. */
function cut(peer: Peer, continuations: number): readonly [Frame, ...Frame[]] {
  const stream = peer.nextStream();
  const block = plainBlock(peer.fieldsOf());
  const piece = (at: number): Uint8Array => {
    const from = Math.floor((at * block.length) / (continuations + 1));
    return block.subarray(from, Math.floor(((at + 1) * block.length) / (continuations + 1)));
  };
  const rest = Array.from({ length: continuations }, (_, at) =>
    continuation(stream, piece(at + 1), at + 1 === continuations),
  );
  return [headers(stream, piece(0), { endStream: true, endHeaders: false }), ...rest];
}

export default chapter('continuation', {
  'up-to-eight': {
    requirement: 'rfc9113/6.10/i1',
    title: 'A field block in several CONTINUATION frames is taken.',
    async run(trial) {
      const peer = await trial.open();
      for (const count of [1, 2, 4, 8]) {
        const [first, ...rest] = cut(peer, count);
        peer.send(first, ...rest);
        await answered(trial, peer, first.stream);
      }
    },
  },

  'interrupted-by-priority': {
    requirement: 'rfc9113/6.2/4',
    title: 'PRIORITY of the same stream inside a field block is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const [first, ...rest] = cut(peer, 1);
      const between = priority(first.stream, { dependency: 0, weight: 16 });
      await connectionError(trial, peer, 'PROTOCOL_ERROR', first, between, ...rest);
    },
  },

  'interrupted-by-trailers': {
    requirement: 'rfc9113/6.2/4',
    needs: ['upload'],
    title: 'HEADERS of another stream inside a field block is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const open = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      const [first, ...rest] = cut(peer, 1);
      const trailers = headers(open, literal('x-trailer', '1'), { endStream: true });
      await connectionError(trial, peer, 'PROTOCOL_ERROR', first, trailers, ...rest);
    },
  },

  'interrupted-by-settings': {
    requirement: 'rfc9113/6.10/2',
    title: 'SETTINGS between two CONTINUATIONs of a field block is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const [first, second, ...rest] = cut(peer, 2);
      await connectionError(trial, peer, 'PROTOCOL_ERROR', first, ...(second ? [second] : []), settings(), ...rest);
    },
  },

  'on-another-stream': {
    requirement: 'rfc9113/6.2/4',
    title: 'CONTINUATION on another stream than its HEADERS is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const [first, ...rest] = cut(peer, 1);
      const elsewhere = rest.map(frame => ({ ...frame, stream: 1 }));
      await connectionError(trial, peer, 'PROTOCOL_ERROR', first, ...elsewhere);
    },
  },

  'on-ended-stream': {
    requirement: 'rfc9113/6.10/6',
    title: 'CONTINUATION without a field block to continue is a connection error, also on a stream that has ended.',
    async run(trial) {
      const peer = await trial.open();
      const stray = continuation(1, literal('x-stray', '1'));
      await connectionError(trial, peer, ['PROTOCOL_ERROR', 'STREAM_CLOSED'], stray);
    },
  },

  'on-stream-zero': {
    requirement: 'rfc9113/6.10/4',
    title: 'CONTINUATION on stream 0 is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', continuation(0, literal('x-stray', '1')));
    },
  },

  'on-stream-zero-inside-a-block': {
    requirement: 'rfc9113/6.10/4',
    title: 'CONTINUATION on stream 0 inside a field block of another stream is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const [first, ...rest] = cut(peer, 1);
      const nowhere = rest.map(frame => ({ ...frame, stream: 0 }));
      await connectionError(trial, peer, 'PROTOCOL_ERROR', first, ...nowhere);
    },
  },

  'endless-with-fields': {
    requirement: 'rfc9113/6.10/i2',
    title: 'A field block of 5,000 CONTINUATIONs with a kilobyte each is not taken.',
    run: trial => endless(trial, literal('x-endless', 'e'.repeat(1000))),
  },

  'endless-and-empty': {
    requirement: 'rfc9113/6.10/i2',
    title: 'A field block of 5,000 CONTINUATIONs without an octet is not taken.',
    run: trial => endless(trial, new Uint8Array(0)),
  },
});
