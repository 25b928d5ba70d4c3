import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import {
  ALWAYS_SENSITIVE,
  concat,
  Decoder,
  type DynamicTable,
  ENTRY_OVERHEAD,
  Encoder,
  fromHex,
  HpackError,
  hex,
  huffmanDecode,
  huffmanEncode,
  huffmanLength,
  type Indexing,
  type Instruction,
  indexed,
  integer,
  literal,
  parseBlock,
  plainBlock,
  readInteger,
  STATIC_LENGTH,
  STATIC_TABLE,
  sizeUpdate,
  string,
} from '../index.ts';
import { anyFields, octetText, tableSize } from './fields.ts';
import { holds } from './holds.ts';

const readJson = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

interface Vectors {
  readonly integers: readonly { section: string; value: number; prefix: number; octets: string }[];
  /** `table` is newest first: name, value, size. */
  readonly series: readonly {
    section: string;
    limit: number;
    blocks: readonly {
      section: string;
      block: string;
      fields: readonly (readonly [string, string])[];
      table: readonly (readonly [string, string, number])[];
      size: number;
    }[];
  }[];
}

const vectors = readJson('rfc7541-appendix-c.json') as Vectors;
const tables = readJson('rfc7541-tables.json') as {
  readonly appendixA: readonly (readonly [string, string])[];
  /** Codes of the symbols 0–255 and EOS, bit by bit. */
  readonly appendixB: readonly string[];
};

/** Entries, newest first. */
function entriesOf(table: DynamicTable): [string, string][] {
  return Array.from({ length: table.length }, (_, age) => {
    const index = STATIC_LENGTH + 1 + age;
    return [table.name(index) as string, table.value(index) as string];
  });
}

/** The octets of an instruction as its sender chose them. */
function rebuild(instruction: Instruction): Uint8Array {
  if (instruction.kind === 'indexed') return indexed(instruction.index);
  if (instruction.kind === 'size') return sizeUpdate(instruction.size);
  const { name, nameIndex, value, indexing } = instruction;
  return literal(name === null ? nameIndex : name.text, value.text, indexing, value.huffman);
}

t.test('RFC 7541 Appendix A: the static table', async t => {
  t.strictSame(STATIC_TABLE, tables.appendixA.flat());
  t.equal(STATIC_LENGTH, 61);
  for (const [i, field] of tables.appendixA.entries()) {
    t.strictSame(new Decoder().decode(indexed(i + 1)), field, `index ${i + 1}`);
    const [name, value] = field;
    if (ALWAYS_SENSITIVE.has(name)) continue;
    t.equal(hex(new Encoder().encode([name, value])), hex(indexed(i + 1)), `index ${i + 1}, encoded`);
  }
});

t.test('RFC 7541 Appendix B: the Huffman code', async t => {
  for (const [symbol, code] of tables.appendixB.entries()) {
    const padded = code.padEnd(Math.ceil(code.length / 8) * 8, '1');
    const octets = Uint8Array.from(padded.match(/.{8}/g) ?? [], bits => Number.parseInt(bits, 2));
    if (symbol === 256) {
      t.equal(huffmanDecode(octets, 0, octets.length), null, 'EOS is refused (RFC 7541 §5.2)');
    } else {
      const text = String.fromCharCode(symbol);
      t.equal(hex(huffmanEncode(text)), hex(octets), `symbol ${symbol}`);
      t.equal(huffmanLength(text), octets.length);
      t.equal(huffmanDecode(octets, 0, octets.length), text);
    }
  }
});

t.test('RFC 7541 Appendix C.1: integers', async t => {
  for (const { section, value, prefix, octets } of vectors.integers) {
    t.equal(hex(Uint8Array.from(integer(value, prefix))), octets, section);
    t.strictSame(readInteger(fromHex(octets), 0, octets.length / 2, prefix), { value, next: octets.length / 2 });
  }
});

