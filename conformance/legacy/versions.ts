/** One exchange over HTTP/2 and over HTTP/1.1, and how what came of it differs (section 9.2 of the specification). */
import { data } from '../../wire/index.ts';
import type { Named } from '../gateway/events.ts';
import { answerOf, askAlone } from '../gateway/plain.ts';
import { contentOf } from '../gateway/requests.ts';
import type { Addressed } from '../gateway/trial.ts';
import type { Saw } from './saw.ts';
import type { Answer, LegacyTrial, Read } from './trial.ts';

interface Request {
  /** POST unless said otherwise. */
  readonly method?: string;
  readonly fields: readonly string[];
  /** With its length; none where it is left out. */
  readonly content?: string;
}

/** What the probe is told to do, in order: a verb, and what goes with it. */
export type Acts = readonly (readonly [verb: string, args: Parameters<LegacyTrial['act']>[2]])[];

/** A whole response in one step. */
export const whole = ({ status = 200, fields = [], text = '', times = 1 }: Answer): Acts => [
  ['answer', { status, fields, text, times }],
];

/** A response of so many blocks, whose length nobody knows when it begins. */
export const inBlocks = ({ status = 200, fields = [] }: Answer, blocks: readonly string[]): Acts => [
  ['head', { status, fields }],
  ...blocks.map(text => ['block', { text, times: 1 }] as const),
  ['end', {}],
];

/** An exchange as its two ends have seen it. */
export interface Both {
  readonly saw: Saw;
  /** Of the target, behind the address of the exchange. */
  readonly path: string;
  readonly read: Read;
  /** The response has come to its end. */
  readonly whole: boolean;
  readonly status: number;
  readonly fields: readonly string[];
  readonly content: string;
}

/**
 * `name` is that of the exchange over HTTP/2, `rest` the target behind the address of either. Gives what came over HTTP/2,
 * and over HTTP/1.1.
 */
export async function overBoth(
  trial: LegacyTrial,
  name: string,
  rest: string,
  { method = 'POST', fields, content }: Request,
  acts: Acts,
): Promise<readonly [Both, Both]> {
  const length = content === undefined ? [] : ['content-length', `${content.length}`];
  const peer = await trial.open();
  const options = { method, fields: [...fields, ...length], endStream: content === undefined };
  const asked = trial.askAt(peer, name, rest, options);
  if (content !== undefined) peer.send(data(asked.stream, content, { endStream: true }));
  await trial.saw(asked);
  const two = await takenBy(trial, asked);
  perform(trial, asked, acts);
  const { gotEnd, status, fields: answered } = await peer.answer(asked.stream);
  const over2 = { ...two, whole: gotEnd, status, fields: answered, content: latin1(contentOf(asked)) };

  // A key of its own, so that both can be told apart.
  const given = content === undefined ? {} : { content };
  const plain = await askAlone(trial, `${name}-1`, { method, fields, rest, ...given });
  await trial.told(plain, 'saw');
  const one = await takenBy(trial, plain);
  perform(trial, plain, acts);
  return [over2, { ...one, ...(await answerOf(plain)) }];
}

/** What the application sees of the request, and reads. */
async function takenBy(trial: LegacyTrial, exchange: Addressed): Promise<Pick<Both, 'saw' | 'path' | 'read'>> {
  const saw = trial.sawNow(exchange);
  const path = saw.path.startsWith(exchange.path) ? saw.path.slice(exchange.path.length) : saw.path;
  return { saw, path, read: await trial.reads(exchange) };
}

function perform(trial: LegacyTrial, exchange: Named, acts: Acts): void {
  for (const [verb, args] of acts) trial.act(exchange, verb, args);
}

/** Fails the case where something differs. */
export async function sameOverBoth(trial: LegacyTrial, ...args: OverBoth): Promise<void> {
  const differences = compare(...(await overBoth(trial, ...args)));
  if (differences.length > 0) trial.fail(`${args[0]}: over HTTP/2 and HTTP/1.1 differ: ${differences.join('; ')}`);
}

type OverBoth = Parameters<typeof overBoth> extends readonly [LegacyTrial, ...infer Rest] ? Rest : never;

/** What differs, one sentence each. */
export function compare(two: Both, one: Both): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['method', two.saw.method, one.saw.method],
    ['path', two.path, one.path],
    ['query', two.saw.query, one.saw.query],
    ['host', two.saw.hosts, one.saw.hosts],
    ['fields of the request', fieldsOf(two.saw.fields), fieldsOf(one.saw.fields)],
    ['content of the request', two.read.hash, one.read.hash],
    ['status', two.status, one.status],
    ['fields of the response', fieldsOf(two.fields), fieldsOf(one.fields)],
    ['content of the response', two.content, one.content],
    ['end of the response', two.whole, one.whole],
  ];
  return pairs.flatMap(([what, a, b]) => {
    const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
    return left === right ? [] : [`${what} ${left} and ${right}`];
  });
}

/** Of the framing, or of the moment; and `content-length`, which one version may need and the other not. */
const OWN = /^(date|connection|keep-alive|transfer-encoding|upgrade|content-length|host|server|via|te|alt-svc)$/;

/** Lines in the order of their names: lines of one name keep theirs. */
function fieldsOf(fields: readonly string[]): readonly string[] {
  const lines = fields.flatMap((name, at) =>
    at % 2 === 0 && !OWN.test(name) && !name.startsWith(':') ? [`${name}: ${fields[at + 1]}`] : [],
  );
  return lines.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0));
}

const nameOf = (line: string): string => line.slice(0, line.indexOf(':'));

const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');
