/** Cases on field blocks (RFC 9113 §4.3). */
import { concat, continuation, type Frame, headers, indexed, literal } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError } from '../../expect.ts';
import { block, insertPath, NEWEST, plainPath, request, usable } from '../hpack/blocks.ts';

/** HEADERS and CONTINUATIONs that carry the pieces of one block. */
function pieces(stream: number, fragments: readonly Uint8Array[]): readonly Frame[] {
  const last = fragments.length - 1;
  return fragments.map((fragment, at) =>
    at === 0
      ? headers(stream, fragment, { endStream: true, endHeaders: last === 0 })
      : continuation(stream, fragment, at === last),
  );
}

/** Requests under way at a time: within the concurrency that servers allow. */
const AT_ONCE = 10;

export default chapter('field-blocks', {
  undecodable: {
    requirement: 'rfc9113/4.3/3',
    title: 'A field block that does not decode is a connection error COMPRESSION_ERROR, not a stream error.',
    async run(trial) {
      const peer = await trial.open();
      const cut = concat([
        block(trial, { path: plainPath(trial.subject.small.path) }),
        literal('x-cut', 'short').subarray(0, 9),
      ]);
      await connectionError(trial, peer, 'COMPRESSION_ERROR', headers(peer.nextStream(), cut, { endStream: true }));
    },
  },

  'cut-at-every-octet': {
    requirement: 'rfc7541/3.1/i2',
    also: ['rfc9113/4.3/i2'],
    needs: ['other'],
    title: 'A field block means the same wherever it is cut into HEADERS and CONTINUATION.',
    async run(trial) {
      const peer = await trial.open();
      const other = trial.resource('other');
      const inserting = request(trial, peer, {
        before: [usable(trial, peer, 512).update],
        path: insertPath(other.path),
      });
      peer.send(inserting);
      await answered(trial, peer, inserting.stream, other);
      const after = [literal('x-huffman', 'w'.repeat(150), 'without', true)];
      const whole = block(trial, { before: [usable(trial, peer, 512).update], path: indexed(NEWEST), after });
      for (let first = 1; first < whole.length; first += AT_ONCE) {
        const cuts = Array.from({ length: Math.min(AT_ONCE, whole.length - first) }, (_, n) => first + n);
        const streams = cuts.map(() => peer.nextStream());
        peer.send(
          ...cuts.flatMap((at, n) => pieces(streams[n] as number, [whole.subarray(0, at), whole.subarray(at)])),
        );
        for (const stream of streams) await answered(trial, peer, stream, other);
      }
    },
  },

  'fragments-of-one-octet': {
    requirement: 'rfc9113/4.3/i2',
    title: 'Fragments of a field block may have one octet each.',
    async run(trial) {
      const peer = await trial.open();
      const whole = block(trial, { path: plainPath(trial.subject.small.path) });
      const stream = peer.nextStream();
      const single = [0, 1, 2, 3, 4, 5].map(at => whole.subarray(at, at + 1));
      peer.send(...pieces(stream, [...single, whole.subarray(6)]));
      await answered(trial, peer, stream);
    },
  },

  'empty-last-continuation': {
    requirement: 'rfc9113/4.3/i2',
    title: 'The CONTINUATION that ends a field block may be empty.',
    async run(trial) {
      const peer = await trial.open();
      const whole = block(trial, { path: plainPath(trial.subject.small.path) });
      const stream = peer.nextStream();
      peer.send(...pieces(stream, [whole, new Uint8Array(0)]));
      await answered(trial, peer, stream);
    },
  },
});
