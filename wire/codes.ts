/** The numbers of RFC 9113: frame types (section 6), flags, error codes (section 7) and the preface (section 3.4). */

/** Frame types of RFC 9113 §6, ALTSVC (RFC 7838), ORIGIN (RFC 8336) and PRIORITY_UPDATE (RFC 9218). */
export const FRAME_TYPE = {
  DATA: 0x00,
  HEADERS: 0x01,
  PRIORITY: 0x02,
  RST_STREAM: 0x03,
  SETTINGS: 0x04,
  PUSH_PROMISE: 0x05,
  PING: 0x06,
  GOAWAY: 0x07,
  WINDOW_UPDATE: 0x08,
  CONTINUATION: 0x09,
  ALTSVC: 0x0a,
  ORIGIN: 0x0c,
  PRIORITY_UPDATE: 0x10,
} as const;

export type FrameTypeName = keyof typeof FRAME_TYPE;

const typeNames = new Map<number, FrameTypeName>(
  Object.entries(FRAME_TYPE).map(([name, type]) => [type, name as FrameTypeName]),
);

/** "HEADERS" for 1; "0x2a" for a type that no specification at hand defines. */
export function frameTypeName(type: number): string {
  return typeNames.get(type) ?? `0x${type.toString(16).padStart(2, '0')}`;
}

export const FLAG = {
  ACK: 0x01,
  END_STREAM: 0x01,
  END_HEADERS: 0x04,
  PADDED: 0x08,
  PRIORITY: 0x20,
} as const;

/** Flag names by type, in the order in which they are printed. */
const flagNames: Record<number, readonly (readonly [number, string])[]> = {
  [FRAME_TYPE.DATA]: [
    [FLAG.END_STREAM, 'END_STREAM'],
    [FLAG.PADDED, 'PADDED'],
  ],
  [FRAME_TYPE.HEADERS]: [
    [FLAG.END_STREAM, 'END_STREAM'],
    [FLAG.END_HEADERS, 'END_HEADERS'],
    [FLAG.PADDED, 'PADDED'],
    [FLAG.PRIORITY, 'PRIORITY'],
  ],
  [FRAME_TYPE.SETTINGS]: [[FLAG.ACK, 'ACK']],
  [FRAME_TYPE.PUSH_PROMISE]: [
    [FLAG.END_HEADERS, 'END_HEADERS'],
    [FLAG.PADDED, 'PADDED'],
  ],
  [FRAME_TYPE.PING]: [[FLAG.ACK, 'ACK']],
  [FRAME_TYPE.CONTINUATION]: [[FLAG.END_HEADERS, 'END_HEADERS']],
};

/** The flag bits that a frame type defines (RFC 9113 §4.1); 0 for types that define none. */
export function definedFlags(type: number): number {
  return (flagNames[type] ?? []).reduce((bits, [bit]) => bits | bit, 0);
}

/** Names of the flags set, undefined bits as one hexadecimal number at the end. */
export function flagList(type: number, flags: number): string[] {
  const names = (flagNames[type] ?? []).filter(([bit]) => flags & bit).map(([, name]) => name);
  const rest = flags & ~definedFlags(type);
  return rest === 0 ? names : [...names, `0x${rest.toString(16).padStart(2, '0')}`];
}

/** Error codes of RFC 9113 §7. */
export const ERROR_CODE = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

export type ErrorCode = keyof typeof ERROR_CODE;

const errorNames = Object.keys(ERROR_CODE) as ErrorCode[];

/** "PROTOCOL_ERROR" for 1; "0x1f" for a code outside the registry. */
export function errorName(code: number): ErrorCode | `0x${string}` {
  return errorNames[code] ?? `0x${code.toString(16)}`;
}

/** The 24 octets that open a client's connection (RFC 9113 §3.4). */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
export const PREFACE_OCTETS: Uint8Array = Uint8Array.from(PREFACE, c => c.charCodeAt(0));

/** Smallest and largest value of SETTINGS_MAX_FRAME_SIZE, and the default (RFC 9113 §6.5.2). */
export const MIN_MAX_FRAME_SIZE = 16_384;
export const MAX_MAX_FRAME_SIZE = 16_777_215;
/** Windows never pass this (RFC 9113 §6.9.1). */
export const MAX_WINDOW = 2_147_483_647;
/** Initial value of every flow-control window (RFC 9113 §6.9.2). */
export const DEFAULT_WINDOW = 65_535;
