import t from 'tap';
import type { Case } from '../case.ts';
import { type Spare, Spares } from '../runner/spares.ts';

/** An instance that only ends. */
function instance() {
  const state = { ended: false, crashed: false };
  const spare = {
    instance: {
      stop: async () => {
        state.ended = true;
      },
      crash: () => (state.crashed ? { how: 'signal SIGSEGV', output: '' } : null),
    },
    subject: {},
    waits: [],
  } as unknown as Spare;
  return { spare, state };
}

function bodyOf(id: string, alone: Case['alone'] = {}): Case {
  const [chapter = ''] = id.split('/');
  return { id, chapter, requirement: 'rfc9113/6.5/5', title: 'It is there.', alone, run: async () => {} };
}

t.test('an instance goes on to the next case of its suite with its options, one at a time', async t => {
  const spares = new Spares();
  const { spare, state } = instance();
  spares.add(bodyOf('flow/a', { initial_window: 1, grace: 2 }), spare);
  t.equal(spares.take(bodyOf('flow/b', { initial_window: 1, grace: 2 })), null, 'another case waits for no instance');
  t.equal(spares.take(bodyOf('flow/a', { initial_window: 1, grace: 2 })), spare, 'tries share it');
  spares.give(spare, true);
  t.equal(spares.take(bodyOf('flow/b', { initial_window: 1, grace: 2 })), null, 'one try goes on');
  spares.give(spare, true);
  t.equal(spares.take(bodyOf('flow/b', { initial_window: 1 })), null, 'other options');
  t.equal(spares.take(bodyOf('drain/b', { initial_window: 1, grace: 2 })), null, 'another suite');
  t.equal(spares.take(bodyOf('flow/b', { grace: 2, initial_window: 1 })), spare, 'the order of options is nothing');
  t.notOk(state.ended);
  spares.give(spare, true);
  await spares.stop();
  t.ok(state.ended, 'the end of the run is its end');
});

t.test('who leaves no clean instance has had the last of it', async t => {
  const spares = new Spares();
  const { spare, state } = instance();
  const body = bodyOf('flow/a');
  spares.add(body, spare);
  t.equal(spares.take(body), spare);
  spares.give(spare, false);
  t.notOk(state.ended, 'a try goes on');
  t.equal(spares.take(body), null);
  spares.give(spare, true);
  t.ok(state.ended);
});

t.test('one that has crashed is not used again', async t => {
  const spares = new Spares();
  const { spare, state } = instance();
  spares.add(bodyOf('flow/a'), spare);
  spares.give(spare, true);
  state.crashed = true;
  t.equal(spares.take(bodyOf('flow/a')), null);
  await spares.stop();
  t.ok(state.ended);
});
