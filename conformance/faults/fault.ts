/**
 * A fault: one named deviation that makes cases fail (KIT rule 10). It is a man in the middle on the frame level, between
 * the kit and a sound server: it hides from the server what the client did wrong, so that the pair behaves like a server
 * that does not notice; or it damages what the server says. Production code knows nothing of it.
 */
import type { TLSSocket, TlsOptions } from 'node:tls';
import {
  concat,
  Decoder,
  type ErrorCode,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  headers,
  INITIAL_SETTINGS,
  literal,
  type Payload,
  parsePayload,
  rstStream,
} from '../../wire/index.ts';
import type { CertificateKind } from '../targets/certificate.ts';

/** Makes the filters of one connection. */
export type Wire = (link: Link) => Filters;

export interface Fault {
  /** "chapter/slug", after the deviation. */
  readonly id: string;
  /** What this server does wrong, one sentence. */
  readonly deviation: string;
  /** The sentence it breaks: "RFC 9113 §6.5". */
  readonly clause: string;
  /** Ids of the cases that it makes fail. */
  readonly fails: readonly string[];
  /** What `seen` of each of them says: the deviation, not just any failure. */
  readonly seen: RegExp;
  /** The rows of these cases know nothing worse than weak: that is what the fault makes of them. */
  readonly grade?: 'weak';
  /** What stands before the sound server instead of the filters, where the deviation is one of TLS. */
  readonly front?: Front;
  /** Why it fails more than five cases, where it does. */
  readonly why?: string;
  /** The filters of one connection; what they must remember lives in their closure. */
  readonly wire?: Wire;
}

/** An end of TLS before a sound server: its options, and the kind of its certificate. */
export interface Front {
  readonly certificate?: CertificateKind;
  readonly options: TlsOptions;
  /** Speaks HTTP/2 whatever was agreed on. */
  readonly anyProtocol?: true;
  /** Breaks off a connection that was agreed on, when it answers true. */
  readonly refuses?: (socket: TLSSocket) => boolean;
}

/** Each takes a frame on its way and gives what goes on in its place: itself, others, none. */
export interface Filters {
  toServer?(frame: Frame): readonly Frame[];
  toClient?(frame: Frame): readonly Frame[];
  /** The first 24 octets of the client, whatever they are. */
  preface?(octets: Uint8Array): Uint8Array;
  /** What the server makes of one read of the client's octets behind the preface, before frames are cut out of them. */
  read?(octets: Uint8Array): Uint8Array;
}

/** What a filter may do beside answering: say something on its own. */
export interface Link {
  toServer(...frames: readonly Frame[]): void;
  toClient(...frames: readonly Frame[]): void;
  /** Ends both sides. */
  close(): void;
}

/** The server does not notice the client's frames that `matches`: they never reach it. */
export function hides(matches: (frame: Frame, payload: Payload) => boolean): Wire {
  return () => ({ toServer: frame => (matches(frame, parsePayload(frame)) ? [] : [frame]) });
}

/** Frames of the client reach the server in another form. */
export function alters(change: (frame: Frame, payload: Payload) => Frame | readonly Frame[]): Wire {
  return () => ({ toServer: frame => [change(frame, parsePayload(frame))].flat() });
}

/** Frames of the server reach the client in another form. */
export function damages(change: (frame: Frame, payload: Payload) => Frame | readonly Frame[]): Wire {
  return () => ({ toClient: frame => [change(frame, parsePayload(frame))].flat() });
}

/** A field section on its way, with what is known of its HEADERS frame. */
export interface Section {
  readonly stream: number;
  readonly endStream: boolean;
  readonly fields: readonly string[];
}

/** Decodes field blocks: wire/'s Decoder, or one that is wrong on purpose (hpack.ts). */
export interface BlockDecoder {
  decode(block: Uint8Array): readonly string[];
  /** Names of the section last decoded that came never-indexed. */
  readonly sensitive?: readonly string[] | null;
}

/**
 * Takes every field block apart and puts it together again without any table, with the fields that `change` gives (null
 * drops the frame). `decoder` may be one that is wrong on purpose: then the server behind it seems to decode that way.
 */
export function recode(
  change: (section: Section) => readonly string[] | null = ({ fields }) => fields,
  decoder: () => BlockDecoder = () => new Decoder(0xffff_ffff),
): (frame: Frame) => readonly Frame[] {
  const blocks = decoder();
  let held: Frame[] = [];
  return next => {
    const payload = parsePayload(next);
    const begins = payload.type === 'HEADERS' && held.length === 0;
    const continues = payload.type === 'CONTINUATION' && next.stream === held[0]?.stream;
    if (!begins && !continues) {
      // A frame inside a field block goes on as it came, with what is there of the block: the damage is the sender's.
      const broken = [...held, next];
      held = [];
      return broken;
    }
    held.push(next);
    if (!payload.endHeaders) return [];
    const whole = held;
    held = [];
    return rebuild(whole, blocks, change);
  };
}

