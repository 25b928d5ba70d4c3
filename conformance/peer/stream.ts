/** One stream as the kit sees it: what both sides said on it, and the response as it came. */

export class StreamRecord {
  readonly id: number;
  readonly promised: boolean;
  /** Fields of the request that was promised, pseudo-fields first; empty on a stream of the kit's. */
  request: readonly string[] = [];
  method = '';
  /**
   * When the kit last said what the answer may wait for: the request, its end, credit. Milliseconds since the process began;
   * 0 on a promised stream and when the answer is whole.
   */
  sentAt = 0;
  sentEnd = false;
  sentReset = false;
  /** Octets of content and padding that the kit may still send. */
  sendWindow: number;
  /** Octets that the subject may still send; negative after a shrink. */
  receiveWindow: number;
  /** Final status; 0 until its head came. */
  status = 0;
  readonly interim: number[] = [];
  /** Fields of each informational response, with its status. */
  readonly interimFields: (readonly string[])[] = [];
  fields: readonly string[] = [];
  trailers: readonly string[] | null = null;
  /** Octets of content received. */
  octets = 0;
  gotEnd = false;
  /** Code of every RST_STREAM received. */
  readonly resets: number[] = [];

  constructor(id: number, promised: boolean, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.promised = promised;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** The subject has said its last: END_STREAM or RST_STREAM. */
  get over(): boolean {
    return this.gotEnd || this.resets.length > 0;
  }

  /** Counts for SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 §5.1.2). */
  get active(): boolean {
    return !this.sentReset && this.resets.length === 0 && !(this.sentEnd && this.gotEnd);
  }
}

/** Value of the first field of that name in a flat list; undefined where there is none. */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}
