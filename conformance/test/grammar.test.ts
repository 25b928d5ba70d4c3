/** The passive checks held against frames: what no sound server sends is found, and nothing else is. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import {
  concat,
  continuation,
  data,
  encodeFrame,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  headers,
  MAX_WINDOW,
  ping,
  plainBlock,
  priority,
  priorityUpdate,
  pushPromise,
  rstStream,
  settings,
  settingsAck,
  sizeUpdate,
  windowUpdate,
} from '../../wire/index.ts';
import { Peer } from '../peer/peer.ts';
import { Transcript } from '../peer/transcript.ts';
import type { Subject } from '../subject.ts';

const SUBJECT: Subject = {
  name: 'none',
  endpoint: { scheme: 'http', host: '127.0.0.1', port: 0 },
  tls: null,
  authority: 'localhost',
  fields: [],
  verify: false,
  claims: new Set(),
  small: { path: '/', status: 200, size: 5 },
  large: null,
  upload: null,
  other: null,
};

/** A connection without a network: what the kit writes goes nowhere, what the server says is said here. */
class Conversation {
  readonly peer: Peer;
  readonly #socket = Object.assign(new EventEmitter(), {
    writable: true,
    localPort: 1,
    write: () => true,
    end: () => undefined,
    destroy: () => undefined,
  });

  constructor() {
    const { signal } = new AbortController();
    this.peer = new Peer(this.#socket as unknown as Socket, SUBJECT, new Transcript(), signal, 1);
  }

  /** Frames of the server, in one read. */
  says(...frames: readonly Frame[]): void {
    this.#socket.emit('data', concat(frames.map(one => encodeFrame(one))));
  }

  /** Preface and SETTINGS of both sides, acknowledged. */
  open(...entries: Parameters<typeof settings>[0] & object): this {
    this.peer.preface(entries);
    this.says(settings([['MAX_CONCURRENT_STREAMS', 100]]), settingsAck());
    return this;
  }

  /** What is found of frames and messages; what responses mean has a test of its own. */
  get found(): readonly string[] {
    const framing = this.peer.grammar.findings.filter(({ requirement }) => !/^rfc(9110|8297)/.test(requirement));
    return framing.map(({ requirement, verdict }) => (verdict === 'weak' ? `weak ${requirement}` : requirement));
  }
}

interface Exchange {
  readonly name: string;
  /** Rows of the findings; none where a sound server may do this. */
  readonly finds?: readonly string[];
  play(talk: Conversation): void;
}

const head = (stream: number, fields: readonly string[], endStream = false): Frame =>
  headers(stream, plainBlock(fields), { endStream });

const OK = [':status', '200'];
const PROMISED = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'localhost'];

/** GET on stream 1, and the frames that come back. */
const get =
  (...frames: readonly Frame[]) =>
  (talk: Conversation): void => {
    talk.open().peer.ask();
    talk.says(...frames);
  };

const asked =
  (method: string, ...frames: readonly Frame[]) =>
  (talk: Conversation): void => {
    talk.open().peer.ask({ method });
    talk.says(...frames);
  };

const handshake =
  (...frames: readonly Frame[]) =>
  (talk: Conversation): void => {
    talk.peer.preface();
    talk.says(...frames);
  };

const octets = (count: number): Uint8Array => new Uint8Array(count);

/** A response that has used up `spent` octets of its window. */
function spent(talk: Conversation, count: number): void {
  talk.peer.ask();
  talk.says(head(1, OK));
  for (let left = count; left > 0; left -= 16_384) talk.says(data(1, octets(Math.min(left, 16_384))));
}

