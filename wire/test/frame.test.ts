import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  altsvc,
  concat,
  continuation,
  data,
  definedFlags,
  describeFrame,
  ERROR_CODE,
  encodeFrame,
  errorName,
  FLAG,
  FRAME_HEADER_LENGTH,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  flagList,
  frame,
  frameTypeName,
  fromHex,
  goaway,
  headers,
  hex,
  INITIAL_SETTINGS,
  latin1,
  latin1Text,
  origin,
  type Payload,
  PREFACE_OCTETS,
  parsePayload,
  ping,
  priority,
  priorityUpdate,
  pushPromise,
  readU24,
  rstStream,
  SETTING,
  settingError,
  settingName,
  settings,
  settingsAck,
  windowUpdate,
} from '../index.ts';
import { holds } from './holds.ts';

const octets = fromHex;

/** One frame of every builder with its octets, written out by hand from the figures of its section. */
const LAYOUTS: readonly (readonly [section: string, frame: Frame, header: string, payload: string, says: Payload])[] = [
  [
    'RFC 9113 §6.1 DATA',
    data(1, 'hi'),
    '000002 00 00 00000001',
    '6869',
    { type: 'DATA', endStream: false, content: latin1('hi'), padding: null },
  ],
  [
    'RFC 9113 §6.1 DATA, padded',
    data(3, latin1('hi'), { endStream: true, padding: 3 }),
    '000006 00 09 00000003',
    '03 6869 000000',
    { type: 'DATA', endStream: true, content: latin1('hi'), padding: octets('000000') },
  ],
  [
    'RFC 9113 §6.1 DATA, Pad Length 0',
    data(3, '', { padding: 0 }),
    '000001 00 08 00000003',
    '00',
    { type: 'DATA', endStream: false, content: octets(''), padding: octets('') },
  ],
  [
    'RFC 9113 §6.2 HEADERS',
    headers(1, octets('82')),
    '000001 01 04 00000001',
    '82',
    { type: 'HEADERS', endStream: false, endHeaders: true, priority: null, fragment: octets('82'), padding: null },
  ],
  [
    'RFC 9113 §6.2 HEADERS, every field',
    headers(5, octets('8286'), {
      endStream: true,
      endHeaders: false,
      padding: 2,
      padValue: 0xaa,
      priority: { exclusive: true, dependency: 3, weight: 256 },
    }),
    '00000a 01 29 00000005',
    '02 80000003 ff 8286 aaaa',
    {
      type: 'HEADERS',
      endStream: true,
      endHeaders: false,
      priority: { exclusive: true, dependency: 3, weight: 256 },
      fragment: octets('8286'),
      padding: octets('aaaa'),
    },
  ],
  [
    'RFC 9113 §6.3 PRIORITY',
    priority(3, { dependency: 0x7fffffff, weight: 1 }),
    '000005 02 00 00000003',
    '7fffffff 00',
    { type: 'PRIORITY', exclusive: false, dependency: 0x7fffffff, weight: 1 },
  ],
  [
    'RFC 9113 §6.4 RST_STREAM',
    rstStream(3, 'STREAM_CLOSED'),
    '000004 03 00 00000003',
    '00000005',
    { type: 'RST_STREAM', code: 5 },
  ],
  [
    'RFC 9113 §6.4 RST_STREAM, unknown code',
    rstStream(3, 0xffffffff),
    '000004 03 00 00000003',
    'ffffffff',
    { type: 'RST_STREAM', code: 0xffffffff },
  ],
  [
    'RFC 9113 §6.5 SETTINGS',
    settings([
      ['MAX_FRAME_SIZE', 16_777_215],
      [0x5a5a, 0xffffffff],
    ]),
    '00000c 04 00 00000000',
    '0005 00ffffff 5a5a ffffffff',
    {
      type: 'SETTINGS',
      ack: false,
      entries: [
        [5, 16_777_215],
        [0x5a5a, 0xffffffff],
      ],
    },
  ],
  [
    'RFC 9113 §6.5 SETTINGS, acknowledgement',
    settingsAck(),
    '000000 04 01 00000000',
    '',
    { type: 'SETTINGS', ack: true, entries: [] },
  ],
  [
    'RFC 9113 §6.6 PUSH_PROMISE',
    pushPromise(1, 2, octets('82'), { padding: 1 }),
    '000007 05 0c 00000001',
    '01 00000002 82 00',
    { type: 'PUSH_PROMISE', endHeaders: true, promised: 2, fragment: octets('82'), padding: octets('00') },
  ],
  [
    'RFC 9113 §6.6 PUSH_PROMISE, not the end',
    pushPromise(1, 0x7ffffffe, octets('82'), { endHeaders: false }),
    '000005 05 00 00000001',
    '7ffffffe 82',
    { type: 'PUSH_PROMISE', endHeaders: false, promised: 0x7ffffffe, fragment: octets('82'), padding: null },
  ],
  [
    'RFC 9113 §6.7 PING',
    ping([1, 2, 3, 4, 5, 6, 7, 8], true),
    '000008 06 01 00000000',
    '0102030405060708',
    { type: 'PING', ack: true, opaque: octets('0102030405060708') },
  ],
  [
    'RFC 9113 §6.8 GOAWAY',
    goaway(0x7fffffff, 'ENHANCE_YOUR_CALM', 'bye'),
    '00000b 07 00 00000000',
    '7fffffff 0000000b 627965',
    { type: 'GOAWAY', lastStream: 0x7fffffff, code: 0xb, debug: latin1('bye') },
  ],
  [
    'RFC 9113 §6.9 WINDOW_UPDATE',
    windowUpdate(7, 0x7fffffff),
    '000004 08 00 00000007',
    '7fffffff',
    { type: 'WINDOW_UPDATE', increment: 0x7fffffff, reserved: false },
  ],
  [
    'RFC 9113 §6.9 WINDOW_UPDATE, reserved bit',
    windowUpdate(0, 0x80000001),
    '000004 08 00 00000000',
    '80000001',
    { type: 'WINDOW_UPDATE', increment: 1, reserved: true },
  ],
  [
    'RFC 9113 §6.10 CONTINUATION',
    continuation(1, octets('84')),
    '000001 09 04 00000001',
    '84',
    { type: 'CONTINUATION', endHeaders: true, fragment: octets('84') },
  ],
  [
    'RFC 7838 §4 ALTSVC',
    altsvc(0, 'o', 'h2="a:1"'),
    '00000b 0a 00 00000000',
    '0001 6f 68323d22613a3122',
    { type: 'ALTSVC', origin: 'o', value: 'h2="a:1"' },
  ],
  [
    'RFC 8336 §2.1 ORIGIN',
    origin(['a', '', 'bc']),
    '000009 0c 00 00000000',
    '0001 61 0000 0002 6263',
    { type: 'ORIGIN', origins: ['a', '', 'bc'] },
  ],
  [
    'RFC 9218 §7.1 PRIORITY_UPDATE',
    priorityUpdate(5, 'u=1,i'),
    '000009 10 00 00000000',
    '00000005 753d312c69',
    { type: 'PRIORITY_UPDATE', prioritized: 5, value: 'u=1,i' },
  ],
  [
    'RFC 9113 §4.1 unknown type, every bit set',
    { ...frame(0xbe, 0xff, 0x7fffffff, [1]), reserved: true },
    '000001 be ff ffffffff',
    '01',
    { type: 'unknown' },
  ],
];

