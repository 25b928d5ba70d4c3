/**
 * Octets of HTTP/2: frames and payloads (RFC 9113 §6), settings, HPACK (RFC 7541). No connection state, no input or
 * output, nothing of Node: what is legal is for others to decide.
 * @module
 */
export * from './codes.ts';
export * from './frame.ts';
export { Decoder, HpackError } from './hpack/decoder.ts';
export { ALWAYS_SENSITIVE, Encoder } from './hpack/encoder.ts';
export { huffmanDecode, huffmanEncode, huffmanLength } from './hpack/huffman.ts';
export * from './hpack/instruction.ts';
export { integer, readInteger } from './hpack/integer.ts';
export { STATIC_TABLE } from './hpack/static-table.ts';
export { DynamicTable, ENTRY_OVERHEAD, entrySize, STATIC_LENGTH } from './hpack/table.ts';
export * from './octets.ts';
export * from './payload.ts';
export * from './settings.ts';
