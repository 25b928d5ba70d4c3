/**
 * What a response says, by RFC 9110 and RFC 8297: held against every response of every case, as peer/grammar.ts holds its
 * frames. Only rules that no resource can be exempt from, and only of the subject's own resources: what the kit's application
 * says in a gateway case is the kit's affair.
 */
import type { RequirementId } from '../../spec/registry/index.ts';
import { fieldValue, type StreamRecord } from './stream.ts';
import { printable } from './transcript.ts';

/** What was found; the verdict is fail where it is left out. */
export interface Finding {
  readonly requirement: RequirementId;
  readonly seen: string;
  readonly verdict?: 'weak';
}

/** Conditions that a 304 may answer, and what a 206 answers. */
const CONDITIONS = new Set(['if-none-match', 'if-modified-since']);
const RANGE = new Set(['range']);

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const OWS = '[ \\t]*';
const TOKENS = `(?:${TOKEN})?(?:${OWS},${OWS}(?:${TOKEN})?)*`;
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const IMF_FIXDATE = `${DAY}, [0-9]{2} ${MONTH} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT`;

/** Of fields whose value is of one form, whatever the resource (RFC 9110 §8.3.1, §8.8.3, §10.2, §12.5.5, §14.3). */
const GRAMMAR: Readonly<Record<string, RegExp>> = {
  'content-type': whole(`${TOKEN}/${TOKEN}(?:${OWS};${OWS}(?:${TOKEN}=(?:${TOKEN}|${QUOTED}))?)*`),
  etag: whole('(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"'),
  allow: whole(TOKENS),
  vary: whole(TOKENS),
  'accept-ranges': whole(TOKENS),
  age: whole('[0-9]+'),
  'retry-after': whole(`[0-9]+|${IMF_FIXDATE}`),
};

const DATES: Readonly<Record<string, RegExp>> = { date: whole(IMF_FIXDATE), 'last-modified': whole(IMF_FIXDATE) };

/** Fields that frame a message or say what its content is: they come before it (RFC 9110 §6.5.1). */
const NO_TRAILERS = new Set([
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'content-type',
  'content-range',
  'trailer',
]);

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

/** A head, informational or final. `asked` are the names of the request's fields. */
export function headFindings(
  stream: StreamRecord,
  fields: readonly string[],
  asked: ReadonlySet<string>,
  endStream: boolean,
): readonly Finding[] {
  const status = Number(fieldValue(fields, ':status'));
  const on = `on stream ${stream.id}`;
  const found: Finding[] = [];
  const find = (requirement: RequirementId, seen: string): void => void found.push({ requirement, seen });
  if (status > 599) find('rfc9110/15/i1', `:status ${status} ${on}`);
  if (status === 103 && endStream) find('rfc8297/2/i1', `a 103 that ends stream ${stream.id}`);
  if (status === 101) find('rfc9113/8.6/i1', `:status 101 ${on}`);
  if ((status < 200 || status === 204) && fieldValue(fields, 'content-length') !== undefined)
    find('rfc9110/8.6/7', `content-length in the ${status} ${on}`);
  const without = (name: string): boolean => fieldValue(fields, name) === undefined;
  if (status === 401 && without('www-authenticate')) find('rfc9110/15.5.2/1', `a 401 without a challenge ${on}`);
  if (status === 407 && without('proxy-authenticate')) find('rfc9110/15.5.8/1', `a 407 without a challenge ${on}`);
  if (status === 405 && without('allow')) find('rfc9110/10.2.1/1', `a 405 without allow ${on}`);
  const names = (set: ReadonlySet<string>): boolean => [...set].some(name => asked.has(name));
  if (status === 304 && !names(CONDITIONS)) find('rfc9110/15.4.5/i2', `a 304 to a request without a condition ${on}`);
  if (status === 206 && !names(RANGE)) find('rfc9110/15.3.7/i1', `a 206 to a request without a range ${on}`);
  return [
    ...found,
    ...rangeFindings(status, fields, on),
    ...formFindings(fields, on),
    ...dateFindings(status, fields, on),
  ];
}

