/** SETTINGS of both sides: what we say, and what the peer's values change here (RFC 9113 §6.5). */
import {
  INITIAL_SETTINGS,
  readU16,
  readU32,
  SETTING,
  type SettingEntry,
  settingError,
  settingName,
} from '../../wire/index.ts';
import { connectionError } from './errors.ts';
import type { Limits } from './limits.ts';

/** The server's first SETTINGS: ":protocol" is taken (RFC 8441 §3); PRIORITY is ignored (RFC 9218 §2.1). */
export function localSettings(limits: Limits, extendedConnect: boolean, noTree: boolean): readonly SettingEntry[] {
  const entries: SettingEntry[] = [
    ['MAX_CONCURRENT_STREAMS', limits.concurrentStreams],
    ['INITIAL_WINDOW_SIZE', limits.initialWindow],
    ['MAX_HEADER_LIST_SIZE', limits.headerListSize],
  ];
  if (limits.headerTable !== INITIAL_SETTINGS.HEADER_TABLE_SIZE) {
    entries.push(['HEADER_TABLE_SIZE', limits.headerTable]);
  }
  if (extendedConnect) entries.push(['ENABLE_CONNECT_PROTOCOL', 1]);
  if (noTree) entries.push(['NO_RFC7540_PRIORITIES', 1]);
  return entries;
}

/** The peer's values in force. */
export interface PeerSettings {
  headerTableSize: number;
  enablePush: boolean;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  noRfc7540Priorities: boolean;
}

export function initialPeerSettings(): PeerSettings {
  return {
    headerTableSize: INITIAL_SETTINGS.HEADER_TABLE_SIZE,
    enablePush: true,
    maxConcurrentStreams: INITIAL_SETTINGS.MAX_CONCURRENT_STREAMS,
    initialWindowSize: INITIAL_SETTINGS.INITIAL_WINDOW_SIZE,
    maxFrameSize: INITIAL_SETTINGS.MAX_FRAME_SIZE,
    noRfc7540Priorities: false,
  };
}

export interface SettingsEffects {
  headerTableSize(size: number): void;
  /** Every send window of a stream moves by this. */
  initialWindowSize(by: number): void;
}

/** Applies the entries in `octets` from `start` to `end`, in order; unknown ids are passed over (§6.5.2). */
export function applySettings(
  peer: PeerSettings,
  octets: Uint8Array,
  start: number,
  end: number,
  effects: SettingsEffects,
): void {
  for (let at = start; at < end; at += 6) {
    const id = readU16(octets, at);
    const value = readU32(octets, at + 2);
    const error = settingError(id, value);
    if (error !== null) {
      throw connectionError(error, `SETTINGS_${settingName(id)} of ${value} is out of range (RFC 9113 section 6.5.2)`);
    }
    applySetting(peer, id, value, effects);
  }
}

function applySetting(peer: PeerSettings, id: number, value: number, effects: SettingsEffects): void {
  switch (id) {
    case SETTING.HEADER_TABLE_SIZE:
      peer.headerTableSize = value;
      effects.headerTableSize(value);
      break;
    case SETTING.ENABLE_PUSH:
      peer.enablePush = value === 1;
      break;
    case SETTING.MAX_CONCURRENT_STREAMS:
      peer.maxConcurrentStreams = value;
      break;
    case SETTING.INITIAL_WINDOW_SIZE: {
      const by = value - peer.initialWindowSize;
      peer.initialWindowSize = value;
      effects.initialWindowSize(by);
      break;
    }
    case SETTING.MAX_FRAME_SIZE:
      peer.maxFrameSize = value;
      break;
    case SETTING.NO_RFC7540_PRIORITIES:
      peer.noRfc7540Priorities = value === 1;
      break;
  }
}
