/**
 * Field blocks of responses. The last few are kept, each with the arguments and the state of the table it was made from:
 * most servers answer the same few heads all day, and a block that inserts nothing into the table can be sent again as it
 * is.
 */
import { Encoder } from '../../wire/index.ts';

/** A flat list; names in `sensitive` are sent never-indexed. */
export interface FieldList extends ReadonlyArray<string> {
  readonly sensitive?: readonly string[];
}

interface Memo {
  readonly status: number;
  /** The caller's list, and what stood in it: it may have been changed since. */
  readonly list: FieldList;
  readonly copy: readonly string[];
  readonly sensitive: readonly string[] | undefined;
  readonly contentLength: number;
  readonly date: string;
  readonly inserted: number;
  readonly entries: number;
  readonly block: Uint8Array;
}

const KEPT = 4;

export class ResponseBlocks {
  readonly encoder: Encoder;
  readonly #memos: Memo[] = [];
  #oldest = 0;

  constructor(tableCeiling: number) {
    this.encoder = new Encoder(tableCeiling);
  }

  /** The block made before from equal arguments, while it still says the same; it need not be checked again. */
  find(status: number, list: FieldList, contentLength: number, date: string): Uint8Array | null {
    const { table, updateDue } = this.encoder;
    for (const memo of this.#memos) {
      if (
        memo.list === list &&
        memo.status === status &&
        memo.contentLength === contentLength &&
        memo.date === date &&
        memo.inserted === table.inserted &&
        memo.entries === table.length &&
        memo.sensitive === list.sensitive &&
        !updateDue &&
        same(memo.copy, list)
      ) {
        return memo.block;
      }
    }
    return null;
  }

  /**
   * A new block, good until the next one. `contentLength` −1 and `date` "" add no such field. `remember` keeps it for
   * `find`: only for lists that were checked.
   */
  make(status: number, list: FieldList, contentLength: number, date: string, remember = false): Uint8Array {
    const { encoder } = this;
    const { updateDue } = encoder;
    const { inserted } = encoder.table;
    const { sensitive } = list;
    encoder.begin();
    encoder.add(':status', String(status));
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i] as string;
      encoder.add(name, list[i + 1] as string, sensitive?.includes(name));
    }
    if (contentLength >= 0) encoder.add('content-length', String(contentLength));
    if (date !== '') encoder.add('date', date);
    const block = encoder.finish();
    const repeatable = remember && !updateDue && inserted === encoder.table.inserted && sensitive === undefined;
    if (repeatable) this.#keep(status, list, contentLength, date, block.slice());
    return block;
  }

  /** A section as it is: trailers, or a promised request. */
  section(list: FieldList): Uint8Array {
    const { encoder } = this;
    encoder.begin();
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i] as string;
      encoder.add(name, list[i + 1] as string, list.sensitive?.includes(name));
    }
    return encoder.finish();
  }

  #keep(status: number, list: FieldList, contentLength: number, date: string, block: Uint8Array): void {
    const { inserted, length } = this.encoder.table;
    this.#memos[this.#oldest] = {
      status,
      list,
      copy: [...list],
      sensitive: list.sensitive,
      contentLength,
      date,
      inserted,
      entries: length,
      block,
    };
    this.#oldest = (this.#oldest + 1) % KEPT;
  }
}

function same(copy: readonly string[], list: readonly string[]): boolean {
  if (copy.length !== list.length) return false;
  for (let i = 0; i < copy.length; i += 1) if (copy[i] !== list[i]) return false;
  return true;
}
