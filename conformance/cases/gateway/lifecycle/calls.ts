/** What each member does in each state of the response: the table of section 3.1, cell by cell. */
import type { Exchange, Sink } from '../../../../spec/msgi.ts';
import type { RequirementId } from '../../../../spec/registry/index.ts';
import type { Handler, Kit } from '../../../application/kit.ts';
import { type GatewayCaseBody, suite } from '../../../gateway/case.ts';
import { brought, left, outcome, STATES, type State, tight } from './acts.ts';

type Call = (x: Exchange, out: Sink | null, kit: Kit) => unknown;

const CALLS: Readonly<Record<string, Call>> = {
  inform: x => x.inform(103),
  respond: x => x.respond(200),
  start: x => x.start(200),
  write: (_, out) => out?.write('octets'),
  ready: (_, out) => out?.ready(),
  end: (_, out) => out?.end(),
  window: (_, out) => out?.window,
  buffered: (_, out) => out?.buffered,
  push: (x, _, kit) => x.push({ target: kit.path('idle-respond') }),
  prioritize: x => x.prioritize(1, true),
  deadline: x => x.deadline(2 ** 31 - 1),
  reset: x => x.reset(),
  watch: x => x.watch(() => {}),
};

/** What each call gives, by state; "→" where it leads to another one; null where there is no sink. */
const CELLS: Readonly<Record<string, readonly (string | null)[]>> = {
  inform: ['boolean', 'TypeError', 'TypeError', 'false'],
  respond: ['nothing → done', 'TypeError', 'TypeError', 'nothing'],
  start: ['an object → open', 'TypeError', 'TypeError', 'an object'],
  write: [null, 'nothing', 'TypeError', 'ExchangeError'],
  ready: [null, 'octets', '0', 'ExchangeError'],
  end: [null, 'nothing → done', 'TypeError', 'ExchangeError'],
  window: [null, 'octets', '0', '0'],
  buffered: [null, 'octets', 'octets', '0'],
  push: ['boolean', 'boolean', 'false', 'false'],
  prioritize: ['nothing', 'nothing', 'nothing', 'nothing'],
  deadline: ['nothing', 'nothing', 'nothing', 'nothing'],
  reset: ['nothing → dead', 'nothing → dead', 'nothing', 'nothing'],
  watch: ['a function', 'a function', 'a function', 'a function'],
};

/** "boolean" and "octets" stand for more than one answer. */
function matches(given: string, wanted: string): boolean {
  if (wanted === 'boolean') return given === 'true' || given === 'false';
  return wanted === 'octets' ? /^[0-9]+$/.test(given) : given === wanted;
}

const cell: Handler = async (x, kit) => {
  const [state, member] = kit.name.split('-') as [State, string];
  const out = brought(x, state);
  let then = x.state;
  const gives = await outcome(() => {
    try {
      return CALLS[member]?.(x, out, kit);
    } finally {
      then = x.state;
    }
  });
  kit.report('cell', { gives, then });
  left(x, out);
};

/** A case about some of the cells: each is an exchange of its own. */
function cells(
  requirement: RequirementId,
  title: string,
  members: readonly string[],
  states: readonly State[] = STATES,
): GatewayCaseBody {
  return {
    requirement,
    title,
    app: cell,
    async run(trial) {
      const peer = await tight(trial);
      for (const member of members) {
        for (const state of states) {
          const wanted = CELLS[member]?.[STATES.indexOf(state)];
          if (wanted == null) continue;
          const [gives = '', then = state] = wanted.split(' → ');
          trial.expected = `${member} in ${state} gives ${gives}, and the state is ${then} then`;
          const seen = (await trial.report(trial.ask(peer, `${state}-${member}`), 'cell')) as Record<string, string>;
          if (!matches(seen['gives'] ?? '', gives)) trial.fail(`${member} in ${state} gives ${seen['gives']}`);
          if (seen['then'] !== then) trial.fail(`${member} in ${state} leaves the state ${seen['then']}`);
        }
      }
      trial.seen = `${members.join(', ')}: each as its cell says`;
    },
  };
}

export default suite('lifecycle', {
  'calls-of-the-response': cells(
    'MSGI-LIFE-3',
    'Each member has the effect that the table of the response half states, in each state.',
    Object.keys(CELLS),
  ),
  'start-opens': cells(
    'MSGI-LIFE-4',
    'The member start leads from idle to open, and gives a sink.',
    ['start'],
    ['idle'],
  ),
  'respond-is-done': cells('MSGI-LIFE-5', 'The member respond leads from idle to done.', ['respond'], ['idle']),
  'one-response': cells(
    'MSGI-LIFE-6',
    'The members start, respond and inform throw a TypeError when the response has begun.',
    ['start', 'respond', 'inform'],
    ['open', 'done'],
  ),
  'nothing-behind-the-end': cells(
    'MSGI-LIFE-8',
    'The members write and end throw a TypeError when the response is done.',
    ['write', 'end'],
    ['done'],
  ),
  'done-is-not-dead': cells(
    'MSGI-LIFE-11',
    'A response that was ended stays done when its exchange fails before it is complete.',
    ['reset'],
    ['done'],
  ),
});