t.test('frames are laid out as their sections draw them', async t => {
  for (const [section, built, header, payload, says] of LAYOUTS) {
    const wire = octets(header + payload);
    t.equal(hex(encodeFrame(built)), hex(wire), `${section}: octets`);
    const [read, ...more] = new FrameReader().read(wire);
    t.strictSame(read, built, `${section}: frame`);
    t.strictSame(more, []);
    t.strictSame(parsePayload(built), says, `${section}: payload`);
  }
  t.strictSame(
    new Set(LAYOUTS.map(([, built]) => built.type)),
    new Set([...Object.values(FRAME_TYPE), 0xbe]),
    'no type is left out',
  );
});

t.test('a frame header can announce another length than the payload has', async t => {
  t.equal(hex(encodeFrame(ping([1, 2]), 0xabcdef)), 'abcdef0600000000000102');
  t.strictSame(new FrameReader().read(encodeFrame(ping([1, 2]), 3)), [], 'the frame is not complete');
});

t.test('reserved bits before a stream identifier are ignored (RFC 9113 §4.1)', async t => {
  t.match(parsePayload(pushPromise(1, 0x80000002, octets('82'))), { promised: 2 });
  t.match(parsePayload(goaway(0x80000003)), { lastStream: 3 });
  t.match(parsePayload(priorityUpdate(0x80000005, 'u=1')), { prioritized: 5 });
});

