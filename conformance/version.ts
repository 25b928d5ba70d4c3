/** Who judged: the kit's version and its place, from its package.json. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the package, from its sources as from its build. */
export const PACKAGE_ROOT: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  const manifest = readPackage(from);
  if (manifest?.name === 'msgi') return from;
  const above = dirname(from);
  if (above === from) throw new Error('the package.json of msgi is not above its own files');
  return findRoot(above);
}

function readPackage(folder: string): { readonly name?: string; readonly version?: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}

export const VERSION: string = readPackage(PACKAGE_ROOT)?.version ?? '0.0.0';

export function kitFacts(): { readonly name: 'msgi'; readonly version: string; readonly node: string } {
  return { name: 'msgi', version: VERSION, node: process.version };
}
