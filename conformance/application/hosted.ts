/** The cases whose handlers a process has: to load those of all suites takes as long as to start the server. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { Case } from '../case.ts';

export type HostedCase = Pick<Case, 'id' | 'app' | 'exports'>;

/** By id: all of them, or those of the one suite that is named. */
export async function hostedCases(suite?: string): Promise<ReadonlyMap<string, HostedCase>> {
  const cases = suite === undefined ? await all() : await ofSuite(suite);
  return new Map(cases.map(one => [one.id, one]));
}

async function all(): Promise<readonly HostedCase[]> {
  const [{ gatewayCases }, { abuseCases }] = await Promise.all([
    import('../cases/gateway/index.ts'),
    import('../cases/abuse/index.ts'),
  ]);
  return [...gatewayCases, ...abuseCases];
}

/** A suite has a folder of its name; one that is not there needs no handler. */
async function ofSuite(name: string): Promise<readonly HostedCase[]> {
  const file = new URL(`../cases/gateway/${name}/index${extname(import.meta.url)}`, import.meta.url);
  if (!existsSync(file)) return [];
  const suite = (await import(file.href)) as { readonly default: readonly HostedCase[] };
  return suite.default;
}
