/** The `priority` field against vectors and against the algorithm of RFC 9651 §4.2, written out octet by octet. */
import fc from 'fast-check';
import t from 'tap';
import { incrementalOf, NOT_ASKED, packPriority, readPriority, urgencyOf } from '../engine/priority-field.ts';

/** "3 i", "3", or "-" for what is no Dictionary. */
function read(text: string): string {
  const packed = readPriority(text);
  return packed === NOT_ASKED ? '-' : `${urgencyOf(packed)}${incrementalOf(packed) ? ' i' : ''}`;
}

t.test('vectors', async t => {
  const vectors: readonly (readonly [string, string, string])[] = [
    ['', '3', 'an empty Dictionary'],
    ['u=0', '0', 'RFC 9218 section 4.1'],
    ['u=5, i', '5 i', 'RFC 9218 section 4.2'],
    ['u=7', '7', 'the least urgent'],
    ['i', '3 i', 'true without a value'],
    ['i=?1,u=1', '1 i', 'without white space'],
    ['i=?0', '3', 'false'],
    ['  u=2\t ,\t i  ', '2 i', 'white space where it may be'],
    ['u=8', '3', 'out of range'],
    ['u=-1', '3', 'out of range'],
    ['u=-0', '0', 'minus zero is zero'],
    ['u=007', '7', 'zeros in front'],
    ['u=1.0', '3', 'a Decimal is no Integer'],
    ['u="1"', '3', 'a String is no Integer'],
    ['u', '3', 'a Boolean is no Integer'],
    ['i=1', '3', 'an Integer is no Boolean'],
    ['u=(1 2)', '3', 'an Inner List'],
    ['u=1, u=2', '2', 'the last one counts'],
    ['u=1, u=9', '3', 'also when it is of no use'],
    ['i, i=?0', '3', 'also when it says false'],
    ['u=1;foo=bar;x', '1', 'parameters of a member'],
    ['u=1; foo', '1', 'with space'],
    ['i;u=1', '3 i', 'a parameter is no member'],
    ['foo, u=1', '1', 'an unknown member'],
    ['*a_b-c.d=:aGk=:, b=tok/en:x, c="q\\"\\\\", d=(a "b";x 1.5);y, e=@-1, f=%"%c3%a9 x", u=4', '4', 'every type'],
    ['u=999999999999999', '3', '15 digits'],
    ['u=1234567890123456', '-', '16 digits'],
    ['a=123456789012.123, u=1', '1', 'the longest Decimal'],
    ['a=1234567890123.1', '-', 'a longer one'],
    ['a=1.1234', '-', 'four digits behind the point'],
    ['a=1.', '-', 'none behind the point'],
    ['u=', '-', 'no value'],
    ['u=1,', '-', 'a comma at the end'],
    [',u=1', '-', 'a comma at the start'],
    ['u=1 i', '-', 'no comma'],
    ['u=1;;i', '-', 'an empty parameter'],
    ['u =1', '-', 'space before ='],
    ['u= 1', '-', 'space behind ='],
    ['U=1', '-', 'a key in upper case'],
    ['1=u', '-', 'a key that begins with a digit'],
    ['i=?2', '-', 'no Boolean'],
    ['i=?', '-', 'nor this'],
    ['a="x', '-', 'a String without end'],
    ['a="\\x"', '-', 'a wrong escape'],
    ['a="\u00e9"', '-', 'not ASCII'],
    ['a=:x', '-', 'octets without end'],
    ['a=:$:', '-', 'no base64'],
    ['a=(1', '-', 'a list without end'],
    ['a=(1,2)', '-', 'a comma in an Inner List'],
    ['a=("b"c)', '-', 'no space in an Inner List'],
    ['a=@1.5', '-', 'a Date is an Integer'],
    ['a=@', '-', 'nor nothing'],
    ['a=%"%C3"', '-', 'upper case in a Display String'],
    ['a=%"%ff"', '-', 'no UTF-8'],
    ['a=%"x', '-', 'a Display String without end'],
    ['u=1\u0000', '-', 'an octet that is nowhere'],
    ['\tu=1', '-', 'HTAB in front'],
  ];
  for (const [text, expected, name] of vectors) t.equal(read(text), expected, `${name}: ${text}`);
});

/** RFC 9651 §4.2 as it is written: one character after the other is consumed, and a throw is a failure to parse. */
class Reference {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  dictionary(): Map<string, unknown> {
    const members = new Map<string, unknown>();
    this.#discard(' ');
    while (this.#rest !== '') {
      const key = this.#key();
      const value = this.#peek() === '=' ? this.#member() : true;
      if (value === true) this.#parameters();
      members.delete(key);
      members.set(key, value);
      this.#discard(' \t');
      if (this.#rest === '') return members;
      if (this.#next() !== ',') throw new Error('a comma');
      this.#discard(' \t');
      if (this.#rest === '') throw new Error('a trailing comma');
    }
    return members;
  }

  #member(): unknown {
    this.#next();
    return this.#peek() === '(' ? this.#list() : this.#item();
  }

  #peek(): string {
    return this.#rest.charAt(0);
  }

