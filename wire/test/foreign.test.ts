/**
 * HPACK and frames against implementations that others wrote: Python's hpack, and node:http2 (nghttp2).
 *
 * The sections are random; MSGI_SEED brings those of a failure back. MSGI_REQUIRE_PEERS=1 makes a missing peer a failure.
 */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import {
  ALWAYS_SENSITIVE,
  Decoder,
  type DynamicTable,
  Encoder,
  fromHex,
  hex,
  huffmanEncode,
  parseBlock,
  STATIC_LENGTH,
  string,
} from '../index.ts';
import { anyFields, legalFields, requestPath, tableSize } from './fields.ts';
import { RawPeer, type Section } from './raw-peer.ts';

const seed = Number(process.env['MSGI_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const required = process.env['MSGI_REQUIRE_PEERS'] === '1';

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(arbitrary, { seed, numRuns });

const pairs = (fields: readonly string[]): [string, string][] =>
  Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] as string, fields[2 * i + 1] as string]);

const entriesOf = (table: DynamicTable): [string, string][] =>
  Array.from({ length: table.length }, (_, age) => [
    table.name(STATIC_LENGTH + 1 + age) as string,
    table.value(STATIC_LENGTH + 1 + age) as string,
  ]);

const evictions = (table: DynamicTable): number => table.inserted - table.length;

const isSecret = (name: string, sensitive: readonly string[]) => ALWAYS_SENSITIVE.has(name) || sensitive.includes(name);

const namesAt = (fields: readonly string[], places: readonly number[]): string[] =>
  places.flatMap(place => fields[2 * place] ?? []);

// ---- Python's hpack

const python = [process.env['MSGI_PYTHON'], '/usr/bin/python3', 'python3'].find(
  command => command && spawnSync(command, ['-c', 'import hpack'], { stdio: 'ignore' }).status === 0,
);

interface Answer {
  readonly error?: string;
  readonly block: string;
  readonly fields: readonly (readonly [string, string, boolean])[];
  readonly size: number;
  readonly entries: readonly (readonly [string, string])[];
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

class PythonPeer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #errors = '';

  constructor(command: string) {
    this.#child = spawn(command, [fileURLToPath(new URL('hpack-peer.py', import.meta.url))]);
    this.#child.stderr.on('data', chunk => {
      this.#errors += chunk;
    });
    createInterface(this.#child.stdout).on('line', line => this.#waiting.shift()?.resolve(JSON.parse(line) as Answer));
    this.#child.on('close', () => this.#refuse());
    // A child that is gone is told of by `close`; what was still written to it is of no interest.
    this.#child.stdin.on('error', () => {});
  }

  ask(message: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(message)}\n`);
      if (this.#child.exitCode !== null) this.#refuse();
    });
  }

  #refuse(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`python ended: ${this.#errors}`));
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }
}

/** A test with a Python peer, or its absence. */
function pythonTest(name: string, run: (t: Test, peer: PythonPeer) => Promise<void>): void {
  const skip = python === undefined && !required ? 'no python3 with the hpack library' : false;
  t.test(`${name} (MSGI_SEED=${seed})`, { skip }, async t => {
    if (python === undefined) {
      t.fail('MSGI_REQUIRE_PEERS=1, and there is no python3 with the hpack library');
      return;
    }
    const peer = new PythonPeer(python);
    t.teardown(() => peer.end());
    await run(t, peer);
  });
}

/** Blocks of one connection: table sizes set before each, its fields, and which of them are secret. */
const blocks = (limits: fc.Arbitrary<number[]>) =>
  fc.array(
    fc.record({
      limits: fc.oneof({ weight: 3, arbitrary: fc.constant<number[]>([]) }, { weight: 1, arbitrary: limits }),
      fields: anyFields,
      secrets: fc.array(fc.nat(30), { maxLength: 2 }),
      huffman: fc.boolean(),
    }),
    { minLength: 10, maxLength: 30, size: 'max' },
  );