/** Payloads that do not fit their type, and the code that the section names. */
const MALFORMED: readonly (readonly [what: string, type: number, flags: number, payload: string, code: string])[] = [
  ['DATA without Pad Length', FRAME_TYPE.DATA, FLAG.PADDED, '', 'FRAME_SIZE_ERROR'],
  ['DATA, padding as long as the payload', FRAME_TYPE.DATA, FLAG.PADDED, '0361 62', 'PROTOCOL_ERROR'],
  ['DATA, padding longer than the payload', FRAME_TYPE.DATA, FLAG.PADDED, 'ff 6162', 'PROTOCOL_ERROR'],
  ['HEADERS without Pad Length', FRAME_TYPE.HEADERS, FLAG.PADDED, '', 'FRAME_SIZE_ERROR'],
  ['HEADERS, priority cut off', FRAME_TYPE.HEADERS, FLAG.PRIORITY, '00000000', 'FRAME_SIZE_ERROR'],
  [
    'HEADERS, padded priority cut off',
    FRAME_TYPE.HEADERS,
    FLAG.PRIORITY | FLAG.PADDED,
    '00 00000000',
    'FRAME_SIZE_ERROR',
  ],
  [
    'HEADERS, padding over the priority',
    FRAME_TYPE.HEADERS,
    FLAG.PRIORITY | FLAG.PADDED,
    '02 0000000000 82',
    'PROTOCOL_ERROR',
  ],
  ['PRIORITY of 4', FRAME_TYPE.PRIORITY, 0, '00000000', 'FRAME_SIZE_ERROR'],
  ['PRIORITY of 6', FRAME_TYPE.PRIORITY, 0, '000000000000', 'FRAME_SIZE_ERROR'],
  ['RST_STREAM of 3', FRAME_TYPE.RST_STREAM, 0, '000000', 'FRAME_SIZE_ERROR'],
  ['RST_STREAM of 5', FRAME_TYPE.RST_STREAM, 0, '0000000000', 'FRAME_SIZE_ERROR'],
  ['SETTINGS of 5', FRAME_TYPE.SETTINGS, 0, '0001000000', 'FRAME_SIZE_ERROR'],
  ['SETTINGS of 7', FRAME_TYPE.SETTINGS, 0, '00010000000000', 'FRAME_SIZE_ERROR'],
  ['SETTINGS, acknowledgement with a setting', FRAME_TYPE.SETTINGS, FLAG.ACK, '000100000000', 'FRAME_SIZE_ERROR'],
  ['PUSH_PROMISE of 3', FRAME_TYPE.PUSH_PROMISE, 0, '000000', 'FRAME_SIZE_ERROR'],
  ['PUSH_PROMISE, padded, of 4', FRAME_TYPE.PUSH_PROMISE, FLAG.PADDED, '00000000', 'FRAME_SIZE_ERROR'],
  [
    'PUSH_PROMISE, padding over the promised stream',
    FRAME_TYPE.PUSH_PROMISE,
    FLAG.PADDED,
    '01 00000002',
    'PROTOCOL_ERROR',
  ],
  ['PING of 7', FRAME_TYPE.PING, 0, '00000000000000', 'FRAME_SIZE_ERROR'],
  ['PING of 9', FRAME_TYPE.PING, FLAG.ACK, '000000000000000000', 'FRAME_SIZE_ERROR'],
  ['GOAWAY of 7', FRAME_TYPE.GOAWAY, 0, '00000000000000', 'FRAME_SIZE_ERROR'],
  ['WINDOW_UPDATE of 3', FRAME_TYPE.WINDOW_UPDATE, 0, '000001', 'FRAME_SIZE_ERROR'],
  ['WINDOW_UPDATE of 5', FRAME_TYPE.WINDOW_UPDATE, 0, '0000000001', 'FRAME_SIZE_ERROR'],
  ['ALTSVC of 1', FRAME_TYPE.ALTSVC, 0, '00', 'FRAME_SIZE_ERROR'],
  ['ALTSVC, origin cut off', FRAME_TYPE.ALTSVC, 0, '0002 6f', 'FRAME_SIZE_ERROR'],
  ['ORIGIN of 1', FRAME_TYPE.ORIGIN, 0, '00', 'FRAME_SIZE_ERROR'],
  ['ORIGIN, entry cut off', FRAME_TYPE.ORIGIN, 0, '0001 6f 0002 6f', 'FRAME_SIZE_ERROR'],
  ['PRIORITY_UPDATE of 3', FRAME_TYPE.PRIORITY_UPDATE, 0, '000000', 'FRAME_SIZE_ERROR'],
];

