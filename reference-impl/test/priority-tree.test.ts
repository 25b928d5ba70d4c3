/** The dependency tree against the examples of RFC 7540 §5.3 and against a model that keeps parents in a map. */
import fc from 'fast-check';
import t from 'tap';
import { type Dependency, PriorityTree } from '../engine/priority-tree.ts';
import type { TreeNode } from '../engine/tree-node.ts';

/** "1(3 5(7))": ids, and what is below in brackets. */
function drawn(node: TreeNode): string {
  const below = node.children().map(drawn).join(' ');
  return below === '' ? String(node.id) : `${node.id}(${below})`;
}

const anyIdle = (): boolean => true;

/** Streams that are placed one by one: id, parent, and what else there is. */
function grown(places: readonly (readonly [number, number, Partial<Dependency>?])[], most = 100): PriorityTree {
  const tree = new PriorityTree(most);
  for (const [id, parent, more] of places) place(tree, id, parent, more);
  return tree;
}

function place(tree: PriorityTree, id: number, parent: number, more: Partial<Dependency> = {}): void {
  tree.place(id, { parent, weight: 16, exclusive: false, ...more }, anyIdle);
}

const weightOf = (tree: PriorityTree, id: number): number | undefined => tree.get(id)?.weight;

t.test('5.3.1: a default dependency, and an exclusive one', async t => {
  const start = [
    [1, 0],
    [3, 1],
    [5, 1],
  ] as const;
  const tree = grown(start);
  place(tree, 7, 1);
  t.equal(drawn(tree.root), '0(1(3 5 7))');
  const other = grown(start);
  place(other, 7, 1, { exclusive: true });
  t.equal(drawn(other.root), '0(1(7(3 5)))');
  place(other, 9, 0, { exclusive: true });
  t.equal(drawn(other.root), '0(9(1(7(3 5))))', 'of the root as well');
});

t.test('5.3.3: moved below one of its own dependents', async t => {
  const [a, b, c, d, e, f] = [1, 3, 5, 7, 9, 11] as const;
  const start = [
    [a, 0],
    [b, a],
    [c, a],
    [d, c, { weight: 99 }],
    [e, c],
    [f, d],
  ] as const;
  const tree = grown(start);
  place(tree, a, d, { weight: 7 });
  t.equal(drawn(tree.root), '0(7(11 1(3 5(9))))');
  t.same([weightOf(tree, d), weightOf(tree, a)], [99, 7], 'the moved dependent keeps its weight');
  const other = grown(start);
  place(other, a, d, { exclusive: true });
  t.equal(drawn(other.root), '0(7(1(3 5(9) 11)))');
});

t.test('5.3.4: a node that goes shares its weight out among those below it', async t => {
  const small = new PriorityTree(0);
  for (const id of [1, 3, 5, 7]) small.open(id);
  for (const [id, weight] of [[1, 12] as const, [3, 4] as const, [5, 8] as const, [7, 1] as const]) {
    small.place(id, { parent: id === 1 ? 0 : 1, weight, exclusive: false }, anyIdle);
  }
  const gone = small.get(1) as TreeNode;
  small.close(gone);
  t.equal(drawn(small.root), '0(3 5 7)');
  t.same(
    [3, 5, 7].map(id => weightOf(small, id)),
    [3, 7, 1],
    '12 by 4, 8 and 1 of 13, at least 1',
  );
  t.notOk(small.has(gone));
  t.equal(gone.parent, null);
  small.close(gone);
  t.equal(drawn(small.root), '0(3 5 7)', 'closing it again changes nothing');
});

t.test('5.3.4, 5.3.5: defaults, idle parents, and those that were forgotten', async t => {
  const tree = new PriorityTree(100);
  t.same([tree.open(1).weight, drawn(tree.root)], [16, '0(1)']);
  place(tree, 5, 9, { weight: 3 });
  t.equal(drawn(tree.root), '0(1 9(5))', 'an idle parent is given the default place');
  t.equal(weightOf(tree, 9), 16);
  tree.place(1, { parent: 3, weight: 200, exclusive: true }, id => id > 9);
  t.equal(drawn(tree.root), '0(1 9(5))', 'of a parent that was forgotten: the default place, and nobody is taken over');
  t.equal(weightOf(tree, 1), 16);
  tree.place(7, { parent: 1, weight: 2, exclusive: false }, id => id > 9);
  t.equal(drawn(tree.root), '0(1 9(5))', 'a closed stream that was forgotten has no place');
});

t.test('5.3.3: a new weight holds at once, whatever was sent ahead by the old one', async t => {
  const tree = grown([
    [1, 0, { weight: 1 }],
    [3, 0, { weight: 16 }],
  ]);
  const nodes = [tree.open(1), tree.open(3)];
  for (const node of nodes) node.wait();
  const sends = (): number => {
    const next = tree.root.next() as TreeNode;
    next.take(1024);
    next.wait();
    return next.id;
  };
  // The light one has sent: by its weight it is not due again for a while.
  while (sends() !== 1);
  place(tree, 1, 0, { weight: 256 });
  const order = Array.from({ length: 34 }, sends);
  t.equal(order.filter(id => id === 1).length, 32, order.join(' '));
});

