/** Cases on capabilities: one is missing, and the exchange is answered all the same. */
import { type ApplicationCaseBody, applicationChapter } from '../../application/case.ts';
import { describe } from '../../application/requests.ts';
import type { AskOptions } from '../../application/stage.ts';
import { baseline, difference } from './messages.ts';

/** The failure of an exchange that is answered elsewhere is the application's; another answer is its choice, but poorer. */
function without(what: string, options: AskOptions): ApplicationCaseBody {
  return {
    requirement: 'MSGI-CAPS-5',
    title: `The application answers ${what}.`,
    async run(stage) {
      stage.expected = 'the answers that a peer with every capability gets';
      for (const asked of stage.requests) {
        const usual = await baseline(stage, asked);
        const visit = await stage.serve(asked, options);
        const wrong = stage.unserved(asked, visit);
        if (wrong !== null) stage.fail(`${wrong}, ${what}`);
        const other = usual === null ? null : difference(usual, visit);
        if (other !== null) stage.weak(`${describe(asked)}: ${other}`);
        if (!stage.over(visit)) visit.cancel();
      }
      stage.seen = `the same answers ${what}`;
    },
  };
}

export default applicationChapter('app-versions', {
  'without-push': without('to a peer that takes no promises', { caps: { push: false } }),
  // On HTTP/2 they are always sent (MSGI-VER-1).
  'without-informational': without('where informational responses are not sent', {
    version: '1.1',
    caps: { inform: false },
  }),
  'http-1-1': without('over HTTP/1.1, to a peer that takes no trailers', { version: '1.1' }),
  'http-1-0': without('over HTTP/1.0', { version: '1.0' }),
});
