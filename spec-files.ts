/**
 * The files of spec/, for what spec/ itself may not do: it is data and types, and imports nothing. `npm run spec` writes
 * spec/registry/msgi.json, the rows of the chapters' normative sentences.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asJson, type Chapter, extract } from './spec/extract.ts';

/** The sources' spec/ folder, from here as from the build in dist/. */
export const SPEC_FOLDER: string = findSpec(dirname(fileURLToPath(import.meta.url)));

function findSpec(from: string): string {
  const folder = join(from, 'spec');
  try {
    readFileSync(join(folder, '1-model.md'));
    return folder;
  } catch {
    if (dirname(from) === from) throw new Error('the chapters of spec/ are not here nor above');
    return findSpec(dirname(from));
  }
}

/** README.md and the chapters, 1 to 13 and A, in this order. */
export function readChapters(): readonly Chapter[] {
  const files = readdirSync(SPEC_FOLDER).filter(file => file.endsWith('.md'));
  const chapters = files.filter(file => file !== 'README.md').sort((a, b) => rank(a) - rank(b));
  return ['README.md', ...chapters].map(file => ({ file, text: readFileSync(join(SPEC_FOLDER, file), 'utf8') }));
}

/** Appendices have letters and come last. */
function rank(file: string): number {
  const number = Number.parseInt(file, 10);
  return Number.isNaN(number) ? 1000 + file.charCodeAt(0) : number;
}

/** Ids that were used once and never are again. */
export function readRetired(): readonly string[] {
  return JSON.parse(readFileSync(join(SPEC_FOLDER, 'registry/retired.json'), 'utf8'));
}

/** The registry file as it is checked in. */
export function readRegistry(): string {
  return readFileSync(join(SPEC_FOLDER, 'registry/msgi.json'), 'utf8');
}

if (/spec-files\.[jt]s$/.test(process.argv[1] ?? '')) {
  const { rows, problems } = extract(readChapters(), readRetired());
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) {
    process.exitCode = 1;
  } else {
    writeFileSync(join(SPEC_FOLDER, 'registry/msgi.json'), asJson(rows));
    process.stdout.write(`spec/registry/msgi.json: ${Object.keys(rows).length} rows\n`);
  }
}
