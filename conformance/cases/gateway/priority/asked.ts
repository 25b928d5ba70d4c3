/** What the peer asks for (section 7.2). */
import { priority, priorityUpdate } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import { looksTwice, processed, words } from './facts.ts';

/** Values of the field, one of each line, and what they ask for (RFC 9218 §4). */
const READ: readonly (readonly [readonly string[], string])[] = [
  [['u=1'], '1'],
  [['u=0, i'], '0 incremental'],
  [['i=?1,u=7'], '7 incremental'],
  [['i=?0, u=2'], '2'],
  [['u=5 \t,\t i'], '5 incremental'],
  [['u=1', 'i'], '1 incremental'],
  [['u=8'], '3'],
  [['u=-1'], '3'],
  [['u=1.0'], '3'],
  [['u="1"'], '3'],
  [['u=a'], '3'],
  [['u=?1'], '3'],
  [['u'], '3'],
  [['u=(1)'], '3'],
  [['u=2, i=1'], '2'],
  [['u=2, i=a'], '2'],
  [['x=1, u=4'], '4'],
  [['u=1;foo'], '1'],
  [['u=9, i'], '3 incremental'],
  [['u=1, u=9'], '3'],
  [['u=9, u=1'], '1'],
];

/** No dictionaries. */
const UNREADABLE = ['u=1,', 'U=1', 'u=', '???', 'u=1 i', ', u=1'];

const WEIGHTS: readonly (readonly [number, number])[] = [
  [1, 7],
  [2, 6],
  [3, 6],
  [4, 5],
  [7, 5],
  [8, 4],
  [15, 4],
  [16, 3],
  [31, 3],
  [32, 2],
  [64, 1],
  [127, 1],
  [128, 0],
  [256, 0],
];

export default suite('priority', {
  'scheme-urgency-by-the-field': {
    requirement: 'MSGI-PRIO-4',
    claims: ['priority-urgency'],
    title: 'The scheme is "urgency" with a priority field, "none" on the same connection without.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      await trial.reported(trial.ask(peer, 'a', { fields: ['priority', 'u=3'] }), 'asked', 'urgency 3');
      await trial.reported(trial.ask(peer, 'b'), 'asked', 'none 3');
    },
  },

  'scheme-tree-from-the-first-signal': {
    requirement: 'MSGI-PRIO-4',
    claims: ['priority-tree'],
    title: 'The scheme is "none" until the client sends PRIORITY, for whatever stream, and "tree" from then on.',
    app: looksTwice,
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a');
      await trial.reported(a, 'at first', 'none 3');
      await processed(trial, peer, priority(peer.nextStream(), { dependency: 0, weight: 200 }));
      trial.release(a);
      await trial.reported(a, 'later', 'tree 3 incremental');
    },
  },

  'urgency-before-the-tree': {
    requirement: 'MSGI-PRIO-4',
    claims: ['priority-tree', 'priority-urgency'],
    title: 'Whoever has a priority field has the scheme "urgency", also where the client uses the tree.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const dependency = { dependency: 0, weight: 256 };
      const a = trial.ask(peer, 'a', { fields: ['priority', 'u=6'], priority: dependency });
      await trial.reported(a, 'asked', 'urgency 6');
      await trial.reported(trial.ask(peer, 'b', { priority: dependency }), 'asked', 'tree 0 incremental');
    },
  },

  'update-wins-over-the-field': {
    requirement: 'MSGI-PRIO-5',
    also: ['MSGI-PRIO-8'],
    claims: ['priority-urgency'],
    title: 'The latest PRIORITY_UPDATE wins over the field, and shows as soon as it was processed.',
    app: looksTwice,
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a', { fields: ['priority', 'u=1'] });
      await trial.reported(a, 'at first', 'urgency 1');
      await processed(trial, peer, priorityUpdate(a.stream, 'u=4'), priorityUpdate(a.stream, 'u=6'));
      trial.release(a);
      await trial.reported(a, 'later', 'urgency 6');
    },
  },

  'early-update-wins-over-the-field': {
    requirement: 'MSGI-PRIO-5',
    claims: ['priority-urgency'],
    title: 'A PRIORITY_UPDATE that came before its stream was opened wins over the field.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const next = peer.nextStream() + 2;
      peer.send(priorityUpdate(next, 'u=6, i'));
      const a = trial.ask(peer, 'a', { fields: ['priority', 'u=1'] });
      await trial.reported(a, 'asked', 'urgency 6 incremental');
    },
  },

  'update-replaces-all-parameters': {
    requirement: 'MSGI-PRIO-5',
    also: ['rfc9218/7/i1'],
    claims: ['priority-urgency'],
    title: 'A parameter that a PRIORITY_UPDATE does not name has its default, whatever was said before.',
    app: looksTwice,
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a', { fields: ['priority', 'u=0'] });
      const b = trial.ask(peer, 'b', { fields: ['priority', 'u=2, i'] });
      const c = trial.ask(peer, 'c', { fields: ['priority', 'u=2, i'] });
      const updates = [priorityUpdate(a.stream, 'i'), priorityUpdate(b.stream, 'u=5'), priorityUpdate(c.stream, '')];
      await processed(trial, peer, ...updates);
      for (const asked of [a, b, c]) trial.release(asked);
      await trial.reported(a, 'later', 'urgency 3 incremental');
      await trial.reported(b, 'later', 'urgency 5');
      await trial.reported(c, 'later', 'urgency 3');
    },
  },

  'field-is-a-dictionary': {
    requirement: 'MSGI-PRIO-6',
    also: ['rfc9218/4/2', 'rfc9218/4/i1'],
    claims: ['priority-urgency'],
    title:
      'Urgency and incremental are read from a dictionary; what is unknown, out of range or of another type is passed over.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [at, [lines, wanted]] of READ.entries()) {
        const asked = trial.ask(peer, `f${at}`, { fields: lines.flatMap(line => ['priority', line]) });
        await trial.reported(asked, 'asked', `urgency ${wanted}`);
      }
    },
  },

  'field-on-http1': {
    requirement: 'MSGI-PRIO-6',
    also: ['MSGI-PRIO-12'],
    claims: ['priority-urgency', 'http1'],
    title: 'The priority field counts on HTTP/1.1 as well; there is no tree.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      kit.report('tree', [x.connection.tree === null, x.priority.node === null]);
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      const http1 = await trial.http1();
      const a = trial.exchange('a');
      http1.write(`GET ${a.path} HTTP/1.1\r\nhost: ${trial.subject.authority}\r\npriority: u=1\r\npriority: i\r\n\r\n`);
      await trial.reported(a, 'asked', 'urgency 1 incremental');
      await trial.reported(a, 'tree', [true, true]);
    },
  },

  'unreadable-field-is-none': {
    requirement: 'MSGI-PRIO-9',
    claims: ['priority-urgency'],
    title: 'A priority field that is no dictionary counts as none, and the request is served.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [at, value] of UNREADABLE.entries()) {
        const asked = trial.ask(peer, `f${at}`, { fields: ['priority', value] });
        await trial.reported(asked, 'asked', 'none 3');
        await trial.answered(asked, 200, 0);
      }
    },
  },

  'urgency-of-a-weight': {
    requirement: 'MSGI-PRIO-7',
    claims: ['priority-tree'],
    title: 'With the scheme "tree" the urgency is derived from the weight, and incremental is true.',
    app: (x, kit) => {
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [weight, urgency] of WEIGHTS) {
        const asked = trial.ask(peer, `w${weight}`, { priority: { dependency: 0, weight } });
        await trial.reported(asked, 'asked', `tree ${urgency} incremental`);
      }
    },
  },
});