t.test('RFC 7541 Appendix C.2 to C.6: field blocks', async t => {
  for (const { limit, blocks } of vectors.series) {
    const decoder = new Decoder(limit);
    for (const { section, block, fields, table, size } of blocks) {
      const octets = fromHex(block);
      t.strictSame(decoder.decode(octets), fields.flat(), `${section}: fields`);
      t.strictSame(
        entriesOf(decoder.table),
        table.map(([name, value]) => [name, value]),
        `${section}: table`,
      );
      t.equal(decoder.table.size, size, `${section}: table size`);
      const { instructions, error } = parseBlock(octets);
      t.equal(error, null);
      t.equal(hex(concat(instructions.map(rebuild))), block, `${section}: built again, integers and Huffman`);
    }
  }
});

t.test('what Appendix C does with Huffman, the Encoder does too', async t => {
  // Its fields are never sensitive, so that our choices are those of the examples.
  const encoder = new Encoder();
  const requests = vectors.series.find(({ section }) => section === 'C.4');
  for (const { section, block, fields } of requests?.blocks ?? []) {
    t.equal(hex(encoder.encode(fields.flat())), block, section);
  }
  t.equal(encoder.table.size, 164);
});

const prefixBits = fc.integer({ min: 1, max: 8 });
const value32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 700 }),
  // Both sides of the edges: where the prefix is full, where another octet is needed, where it ends.
  fc
    .tuple(
      fc.constantFrom(0, 127, 128, 255, 256, 2 ** 14, 2 ** 21, 2 ** 28, 2 ** 32 - 1),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([edge, off]) => Math.min(0xffffffff, Math.max(0, edge + off))),
);

t.test('integers turn back, with every prefix, zero padding and any bits before them', async t => {
  const property = fc.property(value32, prefixBits, fc.nat(255), fc.nat(9), (value, prefix, bits, padding) => {
    const max = 2 ** prefix - 1;
    const first = bits & ~max;
    const zeros = value < max ? 0 : padding;
    const octets = Uint8Array.of(0xff, ...integer(value, prefix, first, zeros));
    assert.equal((octets[1] as number) & ~max, first, 'the bits above the prefix stay');
    const read = readInteger(octets, 1, octets.length, prefix);
    // Prefix and first octet, and 8 octets at most behind the prefix.
    if (octets.length - 2 > 8) assert.ok('error' in read, 'more than 8 octets are refused');
    else assert.deepStrictEqual(read, { value, next: octets.length });
    for (let end = 1; end < octets.length; end += 1)
      assert.ok('error' in readInteger(octets, 1, end, prefix), 'cut off');
  });
  holds(t, 'integer and readInteger', property, 3000);
  t.throws(() => integer(3, 5, 0, 1), RangeError, 'an integer within its prefix takes no padding');
  t.equal(hex(Uint8Array.from(integer(31, 5, 0, 2))), '1f808000', 'zeros behind the prefix');
});

t.test('the Decoder reads the integers that readInteger reads', async t => {
  const property = fc.property(value32, fc.nat(9), (value, padding) => {
    const octets = Uint8Array.from(integer(value, 5, 0x20, value < 31 ? 0 : padding));
    const decoder = new Decoder(0xffffffff);
    if (octets.length > 9) assert.throws(() => decoder.decode(octets), HpackError);
    else {
      assert.deepStrictEqual(decoder.decode(octets), []);
      assert.equal(decoder.table.capacity, value);
    }
  });
  holds(t, 'size updates', property, 2000);
});

t.test('integers past the limits are refused', async t => {
  const refused = (octets: readonly number[], prefix: number, why: string) => {
    const block = Uint8Array.from(octets);
    t.match(readInteger(block, 0, block.length, prefix), { error: String }, why);
    t.match(parseBlock(block), { error: String }, `${why}: parseBlock`);
    t.throws(() => new Decoder(0xffffffff).decode(block), { name: 'HpackError', message: /§5\.1/ }, `${why}: Decoder`);
  };
  for (const [value, name] of [
    [2n ** 32n, '2^32'],
    [2n ** 53n + 1n, '2^53+1'],
    [2n ** 64n, '2^64'],
    [2n ** 64n - 1n, '2^64-1'],
    [2n ** 64n + 62n, '2^64+62, which is 62 to who cuts at 64 bits'],
    [2n ** 32n + 62n, '2^32+62, which is 62 to who cuts at 32 bits'],
  ] as const) {
    refused(integer(value, 7, 0x80), 7, `index ${name}`);
    refused(integer(value, 5, 0x20), 5, `table size ${name}`);
    refused(integer(value, 6, 0x40), 6, `name index ${name}`);
    refused(integer(value, 4, 0x00), 4, `name index without indexing ${name}`);
    refused(integer(value, 4, 0x10), 4, `name index never indexed ${name}`);
    t.match(parseBlock(string('', false, value)), { error: String });
    const lengths = concat([Uint8Array.of(0), string('a', false, value)]);
    t.throws(() => new Decoder().decode(lengths), { name: 'HpackError', message: /§5\.1/ }, `string length ${name}`);
  }
  refused([0xff, ...new Array<number>(8).fill(0x80), 0], 7, 'nine octets behind the prefix, all zero');
  refused([0xff, ...new Array<number>(100_000).fill(0x80)], 7, 'zeros without end');
  t.strictSame(new Decoder(0xffffffff).decode(sizeUpdate(2n ** 32n - 1n)), [], '2^32-1 is taken');
});

