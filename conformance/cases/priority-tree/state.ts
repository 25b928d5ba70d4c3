/** What is blocked, what is over, and how much is kept (RFC 7540 §5.3.1, §5.3.4), for servers that claim the tree. */
import { type Frame, MAX_WINDOW, type PriorityFields, priority, windowUpdate } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { contendForLarge, credit, openStreams, SLACK, servedByWeight } from '../../contention.ts';
import { answered, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeEnd, type Trial } from '../../trial.ts';

const claimed: Pick<CaseBody, 'claims' | 'needs'> = { claims: ['priority-tree'], needs: ['large'] };

const under = (dependency: number, weight = 16): PriorityFields => ({ dependency, weight, exclusive: false });

/** Streams at these places that have content and no window of their own. */
function blocked(
  trial: Trial,
  peer: Peer,
  count: number,
  places: (streams: readonly number[]) => readonly PriorityFields[],
): Promise<readonly number[]> {
  return contendForLarge(trial, peer, count, ids => places(ids).map(place => ({ priority: place })));
}

/** Opens the windows of these streams alone. */
async function unblock(peer: Peer, ...streams: readonly number[]): Promise<void> {
  peer.send(...streams.map(stream => windowUpdate(stream, MAX_WINDOW - SLACK)));
  await peer.fence();
}

/** A request with that weight, answered to its end; then two that wait, one below it and one beside it. */
async function behindOneThatIsOver(trial: Trial, peer: Peer): Promise<readonly [number, number, number]> {
  const over = peer.request({ priority: under(0, 1) });
  peer.send(over);
  await answered(trial, peer, over.stream);
  const [below = 0, beside = 0] = await blocked(trial, peer, 2, () => [under(over.stream, 256), under(0)]);
  await openStreams(peer);
  return [over.stream, below, beside];
}

/** Steps that show which of two streams has the greater part. */
const GLANCE = 64;

/** Frames on idle streams: wide, then a chain, then exclusive insertions, then moves below the last. */
function churn(first: number, count: number): readonly Frame[] {
  const ids = Array.from({ length: count }, (_, at) => first + 2 * at);
  const last = ids.at(-1) ?? first;
  return [
    ...ids.map(id => priority(id, under(0))),
    ...ids.slice(1).map(id => priority(id, under(id - 2))),
    ...ids.map(id => priority(id, { ...under(0), exclusive: true })),
    ...ids.slice(0, -1).map(id => priority(id, under(last))),
  ];
}

/** PRIORITY frames of each kind; there are four. */
const OF_A_KIND = 2500;

export const state: Readonly<Record<string, CaseBody>> = {
  'dependents-of-a-blocked-stream': {
    requirement: 'rfc7540/5.3.1/i2',
    ...claimed,
    title: 'While a stream cannot go on, those that depend on it do.',
    async run(trial) {
      const peer = await trial.open();
      const { size } = trial.resource('large');
      const [parent = 0, dependent = 0] = await blocked(trial, peer, 2, ([first = 0]) => [under(0), under(first)]);
      await unblock(peer, dependent);
      peer.send(windowUpdate(0, SLACK));
      const record = peer.stream(dependent);
      const goesOn = await trial.idle(
        peer.within(Math.max(peer.limit, 1000), () => record.octets > 1 || peer.over, 'content of the dependent'),
      );
      if (!goesOn) trial.weak(`stream ${dependent} waits for stream ${parent}, which has no window`);
      peer.send(windowUpdate(0, 2 * size));
      await unblock(peer, parent);
      for (const stream of [parent, dependent]) await answered(trial, peer, stream, trial.resource('large'));
    },
  },

  'place-below-a-stream-that-is-over': {
    requirement: 'rfc7540/5.3.4/i2',
    ...claimed,
    title: 'The place of a stream that is over is kept for a while: who depends on it stands there.',
    async run(trial) {
      const peer = await trial.open();
      const [, below, beside] = await behindOneThatIsOver(trial, peer);
      await servedByWeight(
        trial,
        peer,
        new Map([
          [below, 1],
          [beside, 16],
        ]),
      );
    },
  },

  'moving-a-stream-that-is-over': {
    requirement: 'rfc7540/5.3.4/i5',
    ...claimed,
    title: 'PRIORITY on a stream that is over changes the place of those that depend on it.',
    async run(trial) {
      const peer = await trial.open();
      const [over, below, beside] = await behindOneThatIsOver(trial, peer);
      const [small = 0, large = 0] = await credit(peer, [below, beside], GLANCE, 1024);
      if (small * 4 > large) trial.notApplicable('the server does not keep the place of a stream that is over');
      await peer.fence(priority(over, under(0, 256)));
      await servedByWeight(
        trial,
        peer,
        new Map([
          [below, 256],
          [beside, 16],
        ]),
      );
    },
  },

  'share-of-a-blocked-stream': {
    requirement: 'rfc7540/5.3.4/i6',
    ...claimed,
    title: 'What is due to a stream that cannot go on goes to those below it before it goes to those beside it.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await blocked(trial, peer, 4, ([first = 0]) => [
        under(0),
        under(0, 48),
        under(first),
        under(first),
      ]);
      const [, beside = 0, below = 0] = streams;
      await unblock(peer, beside, below);
      await servedByWeight(
        trial,
        peer,
        new Map([
          [below, 16],
          [beside, 48],
        ]),
      );
    },
  },

  'ten-thousand-signals': {
    requirement: 'rfc7540/5.3.4/i7',
    claims: ['priority-tree'],
    title: 'Ten thousand PRIORITY frames on idle streams are taken, or end the connection with ENHANCE_YOUR_CALM.',
    async run(trial) {
      const peer = await trial.open();
      trial.expected = 'requests are answered, or connection error ENHANCE_YOUR_CALM';
      const fenced = await peer.fence(...churn(peer.nextStream(), OF_A_KIND));
      trial.seen = describeEnd(peer);
      if (fenced === 'quiet') return void (await served(trial, peer));
      if (!peer.goaways.some(({ code }) => code === 'ENHANCE_YOUR_CALM'))
        trial.weak(`${trial.seen} instead of ENHANCE_YOUR_CALM`);
      await trial.open();
      return undefined;
    },
  },
};
