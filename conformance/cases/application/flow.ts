/** Cases on back-pressure, in either direction. */
import { applicationChapter } from '../../application/case.ts';
import { describe } from '../../application/requests.ts';
import { withContent } from './messages.ts';

/** Milliseconds in which an application that has answered is done, or says what it does with the rest of the request. */
const DONE_MS = 250;

/** Octets that wait and are nobody's plan any more: that many are told by the checker as well. */
const FAR = 1_048_576;

export default applicationChapter('app-flow', {
  'awaits-write': {
    requirement: 'MSGI-FLOW-27',
    title: 'The application waits when the peer takes nothing, instead of holding its response in memory.',
    async run(stage) {
      stage.expected = `no more than ${FAR} octets of content waiting for a peer that grants nothing`;
      let most = 0;
      for (const asked of stage.requests) {
        const visit = stage.ask(asked, { window: 0 });
        const far = (): boolean => (visit.sink?.most ?? 0) > FAR;
        if (await stage.until(() => far() || visit.settled !== null, stage.limits.settle / 2)) {
          if (far()) stage.weak(`${describe(asked)}: ${visit.sink?.most} octets wait for a peer that grants nothing`);
        }
        most = Math.max(most, visit.sink?.most ?? 0);
        visit.cancel();
      }
      stage.limited = stage.weaknesses.length > 0;
      stage.seen = `${most} octets waited at most`;
    },
  },

  'unwanted-content-is-stopped': {
    requirement: 'MSGI-APP-8',
    title: 'The application that has answered, reads no more and works on says that it wants no more content.',
    async run(stage) {
      stage.expected = 'body.stop(), a reader, or the end of the application, once the response has ended';
      for (const asked of withContent(stage)) {
        const visit = stage.ask(asked, { sends: false });
        if (!(await stage.until(() => visit.state === 'done', stage.limits.settle / 2))) {
          visit.cancel();
          continue;
        }
        const minds = (): boolean => visit.settled !== null || visit.source.over || visit.source.waits;
        if (!(await stage.until(minds, DONE_MS)))
          stage.weak(
            `${describe(asked)}: answered, not settled, and nobody reads or stops what the peer goes on sending`,
          );
        visit.cancel();
      }
      stage.limited = stage.weaknesses.length > 0;
    },
  },
});