t.test('huffmanDecode turns huffmanEncode back', async t => {
  const property = fc.property(octetText(200), text => {
    const octets = huffmanEncode(text);
    assert.equal(octets.length, huffmanLength(text));
    assert.equal(huffmanDecode(octets, 0, octets.length), text);
    const inside = concat([Uint8Array.of(0), octets, Uint8Array.of(0)]);
    assert.equal(huffmanDecode(inside, 1, 1 + octets.length), text, 'in the middle of other octets');
  });
  holds(t, 'any text of octets', property, 2000);
});

t.test('huffmanDecode takes nothing that huffmanEncode does not write', async t => {
  // The code is a bijection once the padding is right: what decodes must come out of the encoder again.
  const property = fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(5), (random, ones) => {
    const octets = concat([random, new Uint8Array(ones).fill(0xff)]);
    const text = huffmanDecode(octets, 0, octets.length);
    if (text !== null) assert.equal(hex(huffmanEncode(text)), hex(octets));
  });
  holds(t, 'arbitrary octets', property, 5000);
  for (const [octets, why] of [
    ['ff', '8 bits of padding'],
    ['1fff', "'a' and 11 bits of padding"],
    ['18', "'a' and padding of zeros"],
    ['1e', "'a' and padding that is not all ones"],
    ['fffffffc', 'EOS'],
    ['ffffffff', 'EOS and padding'],
    ['1fffffffff', "'a' and EOS"],
  ] as const) {
    t.equal(huffmanDecode(fromHex(octets), 0, octets.length / 2), null, why);
  }
  t.equal(huffmanDecode(fromHex('1f'), 0, 1), 'a');
  t.equal(huffmanDecode(fromHex(''), 0, 0), '');
});

/** RFC 7541 §2 to §6 in the plainest form: an array for a table, newest first. */
class Model {
  readonly entries: [string, string][] = [];
  capacity: number;
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
    this.capacity = Math.min(limit, 4096);
  }

  get size(): number {
    return this.entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  }

  resize(capacity: number): void {
    this.capacity = capacity;
    while (this.size > capacity) this.entries.pop();
  }

  /** Name, value and representation of every field, or null for a block that must be refused. */
  read(block: Uint8Array): [name: string, value: string, how: Indexing | 'indexed'][] | null {
    const { instructions, error } = parseBlock(block);
    if (error !== null) return null;
    const fields: [string, string, Indexing | 'indexed'][] = [];
    for (const instruction of instructions) {
      if (instruction.kind === 'size') {
        if (fields.length > 0 || instruction.size > this.limit) return null;
        this.resize(instruction.size);
      } else {
        const field = this.#field(instruction);
        if (field === null) return null;
        fields.push(field);
      }
    }
    return fields;
  }

  #field(instruction: Exclude<Instruction, { kind: 'size' }>): [string, string, Indexing | 'indexed'] | null {
    if (instruction.kind === 'indexed') {
      const entry = this.#entry(instruction.index);
      return entry === undefined ? null : [...entry, 'indexed'];
    }
    const name = instruction.name?.text ?? this.#entry(instruction.nameIndex)?.[0];
    if (name === undefined) return null;
    const value = instruction.value.text;
    if (instruction.indexing === 'incremental') {
      this.entries.unshift([name, value]);
      this.resize(this.capacity);
    }
    return [name, value, instruction.indexing];
  }

  #entry(index: number): readonly [string, string] | undefined {
    return index <= 61 ? tables.appendixA[index - 1] : this.entries[index - 62];
  }
}

