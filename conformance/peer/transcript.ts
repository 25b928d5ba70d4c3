/** The record of a case: every frame of both directions, in the order in which the kit sent or read them. */
import type { Frame, Payload } from '../../wire/index.ts';
import { encodeFrame, errorName, flagList, frameTypeName, hex, latin1Text, settingName } from '../../wire/index.ts';
import { RAW_CAP, type TranscriptEntry } from '../result.ts';

export class Transcript {
  readonly entries: TranscriptEntry[] = [];
  readonly #start = performance.now();
  #connections = 0;

  /** A number for the next connection of the case. */
  connection(): number {
    this.#connections += 1;
    return this.#connections;
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
      payload: describePayload(payload, fields),
      raw: hex(encodeFrame(kept, frame.payload.length)),
      ...(note === undefined ? {} : { note }),
    });
  }

  event(
    direction: '>' | '<' | '-',
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
      raw: hex(octets.subarray(0, RAW_CAP)),
    });
  }

  #add(entry: Omit<TranscriptEntry, 't_us'>): void {
    this.entries.push({ t_us: Math.round((performance.now() - this.#start) * 1000), ...entry });
  }
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
      return payload.entries.map(([id, value]) => `${settingName(id)}=${value}`).join(', ');
    case 'PING':
      return hex(payload.opaque);
    case 'GOAWAY':
      return `${errorName(payload.code)}, last stream ${payload.lastStream}${payload.debug.length > 0 ? `, "${printable(latin1Text(payload.debug.subarray(0, 120)))}"` : ''}`;
    case 'WINDOW_UPDATE':
      return `+${payload.increment}`;
    case 'ALTSVC':
      return `${printable(payload.origin)} ${printable(payload.value)}`;
    case 'ORIGIN':
      return payload.origins.map(printable).join(' ');
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
  for (let i = 0; i < fields.length; i += 2)
    lines.push(`${printable(fields[i] ?? '')} ${printable(fields[i + 1] ?? '')}`);
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
  const where = entry.direction === '-' || entry.type === 'PREFACE' ? '' : ` stream ${entry.stream}`;
  const note = entry.note === undefined ? '' : `   (${entry.note})`;
  return `${time} ms  ${entry.connection} ${entry.direction} ${entry.type}${where}${flags}  ${entry.payload}${note}`.trimEnd();
}
