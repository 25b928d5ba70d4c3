/** Cases on the drain. */
import { applicationChapter } from '../../application/case.ts';
import { describe } from '../../application/requests.ts';

export default applicationChapter('app-drain', {
  'long-responses-end': {
    requirement: 'MSGI-APP-7',
    title: 'A response that has no end of its own comes to one when the connection drains.',
    async run(stage) {
      stage.expected = 'the end of the response after the notice "drain"';
      const endless = stage.requests.filter(asked => stage.isEndless(asked));
      if (endless.length === 0) stage.notApplicable('every response has an end of its own');
      for (const asked of endless) {
        const connection = stage.connect();
        const visit = await stage.serve(asked, { connection });
        connection.drain();
        if (!(await stage.until(() => stage.over(visit), stage.limits.settle * 2)))
          stage.weak(`${describe(asked)}: goes on ${stage.limits.settle * 2} ms after the notice "drain"`);
        visit.cancel();
      }
      stage.seen = `${endless.map(describe).join(', ')}: ended after the notice`;
    },
  },
});