  #next(): string {
    const char = this.#peek();
    if (char === '') throw new Error('the end');
    this.#rest = this.#rest.slice(1);
    return char;
  }

  #discard(chars: string): void {
    while (this.#rest !== '' && chars.includes(this.#peek())) this.#next();
  }

  #key(): string {
    if (!/[a-z*]/.test(this.#peek())) throw new Error('a key');
    let key = '';
    while (/[a-z0-9_.*-]/.test(this.#peek())) key += this.#next();
    return key;
  }

  #list(): null {
    this.#next();
    for (;;) {
      this.#discard(' ');
      if (this.#peek() === ')') {
        this.#next();
        this.#parameters();
        return null;
      }
      this.#item();
      if (this.#peek() !== ' ' && this.#peek() !== ')') throw new Error('between items');
    }
  }

  #item(): unknown {
    const value = this.#bare();
    this.#parameters();
    return value === true ? 'true' : value;
  }

  #parameters(): void {
    while (this.#peek() === ';') {
      this.#next();
      this.#discard(' ');
      this.#key();
      if (this.#peek() !== '=') continue;
      this.#next();
      this.#bare();
    }
  }

  #bare(): unknown {
    const first = this.#peek();
    if (/[-0-9]/.test(first)) return this.#number();
    if (first === '"') return this.#string();
    if (/[A-Za-z*]/.test(first)) {
      while (/[!#$%&'*+.^_`|~0-9A-Za-z:/-]/.test(this.#peek())) this.#next();
      return null;
    }
    if (first === '?') {
      this.#next();
      const digit = this.#next();
      if (digit === '1') return true;
      if (digit === '0') return false;
      throw new Error('a Boolean');
    }
    throw new Error('a bare item');
  }

  #number(): unknown {
    let sign = 1;
    if (this.#peek() === '-') {
      this.#next();
      sign = -1;
    }
    if (!/[0-9]/.test(this.#peek())) throw new Error('a digit');
    let digits = '';
    let decimal = false;
    while (/[0-9.]/.test(this.#peek())) {
      if (this.#peek() === '.') {
        if (decimal) break;
        if (digits.length > 12) throw new Error('a long Decimal');
        decimal = true;
      }
      digits += this.#next();
      if (digits.length > (decimal ? 16 : 15)) throw new Error('a long number');
    }
    if (!decimal) return sign * Number(digits);
    const behind = digits.length - 1 - digits.indexOf('.');
    if (behind === 0 || behind > 3) throw new Error('a Decimal');
    return null;
  }

  #string(): null {
    this.#next();
    for (;;) {
      const char = this.#next();
      if (char === '"') return null;
      if (char === '\\') {
        if (!'"\\'.includes(this.#next())) throw new Error('an escape');
      } else if (char < ' ' || char > '~') throw new Error('a String');
    }
  }
}

function expected(text: string): number {
  // Trailing SP goes with the white space behind the last member, which HTAB must not end (§4.2).
  if (/\t *$/.test(text)) return NOT_ASKED;
  let members: Map<string, unknown>;
  try {
    members = new Reference(text).dictionary();
  } catch {
    return NOT_ASKED;
  }
  const urgency = members.get('u');
  const incremental = members.get('i');
  const inRange = typeof urgency === 'number' && urgency >= 0 && urgency <= 7;
  return packPriority(inRange ? Math.abs(urgency) : 3, incremental === true || incremental === 'true');
}

const pieces = fc.constantFrom(
  ...[
    'u',
    'i',
    'a',
    '=',
    '=',
    ',',
    ', ',
    ';',
    ' ',
    '\t',
    '0',
    '3',
    '7',
    '9',
    '-',
    '.',
    '?1',
    '?0',
    '(',
    ')',
    '"',
    '\\',
  ],
  ...['u=1', 'i=?1', 'u=5, ', 'x="y"', ';p=1', 'tok', '*', 'A', 'u=(1 a)', '1.5', '12345678901234', '\u00e9'],
);

t.test('texts that are nearly right, against the algorithm', async t => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 9, size: 'max' }), parts => {
      const text = parts.join('');
      const wanted = expected(text);
      if (wanted !== NOT_ASKED) read += 1;
      const got = readPriority(text);
      if (got !== wanted) throw new Error(`${JSON.stringify(text)}: ${got}, by the algorithm ${wanted}`);
    }),
    { numRuns: 5000 },
  );
  t.ok(read > 100, `${read} could be read`);
});

t.test('time grows with the length, whatever the text', async t => {
  for (const text of ['a=(', 'a="', 'a=%"', 'a=:', 'a;', 'a, ', 'a=1;', ' ', '\t', 'u=1 ', 'a=( ']) {
    const before = process.cpuUsage().user;
    readPriority(text + text.slice(-1).repeat(100_000));
    readPriority(text.repeat(30_000));
    t.ok(process.cpuUsage().user - before < 1_000_000, JSON.stringify(text));
  }
});
