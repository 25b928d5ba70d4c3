/** Cases on the tree of RFC 7540 §5.3, for servers that claim it, under contention. */
import { ERROR_CODE, errorName, type Frame, type PriorityFields, priority, rstStream } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { contendForLarge, openStreams, servedByWeight, servedInOrder } from '../../contention.ts';
import { answered, connectionEnd, held } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';
import { state } from './state.ts';

type Place = PriorityFields | null;

/** Streams at these places that wait for the connection's window alone; null says nothing. */
async function waiting(
  trial: Trial,
  peer: Peer,
  count: number,
  places: (streams: readonly number[]) => readonly Place[],
): Promise<readonly number[]> {
  const streams = await contendForLarge(trial, peer, count, ids =>
    places(ids).map(place => (place === null ? {} : { priority: place })),
  );
  await openStreams(peer);
  return streams;
}

const under = (dependency: number, weight = 16, exclusive = false): PriorityFields => ({
  dependency,
  weight,
  exclusive,
});

const shares = (streams: readonly number[], ...weights: readonly number[]): ReadonlyMap<number, number> =>
  new Map(weights.map((weight, at) => [streams[at] as number, weight]));

const claimed: Pick<CaseBody, 'claims' | 'needs'> = { claims: ['priority-tree'], needs: ['large'] };