t.test('a payload that does not fit its type is malformed, with the code of its section', async t => {
  for (const [what, type, flags, payload, code] of MALFORMED) {
    const says = parsePayload(frame(type, flags, 1, octets(payload)));
    t.match(says, { type: 'malformed', code }, what);
  }
});

const stream = fc.integer({ min: 0, max: 0x7fffffff });
const word = fc.integer({ min: 0, max: 0xffffffff });
const content = fc.uint8Array({ maxLength: 300 });
const text = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength }).map(codes => String.fromCharCode(...codes));
const padding = fc.record(
  { padding: fc.integer({ min: 0, max: 255 }), padValue: fc.integer({ min: 0, max: 255 }) },
  { requiredKeys: [], noNullPrototype: true },
);
const priorityFields = fc.record(
  { exclusive: fc.boolean(), dependency: stream, weight: fc.integer({ min: 1, max: 256 }) },
  { noNullPrototype: true },
);

const paddingOf = (options: { padding?: number; padValue?: number }) =>
  options.padding === undefined ? null : new Uint8Array(options.padding).fill(options.padValue ?? 0);

/** What was built, and what its payload must say. */
const built: fc.Arbitrary<readonly [Frame, Payload]> = fc.oneof(
  fc
    .tuple(stream, content, fc.boolean(), padding)
    .map(
      ([id, content, endStream, pad]) =>
        [
          data(id, content, { endStream, ...pad }),
          { type: 'DATA', endStream, content, padding: paddingOf(pad) },
        ] as const,
    ),
  fc
    .tuple(stream, content, fc.boolean(), fc.boolean(), padding, fc.option(priorityFields))
    .map(([id, fragment, endStream, endHeaders, pad, fields]) => {
      const options = fields === null ? {} : { priority: fields };
      return [
        headers(id, fragment, { endStream, endHeaders, ...pad, ...options }),
        { type: 'HEADERS', endStream, endHeaders, priority: fields, fragment, padding: paddingOf(pad) },
      ] as const;
    }),
  fc
    .tuple(stream, priorityFields)
    .map(([id, fields]) => [priority(id, fields), { type: 'PRIORITY', ...fields }] as const),
  fc.tuple(stream, word).map(([id, code]) => [rstStream(id, code), { type: 'RST_STREAM', code }] as const),
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), word), { maxLength: 12 })
    .map(entries => [settings(entries), { type: 'SETTINGS', ack: false, entries }] as const),
  fc.constant([settingsAck(), { type: 'SETTINGS', ack: true, entries: [] }] as const),
  fc
    .tuple(stream, stream, content, fc.boolean(), padding)
    .map(
      ([id, promised, fragment, endHeaders, pad]) =>
        [
          pushPromise(id, promised, fragment, { endHeaders, ...pad }),
          { type: 'PUSH_PROMISE', endHeaders, promised, fragment, padding: paddingOf(pad) },
        ] as const,
    ),
  fc
    .tuple(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.boolean())
    .map(([opaque, ack]) => [ping(opaque, ack), { type: 'PING', ack, opaque }] as const),
  fc
    .tuple(stream, word, content)
    .map(
      ([lastStream, code, debug]) =>
        [goaway(lastStream, code, debug), { type: 'GOAWAY', lastStream, code, debug }] as const,
    ),
  fc
    .tuple(stream, stream)
    .map(
      ([id, increment]) =>
        [windowUpdate(id, increment), { type: 'WINDOW_UPDATE', increment, reserved: false }] as const,
    ),
  fc
    .tuple(stream, content, fc.boolean())
    .map(
      ([id, fragment, endHeaders]) =>
        [continuation(id, fragment, endHeaders), { type: 'CONTINUATION', endHeaders, fragment }] as const,
    ),
  fc
    .tuple(stream, text(40), text(40))
    .map(([id, from, value]) => [altsvc(id, from, value), { type: 'ALTSVC', origin: from, value }] as const),
  fc.array(text(40), { maxLength: 6 }).map(origins => [origin(origins), { type: 'ORIGIN', origins }] as const),
  fc
    .tuple(stream, text(40))
    .map(
      ([prioritized, value]) =>
        [priorityUpdate(prioritized, value), { type: 'PRIORITY_UPDATE', prioritized, value }] as const,
    ),
  fc
    .tuple(fc.integer({ min: 0x11, max: 0xff }), fc.integer({ min: 0, max: 0xff }), stream, content)
    .map(([type, flags, id, octets]) => [frame(type, flags, id, octets), { type: 'unknown' }] as const),
);

