/** Cases on octets that belong to somebody else. */
import { applicationChapter } from '../../application/case.ts';
import { withContent } from './messages.ts';

export default applicationChapter('app-memory', {
  'given-chunks-stay': {
    requirement: 'MSGI-DATA-5',
    title: 'The application leaves chunks as they are that it has given to `write` or `respond`.',
    passive: true,
    async run(stage) {
      stage.expected = 'the octets of each chunk as they were when it was given';
      for (const asked of stage.requests) {
        const visit = stage.ask(asked, { window: 10 });
        await stage.turns(50);
        visit.grant(2 ** 30);
        await stage.until(() => stage.over(visit) || stage.isEndless(asked), stage.limits.answer);
        visit.cancel();
        await stage.turns(5);
      }
      stage.seen = 'chunks stay as they were given';
    },
  },

  'buffers-of-chunks': {
    requirement: 'MSGI-DATA-7',
    title: 'The application touches nothing of the buffer of a chunk beyond the chunk.',
    passive: true,
    async run(stage) {
      stage.expected = 'the octets around each chunk, in its buffer, neither sent nor changed nor taken away';
      for (const asked of withContent(stage)) for (const chunk of [64, 1000]) await stage.serve(asked, { chunk });
      stage.seen = 'the octets around the chunks are as they were';
    },
  },
});