/** Decodes with both, and holds them equal: fields or refusal, and the tables after. */
function decodeBoth(decoder: Decoder, model: Model, block: Uint8Array): string[] | null {
  let fields: string[] | null = null;
  try {
    // Between other octets that would go on with whatever is cut off: none of them may be read.
    const octets = concat([Uint8Array.of(0x82), block, fromHex('01 01 61 00 01 61 01 61')]);
    fields = decoder.decode(octets, 1, 1 + block.length);
  } catch (error) {
    assert.ok(error instanceof HpackError, `HpackError and nothing else: ${error}`);
  }
  const expected = model.read(block)?.flatMap(field => field.slice(0, 2)) ?? null;
  assert.deepStrictEqual(fields, expected);
  if (fields !== null) {
    assert.deepStrictEqual(entriesOf(decoder.table), model.entries);
    assert.equal(decoder.table.size, model.size);
    assert.equal(decoder.table.capacity, model.capacity);
  }
  return fields;
}

const index = fc.oneof(
  fc.integer({ min: 1, max: 61 }),
  fc.integer({ min: 62, max: 70 }),
  fc.constantFrom(0, 71, 200, 5000),
);
const instruction: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: index.map(indexed) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.oneof(index, octetText(12)),
        octetText(40),
        fc.constantFrom<Indexing>('incremental', 'incremental', 'without', 'never'),
        fc.boolean(),
      )
      .map(([name, value, indexing, huffman]) => literal(name, value, indexing, huffman)),
  },
);
const builtBlock = fc
  .tuple(fc.array(tableSize.map(sizeUpdate), { maxLength: 2 }), fc.array(instruction, { maxLength: 6 }))
  .map(([updates, fields]) => concat([...updates, ...fields]));

/** An octet changed, left out or put in. */
interface Mutation {
  readonly at: number;
  readonly how: 'change' | 'remove' | 'insert' | 'cut';
  readonly octet: number;
}
const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(1000),
    how: fc.constantFrom<Mutation['how']>('change', 'remove', 'insert', 'cut'),
    octet: fc.nat(255),
  }),
  { maxLength: 3 },
);

function mutate(block: Uint8Array, { at, how, octet }: Mutation): Uint8Array {
  const place = block.length === 0 ? 0 : at % block.length;
  const before = block.subarray(0, place);
  if (how === 'cut') return before;
  if (how === 'insert') return concat([before, Uint8Array.of(octet), block.subarray(place)]);
  return concat([before, how === 'change' ? Uint8Array.of(octet) : new Uint8Array(0), block.subarray(place + 1)]);
}

t.test('the Decoder decodes what the RFC says or throws HpackError, nothing else', async t => {
  let decoded = 0;
  let refused = 0;
  const compare = (blocks: readonly Uint8Array[], limit: number) => {
    const decoder = new Decoder(limit);
    const model = new Model(limit);
    for (const block of blocks) {
      if (decodeBoth(decoder, model, block) === null) {
        refused += 1;
        return;
      }
      decoded += 1;
    }
  };
  const arbitrary = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 });
  holds(t, 'arbitrary octets', fc.property(arbitrary, tableSize, compare), 3000);
  const built = fc.array(builtBlock, { minLength: 1, maxLength: 8 });
  holds(t, 'blocks of instructions', fc.property(built, tableSize, compare), 1000);
  const mutated = fc.property(
    fc.array(fc.tuple(anyFields, mutations), { minLength: 1, maxLength: 6 }),
    tableSize,
    (steps, limit) => {
      const encoder = new Encoder(limit);
      const blocks = steps.map(([fields, mutations]) => mutations.reduce(mutate, encoder.encode(fields)));
      compare(blocks, Math.max(limit, 4096));
    },
  );
  holds(t, 'encoded blocks, mutated', mutated, 1000);
  t.ok(decoded > 1000 && refused > 1000, `both happened: ${decoded} decoded, ${refused} refused`);
});

