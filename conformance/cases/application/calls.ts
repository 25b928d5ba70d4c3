/** Cases on the calls of an application: the checker between it and the kit's server sees each of them. */
import { applicationChapter } from '../../application/case.ts';
import { describe } from '../../application/requests.ts';
import { interrupted } from './interrupted.ts';

/** Legal, and seldom: a program that puts such values into its own response has to know what it sends. */
const STRANGE = [
  'user-agent',
  'Z\xfcrich/1.0 (\t)',
  'accept-language',
  '',
  'x-forwarded-for',
  '::1',
  'cookie',
  'a=b; c="d"',
];

export default applicationChapter('app-calls', {
  'at-the-right-moment': {
    requirement: 'MSGI-APP-2',
    title: 'The application makes no call that the state of its exchange forbids, also when the exchange ends early.',
    passive: true,
    handshake: true,
    async run(stage) {
      stage.expected = 'no call that is a TypeError by the state of the exchange';
      for (const asked of stage.requests) {
        await stage.serve(asked, { chunk: 100 });
        await interrupted(stage, asked, visit => visit.cancel(), { window: 0 });
        await interrupted(stage, asked, visit => visit.cancel(), { sends: asked.content === null });
        await interrupted(stage, asked, visit => visit.limit(), { sends: asked.content === null });
      }
      stage.seen = `${stage.requests.map(describe).join(', ')}: every call at its moment`;
    },
  },

  'right-arguments': {
    requirement: 'MSGI-APP-3',
    title: 'The application gives fields, statuses, codes and lengths that can be sent.',
    passive: true,
    handshake: true,
    async run(stage) {
      stage.expected = 'no argument that is a TypeError, also where the request has seldom values';
      for (const asked of stage.requests) {
        await stage.serve(asked);
        await stage.serve(asked, { fields: STRANGE });
        await stage.serve(asked, { version: '1.0' });
      }
      stage.seen = `${stage.requests.map(describe).join(', ')}: every argument can be sent`;
    },
  },
});
