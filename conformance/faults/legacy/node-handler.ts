/** Servers that give Node handlers less than node:http does. */
import { FRAME_TYPE, frame } from '../../../wire/index.ts';
import type { Json } from '../../application/messages.ts';
import { damages, spoilsResponses } from '../fault.ts';
import { mapLines, valuesOf } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { retells, tells } from './between.ts';

export default [
  {
    id: 'node-handler/objects-of-its-own',
    deviation: 'Request and response are plain objects with the members that the adapter knows.',
    clause: 'MSGI-ADAPT-10',
    fails: ['node-handler/inherits-of-node'],
    seen: /does not inherit from the classes of node:http/,
    between: tells('saw', saw => ({ ...saw, inherits: false })),
  },
  {
    id: 'node-handler/content-without-framing',
    deviation: 'Nothing in the fields of a request says that content is to come.',
    clause: 'MSGI-ADAPT-16',
    fails: ['node-handler/content-without-a-length'],
    seen: /with content to come transfer-encoding is absent/,
    between: tells('saw', saw => {
      const { 'transfer-encoding': _, ...headers } = saw['headers'] as Readonly<Record<string, Json>>;
      return { ...saw, headers };
    }),
  },
  {
    id: 'node-handler/no-continue',
    deviation: 'The call writeContinue does nothing.',
    clause: 'MSGI-ADAPT-11',
    fails: ['node-handler/continue-when-the-handler-says'],
    seen: /waited for the 100/,
    waits: true,
    wire: spoilsResponses(({ fields }) => (valuesOf(fields, ':status')[0] === '100' ? null : fields)),
  },
  {
    id: 'node-handler/hints-without-links',
    deviation: 'The call writeEarlyHints sends 103 without the links.',
    clause: 'MSGI-ADAPT-11',
    fails: ['node-handler/early-hints'],
    seen: /status 103 comes first, with link $/,
    wire: spoilsResponses(({ fields }) => mapLines(fields, (name, value) => (name === 'link' ? [] : [name, value]))),
  },
  {
    id: 'node-handler/other-trailers',
    deviation: 'The server sends other trailers than those of addTrailers.',
    clause: 'MSGI-ADAPT-11',
    fails: ['node-handler/trailers'],
    seen: /the trailers are \["x-sum",""\]/,
    wire: spoilsResponses(({ fields }) => mapLines(fields, (name, value) => [name, name === 'x-sum' ? '' : value])),
  },
  {
    id: 'node-handler/lost-is-finished',
    deviation: 'A response whose client has left counts as finished.',
    clause: 'MSGI-ADAPT-11',
    fails: ['node-handler/events-of-a-lost-client'],
    seen: /counts as finished/,
    between: retells('close', report => [{ ...report, data: true }]),
  },
  {
    id: 'node-handler/socket-is-a-socket',
    deviation: 'The member request.socket takes what is written to it.',
    clause: 'MSGI-ADAPT-12',
    fails: ['node-handler/the-socket-is-out-of-reach'],
    seen: /request\.socket takes what is written to it/,
    between: tells(/^did-/, did => ({ ...did, error: null, result: { refused: false } })),
  },
  {
    id: 'node-handler/takes-a-throw-for-success',
    deviation: 'A handler that throws is answered with 200.',
    clause: 'MSGI-ADAPT-7',
    fails: ['node-handler/fails-at-once'],
    seen: /status 200 where 500 is known/,
    wire: spoilsResponses(({ fields }) =>
      mapLines(fields, (name, value) => [name, name === ':status' && value === '500' ? '200' : value]),
    ),
  },
  {
    id: 'node-handler/promises-nothing',
    deviation: 'The content of a promised response is lost.',
    clause: 'RFC 9113 §8.4',
    fails: ['node-handler/push'],
    seen: /the promise is answered with status 200 with 0 octets/,
    wire: damages(one =>
      one.type === FRAME_TYPE.DATA && one.stream % 2 === 0
        ? frame(one.type, one.flags, one.stream, new Uint8Array(0))
        : one,
    ),
  },
] satisfies readonly GatewayFault[];