/** Reads the octets in pieces of the lengths given, over and over. */
function readInPieces(reader: FrameReader, wire: Uint8Array, lengths: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0, i = 0; at < wire.length; i += 1) {
    const end = Math.min(wire.length, at + (lengths[i % lengths.length] as number));
    frames.push(...reader.read(wire.subarray(at, end)));
    at = end;
  }
  return frames;
}

/** Pieces of no octets at all are among them; not only those, or nothing would ever arrive. */
const pieces = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 2000 })), { minLength: 1, maxLength: 20 })
  .map(lengths => [...lengths, 1]);

t.test('what was built is read, however the octets are cut into reads', async t => {
  const property = fc.property(fc.array(built, { maxLength: 12 }), pieces, (list, lengths) => {
    const reader = new FrameReader();
    const read = readInPieces(reader, concat(list.map(([frame]) => encodeFrame(frame))), lengths);
    assert.deepStrictEqual(
      read,
      list.map(([frame]) => frame),
    );
    assert.deepStrictEqual(
      read.map(parsePayload),
      list.map(([, payload]) => payload),
    );
    assert.equal(reader.pending, 0);
  });
  holds(t, 'built, cut, read', property, 500);
});

t.test('FrameReader keeps every octet, whatever the octets are', async t => {
  // Short lengths, so that random octets hold many frames, and any length, so that they hold none.
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ minLength: 6, maxLength: 26 }))
      .map(([length, rest]) => concat([Uint8Array.of(0, 0, length), rest])),
  );
  const property = fc.property(fc.array(chunk, { maxLength: 20 }), pieces, (chunks, lengths) => {
    const wire = concat(chunks);
    const reader = new FrameReader();
    const again = concat(readInPieces(reader, wire, lengths).map(frame => encodeFrame(frame)));
    assert.equal(hex(again), hex(wire.subarray(0, again.length)), 'frames are the octets that came');
    assert.equal(reader.pending, wire.length - again.length, 'the rest is pending');
    const rest = wire.subarray(again.length);
    const complete = rest.length >= FRAME_HEADER_LENGTH && rest.length >= FRAME_HEADER_LENGTH + readU24(rest, 0);
    assert.equal(complete, false, 'no complete frame is held back');
  });
  holds(t, 'octets in, the same octets out', property, 1000);
});

t.test('the largest frame comes octet by octet or at once', async t => {
  const largest = data(1, new Uint8Array(16_777_215).fill(7));
  const wire = encodeFrame(largest);
  const reader = new FrameReader();
  t.strictSame(readInPieces(reader, wire.subarray(0, 20_000), [1]), []);
  t.equal(reader.pending, 20_000);
  const [read] = reader.read(wire.subarray(20_000));
  t.equal(read?.payload.length, 16_777_215);
  t.ok(
    read?.payload.every(octet => octet === 7),
    'the payload is the one sent',
  );
});

