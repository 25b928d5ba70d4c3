/**
 * The books of one connection: settings of both sides, windows both ways, streams. Both checks draw on them, that of what
 * the subject sends (grammar.ts) and that of what the kit sends (own-traffic.ts).
 */
import { DEFAULT_WINDOW, INITIAL_SETTINGS, SETTING, type SettingEntry, settingId } from '../../wire/index.ts';
import { StreamRecord } from './stream.ts';

/** The values that a case sends; what it leaves out has the initial value. */
export type SettingValues = Map<number, number>;

const INITIAL = new Map<number, number>(
  Object.entries(INITIAL_SETTINGS).map(([name, value]) => [SETTING[name as keyof typeof SETTING], value]),
);

export class Ledger {
  readonly streams = new Map<number, StreamRecord>();
  /** What the subject's SETTINGS say, in force at once: the kit acknowledges what it reads. */
  readonly theirs: SettingValues = new Map(INITIAL);
  /** What the kit's SETTINGS say, as far as the subject has acknowledged them. */
  readonly ours: SettingValues = new Map(INITIAL);
  /** SETTINGS of the kit that wait for their acknowledgement, oldest first. */
  readonly unacknowledged: (readonly SettingEntry[])[] = [];
  /** Connection windows: what the kit may send, and what the subject may send. */
  sendWindow = DEFAULT_WINDOW;
  receiveWindow = DEFAULT_WINDOW;
  highestSent = 0;
  highestPromised = 0;

  setting(book: 'ours' | 'theirs', name: keyof typeof SETTING): number {
    return this[book].get(SETTING[name]) as number;
  }

  stream(id: number): StreamRecord | undefined {
    return this.streams.get(id);
  }

  /** Opens a stream of the kit's, or one that the subject promised. */
  open(id: number, promised = false): StreamRecord {
    const stream = new StreamRecord(
      id,
      promised,
      this.setting('theirs', 'INITIAL_WINDOW_SIZE'),
      this.#initialReceiveWindow(),
    );
    this.streams.set(id, stream);
    if (promised) this.highestPromised = Math.max(this.highestPromised, id);
    else this.highestSent = Math.max(this.highestSent, id);
    return stream;
  }

  get activeStreams(): number {
    let active = 0;
    for (const stream of this.streams.values()) if (!stream.promised && stream.active) active += 1;
    return active;
  }

  /** The subject's SETTINGS shift the windows of running streams (RFC 9113 §6.9.2). */
  applyTheirs(entries: readonly (readonly [number, number])[]): void {
    for (const [id, value] of entries) {
      if (id === SETTING.INITIAL_WINDOW_SIZE) {
        const shift = value - (this.theirs.get(id) as number);
        for (const stream of this.streams.values()) stream.sendWindow += shift;
      }
      this.theirs.set(id, value);
    }
  }

  /**
   * The kit's SETTINGS go out. A window that grows is granted at once, since the subject may use it from now on; one that
   * shrinks binds from the acknowledgement on, which is when the subject has said that it knows.
   */
  sendOurs(entries: readonly SettingEntry[]): void {
    if (entries.length === 0) {
      this.unacknowledged.push(entries);
      return;
    }
    const before = this.#initialReceiveWindow();
    this.unacknowledged.push(entries);
    this.#shift(this.#initialReceiveWindow() - before);
  }

  /** Oldest SETTINGS of the kit acknowledged; undefined where none was waiting. */
  acknowledge(): readonly SettingEntry[] | undefined {
    if (this.unacknowledged[0]?.length === 0) return this.unacknowledged.shift();
    const before = this.#initialReceiveWindow();
    const entries = this.unacknowledged.shift();
    for (const [name, value] of entries ?? []) this.ours.set(settingId(name), value);
    this.#shift(this.#initialReceiveWindow() - before);
    return entries;
  }

  #shift(by: number): void {
    for (const stream of this.streams.values()) stream.receiveWindow += by;
  }

  /** The largest value that the subject may hold in force for a setting of ours: acknowledged, or on its way. */
  largest(name: keyof typeof SETTING): number {
    let largest = this.setting('ours', name);
    // One SETTINGS frame may have more values than a call takes arguments.
    for (const value of this.#pending(SETTING[name])) largest = Math.max(largest, value);
    return largest;
  }

  #initialReceiveWindow(): number {
    return this.largest('INITIAL_WINDOW_SIZE');
  }

  *#pending(id: number): Iterable<number> {
    for (const entries of this.unacknowledged) {
      for (const [name, value] of entries) if (settingId(name) === id) yield value;
    }
  }
}
