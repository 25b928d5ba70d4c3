/** Settings of RFC 9113 §6.5.2, RFC 8441 §3 and RFC 9218 §2.1: ids, initial values, legal ranges. */
import { type ErrorCode, MAX_MAX_FRAME_SIZE, MAX_WINDOW, MIN_MAX_FRAME_SIZE } from './codes.ts';

export const SETTING = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
  NO_RFC7540_PRIORITIES: 0x9,
} as const;

export type SettingName = keyof typeof SETTING;

/** An id by name or by number, and a value of 32 bits. */
export type SettingEntry = readonly [SettingName | number, number];

export function settingId(name: SettingName | number): number {
  return typeof name === 'number' ? name : SETTING[name];
}

const names = new Map<number, SettingName>(Object.entries(SETTING).map(([name, id]) => [id, name as SettingName]));

/** "INITIAL_WINDOW_SIZE" for 4; "0x5a5a" for an unknown id. */
export function settingName(id: number): string {
  return names.get(id) ?? `0x${id.toString(16)}`;
}

/** Values before any SETTINGS frame was seen; Infinity where there is no limit. */
export const INITIAL_SETTINGS: Readonly<Record<SettingName, number>> = {
  HEADER_TABLE_SIZE: 4096,
  ENABLE_PUSH: 1,
  MAX_CONCURRENT_STREAMS: Number.POSITIVE_INFINITY,
  INITIAL_WINDOW_SIZE: 65_535,
  MAX_FRAME_SIZE: MIN_MAX_FRAME_SIZE,
  MAX_HEADER_LIST_SIZE: Number.POSITIVE_INFINITY,
  ENABLE_CONNECT_PROTOCOL: 0,
  NO_RFC7540_PRIORITIES: 0,
};

/** The connection error that a value out of range calls for, or null; unknown ids are always legal (RFC 9113 §6.5.2). */
export function settingError(id: number, value: number): ErrorCode | null {
  switch (id) {
    case SETTING.ENABLE_PUSH:
    case SETTING.ENABLE_CONNECT_PROTOCOL:
    case SETTING.NO_RFC7540_PRIORITIES:
      return value > 1 ? 'PROTOCOL_ERROR' : null;
    case SETTING.INITIAL_WINDOW_SIZE:
      return value > MAX_WINDOW ? 'FLOW_CONTROL_ERROR' : null;
    case SETTING.MAX_FRAME_SIZE:
      return value < MIN_MAX_FRAME_SIZE || value > MAX_MAX_FRAME_SIZE ? 'PROTOCOL_ERROR' : null;
    default:
      return null;
  }
}
