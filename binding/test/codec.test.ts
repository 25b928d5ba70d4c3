/** The codec against the vectors of the specification, against itself however the octets are cut, and against bad input. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { encode, hostReader, serverReader } from '../codec.ts';
import { encodeFrame, FrameReader } from '../frame.ts';
import { type HostMessage, type ServerMessage, TYPES, type TypeName } from '../messages.ts';
import { PipeError } from '../pipe-error.ts';
import { agreed } from '../versions.ts';

const chapter = readFileSync(new URL('../../spec/11-process.md', import.meta.url), 'utf8');
const LIMIT = 1_048_576;

interface Vector {
  readonly octets: Uint8Array;
  readonly from: 'server' | 'host';
  readonly message: ServerMessage | HostMessage;
}

function blocks(info: string): readonly string[] {
  return [...chapter.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)]
    .filter(([, word]) => word === info)
    .map(([, , b = '']) => b);
}

const meanings = blocks('json');
const vectors: readonly Vector[] = blocks('hex').map((digits, index) => {
  const { from, ...message } = JSON.parse(meanings[index] as string);
  if (message.type === 'DATA') message.payload = Uint8Array.from(Buffer.from(message.payload, 'latin1'));
  return { octets: Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex')), from, message };
});

const read = (from: 'server' | 'host', ...pieces: readonly Uint8Array[]): unknown[] => {
  const reader = from === 'server' ? serverReader(LIMIT) : hostReader(LIMIT);
  return pieces.flatMap(piece => [...reader.read(piece)]);
};
const join = (pieces: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(pieces));
const plain = (messages: unknown): unknown =>
  JSON.parse(JSON.stringify(messages, (_, value) => (value instanceof Uint8Array ? { octets: [...value] } : value)));

t.test('every vector of the specification, both ways, cut at every octet', async t => {
  t.ok(vectors.length >= 30, `${vectors.length} vectors`);
  for (const { octets, from, message } of vectors) {
    t.same(plain(read(from, octets)), plain([message]), `${message.type} is read`);
    t.same([...encode(message)], [...octets], `${message.type} is written`);
    for (let cut = 1; cut < octets.length; cut++) {
      const whole = plain(read(from, octets.slice(0, cut), octets.slice(cut)));
      if (JSON.stringify(whole) !== JSON.stringify(plain([message]))) t.fail(`${message.type} cut at ${cut}`);
    }
  }
  const shown = new Set(vectors.map(({ message }) => message.type));
  t.same(
    TYPES.filter(type => !shown.has(type)),
    [],
  );
});

t.test('all frames of one end, however the stream is cut', async t => {
  for (const from of ['server', 'host'] as const) {
    const own = vectors.filter(vector => vector.from === from);
    const stream = Uint8Array.from(own.flatMap(({ octets }) => [...octets]));
    const wanted = plain(own.map(({ message }) => message));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 30 }), cuts => {
        const at = [0, ...[...new Set(cuts)].sort((a, b) => a - b), stream.length];
        const pieces = at.slice(1).map((end, index) => stream.slice(at[index], end));
        t.ok(JSON.stringify(plain(read(from, ...pieces))) === JSON.stringify(wanted));
      }),
    );
    t.same(plain(read(from, ...[...stream].map(octet => Uint8Array.of(octet)))), wanted, 'octet by octet');
  }
});

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const latin1 = fc.array(fc.integer({ min: 0, max: 255 })).map(codes => String.fromCharCode(...codes));
const list = fc.array(latin1);

const anyMessage: fc.Arbitrary<HostMessage> = fc.oneof(
  fc.record({ type: fc.constant('DATA' as const), number: u32, payload: fc.uint8Array({ minLength: 1 }) }),
  fc.record({ type: fc.constant('CREDIT' as const), number: u32, payload: fc.integer({ min: 0, max: 0x7fff_ffff }) }),
  fc.record({ type: fc.constant('DRAIN' as const), number: u32, payload: fc.constant(null) }),
  fc.record({
    type: fc.constant('SETTLED' as const),
    number: u32,
    payload: fc.record({ failure: fc.string({ unit: 'binary' }) }),
  }),
  fc.record({
    type: fc.constant('START' as const),
    number: u32,
    payload: fc.record({ status: fc.integer({ min: 200, max: 599 }), fields: list }),
  }),
  fc.record({ type: fc.constant('END' as const), number: u32, payload: fc.record({ fields: list }) }),
);

t.test('what is written is read again', async () => {
  fc.assert(
    fc.property(fc.array(anyMessage), messages => {
      const stream = join(messages.map(encode));
      const again = JSON.stringify(plain(read('host', stream)));
      if (again !== JSON.stringify(plain(messages))) throw new Error(again);
    }),
  );
});

const octet = (name: TypeName): number => TYPES.indexOf(name) + 1;
const raw = (name: TypeName, payload: string | Uint8Array, number = 3): Uint8Array =>
  encodeFrame({
    type: octet(name),
    number,
    payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
  });

t.test('a frame of an unknown type is passed over, whatever its number', async t => {
  for (const type of [0, 0x12, 0xff]) {
    const unknown = encodeFrame({ type, number: 4_000_000_000, payload: Uint8Array.of(1, 2, 3) });
    const sent = encode({ type: 'SENT', number: 3, payload: null });
    t.same(read('server', join([unknown, sent, unknown])), [{ type: 'SENT', number: 3, payload: null }]);
  }
});

t.test('what is no message, with the sentence that says so', async t => {
  const wrong: readonly (readonly ['server' | 'host', Uint8Array, RegExp])[] = [
    ['host', raw('OPEN', '{}'), /OPEN is not for this end/],
    ['server', raw('START', '{}'), /START is not for this end/],
    ['host', raw('DATA', ''), /at least one octet/],
    ['host', raw('CREDIT', Uint8Array.of(0, 0, 1)), /four octets/],
    ['host', raw('CREDIT', Uint8Array.of(0x80, 0, 0, 0)), /2\^31/],
    ['server', raw('SENT', '{}'), /SENT has no payload/],
    ['host', raw('DRAIN', ' '), /DRAIN has no payload/],
    ['host', raw('STOP', ''), /no JSON/],
    ['host', raw('STOP', '{"code":1'), /no JSON/],
    ['host', raw('STOP', '\ufeff{"code":1}'), /no JSON/],
    ['host', raw('STOP', Uint8Array.from([...Buffer.from('{"code":1}'), 0xff])), /no JSON/],
    ['host', raw('STOP', '{"code":1,"code":2}'), /key twice/],
    ['host', raw('STOP', '{"code":1,"\\u0063ode":2}'), /key twice/],
    ['host', raw('STOP', '[]'), /is no object/],
    ['host', raw('STOP', 'null'), /is no object/],
    ['host', raw('STOP', '{}'), /lacks code/],
    ['host', raw('STOP', '{"code":-1}'), /code is no integer/],
    ['host', raw('STOP', '{"code":1.5}'), /code is no integer/],
    ['host', raw('STOP', '{"code":1,"more":1}'), /a key that it may not have/],
    ['host', raw('STOP', '{"code":1,"__proto__":1}'), /a key that it may not have/],
    ['host', raw('RESET', '{"code":7}'), /REFUSED_STREAM/],
    ['server', raw('RESET', '{"code":7,"by":"me"}'), /by is none of/],
    ['host', raw('START', '{"status":199,"fields":[]}'), /status/],
    ['host', raw('START', '{"status":200,"fields":["a","\u0100"]}'), /fields has an item/],
    ['host', raw('START', '{"status":200,"fields":[],"end":false}'), /end is none of true/],
    ['host', raw('START', '{"status":200,"fields":[],"sensitive":[]}'), /sensitive has fewer/],
    ['host', raw('INFORM', '{"status":101,"fields":[]}'), /status is neither/],
    ['host', raw('PUSH', '{"promise":5,"method":"GET","target":"/","fields":[]}'), /promise is odd/],
    ['host', raw('PUSH', '{"promise":4,"method":"GET","target":"/ ","fields":[]}'), /target/],
    ['host', raw('END', '{"sensitive":["a"]}'), /lacks fields/],
    ['server', raw('HELLO', '{"versions":["1.0"],"payload":65535,"name":"x"}', 0), /payload is no integer/],
    ['server', raw('CLOSE', '{"complete":true}'), /CLOSE lacks code/],
  ];
  for (const [from, octets, message] of wrong) {
    t.throws(() => read(from, octets), { name: 'PipeError', rule: 'MSGI-PROC-9', message }, String(message));
  }
});

t.test('a payload beyond the limit is refused when its head is whole, before it is there', async t => {
  const frames = new FrameReader(65_536);
  const head = Uint8Array.of(0, 1, 0, 1, 5, 0, 0, 0, 3);
  t.same([...frames.read(head.subarray(0, 8))], []);
  t.throws(() => [...frames.read(head.subarray(8))], PipeError);
  const most = new FrameReader(65_536);
  t.equal([...most.read(encodeFrame({ type: 5, number: 3, payload: new Uint8Array(65_536) }))].length, 1);
});

t.test('DATA in the parts in which it arrives, however the stream is cut', async t => {
  const own = vectors.filter(({ from }) => from === 'host');
  const stream = join([
    ...own.map(({ octets }) => octets),
    encode({ type: 'DATA', number: 9, payload: new Uint8Array(50) }),
  ]);
  const whole = plain(read('host', stream));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 30 }), cuts => {
      const at = [0, ...[...new Set(cuts)].sort((a, b) => a - b), stream.length];
      const reader = hostReader(LIMIT, true);
      const parts = at.slice(1).flatMap((end, index) => [...reader.read(stream.slice(at[index], end))]);
      const joined: HostMessage[] = [];
      let left = 0;
      for (const { left: rest, ...message } of parts) {
        const last = joined.at(-1);
        if (left > 0 && last?.type === 'DATA' && message.type === 'DATA') {
          if (message.payload.length + (rest ?? 0) !== left) return false;
          joined[joined.length - 1] = { ...last, payload: join([last.payload, message.payload]) };
        } else {
          joined.push(message as HostMessage);
        }
        left = rest ?? 0;
      }
      return left === 0 && reader.atBoundary && JSON.stringify(plain(joined)) === JSON.stringify(whole);
    }),
  );
  const reader = hostReader(LIMIT, true);
  const head = encode({ type: 'DATA', number: 9, payload: new Uint8Array(50) });
  t.same([...reader.read(head.subarray(0, 9))], [], 'no part of no octets');
  t.equal(reader.atBoundary, false);
  const [first] = [...reader.read(head.subarray(9, 19))];
  t.match(first, { type: 'DATA', number: 9, left: 40 });
  const none = Uint8Array.of(0, 0, 0, 0, 5, 0, 0, 0, 9);
  t.throws(() => [...hostReader(LIMIT, true).read(none)], /at least one octet/);
});

t.test('where a stream may end', async t => {
  const reader = hostReader(LIMIT);
  const frame = encode({ type: 'END', number: 3, payload: {} });
  t.equal(reader.atBoundary, true);
  t.same([...reader.read(frame.subarray(0, 4))], []);
  t.equal(reader.atBoundary, false);
  t.equal([...reader.read(frame.subarray(4))].length, 1);
  t.equal(reader.atBoundary, true);
});

t.test('versions compare number by number', async t => {
  t.equal(agreed(['1.9', '1.10'], ['1.10', '1.9', '1.2']), '1.10');
  t.equal(agreed(['2.0', '1.0', '1.11'], ['1.0', '2.0', '1.11']), '2.0');
  t.equal(agreed(['0.9', '2.0']), null);
});
