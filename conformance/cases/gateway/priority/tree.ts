/** The tree of RFC 7540 §5.3, as applications see it (section 7.3). */
import type { PriorityNode } from '../../../../spec/msgi.ts';
import { priority } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { NO_TREE, place, processed, showsPlace } from './facts.ts';

/** What an application may try on a node. */
const TAMPERING: readonly ((node: PriorityNode) => unknown)[] = [
  node => Reflect.set(node, 'weight', 1),
  node => Reflect.set(node, 'parent', null),
  node => Reflect.set(node, 'id', 99),
  node => Reflect.deleteProperty(node, 'weight'),
  node => Reflect.set(node.children, 'length', 0),
  node => Array.prototype.push.call(node.parent?.children, node),
];

const tampers: Handler = async (x, kit) => {
  await kit.gate();
  kit.report('before', place(x.priority.node));
  for (const tamper of TAMPERING) {
    try {
      if (x.priority.node !== null) tamper(x.priority.node);
    } catch {
      // An error is as good as silence: what counts is what the next look shows.
    }
  }
  kit.report('after', place(x.priority.node));
  kit.report('root', place(x.connection.tree));
  x.respond(200);
};

export default suite('priority', {
  'default-place': {
    requirement: 'MSGI-PRIO-10',
    claims: ['priority-tree'],
    title: 'A stream that nothing was said about stands below the root with weight 16.',
    app: showsPlace,
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a');
      await processed(trial, peer, priority(peer.nextStream(), { dependency: 0, weight: 200 }));
      trial.release(a);
      await trial.reported(a, 'place', { parent: 0, weight: 16, children: [] });
    },
  },

  'insertion-and-exclusive-insertion': {
    requirement: 'MSGI-PRIO-10',
    claims: ['priority-tree'],
    title: 'A stream is put below the one that it depends on; exclusively, it takes over those that stood there.',
    app: showsPlace,
    async run(trial) {
      const peer = await trial.open();
      const group = peer.nextStream();
      peer.send(priority(group, { dependency: 0, weight: 201 }));
      const a = trial.ask(peer, 'a', { priority: { dependency: group, weight: 32 } });
      const b = trial.ask(peer, 'b', { priority: { dependency: group, weight: 48 } });
      const c = trial.ask(peer, 'c', { priority: { dependency: group, weight: 64, exclusive: true } });
      await trial.quietApp(peer);
      for (const asked of [a, b, c]) trial.release(asked);
      await trial.reported(a, 'place', { parent: c.stream, weight: 32, children: [] });
      await trial.reported(b, 'place', { parent: c.stream, weight: 48, children: [] });
      const report = await trial.report(c, 'place');
      trial.seen = `place of c is ${JSON.stringify(report)}`;
      // The others may be over by now, and their nodes kept or not.
      if (!JSON.stringify(report).startsWith(`{"parent":${group},"weight":64`)) trial.fail(trial.seen);
    },
  },

  'below-its-own-descendant': {
    requirement: 'MSGI-PRIO-10',
    claims: ['priority-tree'],
    title: 'Before a stream is put below one of its descendants, that one takes its place and keeps its weight.',
    app: async (x, kit) => {
      await kit.gate();
      kit.report('place', place(x.priority.node));
      await kit.gate('end');
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a', { priority: { dependency: 0, weight: 10 } });
      const b = trial.ask(peer, 'b', { priority: { dependency: a.stream, weight: 20 } });
      const c = trial.ask(peer, 'c', { priority: { dependency: b.stream, weight: 30 } });
      await processed(trial, peer, priority(a.stream, { dependency: c.stream, weight: 40 }));
      for (const asked of [a, b, c]) trial.release(asked);
      await trial.reported(a, 'place', { parent: c.stream, weight: 40, children: [b.stream] });
      await trial.reported(b, 'place', { parent: a.stream, weight: 20, children: [] });
      await trial.reported(c, 'place', { parent: 0, weight: 30, children: [a.stream] });
      for (const asked of [a, b, c]) trial.release(asked, 'end');
    },
  },

  'nodes-of-idle-and-closed-streams-stay': {
    requirement: 'MSGI-PRIO-11',
    claims: ['priority-tree'],
    title: 'The nodes of a stream that is still idle and of one that is over are there to depend on.',
    app: { over: x => x.respond(200), late: showsPlace },
    async run(trial) {
      const peer = await trial.open();
      const idle = peer.nextStream();
      peer.send(priority(idle, { dependency: 0, weight: 50 }));
      const over = trial.ask(peer, 'over', { priority: { dependency: idle, weight: 60 } });
      await trial.answered(over, 200, 0);
      const onIdle = trial.ask(peer, 'late-1', { priority: { dependency: idle, weight: 70 } });
      const onOver = trial.ask(peer, 'late-2', { priority: { dependency: over.stream, weight: 80 } });
      await trial.quietApp(peer);
      for (const asked of [onIdle, onOver]) trial.release(asked);
      await trial.reported(onIdle, 'place', { parent: idle, weight: 70, children: [] });
      await trial.reported(onOver, 'place', { parent: over.stream, weight: 80, children: [] });
    },
  },

  'no-tree-where-it-does-not-count': {
    requirement: 'MSGI-PRIO-12',
    claims: ['priority-tree'],
    title: 'Root and node are null for a client that has switched the tree off, and objects for others.',
    app: (x, kit) => {
      kit.report('null', [x.connection.tree === null, x.priority.node === null]);
      x.respond(200);
    },
    async run(trial) {
      const plain = await trial.open();
      await trial.reported(trial.ask(plain, 'a'), 'null', [false, false]);
      const without = await trial.open({ settings: NO_TREE });
      const b = trial.ask(without, 'b', { priority: { dependency: 0, weight: 100 } });
      await trial.reported(b, 'null', [true, true]);
    },
  },

  'nodes-cannot-change-the-tree': {
    requirement: 'MSGI-PRIO-13',
    claims: ['priority-tree'],
    title: 'Whatever an application does to a node, the tree is what it was.',
    app: tampers,
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a', { priority: { dependency: 0, weight: 30 } });
      await processed(trial, peer, priority(peer.nextStream(), { dependency: a.stream, weight: 9 }));
      trial.release(a);
      const before = await trial.report(a, 'before');
      await trial.reported(a, 'after', before);
    },
  },

  'pushed-below-its-parent': {
    requirement: 'MSGI-PRIO-14',
    claims: ['priority-tree', 'push'],
    title: 'The node of a pushed exchange stands below that of its parent with weight 16.',
    app: {
      parent: async (x, kit) => {
        kit.report('pushed', x.push({ target: kit.path('child') }));
        await kit.gate();
        x.respond(200);
      },
      child: (x, kit) => {
        kit.report('place', place(x.priority.node));
        x.respond(200);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const parent = trial.ask(peer, 'parent', { priority: { dependency: 0, weight: 99 } });
      await trial.reported(parent, 'pushed', true);
      await trial.reported(trial.exchange('child'), 'place', { parent: parent.stream, weight: 16, children: [] });
      trial.release(parent);
      await trial.answered(parent, 200, 0);
    },
  },
});