t.test('parsePayload is total', async t => {
  const type = fc.oneof(fc.constantFrom(...Object.values(FRAME_TYPE)), fc.integer({ min: 0, max: 255 }));
  const flags = fc.integer({ min: 0, max: 255 });
  const payload = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 300 }));
  const property = fc.property(type, flags, stream, payload, (type, flags, id, payload) => {
    const says = parsePayload(frame(type, flags, id, payload));
    const expected = Object.values(FRAME_TYPE).includes(type as never) ? frameTypeName(type) : 'unknown';
    if (says.type === 'malformed') {
      assert.match(says.code, /^(FRAME_SIZE|PROTOCOL)_ERROR$/);
      assert.ok(says.why.length > 0);
    } else assert.equal(says.type, expected);
  });
  holds(t, 'any type, flags and payload', property, 3000);
});

t.test('names of types, flags, errors and settings', async t => {
  t.equal(frameTypeName(9), 'CONTINUATION');
  t.equal(frameTypeName(0x0b), '0x0b');
  t.strictSame(flagList(FRAME_TYPE.HEADERS, 0x2d), ['END_STREAM', 'END_HEADERS', 'PADDED', 'PRIORITY']);
  t.strictSame(flagList(FRAME_TYPE.SETTINGS, 0x05), ['ACK', '0x04'], 'a bit that the type does not define');
  t.strictSame(flagList(0xbe, 0x01), ['0x01']);
  t.equal(definedFlags(FRAME_TYPE.DATA), 0x09);
  t.equal(definedFlags(FRAME_TYPE.PRIORITY), 0);
  for (const [name, code] of Object.entries(ERROR_CODE)) t.equal(errorName(code), name);
  t.equal(errorName(0x0e), '0xe');
  t.equal(settingName(4), 'INITIAL_WINDOW_SIZE');
  t.equal(settingName(0x5a5a), '0x5a5a');
  t.equal(
    describeFrame(headers(1, octets('82'), { endStream: true })),
    'HEADERS stream 1 END_STREAM END_HEADERS 1 octet',
  );
  t.equal(describeFrame(frame(0xbe, 0x80, 3)), '0xbe stream 3 0x80 0 octets');
  t.equal(latin1Text(PREFACE_OCTETS), 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
});

t.test('settings out of range call for the error of RFC 9113 §6.5.2', async t => {
  const rows: readonly (readonly [id: number, value: number, error: string | null])[] = [
    [SETTING.HEADER_TABLE_SIZE, 0xffffffff, null],
    [SETTING.ENABLE_PUSH, 1, null],
    [SETTING.ENABLE_PUSH, 2, 'PROTOCOL_ERROR'],
    [SETTING.MAX_CONCURRENT_STREAMS, 0xffffffff, null],
    [SETTING.INITIAL_WINDOW_SIZE, 0x7fffffff, null],
    [SETTING.INITIAL_WINDOW_SIZE, 0x80000000, 'FLOW_CONTROL_ERROR'],
    [SETTING.MAX_FRAME_SIZE, 16_383, 'PROTOCOL_ERROR'],
    [SETTING.MAX_FRAME_SIZE, 16_384, null],
    [SETTING.MAX_FRAME_SIZE, 16_777_215, null],
    [SETTING.MAX_FRAME_SIZE, 16_777_216, 'PROTOCOL_ERROR'],
    [SETTING.ENABLE_CONNECT_PROTOCOL, 2, 'PROTOCOL_ERROR'],
    [SETTING.NO_RFC7540_PRIORITIES, 2, 'PROTOCOL_ERROR'],
    [0x5a5a, 0xffffffff, null],
  ];
  for (const [id, value, error] of rows) t.equal(settingError(id, value), error, `${settingName(id)} ${value}`);
  for (const [name, value] of Object.entries(INITIAL_SETTINGS)) {
    if (Number.isFinite(value)) t.equal(settingError(SETTING[name as keyof typeof SETTING], value), null, name);
  }
});

t.test('octet helpers', async t => {
  holds(
    t,
    'hex and latin1 turn back',
    fc.property(fc.uint8Array(), octets => {
      assert.deepStrictEqual(fromHex(hex(octets)), octets);
      assert.deepStrictEqual(latin1(latin1Text(octets)), octets);
      assert.equal(hex(octets), Buffer.from(octets).toString('hex'));
      assert.equal(latin1Text(octets), Buffer.from(octets).toString('latin1'));
    }),
  );
  t.strictSame(fromHex(' 0a\nFF '), Uint8Array.of(10, 255));
  t.throws(() => fromHex('0'), TypeError);
  t.throws(() => fromHex('0g'), TypeError);
});
