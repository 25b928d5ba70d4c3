/** Cases on field blocks (RFC 9113 §4.3). */
import { concat, continuation, type Frame, headers, indexed, literal } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, connectionError, reaction, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Resource } from '../../subject.ts';
import { describeAnswer, describeEnd, type Trial } from '../../trial.ts';
import { block, counted, insertPath, NEWEST, plainPath, request, usable } from '../hpack/blocks.ts';

/** HEADERS and CONTINUATIONs that carry the pieces of one block. */
function pieces(stream: number, fragments: readonly Uint8Array[]): readonly Frame[] {
  const last = fragments.length - 1;
  return fragments.map((fragment, at) =>
    at === 0
      ? headers(stream, fragment, { endStream: true, endHeaders: last === 0 })
      : continuation(stream, fragment, at === last),
  );
}

/** Requests under way at a time, where the server allows as many. */
const AT_ONCE = 10;

/** Requests on one connection: some servers end one behind so many. */
const ON_ONE = 5 * AT_ONCE;

/** Octets of content in all that a case is worth. */
const MUCH = 2 ** 24;

/** A section a quarter above this goes into HEADERS and eight CONTINUATIONs: servers bound the count of those. */
const REACHABLE = 110_000;

/** The server's MAX_HEADER_LIST_SIZE, where it says one that a client may reach. */
function listLimit(trial: Trial, peer: Peer, most: number): number {
  const limit = peer.ledger.setting('theirs', 'MAX_HEADER_LIST_SIZE');
  if (limit > most || limit < 1024) trial.notApplicable(`MAX_HEADER_LIST_SIZE is ${limit}`);
  return limit;
}

/** A GET whose section has that size as RFC 9113 §6.5.2 counts it, cut into frames of 16,384 octets. */
function large(
  peer: Peer,
  trial: Trial,
  size: number,
  before: readonly Uint8Array[] = [],
  after: readonly Uint8Array[] = [],
): readonly [Frame, ...Frame[]] {
  const fill = size - counted(peer.fieldsOf()) - 4 * 36;
  const lines = [1, 2, 3, 4].map(line => literal(`x-l${line}`, 'f'.repeat(Math.floor(fill / 4))));
  const path = plainPath(trial.subject.small.path);
  const octets = block(trial, { path, before, after: [...lines, ...after] });
  const fragments: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += 16_384) fragments.push(octets.subarray(at, at + 16_384));
  return pieces(peer.nextStream(), fragments) as [Frame, ...Frame[]];
}

/** A connection whose newest entry is the path of that resource. */
async function inserted(trial: Trial, { path, ...other }: Resource): Promise<Peer> {
  const peer = await trial.open();
  const inserting = request(trial, peer, { before: [usable(trial, peer, 512).update], path: insertPath(path) });
  peer.send(inserting);
  await answered(trial, peer, inserting.stream, { path, ...other });
  return peer;
}

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
      const other = trial.resource('other');
      const after = [literal('x-huffman', 'w'.repeat(150), 'without', true)];
      let peer = await inserted(trial, other);
      const whole = block(trial, { before: [usable(trial, peer, 512).update], path: indexed(NEWEST), after });
      if (whole.length * other.size > MUCH) trial.notApplicable(`${other.path} has ${other.size} octets of content`);
      const most = Math.min(AT_ONCE, peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS'));
      for (let first = 1, asked = 0; first < whole.length; first += most, asked += most) {
        if (asked >= ON_ONE) [peer, asked] = [await inserted(trial, other), 0];
        const cuts = Array.from({ length: Math.min(most, whole.length - first) }, (_, n) => first + n);
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

  'section-above-the-limit': {
    requirement: 'rfc9113/10.5.1/1',
    title:
      'A field section above MAX_HEADER_LIST_SIZE is served or refused; either way the connection is not lost in silence.',
    async run(trial) {
      const peer = await trial.open();
      const limit = listLimit(trial, peer, REACHABLE);
      const frames = large(peer, trial, Math.floor(limit * 1.25));
      trial.expected = 'an answer of any kind, or an end of the connection';
      const record = await reaction(trial, peer, frames[0].stream, ...frames);
      const seen = describeAnswer(record, peer);
      if (!peer.over) await served(trial, peer);
      trial.seen = seen;
    },
  },

  'section-below-the-limit': {
    requirement: 'rfc9113/6.5.2/13',
    title: 'A field section that is just below MAX_HEADER_LIST_SIZE gets an answer of some kind.',
    async run(trial) {
      const peer = await trial.open();
      const frames = large(peer, trial, listLimit(trial, peer, 65_536) - 64);
      trial.expected = 'a response, a stream error, or an end of the connection';
      const record = await reaction(trial, peer, frames[0].stream, ...frames);
      trial.seen = describeAnswer(record, peer);
    },
  },

  'oversized-section-updates-the-table': {
    requirement: 'rfc9113/10.5.1/2',
    needs: ['other'],
    title: 'A field section above MAX_HEADER_LIST_SIZE still enters the table of the decoder.',
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const other = trial.resource('other');
      const limit = listLimit(trial, peer, REACHABLE);
      const frames = large(peer, trial, Math.floor(limit * 1.25), [update], [insertPath(other.path)]);
      await reaction(trial, peer, frames[0].stream, ...frames);
      trial.seen = describeEnd(peer);
      if (peer.over) return;
      const get = request(trial, peer, { path: indexed(NEWEST) });
      peer.send(get);
      await answered(trial, peer, get.stream, other);
    },
  },
});