export default chapter('priority-tree', {
  'every-shape-completes': {
    requirement: 'rfc7540/5.3/i1',
    claims: ['priority-tree'],
    title: 'A chain, exclusive insertions, rings that are asked for and unknown parents keep no response from its end.',
    async run(trial) {
      const peer = await trial.open();
      const streams = Array.from({ length: 20 }, () => peer.nextStream());
      const chain = streams.map((stream, at) => priority(stream, under(at === 0 ? 0 : stream - 2, 1 + at)));
      const [first = 0] = streams;
      const last = streams.at(-1) as number;
      peer.send(...chain, priority(first, under(last)), priority(last, under(first, 9, true)));
      peer.send(priority(streams[5] as number, under(last + 500)), priority(streams[9] as number, under(0, 1, true)));
      for (const stream of streams) peer.send(peer.request({ method: 'GET' }, stream));
      for (const stream of streams) await answered(trial, peer, stream);
    },
  },

  'parents-before-dependents': {
    requirement: 'rfc7540/5.3.1/i1',
    ...claimed,
    title: 'Content of a stream goes before that of the streams which depend on it.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, ([, b = 0, c = 0]) => [under(b), under(c), under(0)]);
      await servedInOrder(trial, peer, streams.toReversed());
    },
  },

  'exclusive-dependency-comes-first': {
    requirement: 'rfc7540/5.3.1/i3',
    ...claimed,
    title: 'An exclusive dependency takes over those that stood there, which then share.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, () => [under(0), under(0), under(0, 16, true)]);
      const [b = 0, c = 0, d = 0] = streams;
      if (await servedInOrder(trial, peer, [d, b, c], 1)) await servedByWeight(trial, peer, shares([b, c], 16, 16));
    },
  },

  'self-dependency': {
    requirement: 'rfc7540/5.3.1/i4',
    ...claimed,
    disputed: 'a stream error (RFC 7540 §5.3.1) against RFC 9113, which has dropped the rule: served is weak',
    title: 'A stream that depends on itself is a stream error PROTOCOL_ERROR.',
    async run(trial) {
      const peer = await trial.open();
      const [stream = 0] = await held(trial, peer);
      await selfDependent(trial, peer, priority(stream, under(stream)));
      const other = await trial.open();
      const next = other.nextStream();
      await selfDependent(trial, other, other.request({ priority: under(next) }, next));
    },
  },

  'unknown-parent-is-the-default': {
    requirement: 'rfc7540/5.3.1/i5',
    ...claimed,
    title: 'A stream that depends on one which is not in the tree has the default priority.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 2, ([, b = 0]) => [under(b + 501, 256), under(0)]);
      await servedByWeight(trial, peer, shares(streams, 16, 16));
    },
  },

  'shares-by-weight': {
    requirement: 'rfc7540/5.3.2/i1',
    ...claimed,
    title: 'Streams below one parent share in proportion to their weights.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, () => [under(0, 32), under(0, 64), under(0, 160)]);
      await servedByWeight(trial, peer, shares(streams, 32, 64, 160));
    },
  },

  'weight-is-one-more-than-its-octet': {
    requirement: 'rfc7540/5.3.2/i2',
    ...claimed,
    title: 'The octets 0 and 2 are the weights 1 and 3.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 2, () => [under(0, 1), under(0, 3)]);
      await servedByWeight(trial, peer, shares(streams, 1, 3));
    },
  },

  'three-ways-to-say-a-weight': {
    requirement: 'rfc7540/5.3/i2',
    ...claimed,
    title: 'A weight means the same in HEADERS, in PRIORITY before it and in PRIORITY behind it.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, ([, b = 0]) => {
        peer.send(priority(b, under(0, 48)));
        return [under(0, 16), null, null];
      });
      await peer.fence(priority(streams[2] as number, under(0, 96)));
      await servedByWeight(trial, peer, shares(streams, 16, 48, 96));
    },
  },

  'moves-while-it-waits': {
    requirement: 'rfc7540/5.3.3/i1',
    ...claimed,
    title: 'A PRIORITY frame moves a stream that waits.',
    async run(trial) {
      const peer = await trial.open();
      const [a = 0, b = 0] = await waiting(trial, peer, 2, ([first = 0]) => [under(0), under(first)]);
      await peer.fence(priority(a, under(b)));
      await servedInOrder(trial, peer, [b, a]);
    },
  },

  'dependents-move-along': {
    requirement: 'rfc7540/5.3.3/i2',
    ...claimed,
    title: 'With a stream move those that depend on it.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, ([first = 0]) => [under(0), under(first), under(0)]);
      const [a = 0, b = 0, c = 0] = streams;
      await peer.fence(priority(a, under(c)));
      await servedInOrder(trial, peer, [c, a, b]);
    },
  },

  'exclusive-move': {
    requirement: 'rfc7540/5.3.3/i3',
    ...claimed,
    title: 'A stream that is moved exclusively takes over its new siblings, which keep their weights.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, () => [under(0, 16), under(0, 48), under(0)]);
      const [b = 0, c = 0, a = 0] = streams;
      await peer.fence(priority(a, under(0, 16, true)));
      if (await servedInOrder(trial, peer, [a, b, c], 1)) await servedByWeight(trial, peer, shares([b, c], 16, 48));
    },
  },

  'below-its-own-descendant': {
    requirement: 'rfc7540/5.3.3/i4',
    ...claimed,
    title: 'Before a stream is put below its own descendant, that one takes its place.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 3, ([first = 0, second = 0]) => [
        under(0),
        under(first),
        under(second),
      ]);
      const [a = 0, b = 0, c = 0] = streams;
      await peer.fence(priority(a, under(c)));
      await servedInOrder(trial, peer, [c, a, b]);
    },
  },

  'weight-of-a-stream-that-leaves': {
    requirement: 'rfc7540/5.3.4/i1',
    ...claimed,
    title: 'Those that depended on a stream which is over divide its weight.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 4, ([first = 0]) => [
        under(0),
        under(0),
        under(first, 256),
        under(first, 256),
      ]);
      const [a = 0, ...others] = streams;
      peer.send(rstStream(a, 'CANCEL'));
      await peer.fence();
      await servedByWeight(trial, peer, shares(others, 2, 1, 1));
    },
  },

  'idle-streams-group': {
    requirement: 'rfc7540/5.3.4/i3',
    ...claimed,
    title: 'Idle streams group those that depend on them.',
    async run(trial) {
      const peer = await trial.open();
      const groups: readonly [number, number] = [901, 903];
      peer.send(priority(groups[0], under(0, 16)), priority(groups[1], under(0, 48)));
      const streams = await waiting(trial, peer, 3, () => [under(groups[0]), under(groups[0]), under(groups[1])]);
      await servedByWeight(trial, peer, shares(streams, 8, 8, 48));
    },
  },

  'many-idle-nodes-stay': {
    requirement: 'rfc7540/5.3.4/i4',
    ...claimed,
    title: 'Nodes are kept for as many idle streams as may be opened.',
    async run(trial) {
      const peer = await trial.open();
      const most = Math.min(100, peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS'));
      const streams = await waiting(trial, peer, 2, ([first = 0]) => {
        const ids = Array.from({ length: most }, (_, at) => first + 2 * at);
        peer.send(...ids.map((id, at) => priority(id, under(0, at % 2 === 0 ? 16 : 48))));
        return [null, null];
      });
      await servedByWeight(trial, peer, shares(streams, 16, 48));
    },
  },

  'silence-is-weight-sixteen': {
    requirement: 'rfc7540/5.3.5/i1',
    ...claimed,
    title: 'A stream that nothing is said about stands on the root with weight 16.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 2, () => [null, under(0, 48)]);
      await servedByWeight(trial, peer, shares(streams, 16, 48));
    },
  },

  ...state,
});

/** RST_STREAM on the stream of the stimulus, or that as a connection error; silence is weak. */
async function selfDependent(trial: Trial, peer: Peer, stimulus: Frame): Promise<void> {
  trial.expected = 'RST_STREAM PROTOCOL_ERROR, or that as a connection error';
  if ((await peer.fence(stimulus)) === 'over') return connectionEnd(trial, peer, 'PROTOCOL_ERROR');
  const [code] = peer.stream(stimulus.stream).resets;
  if (code === undefined) return trial.weak('the dependency of a stream on itself is ignored');
  trial.seen = `RST_STREAM ${errorName(code)} on stream ${stimulus.stream}`;
  if (code !== ERROR_CODE.PROTOCOL_ERROR) trial.weak(`${trial.seen} instead of PROTOCOL_ERROR`);
}