function rebuild(
  frames: readonly Frame[],
  decoder: BlockDecoder,
  change: (section: Section) => readonly string[] | null,
): readonly Frame[] {
  const first = frames[0] as Frame;
  const endStream = (first.flags & FLAG.END_STREAM) !== 0;
  const fragments = frames.map(each => {
    const payload = parsePayload(each);
    return payload.type === 'HEADERS' || payload.type === 'CONTINUATION' ? payload.fragment : new Uint8Array(0);
  });
  const fields = change({ stream: first.stream, endStream, fields: decoder.decode(concat(fragments)) });
  if (fields === null) return [];
  return split(headers(first.stream, block(fields, decoder.sensitive ?? []), { endStream }));
}

/** Literals, never-indexed where they were. */
function block(fields: readonly string[], sensitive: readonly string[]): Uint8Array {
  const lines = Array.from({ length: fields.length / 2 }, (_, n) => {
    const [name, value] = [fields[2 * n] as string, fields[2 * n + 1] as string];
    return literal(name, value, sensitive.includes(name) ? 'never' : 'without');
  });
  return concat(lines);
}

/** Cuts a HEADERS frame above 16,384 octets into CONTINUATIONs. */
function split(whole: Frame): readonly Frame[] {
  const size = 16_384;
  if (whole.payload.length <= size) return [whole];
  const frames: Frame[] = [];
  for (let at = 0; at < whole.payload.length; at += size) {
    const last = at + size >= whole.payload.length;
    const part = whole.payload.subarray(at, at + size);
    const type = at === 0 ? FRAME_TYPE.HEADERS : FRAME_TYPE.CONTINUATION;
    const kept = at === 0 ? whole.flags & ~FLAG.END_HEADERS : 0;
    frames.push(frame(type, kept | (last ? FLAG.END_HEADERS : 0), whole.stream, part));
  }
  return frames;
}

/** Decodes what a client sends as a sound server does that leaves SETTINGS_HEADER_TABLE_SIZE alone. */
const strict = (): BlockDecoder => new Decoder(INITIAL_SETTINGS.HEADER_TABLE_SIZE);

/** The server takes requests for what `change` makes of them: it does not notice what was wrong. */
export function mendsRequests(change: (section: Section) => readonly string[] | null): Wire {
  return () => ({ toServer: recode(change, strict) });
}

/** The server's responses carry the fields that `change` makes of them. */
export function spoilsResponses(change: (section: Section) => readonly string[] | null): Wire {
  return () => ({ toClient: recode(change) });
}

/** The server takes sound requests that `matches` for malformed: it resets their streams. */
export function refusesRequests(matches: (section: Section) => boolean): Wire {
  return link => ({
    toServer: recode(section => {
      if (!matches(section)) return section.fields;
      link.toClient(rstStream(section.stream, 'PROTOCOL_ERROR'));
      return null;
    }, strict),
  });
}

/** The server takes frames of the client that `matches` for stream errors: it resets their streams. */
export function refusesFrames(matches: (frame: Frame, payload: Payload) => boolean): Wire {
  return link => ({
    toServer: frame => {
      if (!matches(frame, parsePayload(frame))) return [frame];
      link.toClient(rstStream(frame.stream, 'PROTOCOL_ERROR'));
      return [rstStream(frame.stream, 'CANCEL')];
    },
  });
}

/** The server takes frames of the client that `matches` for stream errors, and looks at them no further. */
export function resetsInstead(code: ErrorCode, matches: (frame: Frame, payload: Payload) => boolean): Wire {
  return link => ({
    toServer: frame => {
      if (!matches(frame, parsePayload(frame))) return [frame];
      link.toClient(rstStream(frame.stream, code));
      return [];
    },
  });
}

/** The server takes frames of the client that `matches` for connection errors. */
export function endsConnection(code: ErrorCode, matches: (frame: Frame, payload: Payload) => boolean): Wire {
  return link => {
    let last = 0;
    let over = false;
    return {
      toServer: frame => {
        if (over) return [];
        if (frame.type === FRAME_TYPE.HEADERS) last = Math.max(last, frame.stream);
        if (!matches(frame, parsePayload(frame))) return [frame];
        over = true;
        link.toClient(goaway(last, code));
        link.close();
        return [];
      },
      toClient: frame => (over ? [] : [frame]),
    };
  };
}