t.test('parseBlock stops at an error and keeps what came before it', async t => {
  const property = fc.property(fc.uint8Array({ maxLength: 60 }), octets => {
    const { instructions, error } = parseBlock(octets);
    // Zero padding and needless octets of integers are lost when built again, so that only the meaning can be compared.
    const again = parseBlock(concat(instructions.map(rebuild)));
    assert.deepStrictEqual(
      again.instructions.map(i => (i.kind === 'literal' ? [i.indexing, i.nameIndex, i.name?.text, i.value.text] : i)),
      instructions.map(i => (i.kind === 'literal' ? [i.indexing, i.nameIndex, i.name?.text, i.value.text] : i)),
    );
    assert.equal(again.error, null);
    assert.ok(error === null || error.length > 0);
  });
  holds(t, 'arbitrary octets', property, 3000);
  t.strictSame(parseBlock(fromHex('82 7f')), {
    instructions: [{ kind: 'indexed', index: 2 }],
    error: 'an integer is cut off',
  });
});

t.test('a block is refused for the reason that the RFC gives', async t => {
  const rows: readonly (readonly [block: string, section: RegExp, what: string])[] = [
    ['80', /§6\.1/, 'index 0'],
    ['be', /§2\.3\.3/, 'index past an empty table'],
    ['7e 00', /§2\.3\.3/, 'name index past an empty table'],
    ['82 20', /§4\.2/, 'a size update behind a field'],
    ['3f e2 1f', /§6\.3/, 'a size update to 4097'],
    ['ff', /§5\.1/, 'an integer cut off'],
    ['40', /§6\.2/, 'a literal cut off before its name'],
    ['40 01 61', /§6\.2/, 'a literal cut off before its value'],
    ['40 02 61', /§5\.2/, 'a name longer than the block'],
    ['00 81 ff 00', /§5\.2/, 'a Huffman name of padding alone'],
  ];
  for (const [block, section, what] of rows) {
    t.throws(() => new Decoder().decode(fromHex(block)), { name: 'HpackError', message: section }, what);
  }
  t.strictSame(new Decoder().decode(fromHex('3f e1 1f 20 3f e1 1f 82')), [':method', 'GET'], 'size updates in front');
});

t.test('the Decoder reads a part of an octet array', async t => {
  const property = fc.property(
    anyFields,
    fc.uint8Array({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 5 }),
    (fields, before, after) => {
      const block = plainBlock(fields);
      const octets = concat([before, block, after]);
      const decoder = new Decoder();
      assert.deepStrictEqual(decoder.decode(octets, before.length, before.length + block.length), fields);
      assert.equal(decoder.table.length, 0, 'a plain block leaves the table alone');
    },
  );
  holds(t, 'between other octets', property);
});

t.test('the Decoder counts a field section and leaves out what is past a limit', async t => {
  const property = fc.property(fc.array(anyFields, { minLength: 1, maxLength: 5 }), fc.nat(2000), (sections, most) => {
    const encoder = new Encoder();
    const [whole, bounded] = [new Decoder(), new Decoder()];
    for (const fields of sections) {
      const block = encoder.encode(fields);
      const expected: string[] = [];
      let size = 0;
      for (let i = 0; i < fields.length; i += 2) {
        size += (fields[i] as string).length + (fields[i + 1] as string).length + ENTRY_OVERHEAD;
        if (size <= most) expected.push(fields[i] as string, fields[i + 1] as string);
      }
      assert.deepStrictEqual(whole.decode(block), fields);
      assert.deepStrictEqual(bounded.decode(block, 0, block.length, most), expected);
      assert.deepStrictEqual([whole.listSize, bounded.listSize], [size, size]);
      assert.deepStrictEqual(entriesOf(bounded.table), entriesOf(whole.table), 'the table is kept all the same');
    }
  });
  holds(t, 'list sizes', property);
});

/** What RFC 7541 §4.2 wants at the start of a block: the smallest size since the last block, then the last. */
function updatesDue(sizes: readonly number[]): number[] {
  const last = sizes.at(-1);
  if (last === undefined) return [];
  const smallest = Math.min(...sizes);
  return smallest < last ? [smallest, last] : [last];
}

const sizesIn = (block: Uint8Array): number[] =>
  parseBlock(block).instructions.flatMap(i => (i.kind === 'size' ? [i.size] : []));

