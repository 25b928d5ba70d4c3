/** Cases on what middleware does to the members that it passes on. */

import type { App, Exchange, Sink, Source } from '../../../spec/msgi.ts';
import { applicationChapter } from '../../application/case.ts';
import { MARK } from '../../application/host/sink.ts';
import { describe } from '../../application/requests.ts';
import { eachPassed, through } from './through.ts';

const EXCHANGE: readonly (keyof Exchange)[] = [
  ...(['id', 'request', 'connection', 'caps', 'body', 'state', 'pushed', 'priority', 'signal', 'locals'] as const),
  ...(['inform', 'respond', 'start', 'push', 'prioritize', 'deadline', 'reset', 'watch'] as const),
];
const SOURCE: readonly (keyof Source)[] = [
  ...(['ended', 'buffered', 'window', 'trailers', 'read', 'manual', 'credit', 'stop'] as const),
  Symbol.asyncIterator,
];
const SINK: readonly (keyof Sink)[] = ['window', 'buffered', 'write', 'ready', 'end'];

function missing(object: object, members: readonly PropertyKey[]): readonly string[] {
  return members.filter(member => !(member in object) || Reflect.get(object, member) === undefined).map(String);
}

const usual: App = async x => {
  x.watch(() => {});
  x.inform(103);
  for await (const _ of x.body);
  const out = x.start(200, ['content-type', 'text/plain']);
  await out.write('hello\n');
  await out.end();
};

export default applicationChapter('middleware', {
  'members-on-their-object': {
    requirement: 'MSGI-MID-3',
    title: 'Middleware calls members on the object that has them.',
    passive: true,
    async run(stage) {
      stage.expected = 'every call on the exchange, the source or the sink that has the member';
      await eachPassed(stage, asked => through(stage, asked, usual, { owned: true }));
      stage.seen = 'every call is made on its own object';
    },
  },

  'every-member': {
    requirement: 'MSGI-MID-4',
    title: 'The application behind the middleware is given every member.',
    async run(stage) {
      stage.expected = 'an exchange, a source and a sink with every member that is declared';
      const gone: string[] = [];
      const act: App = async x => {
        gone.push(...missing(x, EXCHANGE), ...missing(x.body ?? {}, SOURCE).map(member => `body.${member}`));
        const out = x.start(200);
        gone.push(...missing(out ?? {}, SINK).map(member => `${member} of the sink`));
        await out.end();
      };
      await eachPassed(stage, asked => through(stage, asked, act));
      if (gone.length > 0) stage.fail(`the application is given no ${[...new Set(gone)].join(', ')}`);
      stage.seen = `all ${EXCHANGE.length} members of the exchange, ${SOURCE.length} of the source, ${SINK.length} of the sink`;
    },
  },

  'back-pressure-passes': {
    requirement: 'MSGI-MID-5',
    title: 'A write that waits at the server waits behind the middleware as well.',
    async run(stage) {
      stage.expected = 'the promise of `write`, which settles when that of the server does';
      await eachPassed(stage, async asked => {
        let settled = false;
        const act: App = async x => {
          const out = x.start(200);
          await out.write(new Uint8Array(4 * MARK));
          settled = true;
          await out.end();
        };
        const visit = await through(stage, asked, act, { window: 0 }, ({ sink }) => (sink?.buffered ?? 0) > 0);
        await stage.turns(10);
        const waits = (visit?.sink?.buffered ?? 0) > MARK;
        visit?.cancel();
        if (waits && settled)
          stage.fail(`${describe(asked)}: a write settles while ${4 * MARK} octets wait at the server`);
        return visit;
      });
      stage.seen = 'a write settles no sooner than that of the server';
    },
  },

  'arguments-and-results-pass': {
    requirement: 'MSGI-MID-5',
    title: 'Codes, results and errors pass the middleware as they are.',
    async run(stage) {
      stage.expected =
        'the code of reset at the server, the results of inform, push and watch, and the error of the exchange at the application';
      await eachPassed(stage, async asked => {
        const lost: string[] = [];
        const act: App = async x => {
          if (typeof x.inform(103) !== 'boolean') lost.push('the result of inform');
          if (typeof x.push({ target: '/kit' }, y => y.respond(200)) !== 'boolean') lost.push('the result of push');
          if (typeof x.watch(() => {}) !== 'function') lost.push('the result of watch');
          x.reset(11);
          const error = x.signal.reason;
          const seen = await Promise.resolve(x.start(200).write('late')).then(
            () => null,
            reason => reason,
          );
          if (seen !== error) lost.push('the error of write');
        };
        const visit = await through(stage, asked, act);
        stage.forgive('MSGI-APP-1');
        if (visit !== null && visit.resetBy !== null && visit.resetBy !== 11) lost.push('the code of reset');
        if (lost.length > 0) stage.fail(`${describe(asked)}: lost on the way: ${lost.join(', ')}`);
        return visit;
      });
      stage.seen = 'what was given arrives';
    },
  },

  'capabilities-are-told': {
    requirement: 'MSGI-MID-9',
    title: 'Middleware that takes a capability away says so in `caps`.',
    async run(stage) {
      stage.expected = 'what caps offers, done';
      await eachPassed(stage, async asked => {
        const taken: string[] = [];
        const act: App = async x => {
          if (x.caps.inform && !x.inform(103)) taken.push('inform');
          if (x.caps.push && !x.push({ target: '/kit' }, y => y.respond(200))) taken.push('push');
          await usualEnd(x);
        };
        const visit = await through(stage, asked, act);
        if (visit !== null && taken.length > 0)
          stage.fail(
            `${describe(asked)}: caps.${taken[0]} is true, and ${taken[0]} gives false, where the server's would be true`,
          );
        return visit;
      });
      stage.seen = 'what caps offers is done';
    },
  },

  'prefix-is-kept': {
    requirement: 'MSGI-MID-8',
    title: 'Middleware that routes keeps `base` and `target` together as they were.',
    async run(stage) {
      stage.expected =
        'base + target as the peer has sent it, and a base that is empty or begins with a slash and does not end in one';
      await eachPassed(stage, async asked => {
        let seen = { base: '', target: asked.target };
        const visit = await through(stage, asked, x => {
          seen = x.request;
          x.respond(200);
        });
        const { base, target } = seen;
        const shaped = base === '' || (base.startsWith('/') && !base.endsWith('/'));
        if (base + target !== asked.target || !shaped)
          stage.fail(`${describe(asked)}: the application is given base "${base}" and target "${target}"`);
        return visit;
      });
      stage.seen = 'base + target is what was asked for';
    },
  },
});

async function usualEnd(x: Exchange): Promise<void> {
  for await (const _ of x.body);
  x.respond(200, ['content-type', 'text/plain'], 'hello\n');
}