pythonTest('python hpack encodes, the Decoder decodes', async (t, peer) => {
  // Rising sizes: this library announces every size it was given, also those above the last, which is more than its peer
  // allows by then.
  const rising = fc.uniqueArray(tableSize, { minLength: 1, maxLength: 2 }).map(sizes => sizes.sort((a, b) => a - b));
  let count = 0;
  let evicted = 0;
  for (const connection of sample(blocks(rising), 150)) {
    await peer.ask({ op: 'new' });
    const decoder = new Decoder();
    let limit = 4096;
    for (const { limits, fields, secrets, huffman } of connection) {
      // A size set twice in a row makes it forget the first change.
      const changes = limits.filter((size, i) => size !== (limits[i - 1] ?? limit));
      limit = changes.at(-1) ?? limit;
      for (const size of changes) decoder.setLimit(size);
      const sensitive = namesAt(fields, secrets);
      const answer = await peer.ask({ op: 'encode', limits: changes, fields: pairs(fields), sensitive, huffman });
      assert.equal(answer.error, undefined);
      assert.deepStrictEqual(decoder.decode(fromHex(answer.block)), fields);
      assert.deepStrictEqual(entriesOf(decoder.table), answer.entries);
      assert.equal(decoder.table.size, answer.size);
      count += 1;
    }
    evicted += evictions(decoder.table);
  }
  t.ok(count > 1500 && evicted > 1500, `${count} blocks, ${evicted} evictions`);
});

pythonTest('the Encoder encodes, python hpack decodes', async (t, peer) => {
  let count = 0;
  let evicted = 0;
  const connections = sample(fc.tuple(tableSize, blocks(fc.array(tableSize, { minLength: 1, maxLength: 3 }))), 150);
  for (const [ceiling, connection] of connections) {
    await peer.ask({ op: 'new' });
    const encoder = new Encoder(ceiling);
    for (const { limits, fields, secrets } of connection) {
      for (const size of limits) encoder.setLimit(size);
      const sensitive = namesAt(fields, secrets);
      const block = encoder.encode(fields, sensitive);
      const answer = await peer.ask({ op: 'decode', limits, block: hex(block) });
      assert.equal(answer.error, undefined);
      assert.deepStrictEqual(
        answer.fields,
        pairs(fields).map(([name, value]) => [name, value, isSecret(name, sensitive)]),
      );
      assert.deepStrictEqual(entriesOf(encoder.table), answer.entries);
      assert.equal(encoder.table.size, answer.size);
      count += 1;
    }
    evicted += evictions(encoder.table);
  }
  t.ok(count > 1500 && evicted > 1500, `${count} blocks, ${evicted} evictions`);
});

pythonTest('the Huffman codes of both are the same', async (t, peer) => {
  await peer.ask({ op: 'new' });
  await peer.ask({ op: 'encode', limits: [0], fields: [], sensitive: [], huffman: true });
  for (let octet = 0; octet < 256; octet += 1) {
    const value = String.fromCharCode(octet).repeat(3);
    const { block } = await peer.ask({ op: 'encode', limits: [], fields: [['', value]], sensitive: [], huffman: true });
    // 0x40, the empty name with its Huffman bit, and the value.
    t.equal(block, `4080${hex(string(value, true))}`, `octet ${octet}: ${hex(huffmanEncode(value))}`);
  }
});

// ---- node:http2

/** What both sides of one exchange say, and the table sizes that are set before it. */
const exchange = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'DELETE', 'OPTIONS', 'X-METHOD'),
  path: requestPath,
  request: legalFields,
  status: fc.constantFrom(200, 204, 304, 404, 418, 500, 599),
  response: legalFields,
  secrets: fc.array(fc.nat(12), { maxLength: 2 }),
});
type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never;

const connection = fc.record({
  ceiling: tableSize,
  maxDeflateDynamicTableSize: tableSize,
  rounds: fc.array(
    fc.record({
      ours: fc.array(tableSize, { maxLength: 2 }),
      theirs: fc.array(tableSize, { maxLength: 3 }),
      exchanges: fc.array(exchange, { minLength: 8, maxLength: 14, size: 'max' }),
    }),
    { minLength: 6, maxLength: 10, size: 'max' },
  ),
});

type Connection = typeof connection extends fc.Arbitrary<infer T> ? T : never;

/** Sections that no single frame holds: HEADERS and CONTINUATION, both ways. */
const largeFields = Array.from({ length: 20 }, (_, i) => [`x-large-${i}`, 'z'.repeat(1500)]).flat();
const large: Connection['rounds'][number] = {
  ours: [],
  theirs: [],
  exchanges: [{ method: 'GET', path: '/', request: largeFields, status: 200, response: largeFields, secrets: [] }],
};

