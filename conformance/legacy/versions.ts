/** One exchange over HTTP/2 and over HTTP/1.1, and how what came of it differs (section 9.2 of the specification). */
import { data } from '../../wire/index.ts';
import { answerOf, askAlone } from '../gateway/plain.ts';
import { contentOf } from '../gateway/requests.ts';
import type { Asked } from '../gateway/trial.ts';
import type { Saw } from './saw.ts';
import type { Answer, LegacyTrial, Read } from './trial.ts';

interface Request {
  readonly fields: readonly string[];
  readonly content: string;
}

/** An exchange as its two ends have seen it. */
export interface Both {
  readonly saw: Saw;
  readonly read: Read;
  readonly status: number;
  readonly fields: readonly string[];
  readonly content: string;
}

/** `rest` is the target behind the address of the exchange. Gives what came over HTTP/2, and over HTTP/1.1. */
export async function overBoth(
  trial: LegacyTrial,
  rest: string,
  { fields, content }: Request,
  answer: Answer,
): Promise<readonly [Both, Both]> {
  const length = ['content-length', `${content.length}`];
  const peer = await trial.open();
  const asked = trial.askAt(peer, 'same', rest, { method: 'POST', fields: [...fields, ...length], endStream: false });
  peer.send(data(asked.stream, content, { endStream: true }));
  const two = await seenOf(trial, asked);
  const record = await trial.answers(asked, answer);
  const over2 = { ...two, status: record.status, fields: record.fields, content: latin1(contentOf(asked)) };

  // A key of its own, so that both can be told apart.
  const plain = await askAlone(trial, 'same-1', { method: 'POST', fields, content, rest });
  await trial.told(plain, 'saw');
  const one = { saw: trial.sawNow(plain), read: await trial.reads(plain) };
  trial.act(plain, 'answer', { ...answer });
  const response = await answerOf(plain);
  return [over2, { ...one, status: response.status, fields: response.fields, content: response.content }];
}

async function seenOf(trial: LegacyTrial, asked: Asked): Promise<Pick<Both, 'saw' | 'read'>> {
  return { saw: await trial.saw(asked), read: await trial.reads(asked) };
}

/** What differs, one sentence each. */
export function compare(two: Both, one: Both): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['method', two.saw.method, one.saw.method],
    ['path', two.saw.path.replace('_same', ''), one.saw.path.replace('_same-1', '')],
    ['query', two.saw.query, one.saw.query],
    ['host', two.saw.hosts, one.saw.hosts],
    ['fields of the request', fieldsOf(two.saw.fields), fieldsOf(one.saw.fields)],
    ['content of the request', two.read.hash, one.read.hash],
    ['status', two.status, one.status],
    ['fields of the response', fieldsOf(two.fields), fieldsOf(one.fields)],
    ['content of the response', two.content, one.content],
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
