/** How fields of a response are encoded (RFC 7541 §6.2). */
import { concat, type Indexing, type Payload, parseBlock } from '../../../../wire/index.ts';

/** Forms of the literals with that value, in the order in which they came; an indexed field shows as none. */
export function representations(frames: readonly { readonly payload: Payload }[], value: string): readonly Indexing[] {
  const fragments = frames.flatMap(({ payload }) =>
    payload.type === 'HEADERS' || payload.type === 'CONTINUATION' ? [payload.fragment] : [],
  );
  return parseBlock(concat(fragments)).instructions.flatMap(one =>
    one.kind === 'literal' && one.value.text === value ? [one.indexing] : [],
  );
}
