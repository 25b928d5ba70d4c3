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

t.test('an instance goes on to cases of its suite with its options', async t => {
  const spares = new Spares();
  const { spare, state } = instance();
  spares.add(bodyOf('flow/a', { initial_window: 1, grace: 2 }), spare);
  t.equal(spares.take(bodyOf('flow/a', { initial_window: 1, grace: 2 })), spare, 'tries share it');
  spares.give(spare, true);
  spares.give(spare, true);
  t.equal(spares.take(bodyOf('flow/b', { initial_window: 1 })), null, 'other options');
  t.equal(spares.take(bodyOf('drain/b', { initial_window: 1, grace: 2 })), null, 'another suite');
  t.equal(spares.take(bodyOf('flow/b', { grace: 2, initial_window: 1 })), spare, 'the order of options is nothing');
  t.notOk(state.ended);
  spares.give(spare, true);
  await spares.stop();
  t.ok(state.ended, 'the end of the run is its end');
});

t.test('cases of one kind take turns, the tries of a case go side by side', async t => {
  const spares = new Spares();
  const log: string[] = [];
  const enter = async (id: string): Promise<void> => {
    await spares.enter(bodyOf(id));
    log.push(id);
  };
  await enter('flow/a');
  await enter('flow/a');
  await enter('drain/a');
  const others = [enter('flow/b'), enter('flow/c')];
  spares.leave(bodyOf('flow/a'));
  await new Promise(setImmediate);
  t.same(log, ['flow/a', 'flow/a', 'drain/a'], 'a try goes on');
  spares.leave(bodyOf('flow/a'));
  await others[0];
  t.equal(log.at(-1), 'flow/b');
  t.equal(log.length, 4, 'the next one waits');
  spares.leave(bodyOf('flow/b'));
  await others[1];
  spares.leave(bodyOf('flow/c'));
  await enter('flow/a');
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
