/** The record of a case: every frame of both directions, in the order in which the kit sent or read them. */
import type { Frame, Instruction, Payload } from '../../wire/index.ts';
import {
  encodeFrame,
  errorName,
  flagList,
  frameTypeName,
  hex,
  latin1Text,
  parseBlock,
  STATIC_LENGTH,
  STATIC_TABLE,
  settingName,
} from '../../wire/index.ts';
import { RAW_CAP, type TranscriptEntry } from '../result.ts';
import { Waits } from '../waits.ts';

/** What is kept of a long record: the first entries, up to about so many characters, and the last ones. */
const FIRST = 2000;
const FIRST_CHARACTERS = 2 ** 18;
const LAST = 500;

/** Field lines that are put into words. */
const MOST_LINES = 100;

export class Transcript {
  readonly #first: TranscriptEntry[] = [];
  #last: TranscriptEntry[] = [];
  #characters = 0;
  #leftOut = 0;
  /** Connections on which the kit's field block was cut within an instruction: what follows cannot be put into words. */
  readonly #torn = new Set<number>();
  readonly #start = performance.now();
  #connections = 0;
  /** What the case waited for. */
  readonly waits = new Waits();

  /** A number for the next connection of the case. */
  connection(): number {
    this.#connections += 1;
    return this.#connections;
  }

