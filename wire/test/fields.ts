/** Random field sections and table sizes, from small pools so that the tables are hit, filled and evicted from. */
import fc from 'fast-check';
import { STATIC_TABLE } from '../index.ts';

/** Text of octets: every character is U+0000–00FF. */
export const octetText = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength }).map(codes => String.fromCharCode(...codes));

const staticNames = [...new Set(STATIC_TABLE.filter((_, i) => i % 2 === 0))];
const staticFields = Array.from({ length: STATIC_TABLE.length / 2 }, (_, i) => STATIC_TABLE.slice(2 * i, 2 * i + 2));

const long = fc.integer({ min: 100, max: 5000 }).map(length => 'v'.repeat(length));

const anyName = fc.oneof(
  fc.constantFrom(...staticNames),
  fc.constantFrom('x-a', 'x-b', 'x-custom-name', 'a', ''),
  // NUL beside few other octets: a key that joins name and value with a separator would take one field for another.
  fc.string({ unit: fc.constantFrom('\0', 'a', '\xff'), maxLength: 3 }),
  octetText(20),
);
const anyValue = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', '1', 'abc', 'a-rather-common-value', '/', '200') },
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom('\0', 'a', '\xff'), maxLength: 3 }) },
  { weight: 4, arbitrary: octetText(60) },
  { weight: 1, arbitrary: long },
);
const anyField = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(anyName, anyValue) },
  { weight: 1, arbitrary: fc.constantFrom(...staticFields) },
);

/** Names and values, flat: whatever HPACK can carry, legal in HTTP or not. */
export const anyFields: fc.Arbitrary<string[]> = fc.array(anyField, { maxLength: 16 }).map(list => list.flat());

export const tableSize: fc.Arbitrary<number> = fc.constantFrom(0, 64, 100, 200, 1000, 4096, 16_384, 65_536);

/** Field names that HTTP/2 stacks give no meaning to, and some that the static table has. */
const legalNames = [
  ...['accept', 'accept-encoding', 'accept-language', 'allow', 'cache-control', 'cookie', 'etag', 'from', 'if-match'],
  ...['link', 'location', 'range', 'referer', 'server', 'user-agent', 'vary', 'via', 'authorization'],
];
const token = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"),
  minLength: 1,
  maxLength: 12,
});
const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i));
const visibleText = (maxLength: number) => fc.string({ unit: fc.constantFrom(...visible), maxLength });
const obsText = Array.from({ length: 128 }, (_, i) => String.fromCharCode(0x80 + i));
/** RFC 9110 §5.5: visible characters and obs-text, white space only inside. */
const legalValue = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', '1', 'abc', 'a-rather-common-value', 'gzip, deflate', 'en-GB\tde') },
  { weight: 4, arbitrary: visibleText(60) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(visibleText(8), fc.string({ unit: fc.constantFrom(...visible, ...obsText, ' '), maxLength: 30 }))
      .map(([first, rest]) => `a${first}${rest}z`),
  },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 1500 }).map(length => 'v'.repeat(length)) },
);
const legalField = fc.tuple(
  fc.oneof(
    fc.constantFrom(...legalNames),
    fc.constantFrom('x-a', 'x-b', 'x-custom-name'),
    token.map(rest => `x-${rest}`),
  ),
  legalValue,
);

/** A field section that any HTTP/2 peer takes, pseudo-header fields apart; each name once. */
export const legalFields: fc.Arbitrary<string[]> = fc
  .uniqueArray(legalField, { maxLength: 12, selector: ([name]) => name })
  .map(list => list.flat());

/** `:path` of a request. */
export const requestPath: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('/', '/index.html', '/a/b?c=d'),
  fc
    .string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-._~/'), maxLength: 40 })
    .map(rest => `/${rest}`),
);