const requestFields = ({ method, path, request }: Exchange): string[] => [
  ...[':method', method, ':scheme', 'http', ':authority', 'a.example', ':path', path],
  ...request,
];
const responseFields = ({ status, response }: Exchange): string[] => [':status', String(status), ...response];

/** The object that node:http2 wants in place of a list; `secrets` become its sensitive ones. */
function headersObject(fields: readonly string[], sensitive: readonly string[]): http2.OutgoingHttpHeaders {
  return { ...Object.fromEntries(pairs(fields)), [http2.sensitiveHeaders]: sensitive as string[] };
}

/** Names that came never-indexed. */
const sensitiveIn = (headers: object): readonly string[] =>
  (headers as Readonly<Record<symbol, readonly string[]>>)[http2.sensitiveHeaders] ?? [];

async function setTheirs(session: http2.Http2Session, sizes: readonly number[]): Promise<void> {
  const acknowledged = (headerTableSize: number) =>
    new Promise<void>((resolve, reject) => {
      session.settings({ headerTableSize }, error => (error ? reject(error) : resolve()));
    });
  await Promise.all(sizes.map(acknowledged));
}

/** node:http2 sends what it was told is sensitive never-indexed, and so it must look here. */
function neverIndexed({ block, fields }: Section): string[] {
  const { instructions } = parseBlock(block);
  const lines = instructions.filter(instruction => instruction.kind !== 'size');
  return lines.flatMap((line, i) =>
    line.kind === 'literal' && line.indexing === 'never' ? [fields[2 * i] ?? ''] : [],
  );
}

/** What arrives by stream. The first error fails everything that is awaited through `all`. */
class Arrivals<T> {
  readonly #waiting = new Map<number, (value: T) => void>();
  readonly #failed: Promise<never>;
  fail: (error: Error) => void = () => {};

  constructor() {
    this.#failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.#failed.catch(() => {});
  }