  /** In order; where there were too many, the entry behind the gap has a note of how many were left out. */
  get entries(): readonly TranscriptEntry[] {
    const cut = Math.max(0, this.#last.length - LAST);
    const [next, ...rest] = this.#last.slice(cut);
    if (next === undefined) return [...this.#first];
    const leftOut = this.#leftOut + cut;
    if (leftOut === 0) return [...this.#first, next, ...rest];
    const note = `${leftOut} entries before this one are left out${next.note === undefined ? '' : `; ${next.note}`}`;
    return [...this.#first, { ...next, note }, ...rest];
  }

  frame(
    direction: '>' | '<',
    connection: number,
    frame: Frame,
    payload: Payload,
    fields: readonly string[] | null,
    note?: string,
  ): void {
    const kept =
      frame.payload.length + 9 > RAW_CAP ? { ...frame, payload: frame.payload.subarray(0, RAW_CAP - 9) } : frame;
    this.#add({
      direction,
      connection,
      type: frameTypeName(frame.type),
      flags: flagList(frame.type, frame.flags),
      stream: frame.stream,
      length: frame.payload.length,
      payload: (direction === '>' ? this.#instructions(connection, payload) : null) ?? describePayload(payload, fields),
      raw: digits(encodeFrame(kept, frame.payload.length)),
      ...(note === undefined ? {} : { note }),
    });
  }

  event(
    direction: TranscriptEntry['direction'],
    connection: number,
    type: string,
    payload: string,
    octets: Uint8Array = new Uint8Array(0),
  ): void {
    this.#add({
      direction,
      connection,
      type,
      flags: [],
      stream: 0,
      length: octets.length,
      payload,
      raw: digits(octets.subarray(0, RAW_CAP)),
    });
  }

  #add(entry: Omit<TranscriptEntry, 't_us'>): void {
    const timed = { t_us: Math.round((performance.now() - this.#start) * 1000), ...entry };
    this.#characters += entry.raw.length + entry.payload.length;
    if (this.#first.length < FIRST && this.#characters <= FIRST_CHARACTERS) {
      this.#first.push(timed);
      return;
    }
    // What comes behind the gap is the end of the record, whatever room there is before it.
    this.#characters = Number.POSITIVE_INFINITY;
    this.#last.push(timed);
    if (this.#last.length < 2 * LAST) return;
    this.#last = this.#last.slice(LAST);
    this.#leftOut += LAST;
  }

  /** The kit's own field block by its instructions, which may be the point of the case; null for what does not parse. */
  #instructions(connection: number, payload: Payload): string | null {
    if (payload.type !== 'HEADERS' && payload.type !== 'CONTINUATION' && payload.type !== 'PUSH_PROMISE') return null;
    const torn = payload.type === 'CONTINUATION' && this.#torn.has(connection);
    const words = torn ? null : describeBlock(payload.fragment);
    if (words === null && !payload.endHeaders) this.#torn.add(connection);
    else if (payload.endHeaders) this.#torn.delete(connection);
    if (words === null) return null;
    return payload.type === 'PUSH_PROMISE' ? `promises ${payload.promised}; ${words}` : words;
  }
}

/** ":method GET; index 62; size update 0": a block without a table, or null where it is no sequence of instructions. */
export function describeBlock(block: Uint8Array): string | null {
  const { instructions, error } = parseBlock(block);
  return error === null && instructions.length > 0 ? joined(instructions.map(describeInstruction)) : null;
}

function describeInstruction(instruction: Instruction): string {
  if (instruction.kind === 'size') return `size update ${instruction.size}`;
  if (instruction.kind === 'indexed') {
    const { index } = instruction;
    const known = index > 0 && index <= STATIC_LENGTH;
    return known ? `index ${index} (${STATIC_TABLE[2 * index - 2]} ${STATIC_TABLE[2 * index - 1]})` : `index ${index}`;
  }
  const { nameIndex, name, value } = instruction;
  const known = name?.text ?? (nameIndex <= STATIC_LENGTH ? STATIC_TABLE[2 * nameIndex - 2] : undefined);
  return `${known === undefined ? `name of index ${nameIndex}` : printable(known)} ${printable(value.text)}`;
}

function joined(lines: readonly string[]): string {
  const kept = lines.slice(0, MOST_LINES);
  if (lines.length > MOST_LINES) kept.push(`and ${lines.length - MOST_LINES} more`);
  return kept.map(line => line.trimEnd()).join('; ');
}

/** Hexadecimal digits, by Node's own hand: a run writes some hundred thousand octets so. */
function digits(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex');
}

/** The payload in words: "code PROTOCOL_ERROR", ":status 200; content-length 16". */
export function describePayload(payload: Payload, fields: readonly string[] | null): string {
  switch (payload.type) {
    case 'DATA':
      return payload.padding === null
        ? `${payload.content.length} octets`
        : `${payload.content.length} octets, ${payload.padding.length} of padding`;
    case 'HEADERS':
    case 'CONTINUATION':
      return fields === null ? `fragment of ${payload.fragment.length} octets` : describeFields(fields);
    case 'PUSH_PROMISE':
      return `promises ${payload.promised}${fields === null ? '' : `; ${describeFields(fields)}`}`;
    case 'PRIORITY':
      return `dependency ${payload.dependency}${payload.exclusive ? ' exclusive' : ''}, weight ${payload.weight}`;
    case 'RST_STREAM':
      return errorName(payload.code);
    case 'SETTINGS':
      return payload.entries
        .slice(0, MOST_LINES)
        .map(([id, value]) => `${settingName(id)}=${value}`)
        .join(', ');
    case 'PING':
      return hex(payload.opaque);
    case 'GOAWAY':
      return `${errorName(payload.code)}, last stream ${payload.lastStream}${payload.debug.length > 0 ? `, "${printable(latin1Text(payload.debug.subarray(0, 120)))}"` : ''}`;
    case 'WINDOW_UPDATE':
      return `+${payload.increment}`;
    case 'ALTSVC':
      return `${printable(payload.origin)} ${printable(payload.value)}`;
    case 'ORIGIN':
      return payload.origins.slice(0, MOST_LINES).map(printable).join(' ');
    case 'PRIORITY_UPDATE':
      return `stream ${payload.prioritized}: ${printable(payload.value)}`;
    case 'malformed':
      return `malformed: ${payload.why}`;
    default:
      return '';
  }
}

export function describeFields(fields: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < fields.length && lines.length < MOST_LINES; i += 2)
    lines.push(`${printable(fields[i] ?? '')} ${printable(fields[i + 1] ?? '')}`);
  if (fields.length > 2 * MOST_LINES) lines.push(`and ${fields.length / 2 - MOST_LINES} more`);
  return lines.join('; ');
}

/** Control octets and those above ASCII as \xNN; long texts cut. */
export function printable(text: string): string {
  const cut = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return cut.replace(/[^\x20-\x7e]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** One line of a transcript for a terminal or a log. */
export function formatEntry(entry: TranscriptEntry): string {
  const time = (entry.t_us / 1000).toFixed(2).padStart(9);
  const flags = entry.flags.length > 0 ? ` ${entry.flags.join(' ')}` : '';
  const bare = entry.direction === '-' || entry.direction === '=' || entry.type === 'PREFACE';
  const where = bare ? '' : ` stream ${entry.stream}`;
  const note = entry.note === undefined ? '' : `   (${entry.note})`;
  return `${time} ms  ${entry.connection} ${entry.direction} ${entry.type}${where}${flags}  ${entry.payload}${note}`.trimEnd();
}