t.test('Encoder.setLimit: the next block opens with the updates of RFC 7541 §4.2', async t => {
  const rows: readonly (readonly [
    ceiling: number,
    limits: readonly number[],
    updates: readonly number[],
    why: string,
  ])[] = [
    [4096, [], [], 'nothing changed'],
    [4096, [4096], [], 'the size in force'],
    [4096, [100], [100], 'smaller'],
    [4096, [0], [0], 'none at all'],
    [4096, [0, 4096], [0, 4096], 'smaller and back: the table was emptied between'],
    [4096, [100, 0, 50], [0, 50], 'the smallest of several, then the last'],
    [4096, [0, 4096, 64, 200], [0, 200], 'only the smallest and the last'],
    [4096, [1000, 100], [100], 'the last is the smallest'],
    [4096, [65_536], [], 'more than the ceiling'],
    [65_536, [65_536], [65_536], 'larger'],
    [65_536, [16_384, 65_536], [16_384, 65_536], 'larger, and larger again'],
    [64, [], [64], 'a ceiling below the 4096 that every connection starts with'],
    [64, [4096], [64], 'the same, with a limit that changes nothing'],
    [0, [], [0], 'a ceiling of nothing'],
    [64, [0, 4096], [0, 64], 'the ceiling is what the peer is told of'],
  ];
  for (const [ceiling, limits, updates, why] of rows) {
    const encoder = new Encoder(ceiling);
    for (const limit of limits) encoder.setLimit(limit);
    t.equal(encoder.updateDue, updates.length > 0, `${why}: updateDue`);
    t.strictSame(sizesIn(encoder.encode([':method', 'GET'])), updates, `${why}: ceiling ${ceiling}, limits ${limits}`);
    t.equal(encoder.updateDue, false);
    t.strictSame(sizesIn(encoder.encode([':method', 'GET'])), [], `${why}: once`);
  }
  const raised = new Encoder();
  raised.setLimit(64);
  raised.encode([]);
  raised.setLimit(4096);
  t.strictSame(sizesIn(raised.encode([])), [4096], 'a size in force before is not among those since the last block');
});

t.test('Decoder.setLimit: a lowered limit demands its update (RFC 9113 §4.3.1)', async t => {
  const field = fromHex('82');
  const withUpdates = (...sizes: number[]) => concat([...sizes.map(size => sizeUpdate(size)), field]);
  const rows: readonly (readonly [
    limits: readonly number[],
    updates: readonly number[],
    taken: boolean,
    why: string,
  ])[] = [
    [[100], [], false, 'lowered, no update'],
    [[100], [100], true, 'lowered, update to it'],
    [[100], [0], true, 'lowered, update below it'],
    [[100], [101], false, 'lowered, update above it'],
    [[100, 4096], [], false, 'lowered and raised again, no update'],
    [[100, 4096], [4096], false, 'lowered and raised again, the low one not told of'],
    [[100, 4096], [100, 4096], true, 'lowered and raised again, both told of'],
    [[100, 4096], [100], true, 'lowered and raised again, the encoder stays low'],
    [[100, 0, 50], [50], false, 'lowered twice, the smallest not told of'],
    [[100, 0, 50], [0, 50], true, 'lowered twice, the smallest told of'],
    [[65_536], [], true, 'raised, no update'],
    [[65_536], [65_536], true, 'raised, update to it'],
    [[65_536], [65_537], false, 'raised, update above it'],
    [[4096], [], true, 'the same again'],
  ];
  for (const [limits, updates, taken, why] of rows) {
    const decoder = new Decoder();
    for (const limit of limits) decoder.setLimit(limit);
    const decode = () => decoder.decode(withUpdates(...updates));
    if (taken) {
      t.strictSame(decode(), [':method', 'GET'], why);
      t.strictSame(decoder.decode(field), [':method', 'GET'], `${why}: due once`);
    } else t.throws(decode, HpackError, why);
    t.equal(decoder.limit, limits.at(-1));
  }
  const lenient = new Decoder();
  lenient.setLimit(100, false);
  t.strictSame(lenient.decode(field), [':method', 'GET'], 'not demanded when told so');
  t.throws(() => lenient.decode(withUpdates(101)), HpackError, 'the limit holds all the same');
});

