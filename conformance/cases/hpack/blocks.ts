/** Field blocks put together instruction by instruction, so that a case says exactly what a table will hold. */
import { concat, type Frame, headers, indexed, literal, plainBlock, sizeUpdate } from '../../../wire/index.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';

/** Indices of the static table (RFC 7541 Appendix A). */
const AUTHORITY = 1;
const METHOD_GET = 2;
export const PATH = 4;
const SCHEME = { http: 6, https: 7 } as const;

/** Index of the newest entry of the dynamic table, and of those before it (RFC 7541 §2.3.3). */
export const NEWEST = 62;

export interface RequestBlock {
  /** The instruction that gives :path. */
  readonly path: Uint8Array;
  readonly before?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
}

/** A GET whose only use of the dynamic table is what `before`, `path` and `after` say. */
export function block(trial: Trial, { path, before = [], after = [] }: RequestBlock): Uint8Array {
  const { endpoint, authority, fields } = trial.subject;
  const control = [indexed(METHOD_GET), indexed(SCHEME[endpoint.scheme]), literal(AUTHORITY, authority)];
  return concat([...before, ...control, path, plainBlock(fields), ...after]);
}

/** HEADERS of that request on the next stream. */
export function request(trial: Trial, peer: Peer, parts: RequestBlock): Frame {
  return headers(peer.nextStream(), block(trial, parts), { endStream: true });
}

/** :path as a literal that is inserted, so that a later block can name the resource by its index. */
export function insertPath(path: string, huffman = false): Uint8Array {
  return literal(PATH, path, 'incremental', huffman);
}

/** :path as a literal that leaves the table alone. */
export function plainPath(path: string): Uint8Array {
  return literal(PATH, path);
}

/** A regular field of exactly `size` octets as RFC 7541 §4.1 counts them, to be inserted. */
export function filler(size: number, name = 'x-fill'): Uint8Array {
  return literal(name, 'f'.repeat(size - 32 - name.length), 'incremental');
}

/** The size of a section as RFC 9113 §6.5.2 counts it. */
export const counted = (fields: readonly string[]): number => fields.reduce((sum, text) => sum + text.length + 16, 0);

/**
 * The table size that both sides are sure of: the case opens its first block with the update, so that nothing rests on what
 * a raised setting does by itself. What fills the table goes into one section: it stays within MAX_HEADER_LIST_SIZE.
 */
export function usable(
  trial: Trial,
  peer: Peer,
  wanted: number,
): { readonly size: number; readonly update: Uint8Array } {
  const list = peer.ledger.setting('theirs', 'MAX_HEADER_LIST_SIZE') - counted(peer.fieldsOf());
  const size = Math.max(0, Math.min(4096, peer.ledger.setting('theirs', 'HEADER_TABLE_SIZE'), list));
  if (size < wanted)
    trial.notApplicable(`HEADER_TABLE_SIZE and MAX_HEADER_LIST_SIZE leave ${size} octets for the entries of this case`);
  return { size, update: sizeUpdate(size) };
}
