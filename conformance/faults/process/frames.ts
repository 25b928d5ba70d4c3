/** Servers that greet, write and read frames wrongly. */
import { LEAST_PAYLOAD } from '../../../binding/frame.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { begins, damages, damagesAll, frameOf, hides, is, isBroken, jsonOf, withJson } from './filters.ts';
import { answering } from './wires.ts';

export default [
  {
    id: 'process/greets-twice',
    deviation: 'The server answers the HELLO of the host with another of its own.',
    clause: 'MSGI-PROC-14',
    fails: ['process/hello-first-and-once'],
    seen: /HELLO comes a second time/,
    pipe: link => ({
      toServer: frame => {
        if (is(frame, 'HELLO'))
          link.toHost(
            frameOf({ type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: LEAST_PAYLOAD, name: 'x' } }),
          );
        return [frame];
      },
    }),
  },
  {
    id: 'process/does-not-wait',
    deviation: 'The server opens a connection behind its HELLO without waiting for that of the host.',
    clause: 'MSGI-PROC-15',
    fails: ['process/waits-for-hello'],
    seen: /OPEN comes before the HELLO of the host/,
    pipe: damagesAll(frame =>
      is(frame, 'HELLO')
        ? [frame, frameOf({ type: 'OPEN', number: 4_000_001, payload: { peer: null, local: null, tls: null } })]
        : frame,
    ),
  },
  {
    id: 'process/takes-any-version',
    deviation: 'The server goes on with a host that speaks no version of its own.',
    clause: 'MSGI-PROC-17',
    fails: ['process/no-common-version'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: () => ({
      toServer: frame => [is(frame, 'HELLO') ? withJson(frame, { ...jsonOf(frame), versions: ['1.0'] }) : frame],
    }),
  },
  {
    id: 'process/wants-one-version',
    deviation: 'The server closes the pipe of a host that names a version which it does not know.',
    clause: 'MSGI-PROC-17',
    fails: ['process/further-versions'],
    seen: /the subject does not come up/,
    pipe: link => ({
      toServer: frame => {
        if (!is(frame, 'HELLO') || jsonOf(frame).versions.length === 1) return [frame];
        link.close();
        return [];
      },
    }),
  },
  {
    id: 'process/sent-with-a-payload',
    deviation: 'The server writes an empty object as the payload of SENT.',
    clause: 'MSGI-PROC-4',
    fails: ['process/frames-are-those-of-the-table'],
    seen: /SENT: SENT has no payload/,
    pipe: damagesAll(frame => (is(frame, 'SENT') ? withJson(frame, {}) : frame)),
  },
  {
    id: 'process/types-of-its-own',
    deviation: 'The server writes frames of a type that is not in the table.',
    clause: 'MSGI-PROC-4',
    fails: ['process/frames-are-those-of-the-table'],
    seen: /the server writes a frame of type 128/,
    pipe: damagesAll(frame => (is(frame, 'SENT') ? [{ ...frame, type: 128 }, frame] : frame)),
  },
  {
    id: 'process/further-keys',
    deviation: 'The server puts a key of its own into CLOSE.',
    clause: 'MSGI-PROC-5',
    fails: ['process/json-has-the-keys-that-are-named'],
    seen: /CLOSE: the payload of CLOSE/,
    pipe: damages(frame => (is(frame, 'CLOSE') ? withJson(frame, { ...jsonOf(frame), duration: 5 }) : frame)),
  },
  {
    id: 'process/byte-order-mark',
    deviation: 'The server begins JSON with a byte order mark.',
    clause: 'MSGI-PROC-5',
    fails: ['process/json-has-the-keys-that-are-named'],
    seen: /END: the payload of END is no JSON/,
    pipe: damages(frame =>
      is(frame, 'END') ? { ...frame, payload: Uint8Array.from([0xef, 0xbb, 0xbf, ...frame.payload]) } : frame,
    ),
  },
  {
    id: 'process/fields-as-utf-8',
    deviation: 'The server takes the octets of fields for UTF-8, and those that are none for U+FFFD.',
    clause: 'MSGI-PROC-6',
    fails: ['process/octets-are-characters'],
    seen: /the octets 52 65 6e e9 are "Ren\ufffd" in HEAD/,
    pipe: damages(frame => {
      if (!is(frame, 'HEAD')) return frame;
      const head = jsonOf(frame);
      const fields = head.request.fields.map((text: string) =>
        new TextDecoder().decode(Uint8Array.from(text, character => character.charCodeAt(0))),
      );
      return withJson(frame, { ...head, request: { ...head.request, fields } });
    }),
  },
  {
    id: 'process/writes-fields-as-utf-8',
    deviation: 'The server writes the characters of fields as UTF-8 on the wire.',
    clause: 'MSGI-PROC-6',
    fails: ['process/octets-are-characters'],
    seen: /of START is "Ren\u00c3\u00a9" on the wire/,
    pipe: () => ({
      toServer: frame => {
        if (!is(frame, 'START')) return [frame];
        const start = jsonOf(frame);
        const fields = start.fields.map((text: string) => String.fromCharCode(...new TextEncoder().encode(text)));
        return [withJson(frame, { ...start, fields })];
      },
    }),
  },
  {
    id: 'process/closes-on-unknown-types',
    deviation: 'The server closes the pipe on a type that it does not know.',
    clause: 'MSGI-PROC-7',
    fails: ['process/unknown-types-are-ignored'],
    seen: /a is not answered with 200/,
    pipe: link => ({
      toServer: frame => {
        if (frame.type > 0 && frame.type < 0x12) return [frame];
        link.close();
        return [];
      },
    }),
  },
  {
    id: 'process/forgets-the-hosts-limit',
    deviation: 'The server writes payloads as long as it takes itself.',
    clause: 'MSGI-PROC-8',
    fails: ['process/payload-within-what-the-host-takes'],
    seen: /HEAD is sent though the host does not take it/,
    pipe: () => ({
      toServer: frame => [is(frame, 'HELLO') ? withJson(frame, { ...jsonOf(frame), payload: 1_048_576 }) : frame],
    }),
  },
  {
    id: 'process/answers-what-is-too-long-with-500',
    deviation: 'The server answers 500 to a request whose HEAD the host does not take.',
    clause: 'MSGI-PROC-20',
    fails: ['process/payload-within-what-the-host-takes'],
    seen: /too long for the host is answered 500/,
    wire: () => answering('431', '500'),
  },
  {
    id: 'process/overlooks-frames-that-are-none',
    deviation: 'The server passes over frames of a host that are none of its, instead of closing the pipe.',
    clause: 'MSGI-PROC-9',
    fails: [
      'process/a-type-of-the-servers',
      'process/no-json',
      'process/a-key-twice',
      'process/a-key-that-is-not-named',
      'process/credit-of-three-octets',
    ],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: hides(isBroken),
  },
  {
    id: 'process/overlooks-wrong-numbers',
    deviation: 'The server passes over frames for numbers that are no exchange, instead of closing the pipe.',
    clause: 'MSGI-PROC-9',
    fails: ['process/a-number-never-given', 'process/a-number-of-the-wrong-kind'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: () => {
      const exchanges = new Set<number>([0]);
      return {
        toHost: frame => {
          if (is(frame, 'HEAD')) exchanges.add(frame.number);
          return [frame];
        },
        toServer: frame => (exchanges.has(frame.number) ? [frame] : []),
      };
    },
  },
  {
    id: 'process/takes-any-length',
    deviation: 'The server cuts a payload that is longer than it has announced, and goes on.',
    clause: 'MSGI-PROC-9',
    fails: ['process/too-long-a-payload'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: () => {
      let limit = 0;
      return {
        toHost: frame => {
          if (is(frame, 'HELLO')) limit = jsonOf(frame).payload;
          return [frame];
        },
        toServer: frame => [{ ...frame, payload: frame.payload.subarray(0, limit) }],
      };
    },
  },
  {
    id: 'process/closes-on-finished-numbers',
    deviation: 'The server closes the pipe on a frame for a number that it has forgotten.',
    clause: 'MSGI-PROC-10',
    fails: ['process/finished-numbers-are-dropped'],
    seen: /the server has ended the pipe of a sound host/,
    pipe: link => {
      const own = new Set<number>();
      const settled = new Set<number>();
      return {
        toHost: frame => {
          if (begins(frame)) own.add(frame.number);
          return [frame];
        },
        toServer: frame => {
          if (settled.has(frame.number)) link.close();
          if (is(frame, 'SETTLED') && own.has(frame.number)) settled.add(frame.number);
          return [frame];
        },
      };
    },
  },
] satisfies readonly GatewayFault[];
