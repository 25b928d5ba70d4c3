/** Servers that are wrong about content-length. */
import type { Fields, Sink, Source } from '../../../../spec/msgi.ts';
import { rstStream } from '../../../../wire/index.ts';
import { damages, spoilsResponses } from '../../fault.ts';
import { mapLines, valuesOf } from '../../field-lines.ts';
import type { GatewayFault } from '../fault.ts';
import { changesLists, sinking } from '../lists.ts';
import { ForwardedSink, ForwardedSource, facing, withMembers } from '../wrap.ts';

const withoutLength = (fields: Fields): Fields =>
  mapLines(fields, (name, value) => (name === 'content-length' ? [] : [name, value]));

const lengthIn = (fields: Fields): number => Number(valuesOf(fields, 'content-length')[0] ?? Number.POSITIVE_INFINITY);

const isLength = (value: string): boolean => /^[0-9]{1,15}$/.test(value);

const statusIn = (fields: readonly string[]): string => fields[fields.indexOf(':status') + 1] ?? '';

/** Takes what goes into the length, and drops the rest. */
class Cutting extends ForwardedSink {
  #left: number;

  constructor(inner: Sink, length: number) {
    super(inner);
    this.#left = length;
  }

  override write(chunk: Uint8Array | string): ReturnType<Sink['write']> {
    const part = chunk.slice(0, this.#left);
    this.#left -= part.length;
    return super.write(part);
  }
}

/** Fills the content up to its length. */
class Filling extends ForwardedSink {
  #left: number;

  constructor(inner: Sink, length: number) {
    super(inner);
    this.#left = length;
  }

  override write(chunk: Uint8Array | string): ReturnType<Sink['write']> {
    this.#left -= chunk.length;
    return super.write(chunk);
  }

  override end(trailers?: Fields): ReturnType<Sink['end']> {
    if (!Number.isFinite(this.#left)) return super.end(trailers);
    super.write(new Uint8Array(this.#left));
    return super.end(trailers);
  }
}

class Lenient extends ForwardedSource {
  override async read(): Promise<Uint8Array | null> {
    try {
      return await super.read();
    } catch {
      return null;
    }
  }
}

const source = (make: (inner: Source) => Source) => facing(x => withMembers(x, { body: make(x.body) }));

export default [
  {
    id: 'messages/drops-lengths-that-are-none',
    deviation: 'The server drops a content-length that is no number, or too large.',
    clause: 'MSGI-LEN-1',
    fails: ['messages/length-is-a-number'],
    seen: /taken of a is \["respond \\"\\""/,
    wrap: changesLists(fields => (valuesOf(fields, 'content-length').every(isLength) ? fields : withoutLength(fields))),
  },
  {
    id: 'messages/corrects-lengths',
    deviation: 'The server sends the length of the body, whatever the application says.',
    clause: 'MSGI-LEN-2',
    fails: ['messages/length-of-the-body'],
    seen: /taken of get is \["short"/,
    why: 'Every case with a content-length of the application sees it.',
    wrap: changesLists(withoutLength),
  },
  {
    id: 'messages/no-length',
    deviation: 'The server sends no content-length.',
    clause: 'MSGI-LEN-3',
    fails: ['messages/length-is-added', 'messages/length-of-another-message'],
    seen: /content-length of (text|head) is null/,
    wire: spoilsResponses(({ fields }) => withoutLength(fields)),
  },
  {
    id: 'messages/length-0-everywhere',
    deviation: 'The server adds a content-length of 0 to each response that has no content and none.',
    clause: 'MSGI-LEN-4',
    fails: ['messages/no-length-is-made-up', 'messages/length-of-nothing'],
    seen: /content-length of (head|interim) is 0/,
    wire: spoilsResponses(({ fields, endStream }) =>
      endStream && !fields.includes('content-length') ? [...fields, 'content-length', '0'] : fields,
    ),
  },
  {
    id: 'messages/length-of-interim',
    deviation: 'The server adds a content-length to informational responses.',
    clause: 'MSGI-LEN-6',
    fails: ['messages/length-of-nothing'],
    seen: /informational responses .*"content-length"/,
    wire: spoilsResponses(({ fields }) =>
      statusIn(fields).startsWith('1') ? [...fields, 'content-length', '5'] : fields,
    ),
  },
  {
    id: 'messages/length-of-a-205',
    deviation: 'The server sends 205 with the length that the application gives.',
    clause: 'MSGI-LEN-7',
    fails: ['messages/length-of-205'],
    seen: /content-length of responded is 5|with 0 octets/,
    wire: spoilsResponses(({ fields }) =>
      statusIn(fields) === '205' ? [...withoutLength(fields), 'content-length', '5'] : fields,
    ),
  },
  {
    id: 'messages/cuts-what-is-beyond',
    deviation: 'The server drops octets beyond the content-length without a word.',
    clause: 'MSGI-LEN-8',
    fails: ['messages/beyond-the-length'],
    seen: /surplus of a is ""/,
    wrap: facing(sinking((inner, _, fields) => new Cutting(inner, lengthIn(fields)))),
  },
  {
    id: 'messages/fills-what-is-short',
    deviation: 'The server fills content up to its content-length with zeros.',
    clause: 'MSGI-LEN-9',
    fails: ['messages/short-of-the-length'],
    seen: /end of a is ""/,
    wrap: facing(sinking((inner, _, fields) => new Filling(inner, lengthIn(fields)))),
  },
  {
    id: 'messages/cancels-what-is-short',
    deviation: 'The server resets a response that is short of its content-length with CANCEL.',
    clause: 'MSGI-LEN-9',
    fails: ['messages/short-of-the-length'],
    seen: /RST_STREAM with code 8/,
    wire: damages((frame, payload) => (payload.type === 'RST_STREAM' ? rstStream(frame.stream, 'CANCEL') : frame)),
  },
  {
    id: 'messages/takes-any-content-for-whole',
    deviation: 'The server ends the content of a request for the application where it breaks off.',
    clause: 'MSGI-LEN-10',
    fails: ['messages/content-of-another-length'],
    seen: /end of short is "whole"/,
    wrap: source(inner => new Lenient(inner)),
  },
] satisfies readonly GatewayFault[];
