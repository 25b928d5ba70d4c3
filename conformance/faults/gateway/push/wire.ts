/** Servers whose promises, or streams for them, are not what RFC 9113 wants. */
import {
  continuation,
  FRAME_TYPE,
  type Frame,
  headers,
  plainBlock,
  pushPromise,
  windowUpdate,
} from '../../../../wire/index.ts';

import { damages, endsConnection, hides, type Wire } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { promiseFrames, recodesPromises, reframesPromises, spoilsPromises, withField } from './recoded.ts';

const isPromised = ({ stream }: Frame): boolean => stream !== 0 && stream % 2 === 0;

/** What is said on promised streams does not reach the server. */
const deaf = (...types: readonly number[]): Wire => hides(frame => isPromised(frame) && types.includes(frame.type));

/** The last promise of the page comes when its stream has ended. */
const late: Wire = link => {
  let held: { readonly stream: number; readonly frames: readonly Frame[] } | null = null;
  const inner = recodesPromises(
    promise => {
      if (promise.count !== LAST) return promiseFrames(promise);
      held = { stream: promise.stream, frames: promiseFrames(promise) };
      return [];
    },
    frame => {
      if (held === null) return [frame];
      const ends = frame.stream === held.stream && frame.type === FRAME_TYPE.DATA && (frame.flags & 1) !== 0;
      if (!ends) return [frame];
      const { frames } = held;
      held = null;
      return [frame, ...frames];
    },
  );
  return inner(link);
};

/** The promise of the cases' page that is made behind its content. */
const LAST = 4;

