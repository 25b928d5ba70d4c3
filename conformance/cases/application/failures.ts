/** Cases on exchanges that fail: what an application owes then, and what it must not go on with. */
import { applicationChapter } from '../../application/case.ts';
import type { HostSink } from '../../application/host/sink.ts';
import type { Visit } from '../../application/host/visit.ts';
import { type Asked, describe } from '../../application/requests.ts';
import type { AskOptions, Stage } from '../../application/stage.ts';
import { interrupted } from './interrupted.ts';
import { withContent } from './messages.ts';

/** Half of the content, and no end. */
const HELD: AskOptions = { sends: false };
/** The peer takes nothing of the response. */
const BLOCKED: AskOptions = { window: 0 };

async function settlesSoon(
  stage: Stage,
  requests: readonly Asked[],
  end: (visit: Visit) => void,
  options: AskOptions,
): Promise<void> {
  stage.expected = 'the promise of the application settles soon after its exchange has failed';
  let judged = 0;
  for (const asked of requests) {
    const seen = await interrupted(stage, asked, end, options);
    if (seen === null) continue;
    judged += 1;
    const { code, by } = seen.visit.error ?? { code: 0, by: 'app' };
    if (seen.late)
      stage.weak(
        `${describe(asked)}: not settled ${stage.limits.settle} ms after the end of its exchange (code ${code}, by ${by})`,
      );
  }
  if (judged === 0) stage.notApplicable('every exchange was over before it could fail');
  stage.seen = `${judged} of ${requests.length} exchanges were under way, and settled`;
}

/** Fails where calls go on that are told each time that nothing is taken. */
async function goesOn(stage: Stage, asked: Asked, sink: HostSink, told: string): Promise<void> {
  const before = sink.refused;
  await stage.until(() => false, stage.limits.settle);
  if (sink.refused <= before + 1) return;
  stage.fail(`${describe(asked)}: ${sink.refused} calls were told ${told}, and the application goes on`);
}

/** False where no response was under way. */
async function stopsProducing(stage: Stage, asked: Asked): Promise<boolean> {
  const seen = await interrupted(stage, asked, visit => visit.cancel(), BLOCKED);
  if (seen === null || seen.visit.sink === null) return false;
  if (seen.late) await goesOn(stage, asked, seen.visit.sink, 'the error of the exchange');
  return true;
}

export default applicationChapter('app-failures', {
  'reset-while-reading': {
    requirement: 'MSGI-APP-6',
    title: 'The application settles soon after the peer has reset the stream in the middle of its content.',
    run: stage => settlesSoon(stage, withContent(stage), visit => visit.cancel(), HELD),
  },

  'reset-while-sending': {
    requirement: 'MSGI-APP-6',
    title: 'The application settles soon after the peer has reset the stream while the response was blocked.',
    run: stage => settlesSoon(stage, stage.requests, visit => visit.cancel(0), BLOCKED),
  },

  'limit-while-reading': {
    requirement: 'MSGI-APP-6',
    title:
      'The application settles soon after a limit of the server has ended an exchange whose content does not come.',
    run: stage => settlesSoon(stage, withContent(stage), visit => visit.limit(), HELD),
  },

  'connection-lost': {
    requirement: 'MSGI-APP-6',
    title: 'The application settles soon after the connection was lost while the response was blocked.',
    run: stage => settlesSoon(stage, stage.requests, visit => visit.lose(), BLOCKED),
  },

  'producer-stops': {
    requirement: 'MSGI-APP-5',
    title: 'What produces content stops when its writes are given the error of the exchange.',
    async run(stage) {
      stage.expected = 'no more content some calls after the error';
      let judged = 0;
      for (const asked of stage.requests) if (await stopsProducing(stage, asked)) judged += 1;
      if (judged === 0) stage.notApplicable('no response was under way when its exchange failed');
      stage.seen = `${judged} responses that failed are not produced any longer`;
    },
  },

  'producer-stops-without-content': {
    requirement: 'MSGI-APP-5',
    title: 'What produces content stops when `ready` gives 0, as it does in response to HEAD.',
    async run(stage) {
      stage.expected = 'no content without end for a response that has none';
      const gets = stage.requests.filter(({ method }) => method === 'GET');
      if (gets.length === 0)
        stage.notApplicable("no request is GET: name one, as in --request 'GET /path'", 'no-resource');
      for (const asked of gets) {
        const visit = stage.ask({ ...asked, method: 'HEAD' });
        const over = await stage.until(() => stage.over(visit), stage.limits.settle);
        if (!over && visit.sink !== null) await goesOn(stage, asked, visit.sink, 'that nothing is taken');
        visit.cancel();
        await stage.until(() => visit.settled !== null, stage.limits.settle);
      }
      stage.limited = false;
      stage.seen = `${gets.length} responses to HEAD are not produced without end`;
    },
  },

  'nothing-unhandled': {
    requirement: 'MSGI-APP-10',
    title: 'No failure of the application goes where nobody takes it, whenever its exchange ends.',
    passive: true,
    async run(stage) {
      stage.expected = 'no exception and no rejection that would end the process';
      for (const asked of stage.requests) {
        for (const options of [BLOCKED, HELD]) {
          await interrupted(stage, asked, visit => visit.cancel(), {
            ...options,
            sends: asked.content === null || options !== HELD,
          });
          await stage.turns(5);
        }
      }
      stage.limited = false;
      stage.seen = 'no exception and no rejection goes unhandled';
    },
  },
});
