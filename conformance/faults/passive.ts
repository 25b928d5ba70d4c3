/** Servers whose own frames and messages are unsound (RFC 9113, RFC 7541). The control, on streams 1 and 3, is spared. */
import {
  concat,
  continuation,
  data,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  headers,
  INITIAL_SETTINGS,
  MAX_WINDOW,
  type Payload,
  ping,
  plainBlock,
  priorityUpdate,
  rstStream,
  settings,
  settingsAck,
  sizeUpdate,
  u32,
  windowUpdate,
} from '../../wire/index.ts';
import { damages, type Fault, recode, spoilsResponses, type Wire } from './fault.ts';

/** Streams behind the control. */
const FIRST = 5;

/** The frames of the server of that type, those of the control aside, reach the client in another form. */
function spoils<T extends Payload['type']>(
  type: T,
  change: (frame: Frame, payload: Extract<Payload, { type: T }>) => Frame | readonly Frame[],
): Wire {
  return damages((frame, payload) =>
    payload.type === type && (frame.stream === 0 || frame.stream >= FIRST)
      ? change(frame, payload as Extract<Payload, { type: T }>)
      : frame,
  );
}

/** The fields of responses, those of the control aside, reach the client in another form. */
const spoilsFields = (change: (fields: readonly string[]) => readonly string[]): Wire =>
  spoilsResponses(({ stream, fields }) => (stream < FIRST ? fields : change(fields)));

const isEnd = ({ flags }: Frame): boolean => (flags & FLAG.END_STREAM) !== 0;

const withoutEnd = (frame: Frame): Frame => ({ ...frame, flags: frame.flags & ~FLAG.END_STREAM });

/** The first SETTINGS frame of the server with another payload or in another place. */
const opensWith = (change: (frame: Frame) => readonly Frame[]): Wire => {
  return () => {
    let opened = false;
    return {
      toClient(frame) {
        if (opened) return [frame];
        opened = true;
        return change(frame);
      },
    };
  };
};

/** A frame that no response calls for, before each HEADERS. */
const besides = (extra: (frame: Frame) => Frame): Wire => spoils('HEADERS', frame => [extra(frame), frame]);

