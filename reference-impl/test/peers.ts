/** Programs of others that tests need. */
import { existsSync } from 'node:fs';

/** Skipped with the reason where the tool is missing, unless MSGI_REQUIRE_PEERS=1 makes that a failure. */
export function needs(path: string): { skip: string | false } {
  const missing = !existsSync(path) && process.env['MSGI_REQUIRE_PEERS'] !== '1';
  return { skip: missing ? `${path} is not installed` : false };
}