const exchanges: readonly Exchange[] = [
  // --- the handshake, SETTINGS ---------------------------------------------------------------------------------------
  { name: 'SETTINGS first', play: handshake(settings(), settingsAck(), windowUpdate(0, 1000)) },
  { name: 'WINDOW_UPDATE first', finds: ['rfc9113/3.4/3'], play: handshake(windowUpdate(0, 1000), settings()) },
  { name: 'an acknowledgement first', finds: ['rfc9113/3.4/3'], play: handshake(settingsAck(), settings()) },
  { name: 'GOAWAY first', finds: ['rfc9113/3.4/3'], play: handshake(goaway(0)) },
  {
    name: 'settings at the edges of their ranges',
    play: handshake(
      settings([
        ['ENABLE_PUSH', 0],
        ['MAX_FRAME_SIZE', 16_384],
        ['MAX_FRAME_SIZE', 16_777_215],
        ['INITIAL_WINDOW_SIZE', 0],
        ['INITIAL_WINDOW_SIZE', MAX_WINDOW],
        ['MAX_CONCURRENT_STREAMS', 0],
        [0x5a5a, 0xffff_ffff],
      ]),
    ),
  },
  { name: 'ENABLE_PUSH=1', finds: ['rfc9113/6.5.2/4'], play: handshake(settings([['ENABLE_PUSH', 1]])) },
  {
    name: 'the settings of RFC 8441 and RFC 9218',
    play: handshake(
      settings([
        ['ENABLE_CONNECT_PROTOCOL', 1],
        ['NO_RFC7540_PRIORITIES', 1],
      ]),
      settings([
        ['ENABLE_CONNECT_PROTOCOL', 1],
        ['NO_RFC7540_PRIORITIES', 1],
      ]),
    ),
  },
  {
    name: 'the settings of RFC 8441 and RFC 9218 out of range',
    finds: ['rfc8441/3/1', 'rfc9218/2.1/1'],
    play: handshake(
      settings([
        ['ENABLE_CONNECT_PROTOCOL', 2],
        ['NO_RFC7540_PRIORITIES', 2],
      ]),
    ),
  },
  {
    name: 'ENABLE_CONNECT_PROTOCOL taken back',
    finds: ['rfc8441/3/3'],
    play: handshake(settings([['ENABLE_CONNECT_PROTOCOL', 1]]), settings([['ENABLE_CONNECT_PROTOCOL', 0]])),
  },
  {
    name: 'NO_RFC7540_PRIORITIES late, and changed',
    finds: ['rfc9218/2.1/3'],
    play: handshake(settings(), settings([['NO_RFC7540_PRIORITIES', 1]])),
  },
  {
    name: 'NO_RFC7540_PRIORITIES changed',
    finds: ['rfc9218/2.1/4'],
    play: handshake(settings([['NO_RFC7540_PRIORITIES', 1]]), settings([['NO_RFC7540_PRIORITIES', 0]])),
  },
  { name: 'PRIORITY_UPDATE', finds: ['rfc9218/7.1/10'], play: get(priorityUpdate(1, 'u=1'), head(1, OK, true)) },
  {
    name: 'a promise and its response',
    play: get(
      pushPromise(1, 2, plainBlock(PROMISED)),
      head(1, OK, true),
      head(2, OK),
      data(2, 'x', { endStream: true }),
    ),
  },
  {
    name: 'a promise of another method, for nobody, for somebody else',
    finds: ['rfc9113/8.4/1', 'rfc9113/8.4/5', 'weak rfc9113/8.4/5'],
    play: get(
      pushPromise(1, 2, plainBlock(PROMISED.with(1, 'POST'))),
      pushPromise(1, 4, plainBlock(PROMISED.slice(0, 6))),
      pushPromise(1, 6, plainBlock(PROMISED.with(7, 'another.invalid'))),
    ),
  },
  {
    name: 'a promise on a stream that nobody has opened',
    finds: ['rfc9113/6.6/6'],
    play: get(pushPromise(9, 2, plainBlock(PROMISED))),
  },
  {
    name: 'DATA and WINDOW_UPDATE on a promised stream',
    finds: ['rfc9113/5.1/3', 'rfc9113/8.4.2/i1', 'rfc9113/5.1/3'],
    play: get(pushPromise(1, 2, plainBlock(PROMISED)), data(2, ''), windowUpdate(2, 1)),
  },
  {
    name: 'more pushed streams than the client allows',
    finds: ['rfc9113/5.1.2/1'],
    play(talk) {
      talk.open(['MAX_CONCURRENT_STREAMS', 1]).peer.ask();
      const promises = [2, 4].map(id => pushPromise(1, id, plainBlock(PROMISED)));
      talk.says(...promises, head(2, OK), head(4, OK));
    },
  },
  {
    name: 'MAX_FRAME_SIZE out of range',
    finds: ['rfc9113/6.5.2/11', 'rfc9113/6.5.2/11'],
    play: handshake(
      settings([
        ['MAX_FRAME_SIZE', 16_383],
        ['MAX_FRAME_SIZE', 16_777_216],
      ]),
    ),
  },
  {
    name: 'INITIAL_WINDOW_SIZE out of range',
    finds: ['rfc9113/6.5.2/i3'],
    play: handshake(settings([['INITIAL_WINDOW_SIZE', 2 ** 31]])),
  },
  {
    name: 'SETTINGS of 7 octets',
    finds: ['rfc9113/6.5/i1'],
    play: handshake(settings(), frame(FRAME_TYPE.SETTINGS, 0, 0, octets(7))),
  },
  {
    name: 'an acknowledgement with a payload',
    finds: ['rfc9113/6.5/4'],
    play: handshake(settings(), frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 0, octets(6))),
  },
  {
    name: 'SETTINGS on a stream',
    finds: ['rfc9113/6.5/6'],
    play: handshake(settings(), { ...settings(), stream: 1 }),
  },

  // --- headers of frames ---------------------------------------------------------------------------------------------
  {
    name: 'the largest frame by default',
    play: get(head(1, OK), data(1, octets(16_384)), data(1, '', { endStream: true })),
  },
  {
    name: 'a larger frame than the default',
    finds: ['rfc9113/4.1/1'],
    play: get(head(1, OK), data(1, octets(16_385), { endStream: true })),
  },
  {
    name: 'an unknown frame that is larger',
    finds: ['rfc9113/4.1/1'],
    play: get(frame(0xbe, 0xff, 0, octets(16_385))),
  },
  {
    name: 'a larger frame before the acknowledgement of MAX_FRAME_SIZE',
    play(talk) {
      talk.peer.preface([['MAX_FRAME_SIZE', 20_000]]);
      talk.says(settings());
      talk.peer.ask();
      talk.says(head(1, OK), data(1, octets(20_000), { endStream: true }), settingsAck());
    },
  },
  {
    name: 'a larger frame while a lower MAX_FRAME_SIZE is on its way, and after its acknowledgement',
    finds: ['rfc9113/4.1/1'],
    play(talk) {
      talk.open(['MAX_FRAME_SIZE', 20_000]).peer.ask();
      talk.peer.send(settings([['MAX_FRAME_SIZE', 16_384]]));
      talk.says(head(1, OK), data(1, octets(20_000)), settingsAck(), data(1, octets(20_000), { endStream: true }));
    },
  },
  { name: 'flags of an unknown frame', play: get(frame(0xbe, 0xff, 5), frame(FRAME_TYPE.ALTSVC, 0xff, 1)) },
  {
    name: 'undefined flags',
    finds: ['rfc9113/4.1/4', 'rfc9113/4.1/4'],
    play: get({ ...head(1, OK), flags: FLAG.END_HEADERS | 0x40 }, frame(FRAME_TYPE.WINDOW_UPDATE, 1, 0, [0, 0, 0, 1])),
  },
  {
    name: 'the reserved bit of the stream identifier',
    finds: ['rfc9113/4.1/5'],
    play: get({ ...head(1, OK, true), reserved: true }),
  },

  // --- order, field blocks, streams ----------------------------------------------------------------------------------
  {
    name: 'a field block in three frames',
    play: get(
      headers(1, plainBlock(OK), { endHeaders: false }),
      continuation(1, octets(0), false),
      continuation(1, plainBlock(['x', 'y'])),
      data(1, '', { endStream: true }),
    ),
  },
  {
    name: 'a field block with END_STREAM in two frames, and its content-length',
    finds: ['rfc9113/8.1/i1'],
    play: get(
      headers(1, plainBlock(OK), { endHeaders: false, endStream: true }),
      continuation(1, plainBlock(['content-length', '5'])),
    ),
  },
  {
    name: 'an unknown frame within a field block, which goes on',
    finds: ['rfc9113/4.3/1', 'rfc9113/6.10/5'],
    play: get(headers(1, plainBlock(OK), { endHeaders: false }), frame(0xbe, 0, 0), continuation(1, octets(0))),
  },
  {
    name: 'CONTINUATION of another stream',
    finds: ['rfc9113/4.3/1'],
    play(talk) {
      talk.open().peer.ask();
      talk.peer.ask();
      talk.says(headers(1, plainBlock(OK), { endHeaders: false }), continuation(3, octets(0)));
    },
  },
  {
    name: 'CONTINUATION behind a whole block',
    finds: ['rfc9113/6.10/5'],
    play: get(head(1, OK), continuation(1, octets(0))),
  },
  {
    name: 'DATA, HEADERS, RST_STREAM on stream 0',
    finds: ['rfc9113/6.1/4', 'rfc9113/6.2/5', 'rfc9113/6.4/3'],
    play: get(data(0, ''), head(0, OK), rstStream(0)),
  },
  {
    name: 'PING and GOAWAY on a stream',
    finds: ['rfc9113/6.7/i1', 'rfc9113/6.8/i3'],
    play: get({ ...ping(octets(8)), stream: 1 }, { ...goaway(1), stream: 1 }),
  },
  {
    name: 'frames about idle streams',
    finds: ['rfc9113/6.4/5', 'rfc9113/6.9/i3', 'rfc9113/8.1/i1', 'rfc9113/8.1/i1'],
    play: get(rstStream(3), windowUpdate(2, 1), head(5, OK), data(7, '')),
  },
  {
    name: 'RST_STREAM and WINDOW_UPDATE on streams skipped or ended',
    play(talk) {
      talk.open().peer.send(talk.peer.request({}, 9));
      talk.says(head(9, OK, true), rstStream(9, 'NO_ERROR'), rstStream(5), windowUpdate(5, 1));
    },
  },
  {
    name: 'RST_STREAM on an idle stream that the kit has named',
    play(talk) {
      talk.open().peer.send(priority(11, { dependency: 0, weight: 1 }));
      talk.says(rstStream(11, 'FRAME_SIZE_ERROR'));
    },
  },
  {
    name: 'an answer to octets that are in no book',
    play(talk) {
      talk.open().peer.octets(encodeFrame(talk.peer.request({}, 21)));
      talk.says(head(21, OK, true), rstStream(23), ping(octets(8), true));
    },
  },

  // --- after the end -------------------------------------------------------------------------------------------------
  {
    name: 'WINDOW_UPDATE and RST_STREAM behind END_STREAM',
    play(talk) {
      talk.open().peer.ask({ method: 'POST', endStream: false });
      talk.says(
        head(1, OK, true),
        windowUpdate(1, 5),
        rstStream(1, 'NO_ERROR'),
        priority(1, { dependency: 0, weight: 1 }),
      );
    },
  },
  {
    name: 'DATA, HEADERS, PUSH_PROMISE behind END_STREAM',
    finds: ['rfc9113/5.1/i5', 'rfc9113/5.1/i5', 'rfc9113/8.1/i1', 'rfc9113/6.6/10', 'rfc9113/5.1/i5'],
    play: get(head(1, OK, true), data(1, ''), head(1, ['x', 'y']), pushPromise(1, 2, plainBlock(PROMISED))),
  },
  {
    name: 'DATA, HEADERS, WINDOW_UPDATE behind RST_STREAM',
    finds: ['rfc9113/5.1/9', 'rfc9113/5.1/9', 'rfc9113/5.1/9'],
    play: get(head(1, OK), rstStream(1), data(1, ''), head(1, ['x', 'y'], true), windowUpdate(1, 5)),
  },
  {
    name: "a response that crosses the kit's RST_STREAM",
    play(talk) {
      talk.open().peer.ask();
      talk.peer.send(rstStream(1));
      talk.says(head(1, OK), data(1, octets(16_384)), data(1, '', { endStream: true }), windowUpdate(1, 5));
    },
  },

  {
    name: 'an answer on a stream that the kit opened twice',
    play(talk) {
      talk.open().peer.ask();
      talk.says(head(1, OK, true));
      talk.peer.violate(head(1, [':method', 'GET'], true));
      talk.says(head(1, OK), data(1, 'hello', { endStream: true }));
    },
  },

  // --- padding -------------------------------------------------------------------------------------------------------
  {
    name: 'padding of zeros',
    play: get(
      headers(1, plainBlock(OK), { padding: 9 }),
      data(1, 'hello', { padding: 0 }),
      data(1, '', { padding: 255, endStream: true }),
    ),
  },
  {
    name: 'padding of anything else',
    finds: ['rfc9113/6.2/1', 'rfc9113/6.6/2', 'rfc9113/6.1/2'],
    play: get(
      headers(1, plainBlock(OK), { padding: 1, padValue: 1 }),
      pushPromise(1, 2, plainBlock(PROMISED), { padding: 1, padValue: 1 }),
      data(1, '', { padding: 1, padValue: 1 }),
    ),
  },
  {
    name: 'padding past the end of the frame',
    finds: ['rfc9113/6.1/i5', 'rfc9113/6.1/i5'],
    play: get(
      frame(FRAME_TYPE.HEADERS, FLAG.PADDED | FLAG.END_HEADERS, 1, [9]),
      head(1, OK),
      frame(FRAME_TYPE.DATA, FLAG.PADDED, 1, [9]),
    ),
  },

  // --- windows -------------------------------------------------------------------------------------------------------
  {
    name: 'both windows used up to the last octet, then an empty DATA frame',
    play(talk) {
      spent(talk.open(), 65_535);
      talk.says(data(1, ''), data(1, '', { endStream: true }));
    },
  },
  {
    name: 'one octet beyond both windows',
    finds: ['rfc9113/6.9.1/1', 'rfc9113/6.9.1/1'],
    play(talk) {
      spent(talk.open(), 65_535);
      talk.says(data(1, 'x'));
    },
  },
  {
    name: 'padding beyond the stream window',
    finds: ['rfc9113/6.9.1/1'],
    play(talk) {
      talk.open(['INITIAL_WINDOW_SIZE', 10]).peer.ask();
      talk.says(head(1, OK), data(1, 'hello', { padding: 5 }));
    },
  },
  {
    name: 'credit used up on the stream and on the connection',
    play(talk) {
      spent(talk.open(), 65_535);
      talk.peer.send(windowUpdate(0, 10), windowUpdate(1, 10));
      talk.says(data(1, octets(10), { endStream: true }));
    },
  },
  {
    name: 'credit on the stream alone',
    finds: ['rfc9113/6.9.1/1'],
    play(talk) {
      spent(talk.open(), 65_535);
      talk.peer.send(windowUpdate(1, 10));
      talk.says(data(1, octets(10)));
    },
  },
  {
    name: 'a raised setting is used before its acknowledgement, a lowered one from it on',
    finds: ['rfc9113/6.9.1/1'],
    play(talk) {
      talk.open(['INITIAL_WINDOW_SIZE', 10]).peer.ask();
      talk.peer.send(settings([['INITIAL_WINDOW_SIZE', 100]]));
      talk.says(head(1, OK), data(1, octets(100)), settingsAck());
      talk.peer.send(settings([['INITIAL_WINDOW_SIZE', 50]]), windowUpdate(1, 20));
      talk.says(data(1, octets(20)), settingsAck());
      talk.peer.send(windowUpdate(1, 50));
      talk.says(data(1, ''), data(1, 'x'));
    },
  },
  {
    name: 'two changes on their way: the larger may be used until it is behind',
    finds: ['rfc9113/6.9.1/1'],
    play(talk) {
      talk.open(['INITIAL_WINDOW_SIZE', 10]).peer.ask();
      talk.peer.send(settings([['INITIAL_WINDOW_SIZE', 100]]), settings([['INITIAL_WINDOW_SIZE', 10]]));
      talk.says(head(1, OK), settingsAck(), data(1, octets(10)), data(1, octets(10)), settingsAck(), data(1, 'x'));
    },
  },
  {
    name: 'of two values in a frame the last counts',
    finds: ['rfc9113/6.9.1/1'],
    play(talk) {
      talk.open(['INITIAL_WINDOW_SIZE', 1000], ['INITIAL_WINDOW_SIZE', 10]).peer.ask();
      talk.says(head(1, OK), data(1, octets(10)), data(1, 'x'));
    },
  },
  {
    name: 'WINDOW_UPDATE of 0, of 3 octets, with its reserved bit',
    finds: ['rfc9113/6.9/i3', 'rfc9113/6.9/i3', 'weak rfc9113/6.9/i3'],
    play: get(windowUpdate(0, 0), frame(FRAME_TYPE.WINDOW_UPDATE, 0, 0, octets(3)), windowUpdate(0, 2 ** 31 + 1)),
  },
  { name: 'the largest window', play: get(windowUpdate(0, MAX_WINDOW - 65_535)) },
  { name: 'a window one octet larger', finds: ['rfc9113/6.9/i3'], play: get(windowUpdate(0, MAX_WINDOW - 65_534)) },
  {
    name: 'credit for DATA on a stream that is in no book',
    play(talk) {
      talk.open();
      talk.says(windowUpdate(0, MAX_WINDOW - 65_535));
      talk.peer.violate(data(77, octets(100)));
      talk.says(windowUpdate(0, 100));
    },
  },

  // --- PING, GOAWAY, RST_STREAM, PUSH_PROMISE ------------------------------------------------------------------------
  {
    name: 'PING of its own, and one acknowledgement for each of ours in any order',
    play(talk) {
      talk.open().peer.send(ping([1, 1, 1, 1, 1, 1, 1, 1]), ping([2, 2, 2, 2, 2, 2, 2, 2]));
      talk.says(ping(octets(8)), ping([2, 2, 2, 2, 2, 2, 2, 2], true), ping([1, 1, 1, 1, 1, 1, 1, 1], true));
    },
  },
  {
    name: 'a PING acknowledged twice',
    finds: ['rfc9113/6.7/i1'],
    play(talk) {
      talk.open().peer.send(ping(octets(8)));
      talk.says(ping(octets(8), true), ping(octets(8), true));
    },
  },
  { name: 'PING of 7 octets', finds: ['rfc9113/6.7/1'], play: get(ping(octets(7))) },
  {
    name: 'RST_STREAM of 5 octets',
    finds: ['rfc9113/6.4/i1'],
    play: get(frame(FRAME_TYPE.RST_STREAM, 0, 1, octets(5))),
  },
  { name: 'graceful GOAWAYs', play: get(goaway(MAX_WINDOW), head(1, OK, true), goaway(1), goaway(1)) },
  {
    name: 'GOAWAY below a stream that is not answered, or not with 2xx',
    play(talk) {
      talk.open().peer.ask();
      talk.peer.ask();
      talk.says(head(1, [':status', '503'], true), goaway(0, 'PROTOCOL_ERROR'));
    },
  },
  {
    name: 'GOAWAY below a stream that was answered',
    finds: ['rfc9113/6.8/i3'],
    play: get(head(1, OK), goaway(0)),
  },
  { name: 'a last stream that grows', finds: ['rfc9113/6.8/6'], play: get(goaway(1), goaway(3)) },
  { name: 'a last stream that is even', finds: ['weak rfc9113/6.8/i3'], play: get(goaway(2)) },
  { name: 'GOAWAY of 7 octets', finds: ['rfc9113/6.8/i3'], play: get(frame(FRAME_TYPE.GOAWAY, 0, 0, octets(7))) },
  {
    name: 'a push and its response',
    play: get(
      pushPromise(1, 2, plainBlock([':method', 'GET', ':scheme', 'http', ':authority', 'localhost', ':path', '/x'])),
      head(1, OK, true),
      head(2, [...OK, 'content-length', '5']),
      data(2, 'hello', { endStream: true }),
    ),
  },
  {
    name: 'a push after ENABLE_PUSH=0, with odd and lower identifiers',
    finds: ['rfc9113/6.5.2/1', 'rfc9113/5.1.1/2', 'rfc9113/6.5.2/1', 'rfc9113/5.1.1/3', 'rfc9113/6.5.2/1'],
    play(talk) {
      talk.open(['ENABLE_PUSH', 0]).peer.ask();
      const block = plainBlock(PROMISED);
      talk.says(pushPromise(1, 4, block), pushPromise(1, 7, block), pushPromise(1, 2, block));
    },
  },

  // --- messages ------------------------------------------------------------------------------------------------------
  {
    name: 'interim responses, a response, trailers',
    play: get(
      head(1, [':status', '103', 'link', '</x>']),
      head(1, [':status', '100']),
      head(1, [...OK, 'content-length', '5']),
      data(1, 'hel'),
      data(1, 'lo', { padding: 3 }),
      head(1, ['x-sum', '1'], true),
    ),
  },
  {
    name: 'content-length where there is no content',
    play(talk) {
      for (const [method, status] of [
        ['HEAD', '200'],
        ['HEAD', '404'],
        ['GET', '304'],
        ['DELETE', '204'],
      ] as const) {
        if (talk.peer.received.length === 0) talk.open();
        talk.says(head(talk.peer.ask({ method }), [':status', status, 'content-length', '12'], true));
      }
    },
  },
  {
    name: 'content-length and transfer-encoding in the 2xx to CONNECT',
    finds: ['rfc9113/8.5/i6', 'rfc9113/8.5/i6', 'rfc9113/8.2.2/i2'],
    play(talk) {
      talk.open().peer.ask({ method: 'CONNECT' });
      talk.says(head(1, [...OK, 'content-length', '12', 'transfer-encoding', 'chunked']), data(1, 'x'));
    },
  },
  {
    name: 'a refusal of CONNECT is a response like another',
    play(talk) {
      talk.open().peer.ask({ method: 'CONNECT' });
      talk.says(head(1, [':status', '403', 'content-length', '1']), data(1, 'x'), head(1, ['x-end', 'yes'], true));
    },
  },
  {
    name: 'HEADERS, PUSH_PROMISE and an unknown frame in a tunnel',
    finds: ['rfc9113/8.5/2', 'rfc9113/8.5/2', 'rfc9113/8.5/2'],
    play(talk) {
      talk.open().peer.ask({ method: 'CONNECT' });
      const more = [pushPromise(1, 2, plainBlock(PROMISED)), frame(0xbe, 0, 1), head(1, ['x-end', 'yes'], true)];
      talk.says(head(1, OK), data(1, 'x'), windowUpdate(1, 10), ...more);
    },
  },
  {
    name: 'a promise that is not whole, and one that tells of content',
    finds: ['rfc9113/8.4.1/1', 'rfc9113/8.4.1/1', 'rfc9113/8.4/i1', 'weak rfc9113/8.4/i1'],
    play: get(
      pushPromise(1, 2, plainBlock(PROMISED.slice(2))),
      pushPromise(1, 4, plainBlock([...PROMISED.slice(0, 4), ...PROMISED.slice(6)])),
      pushPromise(1, 6, plainBlock([...PROMISED, 'content-length', '3', 'trailer', 'x-end'])),
    ),
  },
  {
    name: 'a promise of HEAD, whose answer has the length of GET',
    play: get(
      pushPromise(1, 2, plainBlock([':method', 'HEAD', ...PROMISED.slice(2), 'content-length', '0'])),
      head(2, [...OK, 'content-length', '12'], true),
    ),
  },
  {
    name: 'another frame inside the block of a promise',
    finds: ['rfc9113/6.6/4'],
    play: get(pushPromise(1, 2, plainBlock(PROMISED), { endHeaders: false }), ping(octets(8))),
  },
  {
    name: 'content-length of a method that the kit did not note',
    play(talk) {
      talk.open().peer.send(headers(1, plainBlock([':method', 'HEAD']), { endStream: true }));
      talk.says(head(1, [...OK, 'content-length', '12'], true));
    },
  },
  {
    name: 'fields whose values are names of fields',
    play: get(
      head(1, [...OK, 'access-control-expose-headers', 'content-length', 'x', ':status', 'y', 'connection'], true),
    ),
  },
  {
    name: 'another content-length than there is content',
    finds: ['rfc9113/8.1/i1'],
    play: get(head(1, [...OK, 'content-length', '6']), data(1, 'hello', { endStream: true })),
  },
  {
    name: 'a content-length that is no number',
    finds: ['rfc9113/8.1/i1'],
    play: get(head(1, [...OK, 'content-length', '5, 5']), data(1, 'hello', { endStream: true })),
  },
  {
    name: 'a response cut short by RST_STREAM',
    play: get(head(1, [...OK, 'content-length', '6']), data(1, 'hello'), rstStream(1, 'INTERNAL_ERROR')),
  },
  {
    name: 'content in the answer to HEAD',
    finds: ['rfc9113/8.1.1/i8'],
    play: asked('HEAD', head(1, OK), data(1, 'hello', { endStream: true })),
  },
  {
    name: 'an empty DATA frame in the answer to HEAD',
    play: asked('HEAD', head(1, [...OK, 'content-length', '5']), data(1, '', { endStream: true })),
  },
  { name: 'DATA before the head', finds: ['rfc9113/8.1/i1'], play: get(data(1, ''), head(1, OK, true)) },
  {
    name: 'DATA behind an interim response',
    finds: ['rfc9113/8.1/i1'],
    play: get(head(1, [':status', '100']), data(1, ''), head(1, OK, true)),
  },
  {
    name: 'an interim response that ends the stream',
    finds: ['rfc9113/8.1/i1', 'rfc9113/8.1/i1'],
    play: get(head(1, [':status', '103'], true)),
  },
  {
    name: 'a second head that does not end the stream',
    finds: ['rfc9113/8.3/1', 'rfc9113/8.1/i1'],
    play: get(head(1, OK), head(1, OK)),
  },

  // --- fields --------------------------------------------------------------------------------------------------------
  {
    name: 'fields of every sound kind',
    play: get(head(1, [...OK, "!#$%&'*+-.^_`|~09az", '', 'x', 'a b\tc', 'y', '\xe4', 'trailer', 'te'], true)),
  },
  { name: 'upper case', finds: ['rfc9113/8.2/i1'], play: get(head(1, [...OK, 'Server', 'x'], true)) },
  {
    name: 'forbidden octets in names',
    finds: Array.from({ length: 6 }, () => 'rfc9113/8.2.1/i1'),
    play: get(head(1, [...OK, 'a b', '', 'a:b', '', '', 'x', 'a\x00', '', 'a\x7f', '', 'a\xe4', ''], true)),
  },
  { name: 'a name that is no token', finds: ['weak rfc9113/8.2.1/i1'], play: get(head(1, [...OK, 'a(b)', ''], true)) },
  {
    name: 'forbidden octets in values',
    finds: Array.from({ length: 5 }, () => 'rfc9113/8.2.1/i1'),
    play: get(head(1, [...OK, 'a', ' x', 'b', 'x\t', 'c', 'x\0', 'd', 'x\ry', 'e', 'x\ny'], true)),
  },
  {
    name: 'fields of a connection',
    finds: [...Array.from({ length: 5 }, () => 'rfc9113/8.2.2/i2'), 'weak rfc9113/8.2.2/i2'],
    play: get(
      head(
        1,
        [
          ...OK,
          ...['connection', 'close', 'keep-alive', '1', 'proxy-connection', '1', 'upgrade', 'x'],
          ...['transfer-encoding', 'chunked', 'te', 'trailers'],
        ],
        true,
      ),
    ),
  },
  {
    name: 'no :status, or one of two digits',
    finds: ['rfc9113/8.3.2/1', 'rfc9113/8.1/i1', 'rfc9113/8.3.2/1'],
    play(talk) {
      talk.open().peer.ask();
      talk.peer.ask();
      talk.says(head(1, ['x', 'y'], true), head(3, [':status', '20'], true));
    },
  },
  { name: ':status twice', finds: ['rfc9113/8.3/8'], play: get(head(1, [...OK, ...OK], true)) },
  { name: ':status last', finds: ['rfc9113/8.3/6'], play: get(head(1, ['x', 'y', ...OK], true)) },
  { name: ':path in a response', finds: ['rfc9113/8.3/2'], play: get(head(1, [...OK, ':path', '/'], true)) },
  { name: 'an unknown pseudo-field', finds: ['rfc9113/8.3/1'], play: get(head(1, [...OK, ':x', 'y'], true)) },
  {
    name: ':status in trailers',
    finds: ['rfc9113/8.3/1'],
    play: get(head(1, OK), head(1, [':status', '200'], true)),
  },

  // --- compression ---------------------------------------------------------------------------------------------------
  {
    name: 'a block that does not decode, and what follows it',
    finds: ['rfc7541/2/i1'],
    play: get(
      headers(1, Uint8Array.of(0x80)),
      data(1, 'hello'),
      pushPromise(1, 2, octets(0)),
      head(2, OK),
      data(1, '', { endStream: true }),
    ),
  },
  {
    name: 'a table of the size that is allowed',
    play: get(headers(1, concat([sizeUpdate(0), sizeUpdate(4096), plainBlock(OK)]), { endStream: true })),
  },
  {
    name: 'a larger table',
    finds: ['rfc7541/6.3/1'],
    play: get(headers(1, concat([sizeUpdate(4097), plainBlock(OK)]), { endStream: true })),
  },
  {
    name: 'a lowered table binds from the acknowledgement on',
    finds: ['rfc7541/6.3/1'],
    play(talk) {
      talk.open().peer.ask();
      talk.peer.ask();
      talk.peer.send(settings([['HEADER_TABLE_SIZE', 64]]));
      const block = concat([sizeUpdate(4096), plainBlock(OK)]);
      talk.says(headers(1, block, { endStream: true }), settingsAck(), headers(3, block, { endStream: true }));
    },
  },
];

for (const { name, finds = [], play } of exchanges) {
  t.test(name, async t => {
    const talk = new Conversation();
    play(talk);
    t.same(
      [...talk.found].sort(),
      [...finds].sort(),
      `${talk.peer.grammar.findings.map(({ seen }) => seen).join('; ')}`,
    );
  });
}
