/** Servers that are wrong about informational responses. */
import { FLAG, headers, plainBlock } from '../../../../wire/index.ts';
import { spoilsResponses } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { between, damagesLater, saysOn } from '../later-streams.ts';
import { facing, withMembers } from '../wrap.ts';

const interim = (stream: number, status: number) => headers(stream, plainBlock([':status', `${status}`]));

const statusIn = (fields: readonly string[]): string => fields[fields.indexOf(':status') + 1] ?? '';

export default [
  {
    id: 'streaming/rounds-statuses',
    deviation: 'The server makes an informational status of whatever it is given.',
    clause: 'MSGI-INFO-1',
    fails: ['streaming/statuses-of-inform'],
    seen: /taken of a is \["inform 99"/,
    wrap: facing(x => withMembers(x, { inform: (status, fields) => x.inform(status === 99 ? 102 : status, fields) })),
  },
  {
    id: 'streaming/queues-for-nobody',
    deviation: 'The server gives true at inform where nothing is sent.',
    clause: 'MSGI-INFO-2',
    fails: ['streaming/inform-on-a-dead-exchange', 'streaming/inform-over-http10'],
    seen: /inform of a is true/,
    wrap: facing(x => withMembers(x, { inform: (status, fields) => x.inform(status, fields) || true })),
  },
  {
    id: 'streaming/one-interim-is-enough',
    deviation: 'The server sends one informational response at most.',
    clause: 'MSGI-INFO-3',
    fails: ['streaming/informational-responses-in-order'],
    seen: /informational responses to a: 103$/,
    wrap: facing(x => {
      let sent = false;
      return withMembers(x, {
        inform: (status, fields) => {
          const first = !sent;
          sent = true;
          return first ? x.inform(status, fields) : true;
        },
      });
    }),
  },
  {
    id: 'streaming/ends-with-an-interim',
    deviation: 'The server ends the stream with the informational response.',
    clause: 'RFC 9113 §8.1',
    fails: ['streaming/nothing-behind-an-informational-response'],
    seen: /the informational response ends the stream/,
    why: 'Every case with an informational response sees it.',
    wire: link => {
      const over = new Set<number>();
      return between({
        toClient: (frame, { type }, { status }) => {
          if (over.has(frame.stream)) return [];
          if (type !== 'HEADERS' || status >= 200) return [frame];
          over.add(frame.stream);
          return [{ ...frame, flags: frame.flags | FLAG.END_STREAM }];
        },
      })(link);
    },
  },
  {
    id: 'streaming/informs-late',
    deviation: 'The server sends an informational response behind the final head.',
    clause: 'RFC 9113 §8.1',
    fails: ['streaming/nothing-informational-behind-the-head'],
    seen: /not three heads, then content/,
    why: 'Every case with a third frame on its stream sees it.',
    wire: damagesLater((frame, _, nth) => (nth === 3 ? [frame, interim(frame.stream, 103)] : [frame])),
  },
  {
    id: 'streaming/switches-protocols',
    deviation: 'The server sends 101 where the application asks for it.',
    clause: 'RFC 9113 §8.6',
    fails: ['streaming/never-101'],
    seen: /statuses 101, 200/,
    wrap: facing(x => withMembers(x, { inform: (status, fields) => x.inform(status === 101 ? 103 : status, fields) })),
    wire: spoilsResponses(({ fields }) => fields.map(text => (text === '103' ? '101' : text))),
  },
  {
    id: 'streaming/never-continues',
    deviation: 'The server never sends 100 of its own accord.',
    clause: 'MSGI-INFO-4',
    fails: ['streaming/continue-at-read', 'streaming/continue-at-credit', 'streaming/continue-before-a-success'],
    seen: /waited for 100|no 100 comes before status 200/,
    waits: true,
    wire: spoilsResponses(({ fields }) => (statusIn(fields) === '100' ? null : fields)),
  },
  {
    id: 'streaming/continues-at-once',
    deviation: 'The server sends 100 as soon as the head of a request with content has come.',
    clause: 'MSGI-INFO-5',
    fails: ['streaming/continue-once', 'streaming/no-continue-behind-the-head', 'streaming/no-continue-unasked'],
    seen: /informational responses to (a: 100(, 100)?|reads: 100)/,
    wire: saysOn((frame, payload, link) => {
      if (payload.type === 'HEADERS' && !payload.endStream) link.toClient(interim(frame.stream, 100));
    }),
  },
] satisfies readonly GatewayFault[];
