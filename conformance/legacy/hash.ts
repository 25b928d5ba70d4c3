import { createHash } from 'node:crypto';

/** SHA-256 in hex, as the probes give it. */
export function hashOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}
