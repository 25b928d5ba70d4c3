import t from 'tap';
import type { Frame } from '../../wire/index.ts';
import { servedByWeight } from '../contention.ts';
import type { Peer } from '../peer/peer.ts';
import type { Trial } from '../trial.ts';

/** What gives the next frame to one of so many streams. */
type Order = () => number;

/** A peer whose server sends 1,024 octets of one stream for each credit. */
function peerOf(order: Order, count: number) {
  const records = Array.from({ length: count }, () => ({ octets: 0, over: false }));
  let steps = 0;
  const peer = {
    over: false,
    stream: (id: number) => records[id],
    send(_: Frame) {
      steps += 1;
      const record = records[order()];
      if (record !== undefined) record.octets += 1024;
    },
    until: async (condition: () => boolean) => {
      if (!condition()) throw new Error('a credit is not used');
    },
  };
  return { peer: peer as unknown as Peer, steps: () => steps };
}

async function judge(order: Order, weights: readonly number[]) {
  const weak: string[] = [];
  const trial = { expected: '', seen: '', weak: (seen: string) => weak.push(seen) } as unknown as Trial;
  const { peer, steps } = peerOf(order, weights.length);
  const kept = await servedByWeight(trial, peer, new Map(weights.map((weight, at) => [at, weight])));
  return { kept, weak, steps: steps() };
}

/** In turn, each as often as its weight says. */
function round(weights: readonly number[]): Order {
  const gains = weights.map(() => 0);
  return () => {
    const due = gains.map((gain, at) => (gain + 1) / (weights[at] ?? 1));
    const at = due.indexOf(Math.min(...due));
    gains[at] = (gains[at] ?? 0) + 1;
    return at;
  };
}

/** By chance, with the shares that the weights say; the same for the same seed. */
function lottery(weights: readonly number[], seed: number): Order {
  let state = seed;
  const all = weights.reduce((so, weight) => so + weight, 0);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let left = (state / 2 ** 32) * all;
    return weights.findIndex(weight => {
      left -= weight;
      return left < 0;
    });
  };
}

t.test('rounds that are right need a look only, and what is wrong is counted to the end', async t => {
  for (const weights of [
    [16, 16],
    [16, 48],
    [32, 64, 160],
    [1, 16],
    [16, 48, 96],
  ]) {
    const right = await judge(round(weights), weights);
    t.match(right, { kept: true, weak: [], steps: 2 * weights.length + 100 }, `rounds of ${weights}`);
    const wrong = await judge(round(weights.toReversed()), weights);
    const same = weights[0] === weights[1];
    t.equal(wrong.kept, same, `rounds the wrong way round for ${weights}`);
    if (!same) t.equal(wrong.steps, 2 * weights.length + 400);
  }
});

t.test('lotteries pass where they are right, and are found out where they are not', async t => {
  for (let seed = 1; seed <= 200; seed += 1) {
    t.equal((await judge(lottery([16, 48], seed), [16, 48])).kept, true, `a right lottery, seed ${seed}`);
    t.equal(
      (await judge(lottery([45, 55], seed), [16, 48])).kept,
      false,
      `a lottery that is wrong by 0.2, seed ${seed}`,
    );
  }
});
