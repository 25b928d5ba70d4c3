/** Servers that are wrong about message framing and malformed messages (RFC 9113 §8.1). */
import { FLAG, FRAME_TYPE } from '../../wire/index.ts';
import {
  type Fault,
  type Filters,
  type Link,
  mendsRequests,
  refusesFrames,
  refusesRequests,
  type Section,
  spoilsResponses,
  type Wire,
} from './fault.ts';
import { mapLines, readsValues, valuesOf } from './field-lines.ts';

const SERVED = /the malformed request is served: status 200/;

/** A request names scheme and path; a case has but one pseudo-field in trailers. */
const isTrailers = ({ fields }: Section): boolean => !(fields.includes(':scheme') && fields.includes(':path'));

const hasLength = ({ fields }: Section): boolean => fields.includes('content-length');

const withoutLength = (fields: readonly string[]): readonly string[] =>
  mapLines(fields, (name, value) => (name === 'content-length' ? [] : [name, value]));

/** Of several content-length lines only the one at this place counts. */
const counts = (place: 0 | -1): Wire =>
  mendsRequests(({ fields }) => {
    const kept = valuesOf(fields, 'content-length').at(place);
    return kept === undefined ? fields : [...withoutLength(fields), 'content-length', kept];
  });

/** A filter that knows the streams whose requests `matches`. */
function knowing(
  matches: (section: Section) => boolean,
  then: (link: Link, known: ReadonlySet<number>) => Filters,
): Wire {
  return link => {
    const known = new Set<number>();
    const note = mendsRequests(section => {
      if (matches(section)) known.add(section.stream);
      return section.fields;
    })(link);
    const next = then(link, known);
    return {
      ...next,
      toServer: frame => (note.toServer?.(frame) ?? []).flatMap(noted => next.toServer?.(noted) ?? [noted]),
    };
  };
}

