/** Cases on what middleware changes: the same by every way, and right in the end. */

import type { App, Exchange, Fields } from '../../../spec/msgi.ts';
import { applicationChapter } from '../../application/case.ts';
import type { Message } from '../../application/host/visit.ts';
import { describe } from '../../application/requests.ts';
import { eachPassed, through } from './through.ts';

const TEXT: Fields = ['content-type', 'text/plain'];
const CONTENT = 'hello from the kit\n';

const responds: App = x => x.respond(200, TEXT, CONTENT);
const starts: App = async x => {
  const out = x.start(200, TEXT);
  await out.write(CONTENT);
  await out.end();
};

const withLength: Fields = [...TEXT, 'content-length', `${CONTENT.length}`];
const respondsExactly: App = x => x.respond(200, withLength, CONTENT);
const startsExactly: App = async x => {
  const out = x.start(200, withLength);
  await out.write(CONTENT);
  await out.end();
};

const isSecret: Fields = Object.assign([...TEXT, 'x-secret', 'of one user'], { sensitive: ['x-secret'] });

/** As long as what an application may want to limit, and short enough for memory. */
const UPLOAD = new Uint8Array(2 ** 21).fill(46);

function wordsOf({ status, fields, content }: Message): string {
  const names = fields.filter((_, i) => i % 2 === 0 && !['date', 'content-length'].includes(fields[i] ?? ''));
  return `status ${status}, fields ${names.join(' ')}, ${content.length} octets`;
}

async function byRead({ body }: Exchange): Promise<string> {
  let octets = 0;
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) octets += chunk.length;
  return `${octets} octets`;
}

async function byIteration({ body }: Exchange): Promise<string> {
  let octets = 0;
  for await (const chunk of body) octets += chunk.length;
  return `${octets} octets`;
}

const failure = (error: unknown): string => `an error (${error instanceof Error ? error.name : String(error)})`;

export default applicationChapter('middleware', {
  'start-as-respond': {
    requirement: 'MSGI-MID-6',
    title: 'Middleware that changes `start` changes `respond` in the same way.',
    async run(stage) {
      stage.expected = 'the same response, whether the application calls respond or start';
      await eachPassed(stage, async asked => {
        const whole = await through(stage, asked, responds);
        const streamed = await through(stage, asked, starts);
        if (whole === null || streamed === null) return null;
        const [first, second] = [wordsOf(whole.message), wordsOf(streamed.message)];
        if (first !== second) stage.weak(`${describe(asked)}: by respond ${first}; by start ${second}`);
        return whole;
      });
      stage.seen = 'the same response by either way';
    },
  },

  'iterator-as-read': {
    requirement: 'MSGI-MID-7',
    title: 'What `read` is given through the middleware, the iterator is given as well.',
    async run(stage) {
      stage.expected = 'the same content, or the same end of it, whether the application reads or iterates';
      await eachPassed(stage, async asked => {
        const large = { ...asked, method: 'POST', content: UPLOAD };
        const seen: string[] = [];
        for (const way of [byRead, byIteration]) {
          const visit = await through(
            stage,
            large,
            async x => {
              seen.push(await way(x).catch(failure));
              if (x.state === 'idle') x.respond(200);
            },
            { chunk: 16_384 },
          );
          if (visit === null) return null;
        }
        if (seen[0] !== seen[1]) stage.fail(`${describe(large)}: read gives ${seen[0]}, the iterator ${seen[1]}`);
        return stage.visits.at(-1) ?? null;
      });
      stage.seen = 'the same by either way';
    },
  },

  'length-of-what-is-changed': {
    requirement: 'MSGI-MID-10',
    title: 'Middleware that changes content puts its `content-length` right, or takes it out.',
    async run(stage) {
      stage.expected = 'a content-length that is that of the content, or none';
      await eachPassed(stage, async asked => {
        const plain = { ...asked, method: asked.method === 'HEAD' ? 'GET' : asked.method };
        let passed = null;
        for (const act of [respondsExactly, startsExactly]) {
          const visit = await through(stage, plain, act);
          const [broken] = stage.forgive('MSGI-APP-3', 'MSGI-APP-1');
          if (visit !== null && broken !== undefined) stage.fail(`${describe(plain)}: ${broken.seen}`);
          passed = visit;
        }
        return passed;
      });
      stage.seen = 'the length is that of the content';
    },
  },

  'sensitive-is-kept': {
    requirement: 'MSGI-FIELD-16',
    title: 'Middleware that builds a field list out of another carries `sensitive` over.',
    async run(stage) {
      stage.expected = '`sensitive` of the list that the application gave';
      await eachPassed(stage, async asked => {
        const visit = await through(stage, asked, x => x.respond(200, isSecret, CONTENT));
        const fields = visit?.message.fields ?? [];
        if (fields.includes('x-secret') && !fields.sensitive?.includes('x-secret'))
          stage.weak(`${describe(asked)}: the field x-secret arrives, and sensitive does not name it any more`);
        return visit;
      });
      stage.seen = 'sensitive arrives';
    },
  },
});
