/** Servers whose responses are framed well and say what they must not (RFC 9110, RFC 8297). The control is spared. */
import { data, FLAG, FRAME_TYPE, type Frame, headers, plainBlock } from '../../wire/index.ts';
import { damages, type Fault, mendsRequests, recode, spoilsResponses, type Wire } from './fault.ts';

/** Streams behind the control. */
const FIRST = 5;

/** Responses of that status in place of any final one, with the fields that `change` makes of them. */
function responds(status: number, change: (fields: readonly string[]) => readonly string[] = fields => fields): Wire {
  return spoilsResponses(({ stream, fields }) =>
    stream < FIRST || fields[0] !== ':status' ? fields : change([':status', `${status}`, ...fields.slice(2)]),
  );
}

const having =
  (name: string, value: string) =>
  (fields: readonly string[]): readonly string[] => [...without(name)(fields), name, value];

const without =
  (...names: readonly string[]) =>
  (fields: readonly string[]): readonly string[] =>
    fields.filter((_, i, all) => !names.includes(all[i - (i % 2)] as string));

/** Final responses with other fields. */
const spoils = (change: (fields: readonly string[]) => readonly string[]): Wire =>
  spoilsResponses(({ stream, fields }) => (stream < FIRST ? fields : change(fields)));

/** A further field section in place of the end of a response: it ends the stream, or content behind it does. */
const closesWith = (fields: readonly string[], endStream: boolean): Wire =>
  damages(frame => {
    const ends = frame.type === FRAME_TYPE.DATA && (frame.flags & FLAG.END_STREAM) !== 0;
    if (frame.stream < FIRST || !ends) return frame;
    const open: Frame = { ...frame, flags: frame.flags & ~FLAG.END_STREAM };
    const section = headers(frame.stream, plainBlock(fields), { endStream });
    return endStream ? [open, section] : [open, section, data(frame.stream, '', { endStream: true })];
  });

/** The first octet of responses to GET, as a 206 of another kind. */
const cutsTo =
  (octets: number, fields: readonly string[]): Wire =>
  () => {
    const rebuilt = recode(({ stream, fields: own }) =>
      stream < FIRST ? own : [':status', '206', ...without(':status', 'content-length')(own), ...fields],
    );
    return {
      toClient: frame =>
        frame.type === FRAME_TYPE.DATA && frame.stream >= FIRST
          ? [data(frame.stream, frame.payload.subarray(0, octets), { endStream: true })]
          : rebuilt(frame),
    };
  };

interface Spoilt {
  readonly slug: string;
  readonly deviation: string;
  readonly clause: string;
  readonly fails: string;
  readonly seen: RegExp;
  readonly wire: Wire;
  readonly grade?: 'weak';
}