export default [
  {
    id: 'passive/opens-with-window-update',
    deviation: 'The server opens with WINDOW_UPDATE, before its SETTINGS.',
    clause: 'RFC 9113 §3.4',
    fails: ['passive/settings-come-first'],
    seen: /the first frame is WINDOW_UPDATE/,
    wire: opensWith(frame => [windowUpdate(0, 1000), frame]),
  },
  {
    id: 'passive/opens-with-acknowledgement',
    deviation: "The server acknowledges the client's SETTINGS before it sends its own.",
    clause: 'RFC 9113 §3.4',
    fails: ['passive/settings-come-first'],
    seen: /the first frame is SETTINGS with ACK/,
    wire: opensWith(frame => [settingsAck(), frame]),
  },
  {
    id: 'passive/sends-large-frames',
    deviation: 'The server sends a frame larger than the client allows.',
    clause: 'RFC 9113 §4.2',
    fails: ['passive/frame-size'],
    seen: /0xbe of 40000 octets where the limit is 16384/,
    wire: besides(() => frame(0xbe, 0, 0, new Uint8Array(40_000))),
  },
  {
    id: 'passive/sets-undefined-flags',
    deviation: 'The server sets a flag that DATA does not define.',
    clause: 'RFC 9113 §4.1',
    fails: ['passive/unused-bits-are-zero'],
    seen: /DATA with undefined flags 0x40/,
    wire: spoils('DATA', frame => ({ ...frame, flags: frame.flags | 0x40 })),
  },
  {
    id: 'passive/sets-reserved-bit',
    deviation: 'The server sets the reserved bit before the stream identifier.',
    clause: 'RFC 9113 §4.1',
    fails: ['passive/unused-bits-are-zero'],
    seen: /HEADERS with the reserved bit/,
    wire: spoils('HEADERS', frame => ({ ...frame, reserved: true })),
  },
  {
    id: 'passive/interrupts-field-blocks',
    deviation: 'The server sends WINDOW_UPDATE between HEADERS and their CONTINUATION.',
    clause: 'RFC 9113 §4.3',
    fails: ['passive/field-blocks-are-whole'],
    seen: /WINDOW_UPDATE on stream 0 inside the field block/,
    wire: spoils('HEADERS', (frame, { fragment }) => [
      headers(frame.stream, fragment.subarray(0, 1), { endHeaders: false, endStream: isEnd(frame) }),
      windowUpdate(0, 1),
      continuation(frame.stream, fragment.subarray(1)),
    ]),
  },
  {
    id: 'passive/continues-whole-blocks',
    deviation: 'The server sends a CONTINUATION behind a field block that is whole.',
    clause: 'RFC 9113 §6.10',
    fails: ['passive/field-blocks-are-whole'],
    seen: /CONTINUATION on stream \d+ without a field block/,
    wire: spoils('HEADERS', frame => [frame, continuation(frame.stream, new Uint8Array(0))]),
  },
  {
    id: 'passive/ends-twice',
    deviation: 'The server sends an empty DATA frame with END_STREAM behind the end of each response.',
    clause: 'RFC 9113 §5.1',
    fails: ['passive/nothing-behind-end-stream'],
    seen: /DATA on stream \d+ after its END_STREAM/,
    wire: damages(frame =>
      frame.stream >= FIRST && isEnd(frame) && (frame.type === FRAME_TYPE.DATA || frame.type === FRAME_TYPE.HEADERS)
        ? [frame, data(frame.stream, '', { endStream: true })]
        : frame,
    ),
  },
  {
    id: 'passive/goes-on-behind-its-reset',
    deviation: 'The server ends a response that it has reset.',
    clause: 'RFC 9113 §5.1',
    fails: ['passive/nothing-behind-a-reset'],
    seen: /DATA on stream \d+ after its RST_STREAM/,
    wire: spoils('RST_STREAM', frame => [frame, data(frame.stream, '', { endStream: true })]),
  },
  {
    id: 'passive/ignores-resets',
    deviation: "The server takes no notice of the client's RST_STREAM and sends the response.",
    clause: 'RFC 9113 §5.1',
    fails: ['passive/nothing-behind-a-reset'],
    seen: /on stream \d+, which the client has reset/,
    wire: () => ({ toServer: frame => (frame.type === FRAME_TYPE.RST_STREAM ? [] : [frame]) }),
  },
  {
    id: 'passive/pads-data-with-rubbish',
    deviation: 'The server pads the last DATA of a response with octets that are not zero.',
    clause: 'RFC 9113 §6.1',
    fails: ['passive/padding'],
    seen: /DATA on stream \d+ with padding that is not zero/,
    wire: spoils('DATA', (frame, { content, endStream }) =>
      endStream ? data(frame.stream, content, { endStream, padding: 4, padValue: 0xaa }) : frame,
    ),
  },
  {
    id: 'passive/pads-headers-with-rubbish',
    deviation: 'The server pads HEADERS with octets that are not zero.',
    clause: 'RFC 9113 §6.2',
    fails: ['passive/padding'],
    seen: /HEADERS on stream \d+ with padding that is not zero/,
    wire: spoils('HEADERS', (frame, { fragment, endHeaders }) =>
      headers(frame.stream, fragment, { endStream: isEnd(frame), endHeaders, padding: 4, padValue: 0xaa }),
    ),
  },
  {
    id: 'passive/pads-beyond-the-frame',
    deviation: 'The server announces more padding than its DATA frame has octets.',
    clause: 'RFC 9113 §6.1',
    fails: ['passive/padding'],
    seen: /Pad Length 200 in a payload of 1 octets/,
    wire: spoils('DATA', next => [frame(FRAME_TYPE.DATA, FLAG.PADDED, next.stream, [200]), next]),
  },
  {
    id: 'passive/sends-data-on-stream-0',
    deviation: 'The server sends an empty DATA frame on stream 0.',
    clause: 'RFC 9113 §6.1',
    fails: ['passive/messages-on-streams'],
    seen: /DATA on stream 0/,
    wire: besides(() => data(0, '')),
  },
  {
    id: 'passive/sends-headers-on-stream-0',
    deviation: 'The server sends HEADERS on stream 0.',
    clause: 'RFC 9113 §6.2',
    fails: ['passive/messages-on-streams'],
    seen: /HEADERS on stream 0/,
    wire: besides(() => headers(0, plainBlock([':status', '200']), { endStream: true })),
  },
  {
    id: 'passive/resets-stream-0',
    deviation: 'The server sends RST_STREAM on stream 0.',
    clause: 'RFC 9113 §6.4',
    fails: ['passive/rst-stream'],
    seen: /RST_STREAM on stream 0/,
    wire: spoils('RST_STREAM', frame => [frame, rstStream(0)]),
  },
  {
    id: 'passive/resets-idle-streams',
    deviation: 'The server resets a stream that the client has not opened.',
    clause: 'RFC 9113 §6.4',
    fails: ['passive/rst-stream'],
    seen: /RST_STREAM on stream 99, which is idle/,
    wire: spoils('RST_STREAM', frame => [frame, rstStream(99)]),
  },
  {
    id: 'passive/resets-in-five-octets',
    deviation: 'The server sends RST_STREAM of 5 octets before each one of 4.',
    clause: 'RFC 9113 §6.4',
    fails: ['passive/rst-stream'],
    seen: /RST_STREAM of 5 octets/,
    wire: spoils('RST_STREAM', next => [frame(FRAME_TYPE.RST_STREAM, 0, next.stream, [...next.payload, 0]), next]),
  },
  {
    id: 'passive/sends-half-a-setting',
    deviation: 'The SETTINGS of the server end inside a setting.',
    clause: 'RFC 9113 §6.5',
    fails: ['passive/settings-frames'],
    seen: /SETTINGS of \d+ octets, a multiple of 6 expected/,
    wire: opensWith(next => [frame(FRAME_TYPE.SETTINGS, 0, 0, concat([next.payload, Uint8Array.of(0)]))]),
  },
  {
    id: 'passive/acknowledges-with-payload',
    deviation: 'The server acknowledges SETTINGS twice, first with one of its settings in it.',
    clause: 'RFC 9113 §6.5',
    fails: ['passive/settings-frames'],
    seen: /SETTINGS acknowledgement of 6 octets/,
    wire: damages((next, payload) =>
      payload.type === 'SETTINGS' && payload.ack
        ? [frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 0, settings([['MAX_FRAME_SIZE', 16_384]]).payload), next]
        : next,
    ),
  },
  {
    id: 'passive/sends-settings-on-a-stream',
    deviation: 'The server acknowledges SETTINGS on stream 1.',
    clause: 'RFC 9113 §6.5',
    fails: ['passive/settings-frames'],
    seen: /SETTINGS on stream 1/,
    wire: damages((frame, payload) => (payload.type === 'SETTINGS' && payload.ack ? { ...frame, stream: 1 } : frame)),
  },
  ...(
    [
      ['ENABLE_PUSH', 1, 'that it may be pushed to'],
      ['MAX_FRAME_SIZE', 16_383, 'a MAX_FRAME_SIZE below 16,384'],
      ['INITIAL_WINDOW_SIZE', 2 ** 31, 'an INITIAL_WINDOW_SIZE above 2^31-1'],
    ] as const
  ).map(([name, value, what]) => ({
    id: `passive/announces-${name.toLowerCase().replaceAll('_', '-')}-out-of-range`,
    deviation: `The server announces ${what}.`,
    clause: 'RFC 9113 §6.5.2',
    fails: ['passive/settings-values'],
    seen: new RegExp(`${name}=${value}`),
    wire: opensWith(() => [settings([[name, value]])]),
  })),
  {
    id: 'passive/answers-ping-with-its-own-octets',
    deviation: 'The server acknowledges PING twice, first with octets of its own.',
    clause: 'RFC 9113 §6.7',
    fails: ['passive/ping'],
    seen: /a PING acknowledgement whose octets answer no outstanding PING/,
    wire: spoils('PING', frame => [ping(new Uint8Array(8), true), frame]),
  },
  {
    id: 'passive/answers-ping-in-seven-octets',
    deviation: 'The server acknowledges its first PING twice, first with 7 of its octets.',
    clause: 'RFC 9113 §6.7',
    fails: ['passive/ping'],
    seen: /PING of 7 octets/,
    wire: () => {
      let answered = false;
      return {
        toClient(frame) {
          if (frame.type !== FRAME_TYPE.PING || answered) return [frame];
          answered = true;
          return [ping(frame.payload.subarray(0, 7), true), frame];
        },
      };
    },
  },
  {
    id: 'passive/answers-ping-twice',
    deviation: 'The server acknowledges each PING twice.',
    clause: 'RFC 9113 §6.7',
    fails: ['passive/ping'],
    seen: /a PING acknowledgement whose octets answer no outstanding PING/,
    wire: spoils('PING', frame => [frame, frame]),
  },
  {
    id: 'passive/forgets-streams-in-goaway',
    deviation: 'The GOAWAY of the server names no stream, whatever it has answered.',
    clause: 'RFC 9113 §6.8',
    fails: ['passive/goaway'],
    seen: /GOAWAY names last stream 0 although stream \d+ was answered/,
    wire: spoils('GOAWAY', frame => ({
      ...frame,
      payload: concat([Uint8Array.from(u32(0)), frame.payload.subarray(4)]),
    })),
  },
  {
    id: 'passive/grows-last-stream',
    deviation: 'A second GOAWAY of the server names a higher stream than the first.',
    clause: 'RFC 9113 §6.8',
    fails: ['passive/goaway'],
    seen: /GOAWAY names last stream 1001 after one that named \d+/,
    wire: spoils('GOAWAY', frame => [
      frame,
      { ...frame, payload: concat([Uint8Array.from(u32(1001)), frame.payload.subarray(4)]) },
    ]),
  },
  {
    id: 'passive/says-goaway-in-four-octets',
    deviation: 'The GOAWAY of the server has a last stream and no code.',
    clause: 'RFC 9113 §6.8',
    fails: ['passive/goaway'],
    seen: /GOAWAY of 4 octets/,
    wire: spoils('GOAWAY', frame => ({ ...frame, payload: frame.payload.subarray(0, 4) })),
  },
  {
    id: 'passive/grants-nothing',
    deviation: 'The server sends a WINDOW_UPDATE of 0.',
    clause: 'RFC 9113 §6.9',
    fails: ['passive/window-update'],
    seen: /WINDOW_UPDATE of 0 on stream \d+/,
    wire: besides(({ stream }) => windowUpdate(stream, 0)),
  },
  {
    id: 'passive/grants-to-idle-streams',
    deviation: 'The server sends WINDOW_UPDATE on a stream that the client has not opened.',
    clause: 'RFC 9113 §5.1',
    fails: ['passive/window-update'],
    seen: /WINDOW_UPDATE on stream 1001, which is idle/,
    wire: besides(() => windowUpdate(1001, 1000)),
  },
  {
    id: 'passive/grants-too-much',
    deviation: "The server lifts the client's window above 2^31-1.",
    clause: 'RFC 9113 §6.9.1',
    fails: ['passive/window-update'],
    seen: /lifts a window of \d+ above 2\^31-1/,
    wire: besides(() => windowUpdate(0, MAX_WINDOW)),
  },
  {
    id: 'passive/grants-in-three-octets',
    deviation: 'The server sends WINDOW_UPDATE of 3 octets.',
    clause: 'RFC 9113 §6.9',
    fails: ['passive/window-update'],
    seen: /WINDOW_UPDATE of 3 octets/,
    wire: besides(() => frame(FRAME_TYPE.WINDOW_UPDATE, 0, 0, [0, 1, 0])),
  },
  {
    id: 'passive/announces-another-length',
    deviation: 'The content-length of a response is not that of its content.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['passive/message-grammar', 'passive/head-has-no-content'],
    seen: /content-length 12345 but \d+ octets of content|content-length 12345, GET has|has content-length \d+, GET has 12345/,
    wire: () => {
      let responses = 0;
      return {
        toClient: recode(({ stream, endStream, fields }) => {
          responses += 1;
          const whole = stream < FIRST || (!endStream && responses % 2 === 0);
          return whole ? fields : replaced(fields, 'content-length', '12345');
        }),
      };
    },
  },
  {
    id: 'passive/sends-content-first',
    deviation: 'The server sends DATA before the HEADERS of a response.',
    clause: 'RFC 9113 §8.1',
    fails: ['passive/message-grammar'],
    seen: /DATA on stream \d+ before the HEADERS/,
    wire: besides(({ stream }) => data(stream, '')),
  },
  {
    id: 'passive/opens-trailers-that-do-not-end',
    deviation: 'The server sends a second head behind the final one.',
    clause: 'RFC 9113 §8.1',
    fails: ['passive/message-grammar'],
    seen: /behind its final response without END_STREAM/,
    wire: spoils('HEADERS', frame =>
      isEnd(frame) ? frame : [frame, headers(frame.stream, plainBlock(['x-second', 'head']))],
    ),
  },
  {
    id: 'passive/ends-with-interim-response',
    deviation: 'The server ends a stream with an interim response.',
    clause: 'RFC 9113 §8.1',
    fails: ['passive/message-grammar'],
    seen: /an interim response \(103\) ends stream/,
    why: 'every case that asks without wanting content, behind its control, shows it',
    wire: spoils('HEADERS', frame =>
      isEnd(frame) ? headers(frame.stream, plainBlock([':status', '103']), { endStream: true }) : frame,
    ),
  },
  {
    id: 'passive/answers-head-with-content',
    deviation: 'The server answers HEAD with content.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['passive/head-has-no-content'],
    seen: /\d+ octets of content in the answer to HEAD/,
    why: 'every case that asks without wanting content, behind its control, shows it',
    wire: spoils('HEADERS', frame =>
      isEnd(frame) ? [withoutEnd(frame), data(frame.stream, 'content', { endStream: true })] : frame,
    ),
  },
  {
    id: 'passive/sends-upper-case-names',
    deviation: 'The server sends a field name with a capital letter.',
    clause: 'RFC 9113 §8.2',
    fails: ['passive/field-names-and-values'],
    seen: /"X-Powered" on stream \d+ has upper-case letters/,
    wire: spoilsFields(fields => [...fields, 'X-Powered', 'by']),
  },
  {
    id: 'passive/sends-space-in-names',
    deviation: 'The server sends a field name with a space in it.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['passive/field-names-and-values'],
    seen: /"x powered" on stream \d+ has a forbidden octet/,
    wire: spoilsFields(fields => [...fields, 'x powered', 'by']),
  },
  {
    id: 'passive/sends-values-that-end-in-space',
    deviation: 'The server sends a field value with a space at its end.',
    clause: 'RFC 9113 §8.2.1',
    fails: ['passive/field-names-and-values'],
    seen: /"x-powered" on stream \d+ has the forbidden value/,
    wire: spoilsFields(fields => [...fields, 'x-powered', 'by ']),
  },
  {
    id: 'passive/sends-connection-fields',
    deviation: 'The server sends the connection field of HTTP/1.1.',
    clause: 'RFC 9113 §8.2.2',
    fails: ['passive/connection-specific-fields'],
    seen: /connection-specific field "connection"/,
    wire: spoilsFields(fields => [...fields, 'connection', 'keep-alive']),
  },
  {
    id: 'passive/sends-no-status',
    deviation: 'The server sends a response without :status.',
    clause: 'RFC 9113 §8.3.2',
    fails: ['passive/pseudo-fields'],
    seen: /no :status on stream/,
    why: 'every case that reads an answer, behind its control, shows it',
    wire: spoilsFields(fields => fields.slice(2)),
  },
  {
    id: 'passive/sends-reason',
    deviation: 'The server sends a pseudo-field of its own.',
    clause: 'RFC 9113 §8.3',
    fails: ['passive/pseudo-fields'],
    seen: /:reason in a response/,
    wire: spoilsFields(fields => [':reason', 'OK', ...fields]),
  },
  {
    id: 'passive/sends-path',
    deviation: 'The server sends a pseudo-field of requests in a response.',
    clause: 'RFC 9113 §8.3',
    fails: ['passive/pseudo-fields'],
    seen: /:path in a response/,
    wire: spoilsFields(fields => [':path', '/', ...fields]),
  },
  {
    id: 'passive/sends-status-last',
    deviation: 'The server sends :status behind the other fields.',
    clause: 'RFC 9113 §8.3',
    fails: ['passive/pseudo-fields'],
    seen: /:status after a regular field/,
    wire: spoilsFields(fields => [...fields.slice(2), ...fields.slice(0, 2)]),
  },
  {
    id: 'passive/sends-status-twice',
    deviation: 'The server sends :status twice.',
    clause: 'RFC 9113 §8.3',
    fails: ['passive/pseudo-fields'],
    seen: /2 :status fields/,
    wire: spoilsFields(fields => [...fields.slice(0, 2), ...fields]),
  },
  {
    id: 'passive/refers-to-index-0',
    deviation: 'The server refers to entry 0 of the table.',
    clause: 'RFC 7541 §6.1',
    fails: ['passive/field-blocks-decode'],
    seen: /does not decode: index 0/,
    why: 'every case that reads an answer, behind its control, shows it',
    wire: spoils('HEADERS', (frame, { fragment, endHeaders }) =>
      headers(frame.stream, concat([fragment, Uint8Array.of(0x80)]), { endStream: isEnd(frame), endHeaders }),
    ),
  },
  {
    id: 'passive/enlarges-the-table',
    deviation: 'The server announces a larger table than the client allows.',
    clause: 'RFC 7541 §6.3',
    fails: ['passive/field-blocks-decode'],
    seen: /does not decode: a size update to 4096 is above the limit of 0/,
    wire: spoils('HEADERS', (frame, { fragment, endHeaders }) =>
      headers(frame.stream, concat([sizeUpdate(INITIAL_SETTINGS.HEADER_TABLE_SIZE), fragment]), {
        endStream: isEnd(frame),
        endHeaders,
      }),
    ),
  },
  ...(
    [
      ['connect-protocol-setting', 'ENABLE_CONNECT_PROTOCOL', [2], 'RFC 8441 §3'],
      ['connect-protocol-setting', 'ENABLE_CONNECT_PROTOCOL', [1, 0], 'RFC 8441 §3'],
      ['priority-setting', 'NO_RFC7540_PRIORITIES', [2], 'RFC 9218 §2.1'],
      ['priority-setting', 'NO_RFC7540_PRIORITIES', [1, 0], 'RFC 9218 §2.1'],
    ] as const
  ).map(([slug, name, values, clause]) => ({
    id: `passive/${name.toLowerCase().replaceAll('_', '-')}-${values.join('-then-')}`,
    deviation: `The server announces ${name}=${values.join(', and later ')}.`,
    clause,
    fails: [`passive/${slug}`],
    seen: new RegExp(`${name}=${values.at(-1)}`),
    wire: opensWith(() => values.map(value => settings([[name, value]]))),
  })),
  {
    id: 'passive/sends-priority-update',
    deviation: 'The server sends PRIORITY_UPDATE.',
    clause: 'RFC 9218 §7.1',
    fails: ['passive/no-priority-update'],
    seen: /PRIORITY_UPDATE, which is for clients/,
    wire: spoils('HEADERS', next => [priorityUpdate(next.stream, 'u=1'), next]),
  },
  ...(
    [
      ['priority-in-words', 'that is no dictionary', 'high!', 'is no dictionary'],
      ['urgency-of-eight', 'with an urgency of 8', 'u=8', 'has no urgency from 0 to 7'],
      ['incremental-by-number', 'that says by a number what is a Boolean', 'i=1', 'is neither incremental nor not'],
    ] as const
  ).map(([slug, what, value, seen]) => ({
    id: `passive/${slug}`,
    deviation: `The server sends a priority field ${what}.`,
    clause: 'RFC 9218 §5',
    fails: ['passive/priority-field'],
    seen: new RegExp(`priority "${value}" on stream \\d+ ${seen}`),
    grade: 'weak' as const,
    wire: spoilsFields(fields => [...fields, 'priority', value]),
  })),
] satisfies readonly Fault[];

/** The flat list with another value for the field. */
function replaced(fields: readonly string[], name: string, value: string): readonly string[] {
  return fields.map((text, i) => (i % 2 === 1 && fields[i - 1] === name ? value : text));
}