t.test('a table starts at 4096 however large the limit is', async t => {
  // An encoder uses more only after it said so in an update (RFC 7541 §4.2): what it evicted must be gone here too.
  const decoder = new Decoder(65_536);
  t.equal(decoder.table.capacity, 4096);
  const entry = literal('a', 'v'.repeat(2000), 'incremental');
  decoder.decode(concat([entry, entry, entry]));
  t.equal(decoder.table.length, 2);
  t.throws(() => decoder.decode(indexed(64)), HpackError, 'the entry that the encoder evicted');
});

t.test('what the Encoder writes the Decoder reads, and their tables agree', async t => {
  const step = fc.record({
    limits: fc.oneof(fc.constant([]), fc.array(tableSize, { maxLength: 3 })),
    fields: anyFields,
    secrets: fc.array(fc.nat(40), { maxLength: 2 }),
  });
  const seen = { blocks: 0, updates: 0, evictions: 0, indexed: 0, never: 0 };
  const property = fc.property(tableSize, fc.array(step, { minLength: 1, maxLength: 12 }), (ceiling, steps) => {
    const encoder = new Encoder(ceiling);
    const decoder = new Decoder();
    const model = new Model(4096);
    let capacity = 4096;
    // The constructor lowers the table to its ceiling: the first change, if it is one.
    let changes = ceiling < 4096 ? [ceiling] : [];
    for (const { limits, fields, secrets } of steps) {
      for (const limit of limits) {
        encoder.setLimit(limit);
        decoder.setLimit(limit);
        model.limit = limit;
        const chosen = Math.min(limit, ceiling);
        if (chosen !== (changes.at(-1) ?? capacity)) changes.push(chosen);
      }
      const names = fields.filter((_, i) => i % 2 === 0);
      const sensitive = secrets.flatMap(i => names[i] ?? []);
      const before = encoder.table.length;
      const block = encoder.encode(fields, sensitive);

      assert.deepStrictEqual(sizesIn(block), updatesDue(changes));
      capacity = changes.at(-1) ?? capacity;
      assert.equal(encoder.table.capacity, capacity);
      seen.updates += changes.length;
      changes = [];

      const read = model.read(block);
      assert.ok(read !== null);
      for (const [name, value, how] of read) {
        const secret = ALWAYS_SENSITIVE.has(name) || sensitive.includes(name);
        assert.equal(how === 'never', secret, `${JSON.stringify(name)} is sent ${how}`);
        if (how === 'indexed') seen.indexed += 1;
        if (how === 'never') seen.never += 1;
        if (ALWAYS_SENSITIVE.has(name))
          assert.ok(!entriesOf(encoder.table).some(entry => entry[1] === value && entry[0] === name));
      }
      assert.deepStrictEqual(decoder.decode(block), fields);
      assert.deepStrictEqual(entriesOf(encoder.table), model.entries);
      assert.deepStrictEqual(entriesOf(decoder.table), model.entries);
      for (const { size, capacity: held } of [encoder.table, decoder.table]) {
        assert.equal(size, model.size);
        assert.equal(held, capacity);
        assert.ok(size <= held);
      }
      seen.blocks += 1;
      const inserted = read.filter(([, , how]) => how === 'incremental').length;
      seen.evictions += before + inserted - encoder.table.length;
    }
  });
  holds(t, 'sections, sizes, secrets', property, 600);
  const { blocks, updates, evictions, indexed, never } = seen;
  t.comment(
    `${blocks} blocks, ${updates} size changes, ${evictions} evictions, ${indexed} indexed, ${never} never-indexed`,
  );
  t.ok(Math.min(blocks, updates, evictions, indexed, never) > 300, 'everything that is tested came about');
});