  wait(stream: number): Promise<T> {
    return new Promise(resolve => this.#waiting.set(stream, resolve));
  }

  arrive(stream: number, value: T): void {
    this.#waiting.get(stream)?.(value);
    this.#waiting.delete(stream);
  }

  all<P>(promises: readonly Promise<P>[]): Promise<P[]> {
    return Promise.race([Promise.all(promises), this.#failed]);
  }
}

interface Seen {
  readonly raw: readonly string[];
  readonly sensitive: readonly string[];
}

async function listening(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

/** Our client speaks to a node:http2 server over one connection. */
async function withNodeServer(plan: Connection): Promise<[number, number]> {
  const { ceiling, maxDeflateDynamicTableSize, rounds } = plan;
  const server = http2.createServer({ maxDeflateDynamicTableSize });
  const plans = new Map<number, Exchange>();
  const seen = new Map<number, Seen>();
  const arrivals = new Arrivals<Section>();
  server.on('sessionError', error => arrivals.fail(error));
  server.on('stream', (...args: unknown[]) => {
    const [stream, headers, , raw] = args as [http2.ServerHttp2Stream, object, number, string[]];
    stream.on('error', error => arrivals.fail(error));
    seen.set(stream.id as number, { raw, sensitive: sensitiveIn(headers) });
    const planned = plans.get(stream.id as number) as Exchange;
    const sensitive = namesAt(planned.response, planned.secrets);
    stream.respond(headersObject(responseFields(planned), sensitive), { endStream: true, sendDate: false } as object);
  });
  const port = await listening(server);
  const socket = net.connect(port, '127.0.0.1');
  const [session] = (await Promise.all([once(server, 'session'), once(socket, 'connect')]))[0] as [http2.Http2Session];
  const peer = new RawPeer(
    socket,
    'client',
    ceiling,
    section => arrivals.arrive(section.stream, section),
    error => arrivals.fail(error),
  );
  try {
    await arrivals.all([peer.setTableSize(4096)]);
    let stream = -1;
    for (const { ours, theirs, exchanges } of rounds) {
      await arrivals.all([...ours.map(size => peer.setTableSize(size)), setTheirs(session, theirs)]);
      const round = exchanges.map(planned => {
        stream += 2;
        plans.set(stream, planned);
        const answer = arrivals.wait(stream);
        peer.sendSection(stream, requestFields(planned), namesAt(planned.request, planned.secrets));
        return { stream, planned, answer };
      });
      const answers = await arrivals.all(round.map(({ answer }) => answer));
      for (const [i, { stream, planned }] of round.entries()) {
        const expected = requestFields(planned);
        const sensitive = namesAt(planned.request, planned.secrets);
        assert.deepStrictEqual(seen.get(stream)?.raw, expected, `request on stream ${stream}`);
        const secret = pairs(expected).flatMap(([name]) => (isSecret(name, sensitive) ? [name] : []));
        assert.deepStrictEqual(seen.get(stream)?.sensitive, secret, `sensitive on stream ${stream}`);
        const answer = answers[i] as Section;
        assert.deepStrictEqual(answer.fields, responseFields(planned), `response on stream ${stream}`);
        for (const name of namesAt(planned.response, planned.secrets)) assert.ok(neverIndexed(answer).includes(name));
      }
    }
    return [plans.size, evictions(peer.encoder.table) + evictions(peer.decoder.table)];
  } finally {
    peer.close();
    session.destroy();
    server.close();
    await once(server, 'close');
  }
}

/** A node:http2 client speaks to our server over one connection. */
async function withNodeClient(plan: Connection): Promise<[number, number]> {
  const { ceiling, maxDeflateDynamicTableSize, rounds } = plan;
  const plans = new Map<number, Exchange>();
  const sections = new Map<number, Section>();
  const responses = new Arrivals<Seen>();
  const server = net.createServer();
  const port = await listening(server);
  const session = http2.connect(`http://127.0.0.1:${port}`, { maxDeflateDynamicTableSize });
  session.on('error', error => responses.fail(error));
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const peer: RawPeer = new RawPeer(
    socket,
    'server',
    ceiling,
    section => {
      sections.set(section.stream, section);
      const planned = plans.get(section.stream) as Exchange;
      peer.sendSection(section.stream, responseFields(planned), namesAt(planned.response, planned.secrets));
    },
    error => responses.fail(error),
  );
  try {
    await responses.all([peer.setTableSize(4096)]);
    let stream = -1;
    for (const { ours, theirs, exchanges } of rounds) {
      await responses.all([...ours.map(size => peer.setTableSize(size)), setTheirs(session, theirs)]);
      const round = exchanges.map(planned => {
        stream += 2;
        const id = stream;
        plans.set(id, planned);
        const answer = responses.wait(id);
        const sensitive = namesAt(planned.request, planned.secrets);
        const request = session.request(headersObject(requestFields(planned), sensitive), { endStream: true });
        request.on('error', error => responses.fail(error));
        request.on('response', (...args: unknown[]) => {
          const [headers, , raw] = args as [object, number, string[]];
          responses.arrive(id, { raw, sensitive: sensitiveIn(headers) });
        });
        request.resume();
        return { stream: id, planned, answer };
      });
      const answers = await responses.all(round.map(({ answer }) => answer));
      for (const [i, { stream, planned }] of round.entries()) {
        const section = sections.get(stream) as Section;
        assert.deepStrictEqual(section.fields, requestFields(planned), `request on stream ${stream}`);
        for (const name of namesAt(planned.request, planned.secrets)) assert.ok(neverIndexed(section).includes(name));
        const expected = responseFields(planned);
        const sensitive = namesAt(planned.response, planned.secrets);
        assert.deepStrictEqual(answers[i]?.raw, expected, `response on stream ${stream}`);
        const secret = pairs(expected).flatMap(([name]) => (isSecret(name, sensitive) ? [name] : []));
        assert.deepStrictEqual(answers[i]?.sensitive, secret, `sensitive on stream ${stream}`);
      }
    }
    return [plans.size, evictions(peer.encoder.table) + evictions(peer.decoder.table)];
  } finally {
    peer.close();
    session.destroy();
    server.close();
    await once(server, 'close');
  }
}

for (const [name, run] of [
  ['our client and a node:http2 server', withNodeServer],
  ['a node:http2 client and our server', withNodeClient],
] as const) {
  t.test(`${name} take each other's fields (MSGI_SEED=${seed})`, async t => {
    let count = 0;
    let evicted = 0;
    for (const plan of [
      { ceiling: 4096, maxDeflateDynamicTableSize: 4096, rounds: [large] },
      ...sample(connection, 60),
    ]) {
      const [exchanges, evictions] = await run(plan);
      count += exchanges;
      evicted += evictions;
    }
    t.ok(count > 3000 && evicted > 3000, `${count} exchanges, ${evicted} evictions from tables of both directions`);
  });
}
