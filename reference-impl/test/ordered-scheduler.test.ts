/** The order of sending under contention, without a connection. */
import t from 'tap';
import { FAIR_SHARE, OrderedScheduler } from '../engine/ordered-scheduler.ts';
import { packPriority } from '../engine/priority-field.ts';
import { PriorityTree } from '../engine/priority-tree.ts';
import { Stream } from '../engine/stream.ts';
import { turnOf } from '../engine/turn.ts';

class Silent extends Stream {
  override onData(): void {}
  override onEnd(): void {}
  override onFail(): void {}
  override onProgress(): void {}
  override onComplete(): void {}
  override onClosed(): void {}
}

/** A stream with content without end, asked for as said: [urgency, incremental]. */
function stream(id: number, asked?: readonly [number, boolean], chunk = 16_384): Stream {
  const it = new Silent(id, 0, 2 ** 31 - 1);
  it.state = 'halfClosedRemote';
  it.queue = [new Uint8Array(chunk)];
  it.queued = chunk;
  if (asked !== undefined) turnOf(it).asked = packPriority(...asked);
  return it;
}

/** Who sends the next `count` frames, each again as long as it is not `done`. */
function served(order: OrderedScheduler, count: number, done: (id: number, frames: number) => boolean = () => false) {
  const ids: number[] = [];
  const frames = new Map<number, number>();
  while (ids.length < count) {
    const next = order.next();
    if (next === undefined) break;
    ids.push(next.id);
    const sent = (frames.get(next.id) ?? 0) + 1;
    frames.set(next.id, sent);
    if (!done(next.id, sent)) order.add(next);
  }
  return { ids, frames };
}

function order(...streams: readonly Stream[]): OrderedScheduler {
  const it = new OrderedScheduler();
  for (const one of streams) it.add(one);
  return it;
}

t.test('urgency first; one after the other by number, or in turns', async t => {
  const two = (_: number, frames: number): boolean => frames === 2;
  const it = order(
    stream(9, [5, true]),
    stream(3, [3, false]),
    stream(1, [3, false]),
    stream(7, [5, true]),
    stream(5, [0, false]),
  );
  t.same(served(it, 99, two).ids, [5, 5, 1, 1, 3, 3, 9, 7, 9, 7]);
  t.ok(it.empty);
  t.equal(it.next(), undefined);
});

t.test('streams nobody has spoken of are of urgency 3 and not incremental', async t => {
  const it = order(stream(5), stream(1, [4, false]), stream(3), stream(7, [2, false]));
  t.same(served(it, 99, () => true).ids, [7, 3, 5, 1]);
});

t.test('of one urgency, the incremental ones and the others have half each', async t => {
  const it = order(stream(1, [3, false]), stream(3, [3, true]), stream(5, [3, true]), stream(7, [3, false]));
  t.same(served(it, 8).ids, [1, 3, 1, 5, 1, 3, 1, 5]);
});

t.test('nobody starves: a frame within 16 times as many frames as streams wait', async t => {
  const streams = Array.from({ length: 20 }, (_, i) => stream(2 * i + 1, [i === 0 ? 0 : 1 + (i % 7), i % 2 === 0]));
  const it = order(...streams);
  const last = new Map<number, number>();
  let longest = 0;
  const { ids } = served(it, 20_000);
  for (const [at, id] of ids.entries()) {
    longest = Math.max(longest, at - (last.get(id) ?? 0));
    last.set(id, at);
  }
  t.equal(last.size, 20, 'everybody was served');
  t.ok(longest <= FAIR_SHARE * 20, `${longest} frames at most between two of one stream`);
  const first = ids.filter(id => id === 1).length / ids.length;
  t.ok(first > 0.93, `the most urgent has ${first} of all`);
});

t.test('the word of the application wins, at once, and back', async t => {
  const [a, b] = [stream(1, [0, false]), stream(3, [7, false])];
  const it = order(a, b);
  t.equal(it.next(), a);
  it.add(a);
  turnOf(b).told = packPriority(0, false);
  turnOf(a).told = packPriority(6, false);
  it.reorder(b);
  it.reorder(a);
  t.same(served(it, 5).ids, [3, 3, 3, 3, 3]);
  it.remove(b);
  t.same(served(it, 2).ids, [1, 1]);
  it.remove(b);
  it.reorder(b);
  it.remove(a);
  t.ok(it.empty && !a.scheduled);
});