t.test('tables of thousands of entries agree through thousands of evictions', async t => {
  const encoder = new Encoder(65_536);
  const decoder = new Decoder();
  const model = new Model(4096);
  for (const [round, limit] of [65_536, 5000, 65_536, 65_536].entries()) {
    encoder.setLimit(limit);
    decoder.setLimit(limit);
    model.limit = limit;
    const update = encoder.encode([]);
    assert.deepStrictEqual(decoder.decode(update), model.read(update));
    for (let i = 0; i < 3000; i += 1) {
      // Forward and backward over the same fields: some are still there, some were evicted and are forgotten.
      const n = round % 2 === 0 ? i : 3000 - i;
      const [name, value] = i % 3 === 0 ? ['x', String(n % 40)] : [`n${n % 7}`, String(n)];
      const held = model.entries.some(entry => entry[0] === name && entry[1] === value);
      const block = encoder.encode([name, value]);
      assert.deepStrictEqual(decoder.decode(block), [name, value]);
      assert.deepStrictEqual(model.read(block), [[name, value, held ? 'indexed' : 'incremental']]);
    }
    t.strictSame(entriesOf(encoder.table), model.entries, `round ${round}: the Encoder's table`);
    t.strictSame(entriesOf(decoder.table), model.entries, `round ${round}: the Decoder's table`);
    t.strictSame([encoder.table.size, decoder.table.size], [model.size, model.size]);
  }
  t.ok(encoder.table.length > 1500, `${encoder.table.length} entries at the end`);
});

t.test('blocks grow past any room that was made for them', async t => {
  const encoder = new Encoder();
  const decoder = new Decoder();
  for (const fresh of [true, false]) {
    for (let length = 0; length < 1500; length += 7) {
      // LF takes 30 bits: a name that Huffman makes nearly four times as long, beside a value that it makes shorter.
      const fields = ['\n'.repeat(length), 'a'.repeat(20), 'x', '\0'.repeat(length), 'y', 'e'.repeat(length)];
      const [from, to] = fresh ? [new Encoder(), new Decoder()] : [encoder, decoder];
      assert.deepStrictEqual(to.decode(from.encode(fields)), fields);
    }
  }
  const large = ['x', 'v'.repeat(200_000), 'y', '\0'.repeat(200_000)];
  t.strictSame(decoder.decode(encoder.encode(large)), large);
});

t.test('the Encoder saves what can be saved', async t => {
  const encoder = new Encoder();
  const fields = [':status', '200', 'content-type', 'text/html', 'server', 'a', 'x-name', 'value', 'vary', 'a\x01'];
  const first = encoder.encode(fields);
  const second = encoder.encode(fields);
  t.equal(second.length, fields.length / 2, 'a field in a table is one octet');
  t.ok(second.every(octet => octet >= 0x80));
  const values = parseBlock(first).instructions.flatMap(i => (i.kind === 'literal' ? [i.value] : []));
  t.match(values[0], { text: 'text/html', huffman: true }, 'Huffman where it is shorter');
  t.match(values.at(-1), { text: 'a\x01', huffman: false }, 'and where it is not shorter, not');
  t.equal(hex(encoder.encode(['authorization', 'x'])), '1f080178', 'static name, never indexed');
  t.equal(
    hex(encoder.encode(['x-name', 'secret'], ['x-name'])).slice(0, 4),
    '1f30',
    'a name of the table, never indexed',
  );
  t.match(first.buffer === second.buffer, false, 'blocks do not share octets');
});

t.test('a block is built in parts as it is at once', async t => {
  const property = fc.property(fc.array(anyFields, { maxLength: 5 }), sections => {
    const [whole, parts] = [new Encoder(), new Encoder()];
    for (const fields of sections) {
      const sensitive = fields.filter((_, i) => i % 6 === 0);
      const expected = whole.encode(fields, sensitive);
      parts.begin();
      for (let i = 0; i < fields.length; i += 2) {
        const name = fields[i] as string;
        parts.add(name, fields[i + 1] as string, sensitive.includes(name));
      }
      assert.equal(hex(parts.finish()), hex(expected));
    }
  });
  holds(t, 'begin, add, finish', property, 200);
});

t.test('the decoder names what came never-indexed, each name once', t => {
  const decoder = new Decoder();
  const never = (name: string, value: string): Uint8Array => literal(name, value, 'never');
  decoder.decode(concat([never('a', '1'), literal('b', '2'), never('a', '3'), literal('c', '4', 'incremental')]));
  t.same(decoder.sensitive, ['a']);
  decoder.decode(literal('a', '1'));
  t.equal(decoder.sensitive, null, 'of the section last decoded');
  decoder.decode(concat([never('a', '1'), never('b', 'v'.repeat(100))]), 0, undefined, 50);
  t.same(decoder.sensitive, ['a'], 'not of what was left out');
  t.end();
});
