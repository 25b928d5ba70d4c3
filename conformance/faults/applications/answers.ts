/** Applications that answer wrongly, and calls that no server takes. */
import type { Exchange } from '../../../spec/msgi.ts';
import type { ApplicationFault } from './fault.ts';
import { contentOf, words } from './sound.ts';

const TEXT = ['content-type', 'text/plain'];
const isPost = (x: Exchange): boolean => x.request.method === 'POST';

/** A variable of the module that outlives an `await`. */
let current: Exchange | null = null;

export default [
  {
    id: 'app-answers/ends-later',
    deviation: 'The application settles while its response is still open, and ends it in a later turn.',
    clause: 'MSGI-APP-1',
    fails: ['app-answers/ended-when-settled'],
    seen: /has (returned|settled) with a response that it has not ended/,
    app: x => {
      if (!isPost(x)) return words(x);
      const out = x.start(200, TEXT);
      setImmediate(() => out.end());
      return undefined;
    },
  },
  {
    id: 'app-answers/forgets-a-method',
    deviation: 'The application returns without a response for methods that it does not know.',
    clause: 'MSGI-APP-1',
    fails: ['app-answers/ended-when-settled'],
    seen: /without a response/,
    app: x => {
      if (x.request.method === 'GET') x.respond(200, TEXT, 'hello\n');
    },
  },
  {
    id: 'app-answers/first-chunk-only',
    deviation: 'The application takes the first chunk for the whole content.',
    clause: 'MSGI-APP-4',
    fails: ['app-answers/chunks-mean-nothing'],
    seen: /in chunks of 1 octets, other content/,
    app: async x => {
      if (!isPost(x)) return words(x);
      const chunk = await x.body.read();
      x.respond(200, TEXT, `${new TextDecoder().decode(chunk ?? undefined).split(/\s+/).length} words\n`);
    },
  },
  {
    id: 'app-answers/one-visitor-at-a-time',
    deviation: 'The application keeps the exchange in a variable of its module while it reads.',
    clause: 'MSGI-APP-11',
    fails: ['app-answers/to-its-own-request'],
    seen: /beside \d+ others: status 500/,
    app: async x => {
      current = x;
      const text = await contentOf(x);
      if (current?.state === 'idle') current.respond(200, TEXT, `${text.length} letters\n`);
    },
  },
  {
    id: 'app-calls/answers-twice',
    deviation: 'The application answers 500 in its handler of errors, whether it has answered or not.',
    clause: 'MSGI-APP-2',
    fails: ['app-calls/at-the-right-moment'],
    seen: /respond: the response is open/,
    app: async x => {
      try {
        const out = x.start(200, TEXT);
        if (isPost(x)) throw new Error('a fault of the program');
        await out.end();
      } catch {
        x.respond(500);
      }
    },
  },
  {
    id: 'app-calls/writes-behind-the-end',
    deviation: 'The application writes one more line behind the end of its response.',
    clause: 'MSGI-APP-2',
    fails: ['app-calls/at-the-right-moment'],
    seen: /write: the response is done/,
    app: async x => {
      const out = x.start(200, TEXT);
      const ended = out.end();
      if (isPost(x)) out.write('bye\n');
      await ended;
    },
  },
  {
    id: 'app-calls/reflects-a-field',
    deviation: 'The application gives a field back by the name that a browser shows, in upper case.',
    clause: 'MSGI-APP-3',
    fails: ['app-calls/right-arguments'],
    seen: /the field name "Content-Type"/,
    app: x => x.respond(200, ['Content-Type', 'text/plain'], 'hello\n'),
  },
  {
    id: 'app-calls/length-in-characters',
    deviation: 'The application counts the characters of its content for content-length, not the octets.',
    clause: 'MSGI-APP-3',
    fails: ['app-calls/right-arguments'],
    seen: /a content-length of 6, and 7 octets of content/,
    app: x => x.respond(200, [...TEXT, 'content-length', `${'grüße\n'.length}`], 'gruße\n'),
  },
  {
    id: 'app-calls/keeps-alive',
    deviation: 'The application sends a connection-specific field.',
    clause: 'MSGI-APP-3',
    fails: ['app-calls/right-arguments'],
    seen: /connection, which is connection-specific/,
    app: x => x.respond(200, [...TEXT, 'connection', 'keep-alive'], 'hello\n'),
  },
] satisfies readonly ApplicationFault[];
