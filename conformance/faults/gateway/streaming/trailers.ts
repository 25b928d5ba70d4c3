/** Servers that are wrong about trailers. */
import type { Fields, Source } from '../../../../spec/msgi.ts';
import { data, FLAG, FRAME_TYPE, headers } from '../../../../wire/index.ts';
import { mendsRequests } from '../../fault.ts';
import { mapLines } from '../../field-lines.ts';
import type { GatewayFault } from '../fault.ts';
import { damagesLater } from '../later-streams.ts';
import { changesTrailers } from '../lists.ts';
import { ForwardedSource, facing, withMembers } from '../wrap.ts';

/** Trailers in an object: one value for each name. */
class Keyed extends ForwardedSource {
  override get trailers(): Fields | null {
    const trailers = super.trailers;
    if (trailers === null) return null;
    const names = trailers.filter((_, at) => at % 2 === 0);
    return [...new Set(names)].flatMap(name => [name, trailers[trailers.lastIndexOf(name) + 1] as string]);
  }
}

const source = (make: (inner: Source) => Source): NonNullable<GatewayFault['wrap']> =>
  facing(x => withMembers(x, { body: make(x.body) }));

export default [
  {
    id: 'streaming/drops-trailers',
    deviation: 'The server drops the trailers of responses.',
    clause: 'MSGI-TRAIL-1',
    fails: ['streaming/trailers-behind-the-content'],
    seen: /trailers of some: null/,
    wrap: changesTrailers(() => []),
  },
  {
    id: 'streaming/trailers-before-the-end',
    deviation: 'The server sends trailers without END_STREAM, and an empty DATA frame behind them.',
    clause: 'RFC 9113 §8.1',
    fails: ['streaming/trailers-behind-the-content'],
    seen: /the trailers do not end the stream/,
    wire: damagesLater((frame, _, nth) =>
      nth > 1 && frame.type === FRAME_TYPE.HEADERS
        ? [{ ...frame, flags: frame.flags & ~FLAG.END_STREAM }, data(frame.stream, '', { endStream: true })]
        : [frame],
    ),
  },
  {
    id: 'streaming/empty-trailers',
    deviation: 'The server sends an empty list of trailers as a section.',
    clause: 'MSGI-TRAIL-3',
    fails: ['streaming/no-trailers-in-an-empty-list'],
    seen: /a section comes behind the content/,
    wire: damagesLater((frame, payload) =>
      payload.type === 'DATA' && payload.endStream
        ? [{ ...frame, flags: 0 }, headers(frame.stream, new Uint8Array(0), { endStream: true })]
        : [frame],
    ),
  },
  {
    id: 'streaming/one-trailer-of-a-name',
    deviation: 'The server keeps the last trailer of each name.',
    clause: 'MSGI-TRAIL-4',
    fails: ['streaming/trailers-of-the-request'],
    seen: /trailers of behind-content is \["x-b"/,
    wrap: source(inner => new Keyed(inner)),
  },
  {
    id: 'streaming/drops-wrong-trailers',
    deviation: 'The server drops trailers that are wrong, and takes the request for whole.',
    clause: 'MSGI-TRAIL-5',
    fails: ['streaming/wrong-trailers'],
    seen: /end of method is "whole"/,
    // The head has its pseudo-fields, and there is no other section without :path.
    wire: mendsRequests(({ fields }) =>
      fields.includes(':path')
        ? fields
        : mapLines(fields, (name, value) => (name.startsWith(':') ? [] : [name, value])),
    ),
  },
  {
    id: 'streaming/merges-trailers',
    deviation: 'The server puts trailers behind the fields of the request.',
    clause: 'MSGI-TRAIL-6',
    fails: ['streaming/trailers-stay-apart'],
    seen: /added of plain is \["x-trailer","1","authorization","t"\]/,
    wrap: facing(x =>
      withMembers(x, {
        get request() {
          return { ...x.request, fields: [...x.request.fields, ...(x.body.trailers ?? [])] };
        },
      }),
    ),
  },
] satisfies readonly GatewayFault[];