const spoilt: readonly Spoilt[] = [
  {
    slug: 'status-of-999',
    deviation: 'The server sends a status above 599.',
    clause: 'RFC 9110 §15',
    fails: 'status-codes-are-valid',
    seen: /:status 999/,
    wire: responds(999),
  },
  {
    slug: 'switches-protocols',
    deviation: 'The server sends 101 before its response.',
    clause: 'RFC 9113 §8.6',
    fails: 'no-switching-protocols',
    seen: /:status 101 on stream/,
    wire: damages(frame =>
      frame.type === FRAME_TYPE.HEADERS && frame.stream >= FIRST
        ? [headers(frame.stream, plainBlock([':status', '101'])), frame]
        : frame,
    ),
  },
  {
    slug: 'content-in-204',
    deviation: 'The server sends content with 204.',
    clause: 'RFC 9110 §15.3.5',
    fails: 'no-content-without-content',
    seen: /16 octets of content in a 204/,
    wire: responds(204, without('content-length')),
  },
  {
    slug: 'content-in-304',
    deviation: 'The server sends content with 304.',
    clause: 'RFC 9110 §15.4.5',
    fails: 'no-content-without-content',
    seen: /16 octets of content in a 304/,
    wire: responds(304),
  },
  {
    slug: 'content-in-205',
    deviation: 'The server sends content with 205.',
    clause: 'RFC 9110 §15.3.6',
    fails: 'reset-content-is-empty',
    seen: /16 octets of content in a 205/,
    wire: responds(205),
  },
  {
    slug: 'length-in-204',
    deviation: 'The server sends content-length with 204.',
    clause: 'RFC 9110 §8.6',
    fails: 'no-length-without-content',
    seen: /content-length in the 204/,
    wire: responds(204),
  },
  {
    slug: 'not-modified-for-everybody',
    deviation: 'The server answers requests without a condition with 304.',
    clause: 'RFC 9110 §15.4.5',
    fails: 'not-modified-answers-a-condition',
    seen: /a 304 to a request without a condition/,
    wire: responds(304),
  },
  {
    slug: 'partial-for-everybody',
    deviation: 'The server answers requests without a range with 206.',
    clause: 'RFC 9110 §15.3.7',
    fails: 'partial-content-answers-a-range',
    seen: /a 206 to a request without a range/,
    wire: responds(206, having('content-range', 'bytes 0-15/16')),
  },
  {
    slug: 'range-upside-down',
    deviation: 'The server sends a content-range whose last octet comes before its first.',
    clause: 'RFC 9110 §14.4',
    fails: 'ranges-are-possible',
    seen: /content-range "bytes 15-0\/16"/,
    wire: responds(206, having('content-range', 'bytes 15-0/16')),
  },
  {
    slug: 'unauthorized-without-challenge',
    deviation: 'The server sends a 401 without a challenge.',
    clause: 'RFC 9110 §15.5.2',
    fails: 'challenges',
    seen: /a 401 without a challenge/,
    wire: responds(401),
  },
  {
    slug: 'proxy-without-challenge',
    deviation: 'The server sends a 407 without a challenge.',
    clause: 'RFC 9110 §15.5.8',
    fails: 'challenges',
    seen: /a 407 without a challenge/,
    wire: responds(407),
  },
  {
    slug: 'late-hints',
    deviation: 'The server sends 103 behind the final response.',
    clause: 'RFC 8297 §2',
    fails: 'early-hints-come-early',
    seen: /a 103 behind the final response/,
    wire: closesWith([':status', '103'], false),
  },
  {
    slug: 'length-in-trailers',
    deviation: 'The server sends content-length in trailers.',
    clause: 'RFC 9110 §6.5.1',
    fails: 'trailers-come-too-late',
    seen: /content-length in the trailers/,
    wire: closesWith(['content-length', '16'], true),
  },
  {
    slug: 'bare-entity-tag',
    deviation: 'The server sends an entity tag without quotes.',
    clause: 'RFC 9110 §2.2',
    fails: 'fields-keep-to-their-grammar',
    seen: /etag "abc"/,
    wire: spoils(having('etag', 'abc')),
  },
  {
    slug: 'half-a-media-type',
    deviation: 'The server sends a content-type without a subtype.',
    clause: 'RFC 9110 §2.2',
    fails: 'fields-keep-to-their-grammar',
    seen: /content-type "text"/,
    wire: spoils(having('content-type', 'text')),
  },
  {
    slug: 'date-of-rfc-850',
    deviation: 'The server dates its responses in the form of RFC 850.',
    clause: 'RFC 9110 §5.6.7',
    fails: 'dates-are-in-one-form',
    seen: /date "Sunday, 06-Nov-94 08:49:37 GMT"/,
    wire: spoils(having('date', 'Sunday, 06-Nov-94 08:49:37 GMT')),
  },
  {
    slug: 'no-date',
    deviation: 'The server does not date its responses.',
    clause: 'RFC 9110 §6.6.1',
    fails: 'dated',
    seen: /a 200 without date/,
    grade: 'weak',
    wire: spoils(without('date')),
  },
  {
    slug: 'partial-without-range',
    deviation: 'The server sends a part and does not say which.',
    clause: 'RFC 9110 §15.3.7.1',
    fails: 'range-of-one-octet',
    seen: /content-range none/,
    wire: cutsTo(1, []),
  },
  {
    slug: 'more-than-the-range',
    deviation: 'The server says that it sends one octet, and sends more.',
    clause: 'RFC 9110 §15.3.7.1',
    fails: 'range-of-one-octet',
    seen: /2 octets of content, content-range bytes 0-0\/16/,
    wire: cutsTo(2, ['content-range', 'bytes 0-0/16']),
  },
  {
    slug: 'unsatisfiable-without-length',
    deviation: 'The server sends 416 without the length of the representation.',
    clause: 'RFC 9110 §15.5.17',
    fails: 'range-behind-the-end',
    seen: /a 416 whose content-range is none/,
    grade: 'weak',
    wire: responds(416),
  },
  {
    slug: 'part-of-any-range',
    deviation: 'The server takes every range for the first octet.',
    clause: 'RFC 9110 §14.2',
    fails: 'range-in-another-unit',
    seen: /for a unit that nobody knows/,
    wire: cutsTo(1, ['content-range', 'bytes 0-0/16']),
  },
  {
    slug: 'part-of-nothing',
    deviation: 'The server answers a HEAD request with a range as if it were a GET.',
    clause: 'RFC 9110 §14.2',
    fails: 'range-of-head',
    seen: /status 206 to HEAD with a range/,
    wire: responds(206, having('content-range', 'bytes 0-0/16')),
  },
  {
    slug: 'deaf-to-conditions',
    deviation: 'The server does not look at if-none-match.',
    clause: 'RFC 9110 §13.1.2',
    fails: 'entity-tag-that-matches',
    seen: /although its entity tag was named/,
    grade: 'weak',
    wire: mendsRequests(({ fields }) => without('if-none-match')(fields)),
  },
  {
    slug: 'not-modified-in-brief',
    deviation: 'The server leaves the entity tag out of a 304.',
    clause: 'RFC 9110 §15.4.5',
    fails: 'not-modified-says-what-ok-says',
    seen: /the 304 lacks etag/,
    wire: spoils(fields => (fields[1] === '304' ? without('etag')(fields) : fields)),
  },
  {
    slug: 'not-modified-of-another-length',
    deviation: 'The server says in a 304 that the representation is empty.',
    clause: 'RFC 9110 §8.6',
    fails: 'not-modified-says-what-ok-says',
    seen: /the 304 has content-length 0 where the 200 has 16 octets/,
    wire: spoils(fields => (fields[1] === '304' ? having('content-length', '0')(fields) : fields)),
  },
  {
    slug: 'not-allowed-and-no-more',
    deviation: 'The server sends 405 without allow.',
    clause: 'RFC 9110 §10.2.1',
    fails: 'method-not-allowed-says-what-is',
    seen: /a 405 without allow/,
    wire: responds(405),
  },
  {
    slug: 'waits-for-the-content',
    deviation: 'The server sends no 100, and waits for the content.',
    clause: 'RFC 9110 §10.1.1',
    fails: 'expectation-is-met',
    seen: /nothing comes while the content is held back/,
    wire: spoilsResponses(({ fields }) => (fields[1] === '100' ? null : fields)),
  },
];

export default spoilt.map(({ slug, fails, ...rest }) => ({
  id: `semantics/${slug}`,
  fails: [`semantics/${fails}`],
  ...rest,
})) satisfies readonly Fault[];