function formFindings(fields: readonly string[], on: string): readonly Finding[] {
  const found: Finding[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] as string, fields[i + 1] as string];
    const seen = `${name} "${printable(value)}" ${on}`;
    if (GRAMMAR[name]?.test(value) === false) found.push({ requirement: 'rfc9110/2.2/12', seen });
    if (DATES[name]?.test(value) === false) found.push({ requirement: 'rfc9110/5.6.7/2', seen });
  }
  return found;
}

function dateFindings(status: number, fields: readonly string[], on: string): readonly Finding[] {
  if (status < 200 || status > 499 || fieldValue(fields, 'date') !== undefined) return [];
  return [{ requirement: 'rfc9110/6.6.1/2', seen: `a ${status} without date ${on}`, verdict: 'weak' }];
}

/** Content-Range of a 206 of one part, and of a 416 (RFC 9110 §14.4, §15.3.7.1). */
function rangeFindings(status: number, fields: readonly string[], on: string): readonly Finding[] {
  const value = fieldValue(fields, 'content-range');
  const multipart = fieldValue(fields, 'content-type')?.toLowerCase().startsWith('multipart/byteranges') === true;
  if (status === 206 && value === undefined && !multipart)
    return [{ requirement: 'rfc9110/15.3.7.1/1', seen: `a 206 without content-range ${on}` }];
  if (value === undefined || (status !== 206 && status !== 416) || isRange(value)) return [];
  return [{ requirement: 'rfc9110/14.4/i1', seen: `content-range "${printable(value)}" ${on}` }];
}

function isRange(value: string): boolean {
  const [, first, last, length] = /^bytes (?:([0-9]+)-([0-9]+)|\*)\/([0-9]+|\*)$/.exec(value) ?? [];
  // Of other units nothing is known.
  if (!value.startsWith('bytes ')) return true;
  if (length === undefined) return false;
  if (first === undefined) return length !== '*';
  return Number(first) <= Number(last) && (length === '*' || Number(last) < Number(length));
}

export function trailerFindings(stream: StreamRecord, fields: readonly string[]): readonly Finding[] {
  const found: Finding[] = [];
  const on = `on stream ${stream.id}`;
  const status = Number(fieldValue(fields, ':status'));
  if (status >= 100 && status < 200)
    found.push({ requirement: 'rfc8297/2/i1', seen: `a ${status} behind the final response ${on}` });
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (NO_TRAILERS.has(name)) found.push({ requirement: 'rfc9110/6.5.1/1', seen: `${name} in the trailers ${on}` });
  }
  const row = WITHOUT_CONTENT.get(stream.status);
  if (row !== undefined) found.push({ requirement: row, seen: `trailers behind a ${stream.status} ${on}` });
  return found;
}

const WITHOUT_CONTENT: ReadonlyMap<number, RequirementId> = new Map<number, RequirementId>([
  [204, 'rfc9110/15.3.5/i1'],
  [304, 'rfc9110/15.4.5/i1'],
]);

/** A response that is whole. */
export function endFindings({ id, status, method, octets, fields }: StreamRecord): readonly Finding[] {
  const found: Finding[] = [];
  const seen = `${octets} octets of content in a ${status} on stream ${id}`;
  const row = WITHOUT_CONTENT.get(status);
  if (octets > 0 && row !== undefined) found.push({ requirement: row, seen });
  if (octets > 0 && status === 205) found.push({ requirement: 'rfc9110/15.3.6/1', seen });
  if (octets > 0 && (method === 'HEAD' || row !== undefined))
    found.push({ requirement: 'rfc9110/6.4.1/i1', seen: method === 'HEAD' ? `${seen} to HEAD` : seen });
  const [, first, last] = /^bytes ([0-9]+)-([0-9]+)\//.exec(fieldValue(fields, 'content-range') ?? '') ?? [];
  if (status === 206 && method === 'GET' && last !== undefined && octets !== Number(last) - Number(first) + 1)
    found.push({ requirement: 'rfc9110/15.3.7.1/1', seen: `${seen} with the range ${first}-${last}` });
  return found;
}