export default [
  ...(
    [
      ['a-post', 'a POST', /of the method "POST"/, fields => withField(fields, ':method', 'POST')],
      ['no-path', 'requests without :path', /without :path/, fields => withField(fields, ':path', null)],
      ['no-scheme', 'requests without :scheme', /without :scheme/, fields => withField(fields, ':scheme', null)],
      [
        'no-authority',
        'requests without :authority',
        /without :authority/,
        fields => withField(fields, ':authority', null),
      ],
      ['content', 'requests with content', /with content-length "5"/, fields => [...fields, 'content-length', '5']],
    ] as const satisfies readonly (readonly [
      string,
      string,
      RegExp,
      (fields: readonly string[]) => readonly string[],
    ])[]
  ).map(([slug, what, seen, change]) => ({
    id: `push/promises-${slug}`,
    deviation: `The server promises ${what}.`,
    clause: 'RFC 9113 §8.4',
    fails: ['push/promises-are-sound'],
    seen,
    wire: spoilsPromises(change),
  })),
  {
    id: 'push/promises-for-others',
    deviation: 'The server promises requests of an authority that is not its own.',
    clause: 'RFC 9113 §8.4',
    fails: ['push/promises-are-sound'],
    grade: 'weak',
    seen: /for the authority "elsewhere.example"/,
    wire: spoilsPromises(fields => withField(fields, ':authority', 'elsewhere.example')),
  },
  {
    id: 'push/promises-trailers',
    deviation: 'The server promises requests that announce trailers.',
    clause: 'RFC 9113 §8.4',
    fails: ['push/promises-are-sound'],
    grade: 'weak',
    seen: /that announces trailers/,
    wire: spoilsPromises(fields => [...fields, 'trailer', 'x-trailer']),
  },
  {
    id: 'push/promises-on-idle-streams',
    deviation: 'The server sends PUSH_PROMISE on a stream that the client has not opened.',
    clause: 'RFC 9113 §6.6',
    fails: ['push/promises-stand-on-streams-in-use'],
    seen: /PUSH_PROMISE on stream 1001, which the client has not opened/,
    wire: reframesPromises(promise => promiseFrames({ ...promise, stream: 1001 })),
  },
  {
    id: 'push/promises-behind-the-end',
    deviation: 'The server sends PUSH_PROMISE on a stream that it has ended.',
    clause: 'RFC 9113 §6.6',
    fails: ['push/promises-stand-on-streams-in-use'],
    seen: /PUSH_PROMISE on stream \d+, which the server has ended/,
    wire: late,
  },
  {
    id: 'push/interrupts-promises',
    deviation: 'The server sends WINDOW_UPDATE between PUSH_PROMISE and its CONTINUATION.',
    clause: 'RFC 9113 §6.6',
    fails: ['push/frames-of-promises'],
    seen: /WINDOW_UPDATE on stream 0 inside the field block/,
    wire: reframesPromises(promise => {
      const block = plainBlock(promise.fields);
      if (block.length > 10_000) return promiseFrames(promise);
      const opening = pushPromise(promise.stream, promise.promised, block.subarray(0, 1), { endHeaders: false });
      return [opening, windowUpdate(0, 1), continuation(promise.stream, block.subarray(1))];
    }),
  },
  {
    id: 'push/pads-promises-with-text',
    deviation: 'The server pads PUSH_PROMISE with octets that are not zero.',
    clause: 'RFC 9113 §6.6',
    fails: ['push/frames-of-promises'],
    seen: /PUSH_PROMISE on stream \d+ with padding that is not zero/,
    wire: reframesPromises(promise => {
      const block = plainBlock(promise.fields);
      if (block.length > 10_000) return promiseFrames(promise);
      return [pushPromise(promise.stream, promise.promised, block, { padding: 4, padValue: 0x20 })];
    }),
  },
  {
    id: 'push/gives-credit-on-reserved-streams',
    deviation: 'The server sends WINDOW_UPDATE on streams that it has only promised.',
    clause: 'RFC 9113 §5.1',
    fails: ['push/reserved-streams-are-silent'],
    seen: /WINDOW_UPDATE on stream \d+, which is only promised/,
    wire: recodesPromises(promise => [...promiseFrames(promise), windowUpdate(promise.promised, 1)]),
  },
  {
    id: 'push/heads-pushed-responses-twice',
    deviation: 'The server sends a second head on promised streams.',
    clause: 'RFC 9113 §8.4.2',
    fails: ['push/pushed-responses-are-messages'],
    seen: /HEADERS on stream \d+ behind its final response without END_STREAM/,
    wire: damages((frame, { type }) =>
      type === 'DATA' && isPromised(frame) ? [headers(frame.stream, plainBlock(['x-second', 'head'])), frame] : frame,
    ),
  },
  {
    id: 'push/takes-no-credit-for-promises',
    deviation: 'The server takes WINDOW_UPDATE on a stream that it has promised for a connection error.',
    clause: 'RFC 9113 §5.1',
    fails: ['push/credit-and-priority-for-promised-streams'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', frame => isPromised(frame) && frame.type === FRAME_TYPE.WINDOW_UPDATE),
  },
  {
    id: 'push/takes-no-priority-for-promises',
    deviation: 'The server takes PRIORITY on a stream that it has promised for a connection error.',
    clause: 'RFC 9113 §5.1',
    fails: ['push/credit-and-priority-for-promised-streams'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', frame => isPromised(frame) && frame.type === FRAME_TYPE.PRIORITY),
  },
  {
    id: 'push/ignores-data-on-promised-streams',
    deviation: 'The server ignores DATA and HEADERS of the client on streams that it has promised.',
    clause: 'RFC 9113 §5.1',
    fails: ['push/data-on-a-promised-stream', 'push/headers-on-a-promised-stream'],
    seen: /the connection lives on/,
    wire: deaf(FRAME_TYPE.DATA, FRAME_TYPE.HEADERS),
  },
  {
    id: 'push/pushes-what-was-refused',
    deviation: 'The server goes on with a promised stream that the client has reset.',
    clause: 'RFC 9113 §5.1 and §6.6',
    fails: ['push/a-refused-promise-is-given-up'],
    seen: /DATA of style-1 comes, which the client has reset/,
    wire: deaf(FRAME_TYPE.RST_STREAM),
  },
] satisfies readonly GatewayFault[];
