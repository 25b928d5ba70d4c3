/** Cases on answers: that each request gets a whole one, and its own. */
import { applicationChapter } from '../../application/case.ts';
import { describe } from '../../application/requests.ts';
import type { AskOptions, Stage } from '../../application/stage.ts';
import { baseline, difference, withContent } from './messages.ts';

const PEERS: Readonly<Record<string, AskOptions>> = {
  'a sound peer': {},
  'a peer that sends one octet at a time': { chunk: 1 },
  'a peer that waits for 100': { expects: true },
};

async function answered(stage: Stage, who: string, options: AskOptions): Promise<void> {
  for (const asked of stage.requests) {
    const visit = await stage.serve(asked, options);
    const wrong = stage.unserved(asked, visit);
    if (wrong !== null) stage.fail(`${wrong}, to ${who}`);
    if (!stage.over(visit)) visit.cancel();
  }
}

export default applicationChapter('app-answers', {
  'ended-when-settled': {
    requirement: 'MSGI-APP-1',
    title: 'When the promise of the application settles, the response has ended or the exchange was reset.',
    passive: true,
    handshake: true,
    async run(stage) {
      stage.expected = 'a whole response to each request, whatever the peer does on its way';
      for (const [who, options] of Object.entries(PEERS)) await answered(stage, who, options);
      stage.seen = `${stage.requests.map(describe).join(', ')}: a whole response each time`;
    },
  },

  'chunks-mean-nothing': {
    requirement: 'MSGI-APP-4',
    title: 'The answer to a request does not depend on how its content is cut into chunks.',
    async run(stage) {
      stage.expected = 'the same answer to content in one chunk, in octets, and in chunks of seven';
      const uploads = withContent(stage);
      let judged = 0;
      for (const asked of uploads) {
        const usual = await baseline(stage, asked);
        if (usual === null) continue;
        judged += 1;
        for (const chunk of [1, 7]) {
          const seen = difference(usual, await stage.serve(asked, { chunk }));
          if (seen !== null) stage.fail(`${describe(asked)}: in chunks of ${chunk} octets, ${seen}`);
        }
      }
      if (judged === 0) stage.notApplicable('no answer to a request with content is the same each time');
    },
  },

  'to-its-own-request': {
    requirement: 'MSGI-APP-11',
    title: 'Exchanges that run at the same time get the answers that they get alone.',
    async run(stage) {
      stage.expected = 'of exchanges side by side on one connection, each the answer that it gets alone';
      const usual = new Map(
        await Promise.all(stage.requests.map(async one => [one, await baseline(stage, one)] as const)),
      );
      const judged = stage.requests.filter(asked => usual.get(asked) != null);
      if (judged.length === 0) stage.notApplicable('no answer is the same each time');
      const connection = stage.connect();
      // Content by octets, so that each exchange is under way while the others are.
      const visits = [...judged, ...judged].map(asked => ({
        asked,
        visit: stage.ask(asked, { connection, chunk: 16 }),
      }));
      await stage.until(() => visits.every(({ visit }) => stage.over(visit)), stage.limits.answer);
      for (const { asked, visit } of visits) {
        const seen = difference(usual.get(asked) ?? visit, visit);
        if (seen !== null) stage.fail(`${describe(asked)} beside ${visits.length - 1} others: ${seen}`);
      }
      stage.seen = `${visits.length} exchanges side by side get their own answers`;
    },
  },
});
