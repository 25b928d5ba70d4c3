/** Field lists that an application gives (section 2.3). */
import type { Fields } from '../../../../spec/msgi.ts';
import { each, taken } from '../../../application/attempts.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { framesOf } from '../../../gateway/requests.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { representations } from './representations.ts';

/** Every member that takes a list, with every list; the response is as nothing of them had been. */
const gives =
  (lists: readonly (readonly unknown[])[], trailers: readonly (readonly unknown[])[] = lists): Handler =>
  async (x, kit) => {
    const wrong = lists as readonly Fields[];
    kit.report('taken', [
      ...taken(each('inform', wrong, fields => x.inform(103, fields))),
      ...taken(each('push', wrong, fields => x.push({ target: kit.path('promised'), fields }))),
      ...taken(each('respond', wrong, fields => x.respond(200, fields, 'wrong'))),
      ...taken(each('start', wrong, fields => x.start(200, fields))),
    ]);
    const out = x.start(200, ['x-own', '1']);
    await out.write('own');
    kit.report('taken', taken(each('end', trailers as readonly Fields[], fields => out.end(fields))));
    await out.end();
  };

/** Every list was a TypeError, and nothing of any came. */
async function noneTaken(trial: GatewayTrial): Promise<void> {
  const peer = await trial.open();
  const asked = trial.ask(peer, 'a', { fields: ['te', 'trailers'] });
  await nothingTaken(trial, asked);
  const { fields, interim, trailers } = await trial.answered(asked, 200, 3);
  if (interim.length > 0) trial.fail(`informational responses came: ${interim.join(', ')}`);
  if (!fields.includes('x-own')) trial.fail('the response that came is not the one that was given well');
  if (trailers !== null) trial.fail(`trailers came: ${JSON.stringify(trailers)}`);
  trial.seen = 'each list is a TypeError, and the response is as without';
}

/** Both reports of what was taken, before the head and behind it, are empty. */
async function nothingTaken(trial: GatewayTrial, asked: Asked): Promise<void> {
  trial.expected = 'a TypeError for each list';
  for (const nth of [1, 2]) {
    const lists = (await trial.app.report(asked, 'taken', nth)) as readonly string[];
    if (lists.length > 0) trial.fail(`no TypeError for ${lists.join(', ')}`);
  }
}

const NO_TRAILERS =
  'age authorization cache-control content-encoding content-length content-range content-type cookie date expect ' +
  'expires host location max-forwards pragma proxy-authenticate proxy-authorization range retry-after set-cookie te ' +
  'trailer vary www-authenticate';

const CONNECTION_SPECIFIC = [
  ['connection', 'close'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'h2c'],
  ['te', 'gzip'],
];

const marked = (...fields: readonly string[]): Fields => Object.assign([...fields], { sensitive: ['x-secret'] });

/** The same lines in every response, so that an encoder has them in its table the second time. */
const LINES = ['set-cookie', 'b=2', 'x-b', '1', 'set-cookie', 'a=1', 'x-a', '2', 'server', 'own', 'x-b', '0'];