t.test('6.6: a promised stream is below the one it was promised on, with weight 16', async t => {
  const tree = grown([[1, 0, { weight: 200 }]]);
  tree.open(1);
  t.equal(tree.promise(2, 1).weight, 16);
  t.equal(drawn(tree.root), '0(1(2))');
  tree.promise(4, 99);
  t.equal(drawn(tree.root), '0(1(2) 4)', 'of a stream without a node: below the root');
});

t.test('the bound: the node that was named longest ago goes, never that of an open stream', async t => {
  const tree = grown([], 3);
  tree.open(1);
  for (const id of [11, 13, 15]) place(tree, id, 0);
  place(tree, 1, 11);
  t.equal(drawn(tree.root), '0(11(1) 13 15)');
  place(tree, 17, 0);
  t.equal(drawn(tree.root), '0(11(1) 15 17)', '13 goes: 11 has been named since');
  for (let id = 101; id < 2001; id += 2) place(tree, id, id - 2);
  t.equal(tree.size, 4);
  t.ok(tree.has(tree.open(1)));
  tree.close(tree.open(1));
  t.equal(tree.size, 3);
});

/** The rules of §5.3 again, as sentences say them, over a map of parents. */
class Model {
  readonly parents = new Map<number, number>();
  readonly weights = new Map<number, number>();

  know(id: number): void {
    if (id === 0 || this.parents.has(id)) return;
    this.parents.set(id, 0);
    this.weights.set(id, 16);
  }

  isBelow(id: number, other: number): boolean {
    for (let at = this.parents.get(id); at !== undefined; at = this.parents.get(at)) if (at === other) return true;
    return false;
  }

  place(id: number, { parent, weight, exclusive }: Dependency): void {
    this.know(id);
    this.know(parent);
    if (this.isBelow(parent, id)) this.parents.set(parent, this.parents.get(id) as number);
    this.parents.set(id, parent);
    this.weights.set(id, weight);
    if (!exclusive) return;
    for (const [other, above] of this.parents) if (above === parent && other !== id) this.parents.set(other, id);
  }
}

const act = fc.record({
  id: fc.integer({ min: 0, max: 12 }).map(n => 2 * n + 1),
  parent: fc.integer({ min: 0, max: 13 }).map(n => Math.max(0, 2 * n - 1)),
  weight: fc.integer({ min: 1, max: 256 }),
  exclusive: fc.boolean(),
  kind: fc.constantFrom('place', 'place', 'place', 'open', 'close', 'wait', 'next'),
});

function checkActive(node: TreeNode, waiting: ReadonlySet<TreeNode>): number {
  const sum = node.children().reduce((so, child) => so + checkActive(child, waiting), waiting.has(node) ? 1 : 0);
  if (sum !== node.active) throw new Error(`${node.active} are counted at ${node.id}, ${sum} wait`);
  return sum;
}

t.test(
  'any sequence gives the tree of the model, and the next is always one who waits with no parent that does',
  async t => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80, size: 'max' }), fc.constantFrom(2, 1000), (acts, most) => {
        const tree = new PriorityTree(most);
        const model = new Model();
        const open = new Map<number, TreeNode>();
        const waiting = new Set<TreeNode>();
        for (const { id, parent, weight, exclusive, kind } of acts) {
          if (kind === 'place' && parent !== id) {
            tree.place(id, { parent, weight, exclusive }, anyIdle);
            model.place(id, { parent, weight, exclusive });
          } else if (kind === 'open') {
            open.set(id, tree.open(id));
            model.know(id);
          } else if (kind === 'close') {
            const node = open.get(id);
            if (node === undefined) continue;
            open.delete(id);
            node.leave();
            waiting.delete(node);
            tree.close(node);
          } else if (kind === 'wait') {
            const node = open.get(id);
            if (node === undefined) continue;
            node.wait();
            waiting.add(node);
          } else if (kind === 'next') {
            const next = tree.root.next();
            if (next === null) {
              if (waiting.size > 0) throw new Error('somebody waits');
              continue;
            }
            if (!waiting.delete(next)) throw new Error('it does not wait');
            for (const other of waiting) if (next.isBelow(other)) throw new Error('a parent waits');
            next.take(weight);
          }
          checkActive(tree.root, waiting);
          if (tree.size > open.size + most) throw new Error('the tree is not bounded');
          for (const node of open.values()) if (!tree.has(node)) throw new Error('an open stream has lost its node');
          if (most < 1000) continue;
          for (const [known, above] of model.parents) {
            const node = tree.get(known) as TreeNode;
            if (node.parent?.id !== above || node.weight !== model.weights.get(known)) throw new Error(`node ${known}`);
          }
        }
      }),
      { numRuns: 500 },
    );
    t.pass('it held');
  },
);

t.test('a flood of PRIORITY costs a bounded number of steps a frame', async t => {
  const tree = new PriorityTree(100);
  for (let id = 1; id < 200; id += 2) tree.open(id);
  // Everybody is taken over by everybody in turn: the most that one frame can move.
  for (let id = 1; id < 200_001; id += 2) place(tree, id, 0, { exclusive: true, weight: 1 + (id % 256) });
  t.equal(tree.size, 200);
});
