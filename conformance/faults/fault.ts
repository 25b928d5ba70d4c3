/**
 * A fault: one named deviation that makes cases fail (KIT rule 10). It is a man in the middle on the frame level, between
 * the kit and a sound server: it hides from the server what the client did wrong, so that the pair behaves like a server
 * that does not notice; or it damages what the server says. Production code knows nothing of it.
 */
import {
  concat,
  Decoder,
  FLAG,
  FRAME_TYPE,
  type Frame,
  frame,
  headers,
  type Payload,
  parsePayload,
  plainBlock,
} from '../../wire/index.ts';

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
  /** Why it fails more than five cases, where it does. */
  readonly why?: string;
  /** The filters of one connection; what they must remember lives in their closure. */
  wire(link: Link): Filters;
}

/** Each takes a frame on its way and gives what goes on in its place: itself, others, none. */
export interface Filters {
  toServer?(frame: Frame): readonly Frame[];
  toClient?(frame: Frame): readonly Frame[];
  /** The first 24 octets of the client, whatever they are. */
  preface?(octets: Uint8Array): Uint8Array;
}

/** What a filter may do beside answering: say something on its own. */
export interface Link {
  toServer(...frames: readonly Frame[]): void;
  toClient(...frames: readonly Frame[]): void;
  /** Ends both sides. */
  close(): void;
}

/** The server does not notice the client's frames that `matches`: they never reach it. */
export function hides(matches: (frame: Frame, payload: Payload) => boolean): Fault['wire'] {
  return () => ({ toServer: frame => (matches(frame, parsePayload(frame)) ? [] : [frame]) });
}

/** Frames of the client reach the server in another form. */
export function alters(change: (frame: Frame, payload: Payload) => Frame | readonly Frame[]): Fault['wire'] {
  return () => ({ toServer: frame => [change(frame, parsePayload(frame))].flat() });
}

/** Frames of the server reach the client in another form. */
export function damages(change: (frame: Frame, payload: Payload) => Frame | readonly Frame[]): Fault['wire'] {
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
  let open: { readonly first: Frame; readonly parts: Uint8Array[] } | null = null;
  return next => {
    const payload = parsePayload(next);
    if (payload.type === 'HEADERS') open = { first: next, parts: [payload.fragment] };
    else if (payload.type === 'CONTINUATION' && open !== null) open.parts.push(payload.fragment);
    else return [next];
    if (!payload.endHeaders) return [];
    const { first, parts } = open;
    open = null;
    const endStream = (first.flags & FLAG.END_STREAM) !== 0;
    const fields = change({ stream: first.stream, endStream, fields: blocks.decode(concat(parts)) });
    return fields === null ? [] : split(headers(first.stream, plainBlock(fields), { endStream }));
  };
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

/** The server takes requests for what `change` makes of them: it does not notice what was wrong. */
export function mendsRequests(change: (section: Section) => readonly string[] | null): Fault['wire'] {
  return () => ({ toServer: recode(change) });
}

/** The server's responses carry the fields that `change` makes of them. */
export function spoilsResponses(change: (section: Section) => readonly string[] | null): Fault['wire'] {
  return () => ({ toClient: recode(change) });
}
