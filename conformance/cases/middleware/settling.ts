/** Cases on the promise of middleware, and on applications that fail behind it. */
import { applicationChapter } from '../../application/case.ts';
import { describe } from '../../application/requests.ts';
import { eachPassed, through } from './through.ts';

const FAILURE = 'the application of the kit fails';

export default applicationChapter('middleware', {
  'settles-last': {
    requirement: 'MSGI-MID-11',
    title: 'Middleware does not settle before the application that it wraps, unless it has ended the response itself.',
    async run(stage) {
      stage.expected = 'a promise that waits for that of the application';
      await eachPassed(stage, async asked => {
        let release: () => void = () => {};
        const gate = new Promise<void>(resolve => {
          release = resolve;
        });
        let begun = false;
        const act = async (x: Parameters<NonNullable<Parameters<typeof through>[2]>>[0]): Promise<void> => {
          begun = true;
          await gate;
          if (x.state === 'idle') x.respond(200);
        };
        const visit = await through(stage, asked, act, {}, () => begun);
        await stage.turns(20);
        const early = visit?.settled !== null && visit?.sink === null;
        release();
        await stage.turns(5);
        stage.forgive('MSGI-APP-1', 'MSGI-APP-2');
        if (visit !== null && early)
          stage.fail(`${describe(asked)}: the middleware has settled while the application works`);
        return visit;
      });
      stage.seen = 'it settles with the application';
    },
  },

  'failures-go-on': {
    requirement: 'MSGI-MID-12',
    title: 'Middleware that answers for an application that has failed lets the failure go on to the server.',
    async run(stage) {
      stage.expected = 'the rejection of the application at the server';
      await eachPassed(stage, async asked => {
        const visit = await through(stage, asked, () => {
          throw new Error(FAILURE);
        });
        stage.forgive('MSGI-APP-1');
        if (visit?.settled === 'fulfilled')
          stage.weak(`${describe(asked)}: the application fails, and nobody reports it`);
        return visit;
      });
      stage.seen = 'the failure goes on to the server';
    },
  },

  'asks-the-state': {
    requirement: 'MSGI-MID-13',
    title: 'Middleware asks `state` before it answers for an application that may have begun to.',
    async run(stage) {
      stage.expected = 'no second answer when the application fails in the middle of its response';
      await eachPassed(stage, async asked => {
        const visit = await through(stage, asked, async x => {
          await x.start(200).write('half of ');
          throw new Error(FAILURE);
        });
        const [twice] = stage.forgive('MSGI-APP-2');
        stage.forgive('MSGI-APP-1');
        if (twice !== undefined) stage.fail(`${describe(asked)}: ${twice.seen}`);
        return visit;
      });
      stage.seen = 'no second answer';
    },
  },
});