/** Streams in a tree: [id, parent, weight]. */
function byTree(places: readonly (readonly [number, number, number])[], chunks: Readonly<Record<number, number>> = {}) {
  const tree = new PriorityTree(100);
  const it = new OrderedScheduler();
  it.useTree(tree.root);
  const streams = new Map<number, Stream>();
  for (const [id, parent, weight] of places) {
    tree.place(id, { parent, weight, exclusive: false }, () => true);
    const one = stream(id, undefined, chunks[id] ?? 16_384);
    const turn = turnOf(one);
    turn.node = tree.open(id);
    turn.node.turn = turn;
    streams.set(id, one);
  }
  const add = (...ids: readonly number[]): void => {
    for (const id of ids) it.add(streams.get(id) as Stream);
  };
  return { it, tree, streams, add };
}

t.test('tree: a parent that can send goes first, then its children by weight', async t => {
  const { it, add } = byTree([
    [1, 0, 16],
    [3, 1, 4],
    [5, 1, 12],
    [7, 3, 256],
  ]);
  add(7, 5, 3, 1);
  const done = (id: number, frames: number): boolean => id === 1 && frames === 3;
  const { ids } = served(it, 1600, done);
  t.same(ids.slice(0, 3), [1, 1, 1]);
  const share = (id: number): number => ids.filter(one => one === id).length / 1597;
  t.ok(Math.abs(share(5) - 0.75) < 0.03, `5 has ${share(5)}`);
  t.ok(Math.abs(share(3) + share(7) - 0.25) < 0.03, `3 and what is below it have ${share(3) + share(7)}`);
  t.ok(share(7) > 0 && share(7) <= 1 / FAIR_SHARE + 0.01, `7 has its frame in 16, no more: ${share(7)}`);
});

t.test('tree: shares are of octets, and what is blocked leaves its share to its neighbours', async t => {
  const { it, add, streams } = byTree(
    [
      [1, 0, 32],
      [3, 0, 16],
      [5, 3, 1],
      [7, 3, 3],
    ],
    { 1: 4096 },
  );
  add(1, 5, 7);
  const { frames } = served(it, 7000);
  const octets = (id: number): number => (frames.get(id) ?? 0) * (streams.get(id)?.queued ?? 0);
  const ratio = octets(1) / (octets(5) + octets(7));
  t.ok(ratio > 1.4 && ratio < 2.1, `2 to 1 by octets: ${ratio}`);
  const other = byTree([
    [3, 0, 16],
    [5, 3, 1],
    [7, 3, 3],
  ]);
  other.add(5, 7);
  const alone = served(other.it, 4000).frames;
  const below = (alone.get(7) ?? 0) / (alone.get(5) ?? 0);
  t.ok(below > 2.5 && below < 3.5, `3 to 1 below a parent that has nothing: ${below}`);
});

t.test('tree: who comes late has saved nothing up, and a move takes the waiting ones along', async t => {
  const { it, tree, add } = byTree([
    [1, 0, 16],
    [3, 0, 16],
    [5, 3, 16],
  ]);
  add(1);
  served(it, 500);
  add(3);
  const { frames } = served(it, 100);
  t.ok(Math.abs((frames.get(1) ?? 0) - (frames.get(3) ?? 0)) <= 4, 'equal from then on');
  add(5);
  tree.place(3, { parent: 1, weight: 16, exclusive: true }, () => true);
  t.same(new Set(served(it, 15).ids.filter((_, i) => i % FAIR_SHARE !== 0)).has(1), true);
  t.equal(tree.root.active, 3);
});

t.test('the tree and the lines of urgency 3 take turns; other urgencies go before or behind', async t => {
  const { it, add } = byTree([[1, 0, 256]]);
  add(1);
  it.add(stream(3, [3, false]));
  it.add(stream(5, [2, false]));
  it.add(stream(7, [4, false]));
  const { ids } = served(it, 9, (id, frames) => id === 5 && frames === 1);
  t.same(ids[0], 5);
  t.equal(ids.filter(id => id === 1).length, 4);
  t.equal(ids.filter(id => id === 3).length, 4);
});