export default [
  {
    id: 'messages/skips-content-length-after-end-stream',
    deviation: 'The server does not look at content-length where HEADERS ends the request.',
    clause: 'RFC 9113 §8.1.1',
    fails: [
      'messages/content-length-without-content',
      'messages/content-lengths-0-and-5',
      'messages/content-lengths-5-and-0',
      'messages/content-length-of-2-to-the-32',
      'messages/content-length-of-2-to-the-64',
      'messages/content-length-of-40-digits',
    ],
    why: 'All of them send content-length in a request that ends with its HEADERS.',
    seen: SERVED,
    wire: mendsRequests(({ endStream, fields }) => (endStream ? withoutLength(fields) : fields)),
  },
  {
    id: 'messages/takes-any-amount-of-content',
    deviation: 'The server does not hold the content that came against content-length.',
    clause: 'RFC 9113 §8.1.1',
    fails: [
      'messages/content-short-of-length',
      'messages/content-beyond-length',
      'messages/content-beyond-length-in-several-frames',
      'messages/content-short-of-length-before-trailers',
    ],
    seen: SERVED,
    wire: mendsRequests(({ endStream, fields }) => (endStream ? fields : withoutLength(fields))),
  },
  {
    id: 'messages/first-content-length-counts',
    deviation: 'Of several content-length lines the server takes the first.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['messages/content-lengths-0-and-5'],
    seen: SERVED,
    wire: counts(0),
  },
  {
    id: 'messages/last-content-length-counts',
    deviation: 'Of several content-length lines the server takes the last.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['messages/content-lengths-5-and-0'],
    seen: SERVED,
    wire: counts(-1),
  },
  {
    id: 'messages/content-length-in-32-bits',
    deviation: 'The server reads content-length into 32 bits, without a look at the overflow.',
    clause: 'RFC 9113 §8.1.1',
    fails: [
      'messages/content-length-of-2-to-the-32',
      'messages/content-length-of-2-to-the-64',
      'messages/content-length-of-40-digits',
    ],
    seen: SERVED,
    wire: readsValues((name, value) => (name === 'content-length' ? `${BigInt.asUintN(32, BigInt(value))}` : value)),
  },
  {
    id: 'messages/counts-padding',
    deviation: 'The server counts the padding of DATA against content-length.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['messages/padding-is-no-content'],
    seen: /a sound POST is refused: RST_STREAM/,
    wire: knowing(hasLength, (link, known) =>
      refusesFrames(
        ({ type, flags, stream }) => type === FRAME_TYPE.DATA && (flags & FLAG.PADDED) !== 0 && known.has(stream),
      )(link),
    ),
  },
  {
    id: 'messages/refuses-empty-data-after-content-length',
    deviation: 'The server takes an empty DATA frame where all content has come for more than content-length says.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['messages/empty-data-is-no-content', 'messages/content-length-0-before-empty-data'],
    seen: /a sound POST is refused: RST_STREAM/,
    wire: knowing(hasLength, (link, known) =>
      refusesFrames(
        ({ type, stream, payload }) => type === FRAME_TYPE.DATA && payload.length === 0 && known.has(stream),
      )(link),
    ),
  },
  {
    id: 'messages/counts-trailers',
    deviation: 'The server counts the octets of trailers against content-length.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['messages/trailers-are-no-content'],
    seen: /a sound POST is refused: RST_STREAM/,
    wire: knowing(hasLength, (link, known) =>
      refusesRequests(section => isTrailers(section) && known.has(section.stream))(link),
    ),
  },
  {
    id: 'messages/refuses-content-length-with-get',
    deviation: 'The server takes any content-length of a GET for an error.',
    clause: 'RFC 9113 §8.1.1',
    fails: ['messages/content-length-0-without-content'],
    seen: /RST_STREAM PROTOCOL_ERROR/,
    wire: refusesRequests(section => section.fields.includes('GET') && hasLength(section)),
  },
  {
    id: 'messages/says-length-0-to-head',
    deviation: 'The server says content-length 0 in its answers to HEAD, because they have no content.',
    clause: 'RFC 9113 §8.1.1, RFC 9110 §8.6',
    fails: ['messages/head-says-the-length-of-get'],
    seen: /the answer to HEAD has content-length 0 where that to GET has \d+/,
    wire: knowing(
      ({ fields }) => fields.includes('HEAD'),
      (link, heads) =>
        spoilsResponses(({ stream, fields }) =>
          mapLines(fields, (name, value) => [name, name === 'content-length' && heads.has(stream) ? '0' : value]),
        )(link),
    ),
  },
  {
    id: 'messages/sends-other-content-to-head',
    deviation: 'In answer to HEAD the server leaves out the content of its start page, but not that of any other.',
    clause: 'RFC 9113 §8.1.1, RFC 9110 §9.3.2',
    fails: ['messages/head-of-another-resource-has-no-content'],
    seen: /the answer to HEAD has content: status \d+ with [1-9]\d* octets/,
    wire: mendsRequests(({ fields }) =>
      valuesOf(fields, ':path')[0] === '/' ? fields : fields.map(text => (text === 'HEAD' ? 'GET' : text)),
    ),
  },
  {
    id: 'messages/refuses-trailers',
    deviation: 'The server takes the trailers of a request for a second request on the same stream.',
    clause: 'RFC 9113 §8.1',
    fails: ['messages/trailers-end-a-request'],
    seen: /no response: RST_STREAM/,
    wire: refusesRequests(isTrailers),
  },
  {
    id: 'messages/drops-headers-without-end-stream',
    deviation: 'The server drops trailers without END_STREAM and goes on to wait for the end of the content.',
    clause: 'RFC 9113 §8.1',
    fails: ['messages/trailers-without-end-stream'],
    seen: SERVED,
    wire: mendsRequests(section => (isTrailers(section) && !section.endStream ? null : section.fields)),
  },
  {
    id: 'messages/drops-pseudo-fields-from-trailers',
    deviation: 'The server drops pseudo-fields from trailers and serves the request.',
    clause: 'RFC 9113 §8.1',
    fails: [
      'messages/method-in-trailers',
      'messages/path-in-trailers',
      'messages/scheme-in-trailers',
      'messages/authority-in-trailers',
      'messages/status-in-trailers',
      'messages/unknown-pseudo-field-in-trailers',
    ],
    why: 'Each pseudo-field is a case, and one check of the colon finds all of them or none.',
    seen: SERVED,
    wire: mendsRequests(section =>
      isTrailers(section)
        ? mapLines(section.fields, (name, value) => (name.startsWith(':') ? [] : [name, value]))
        : section.fields,
    ),
  },
] satisfies readonly Fault[];
