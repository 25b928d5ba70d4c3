/**
 * Which rows of the registry have a case, a reason, or neither. `npm run open` rewrites spec/registry/open.json, the list of
 * rows that wait for their case; a test fails when the list is out of date. It may only shrink: what is new in the registry is
 * taken up where its id, or the beginning of it, is named (`npm run open -- MSGI-PUSH-31`).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open, registry, requirementIds } from '../spec/registry/index.ts';
import type { NamedCase } from './case.ts';
import { allCases } from './selection.ts';
import { PACKAGE_ROOT } from './version.ts';

export interface Coverage {
  /** Rows that a case settles. */
  readonly covered: readonly string[];
  /** Rows that no case can be about, each with its reason. */
  readonly reasoned: readonly string[];
  /** Rows that wait for a case. */
  readonly waiting: readonly string[];
}

export function coverage(cases: readonly NamedCase[]): Coverage {
  const settled = new Set<string>(
    cases.flatMap(({ requirement, also = [], adapter = [] }) => [requirement, ...also, ...adapter]),
  );
  const covered = requirementIds.filter(id => settled.has(id));
  const rest = requirementIds.filter(id => !settled.has(id));
  return {
    covered,
    reasoned: rest.filter(id => registry[id].reason !== undefined),
    waiting: rest.filter(id => registry[id].reason === undefined),
  };
}

/** What is wrong with open.json: rows missing from it, and rows that have a case or a reason by now. */
export function openErrors(cases: readonly NamedCase[]): readonly string[] {
  const waiting = new Set(coverage(cases).waiting);
  return [
    ...[...waiting].filter(id => !open.has(id)).map(id => `${id} has no case, no reason, and is not in open.json`),
    ...[...open].filter(id => !waiting.has(id)).map(id => `${id} is in open.json although it has a case or a reason`),
  ];
}

if (process.argv[1]?.endsWith('open-rows.js')) {
  const { waiting } = coverage(allCases);
  const named = process.argv.slice(2);
  const grown = waiting.filter(id => !open.has(id) && !named.some(name => id.startsWith(name)));
  if (open.size > 0 && grown.length > 0) {
    process.stderr.write(
      `The list may only shrink, and these are new in it (name them to take them up): ${grown.join(', ')}\n`,
    );
    process.exitCode = 1;
  } else {
    writeFileSync(join(PACKAGE_ROOT, 'spec/registry/open.json'), `${JSON.stringify(waiting, null, 2)}\n`);
    process.stdout.write(`spec/registry/open.json: ${waiting.length} rows wait for a case (${open.size} before)\n`);
  }
}
