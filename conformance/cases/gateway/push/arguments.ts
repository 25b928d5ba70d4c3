/** What a program may not ask for at `push` (section 6.1). */
import type { App, Exchange, PushRequest } from '../../../../spec/msgi.ts';
import { reportedError } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import type { GatewayCaseBody } from '../../../gateway/case.ts';
import { suite } from '../../../gateway/case.ts';
import { promisesNothing } from './promised.ts';

type Arguments = readonly [request: unknown, app?: unknown];
type Wrong = Readonly<Record<string, Arguments>>;

/** Name of the error that each of them throws, or what is given instead. */
function outcomes(x: Exchange, wrong: Wrong): Json {
  const outcome = ([request, app]: Arguments): Json => {
    try {
      return x.push(request as PushRequest, app as App);
    } catch (error) {
      return reportedError(error).name;
    }
  };
  return Object.fromEntries(Object.entries(wrong).map(([what, given]) => [what, outcome(given)]));
}

/** Each is a TypeError before the response and behind it, and nothing is promised (MSGI-LIFE-1). */
function typeErrors(
  requirement: GatewayCaseBody['requirement'],
  what: string,
  wrong: (target: string) => Wrong,
): GatewayCaseBody {
  return {
    requirement,
    title: `A TypeError is what push throws for ${what}.`,
    claims: ['push'],
    app: (x, kit) => {
      const arguments_ = wrong(kit.path('never'));
      kit.report('before', outcomes(x, arguments_));
      x.respond(200);
      kit.report('behind', outcomes(x, arguments_));
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const all = Object.fromEntries(Object.keys(wrong('/')).map(name => [name, 'TypeError']));
      await trial.reported(asked, 'before', all);
      await trial.reported(asked, 'behind', all);
      await promisesNothing(trial, asked);
    },
  };
}

export default suite('push', {
  'wrong-arguments': typeErrors(
    'MSGI-PUSH-2',
    'a method other than GET and HEAD, a target that is no path, wrong fields, and an app that is none',
    target => ({
      'method POST': [{ target, method: 'POST' }],
      'method get': [{ target, method: 'get' }],
      'no method': [{ target, method: '' }],
      'target without a slash': [{ target: target.slice(1) }],
      'empty target': [{ target: '' }],
      'target *': [{ target: '*' }],
      'target with a space': [{ target: `${target} b` }],
      'target with a line end': [{ target: `${target}\n` }],
      'target with DEL': [{ target: `${target}\u007f` }],
      'field without a value': [{ target, fields: ['x-odd'] }],
      'field name in upper case': [{ target, fields: ['X-Upper', 'v'] }],
      'pseudo-field': [{ target, fields: [':path', '/'] }],
      'field value with a line end': [{ target, fields: ['x-line', 'a\nb'] }],
      'connection field': [{ target, fields: ['connection', 'close'] }],
      'app that is an object': [{ target }, {}],
      'app that is null': [{ target }, null],
    }),
  ),

  'targets-as-no-wire-has-them': typeErrors(
    'MSGI-PUSH-19',
    'a target with "#" or a character above U+00FF, and an authority that is no string',
    target => ({
      'target with a fragment': [{ target: `${target}#b` }],
      'target with U+0100': [{ target: `${target}\u0100` }],
      'authority that is a number': [{ target, authority: 1 }],
      'authority that is null': [{ target, authority: null }],
    }),
  ),

  'fields-that-no-promise-has': typeErrors('MSGI-PUSH-20', 'the fields host and content-length', target => ({
    host: [{ target, fields: ['host', 'localhost'] }],
    'content-length': [{ target, fields: ['content-length', '0'] }],
  })),
});