export default suite('messages', {
  'lists-that-are-none': {
    requirement: 'MSGI-FIELD-8',
    also: ['rfc9113/8.2/1', 'rfc9113/8.1/3'],
    title:
      'A list of odd length, a name that is no lower-case token, and a value that is no text of octets are TypeErrors.',
    app: gives([
      ['x-a'],
      ['X-MiXed', '1'],
      ['x a', '1'],
      ['', '1'],
      ['x:', '1'],
      [':status', '200'],
      ['x\r\ny', '1'],
      ['x\x80', '1'],
      ['x-a', 1],
      ['x-a', null],
      ['x-a', 'Ā'],
    ]),
    run: noneTaken,
  },

  'values-that-are-none': {
    requirement: 'MSGI-FIELD-9',
    also: ['rfc9113/8.2.1/i2'],
    title: 'A value with a control character, or with whitespace at an end, is a TypeError.',
    app: gives([
      ['x-a', '1\r\nx-b: 2'],
      ['x-a', '1\n2'],
      ['x-a', '\0'],
      ['x-a', '\x01'],
      ['x-a', '\x1f'],
      ['x-a', '\x7f'],
      ['x-a', ' 1'],
      ['x-a', '1 '],
      ['x-a', '\t1'],
      ['x-a', '1\t'],
      ['x-a', 'Ċ'],
    ]),
    run: noneTaken,
  },

  'fields-of-a-connection': {
    requirement: 'MSGI-FIELD-10',
    also: ['rfc9113/8.2.2/1'],
    title: 'A connection-specific field is a TypeError.',
    app: gives(CONNECTION_SPECIFIC),
    run: noneTaken,
  },

  'te-of-a-promise': {
    requirement: 'MSGI-FIELD-10',
    title: 'The line "te: trailers" is taken in the fields of push, and in no other.',
    app: async (x, kit) => {
      const te = ['te', 'trailers'];
      const refused = taken({ push: () => x.push({ target: kit.path('promised'), fields: te }) });
      kit.report('push', refused.length === 1);
      kit.report('taken', taken({ respond: () => x.respond(200, te), inform: () => x.inform(103, te) }));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 0]] });
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'push', true);
      await trial.reported(asked, 'taken', []);
      await trial.answered(asked, 200, 0);
    },
  },

  'names-that-no-trailer-has': {
    requirement: 'MSGI-FIELD-11',
    title: 'Trailers with a name of the list are a TypeError, and others are sent.',
    app: async (x, kit) => {
      const out = x.start(200);
      await out.write('own');
      kit.report('taken', taken(each('', NO_TRAILERS.split(' '), name => out.end([name, '1']))));
      await out.end(['etag', '"1"', 'x-sum', '1', 'server-timing', 'a']);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { fields: ['te', 'trailers'] });
      await trial.reported(asked, 'taken', []);
      const { trailers } = await trial.answered(asked, 200, 3);
      const wanted = ['etag', '"1"', 'x-sum', '1', 'server-timing', 'a'];
      if (JSON.stringify(trailers) !== JSON.stringify(wanted)) trial.fail(`trailers are ${JSON.stringify(trailers)}`);
    },
  },

  'lists-are-read-in-the-call': {
    requirement: 'MSGI-FIELD-12',
    title: 'A list that changes after the call shows what it had been, and the next call sends what it is now.',
    app: (x, kit) => {
      const { locals } = x.connection;
      locals['list'] ??= ['x-user', 'nobody'];
      const list = locals['list'] as string[];
      list[1] = kit.name;
      x.respond(200, list);
      list[1] = 'changed';
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['a', 'b', 'c']) {
        const { fields } = await trial.answered(trial.ask(peer, name), 200, 0);
        const user = fields[fields.indexOf('x-user') + 1];
        trial.expected = `x-user of ${name} is "${name}"`;
        trial.seen = `x-user of ${name} is "${user}"`;
        if (user !== name) trial.fail(trial.seen);
      }
    },
  },

  'secrets-are-never-indexed': {
    requirement: 'MSGI-FIELD-13',
    also: ['rfc7541/6.2.3/2'],
    title: 'Fields that sensitive names, and those that are always secret, are never-indexed literals every time.',
    app: {
      marked: async x => {
        const always = ['authorization', 'always', 'proxy-authorization', 'always', 'cookie', 'always'];
        const out = x.start(200, marked('x-secret', 'marked', ...always, 'set-cookie', 'always'));
        await out.write('own');
        await out.end(marked('x-secret', 'marked'));
      },
      plain: x => x.respond(200, ['x-secret', 'unmarked']),
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['marked-1', 'marked-2']) {
        const asked = trial.ask(peer, name, { fields: ['te', 'trailers'] });
        await trial.answered(asked, 200, 3);
        trial.expected = `${name}: never-indexed literals`;
        for (const [value, times] of [
          ['marked', 2],
          ['always', 4],
        ] as const) {
          const forms = representations(framesOf(asked), value);
          trial.seen = `${name}: values "${value}" come as ${forms.join(', ')}`;
          if (forms.length !== times || forms.some(form => form !== 'never')) trial.fail(trial.seen);
        }
      }
      await trial.answered(trial.ask(peer, 'plain'), 200, 0);
      trial.seen = 'every one is a never-indexed literal';
    },
  },

  'lines-in-the-order-given': {
    requirement: 'MSGI-FIELD-14',
    also: ['rfc7541/2.1/1'],
    title: 'The lines that an application gives are sent in their order, and none of their names is added.',
    app: x => x.respond(200, LINES),
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['a', 'b']) {
        const { fields } = await trial.answered(trial.ask(peer, name), 200, 0);
        const own = fields.filter((_, at) => LINES.includes(fields[at - (at % 2)] as string));
        trial.expected = `the lines of ${name} are ${JSON.stringify(LINES)}`;
        trial.seen = `the lines of ${name} are ${JSON.stringify(own)}`;
        if (JSON.stringify(own) !== JSON.stringify(LINES)) trial.fail(trial.seen);
      }
    },
  },

  'one-date': {
    requirement: 'MSGI-FIELD-15',
    title: 'A final response without date gets one, and one that has it keeps its own.',
    app: {
      own: x => x.respond(200, ['date', 'Sun, 06 Nov 1994 08:49:37 GMT']),
      none: x => x.respond(200),
    },
    async run(trial) {
      const peer = await trial.open();
      const dates = async (name: string): Promise<readonly string[]> => {
        const { fields } = await trial.answered(trial.ask(peer, name), 200, 0);
        return fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === 'date');
      };
      const [own, none] = [await dates('own'), await dates('none')];
      trial.expected = 'one date in either response';
      trial.seen = `dates ${JSON.stringify(own)} and ${JSON.stringify(none)}`;
      if (own.length !== 1 || own[0] !== 'Sun, 06 Nov 1994 08:49:37 GMT') trial.fail(trial.seen);
      if (none.length > 1) trial.fail(trial.seen);
      if (none.length === 0) trial.weak(`a response without date: ${trial.seen}`);
    },
  },
});
