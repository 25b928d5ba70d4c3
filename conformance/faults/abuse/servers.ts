/** What becomes of servers that fall to an abuse: they answer nobody, they end, they fill their memory. */
import { type Frame, type Payload, parsePayload } from '../../../wire/index.ts';
import type { FaultyServer } from '../gateway/fault.ts';
import { memory } from './memory.ts';

type Matches = (frame: Frame, payload: Payload) => boolean;

/** What the faults of this kind have in common, to be told once. */
export const UNANSWERED = /^the victim, who has done nothing, is not answered for \d+ ms/;
export const UNSERVED = /^the victim, who has done nothing, is not served any more|^behind the abuse a new connection/;
export const CROWDED = /^the application runs \d+ times at once, where \d+ streams are allowed/;
export const GROWN = /^the server's memory grows by \d+ MiB/;

/** Behind `most` frames that match the server is busy with them for good: it hears no client any more. */
export function busyWith(matches: Matches, most: number): () => FaultyServer {
  return () => {
    let count = 0;
    const toServer = (next: Frame): readonly Frame[] => {
      if (matches(next, parsePayload(next))) count += 1;
      return count > most ? [] : [next];
    };
    return { wire: () => ({ toServer }) };
  };
}

/** Behind `most` frames that match the server ends: every connection is lost, and there are no further ones. */
export function endsOf(matches: Matches, most: number): () => FaultyServer {
  return () => {
    const ends: (() => void)[] = [];
    let count = 0;
    const toServer = (next: Frame): readonly Frame[] => {
      if (matches(next, parsePayload(next))) count += 1;
      if (count === most + 1) for (const end of ends) end();
      return count > most ? [] : [next];
    };
    const wire: FaultyServer['wire'] = link => {
      ends.push(() => link.close());
      return { toServer };
    };
    return { wire, refuses: () => count > most };
  };
}

/** The server keeps so many octets for every frame that matches, received or sent, for as long as it lives. */
export function keeps(matches: Matches, octets: number, way: 'toServer' | 'toClient' = 'toServer'): () => FaultyServer {
  return () => {
    const { take, free } = memory();
    const passes = (next: Frame): readonly Frame[] => {
      if (matches(next, parsePayload(next))) take(octets);
      return [next];
    };
    return { wire: () => ({ [way]: passes }), free };
  };
}

/** Frames of a type. */
export const ofType =
  (...types: readonly number[]): Matches =>
  ({ type }) =>
    types.includes(type);
