/** Which signals count on a connection (section 7.1), and what the fields of priority are to those who pass them on. */
import { priority, SETTING } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import type { Peer } from '../../../peer/peer.ts';
import { NO_TREE, processed, words } from './facts.ts';

/** The values of SETTINGS_NO_RFC7540_PRIORITIES that the subject has sent, in order; undefined where its first SETTINGS has none. */
function announced(peer: Peer): readonly (number | undefined)[] {
  const frames = peer.received.flatMap(({ payload }) =>
    payload.type === 'SETTINGS' && !payload.ack ? [payload.entries] : [],
  );
  const id = SETTING.NO_RFC7540_PRIORITIES;
  return frames.map(entries => entries.findLast(([entry]) => entry === id)?.[1]);
}

export default suite('priority', {
  'setting-is-the-policy': {
    requirement: 'MSGI-PRIO-1',
    title:
      'The first SETTINGS has SETTINGS_NO_RFC7540_PRIORITIES 1 where urgency alone counts, and only there; it never changes.',
    app: (x, kit) => {
      kit.report('counts', x.caps.priority);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const counts = await trial.report(trial.ask(peer, 'a'), 'counts');
      await trial.quietApp(peer);
      const [first = 0, ...later] = announced(peer);
      trial.expected = 'the setting is 1 exactly where caps.priority is "urgency" for a client that has not sent it';
      trial.seen = `caps.priority is ${JSON.stringify(counts)}, the setting is ${first}`;
      if (later.some(value => value !== undefined && value !== first)) trial.fail(`${trial.seen}, and changes later`);
      if (counts !== 'none' && (counts === 'urgency') !== (first === 1)) trial.fail(trial.seen);
    },
  },

  'client-switches-the-tree-off': {
    requirement: 'MSGI-PRIO-2',
    claims: ['priority-tree'],
    title: 'Where the client has sent SETTINGS_NO_RFC7540_PRIORITIES 1 no signal of the tree counts.',
    app: async (x, kit) => {
      await kit.gate();
      kit.report('asked', words(x));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open({ settings: NO_TREE });
      const a = trial.ask(peer, 'a', { priority: { dependency: 0, weight: 256 } });
      await processed(trial, peer, priority(a.stream, { dependency: 0, weight: 1 }));
      trial.release(a);
      await trial.reported(a, 'asked', 'none 3');
    },
  },

  'caps-say-what-counts': {
    requirement: 'MSGI-PRIO-3',
    claims: ['priority-tree'],
    title: 'The member caps.priority names the tree until the client has switched it off.',
    app: (x, kit) => {
      kit.report('counts', x.caps.priority);
      x.respond(200);
    },
    async run(trial) {
      const urgency = trial.subject.claims.has('priority-urgency');
      const plain = await trial.open();
      await trial.reported(trial.ask(plain, 'a'), 'counts', urgency ? 'both' : 'tree');
      const without = await trial.open({ settings: NO_TREE });
      await trial.reported(trial.ask(without, 'b'), 'counts', urgency ? 'urgency' : 'none');
    },
  },

  'field-reaches-the-application': {
    requirement: 'rfc9218/5/i1',
    title: 'The priority field of a request is served like any other, and reaches the application.',
    app: (x, kit) => {
      const { fields } = x.request;
      kit.report('field', fields[fields.indexOf('priority') + 1] ?? null);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const a = trial.ask(peer, 'a', { fields: ['priority', 'u=1, i'] });
      await trial.reported(a, 'field', 'u=1, i');
      await trial.answered(a, 200, 0);
    },
  },

  'field-of-the-response-reaches-the-client': {
    requirement: 'rfc9218/8/i1',
    title:
      'The priority field that an application sets reaches the client as it is, whatever the client has asked for.',
    app: x => x.respond(200, ['priority', 'u=1']),
    async run(trial) {
      const peer = await trial.open();
      const record = await trial.answered(trial.ask(peer, 'a', { fields: ['priority', 'u=5, i'] }), 200, 0);
      const at = record.fields.indexOf('priority');
      trial.expected = 'priority: u=1';
      trial.seen = at < 0 ? 'no priority field' : `priority: ${record.fields[at + 1]}`;
      if (trial.seen !== trial.expected) trial.fail(trial.seen);
    },
  },
});
