/** The head of a request, as the server gives it (sections 2.1 and 2.2). */
import type { Exchange, RequestHead } from '../spec/msgi.ts';
import { isToken, judgeFields } from './fields.ts';
import type { Judge } from './judge.ts';

const TEXTS = ['version', 'method', 'scheme', 'authority', 'target', 'base', 'protocol'] as const;
const VERSIONS: readonly string[] = ['1.0', '1.1', '2', '3'];
const REFUSED = /[\0- \x7f]/;

export function judgeHead(judge: Judge, exchange: Exchange) {
  const head = exchange.request;
  for (const name of TEXTS) {
    if (!Object.hasOwn(head, name)) return judge.server('MSGI-MODEL-5', `request.${name} is no own property`);
    if (typeof head[name] !== 'string') return judge.server('MSGI-MODEL-1', `request.${name} is no string`);
  }
  if (!VERSIONS.includes(head.version)) judge.server('MSGI-MODEL-1', `the version ${JSON.stringify(head.version)}`);
  if (!isToken(head.method)) judge.server('MSGI-HEAD-6', `the method ${JSON.stringify(head.method)}`);
  judgeTarget(judge, head);
  judgeAuthority(judge, head);
  judgeFields(judge, head.fields, head.version);
  judgeId(judge, exchange);
  if (exchange.pushed && !exchange.body.ended) judge.server('MSGI-PUSH-12', 'a pushed request that has not ended');
  if (exchange.pushed && head.base !== '') judge.server('MSGI-PUSH-12', 'a pushed request with a base');
}

function judgeTarget(judge: Judge, { method, protocol, base, target }: RequestHead): void {
  const whole = base + target;
  if (REFUSED.test(whole)) judge.server('MSGI-HEAD-7', `the target ${JSON.stringify(whole)}`);
  if (base !== '' && (!base.startsWith('/') || base.endsWith('/'))) {
    judge.server('MSGI-HEAD-1', `the base ${JSON.stringify(base)}`);
  }
  const none = method === 'CONNECT' && protocol === '';
  const right = none ? whole === '' : whole.startsWith('/') || (whole === '*' && method === 'OPTIONS');
  if (!right) judge.server('MSGI-HEAD-8', `the target ${JSON.stringify(whole)} of ${method}`);
}

function judgeAuthority(judge: Judge, { version, method, scheme, authority }: RequestHead): void {
  if (authority.includes('@')) judge.server('MSGI-HEAD-9', 'an authority with a userinfo part');
  const needed = method === 'CONNECT' || (version !== '1.0' && (scheme === 'http' || scheme === 'https'));
  if (needed && authority === '') judge.server('MSGI-HEAD-10', 'no authority');
}

/** Clients number their streams with odd numbers, servers those that they promise with even ones. */
function judgeId(judge: Judge, { id, pushed, request: { version } }: Exchange): void {
  if (version === '3') return;
  const odd = isOdd(id);
  const right = Number.isInteger(id) && id > 0 && odd !== pushed;
  if (!right) judge.server(version === '2' ? 'MSGI-VER-3' : 'MSGI-VER-2', `the id ${String(id)}`);
}

function isOdd(id: number): boolean {
  return id % 2 === 1;
}
