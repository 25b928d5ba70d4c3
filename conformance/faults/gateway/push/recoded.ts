/** Promises on their way to the client, in another form. */
import {
  concat,
  continuation,
  Decoder,
  type Frame,
  headers,
  type Payload,
  parsePayload,
  plainBlock,
  pushPromise,
} from '../../../../wire/index.ts';
import type { Wire } from '../../fault.ts';

/** A PUSH_PROMISE with its whole field section. */
export interface PromiseSection {
  /** From 0, within the connection. */
  readonly count: number;
  readonly stream: number;
  readonly promised: number;
  readonly fields: readonly string[];
}

/** Octets of a block that go into one frame. */
const PART = 16_000;

/** The promise as a sound server sends it. */
export function promiseFrames({ stream, promised, fields }: PromiseSection): readonly Frame[] {
  const block = plainBlock(fields);
  const frames = [pushPromise(stream, promised, block.subarray(0, PART), { endHeaders: block.length <= PART })];
  for (let at = PART; at < block.length; at += PART)
    frames.push(continuation(stream, block.subarray(at, at + PART), at + PART >= block.length));
  return frames;
}

/**
 * Promises reach the client as the frames that `change` gives, and what else comes as those that `other` gives. All field
 * blocks are written anew without a table, so that one may be left out or come later.
 */
export function recodesPromises(
  change: (promise: PromiseSection) => readonly Frame[],
  other: (frame: Frame) => readonly Frame[] = frame => [frame],
): Wire {
  return () => {
    const decoder = new Decoder(0xffff_ffff);
    let held: Payload[] = [];
    let count = -1;
    return {
      toClient: frame => {
        const payload = parsePayload(frame);
        if (!('fragment' in payload)) return other(frame);
        held.push(payload);
        if (!payload.endHeaders) return [];
        const [first] = held;
        const fields = decoder.decode(
          concat(held.map(each => ('fragment' in each ? each.fragment : new Uint8Array(0)))),
        );
        held = [];
        if (first?.type !== 'PUSH_PROMISE')
          return other(
            headers(frame.stream, plainBlock(fields), { endStream: first?.type === 'HEADERS' && first.endStream }),
          );
        count += 1;
        return change({ count, stream: frame.stream, promised: first.promised, fields });
      },
    };
  };
}

/** The fields of promises reach the client as `change` gives them; the first promise of a connection is spared. */
export const spoilsPromises = (change: (fields: readonly string[]) => readonly string[]): Wire =>
  recodesPromises(promise =>
    promiseFrames(promise.count === 0 ? promise : { ...promise, fields: change(promise.fields) }),
  );

/** Promises, but for the first of a connection, go on as the frames that `change` gives. */
export const reframesPromises = (change: (promise: PromiseSection) => readonly Frame[]): Wire =>
  recodesPromises(promise => (promise.count === 0 ? promiseFrames(promise) : change(promise)));

/** Flat lists with another value for the field, or without it where that is null. */
export function withField(fields: readonly string[], name: string, value: string | null): readonly string[] {
  return fields.flatMap((text, i) => {
    if (i % 2 === 1) return [];
    const own = fields[i + 1] as string;
    if (text !== name) return [text, own];
    return value === null ? [] : [text, value];
  });
}
