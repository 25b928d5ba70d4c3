/** The judge of programs is judged: sound ones pass every case, bad ones get the verdict that the broken sentence allows. */

import { registry } from '../../spec/registry/index.ts';
import { applicationCatalogue } from '../cases/application/index.ts';
import { middlewareCatalogue } from '../cases/middleware/index.ts';
import { middlewareFaults, programFaults, SOUND } from '../faults/applications/index.ts';
import type { Proof } from '../prove.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import type { ApplicationCase } from './case.ts';
import type { Kind } from './job.ts';
import { Runner, type Told } from './run.ts';

export interface ProveProgramsOptions {
  readonly jobs: number;
  readonly timeout: number;
  /** Only the cases whose id begins so. */
  readonly only: string;
}

interface Suite {
  readonly kind: Kind;
  readonly cases: readonly ApplicationCase[];
  readonly faults: readonly { readonly id: string; readonly fails: readonly string[]; readonly seen: RegExp }[];
}

const SUITES: readonly Suite[] = [
  { kind: 'app', cases: applicationCatalogue, faults: programFaults },
  { kind: 'middleware', cases: middlewareCatalogue, faults: middlewareFaults },
];

export async function provePrograms(options: ProveProgramsOptions, told: (proof: Proof) => void): Promise<void> {
  for (const { kind, cases, faults } of SUITES) {
    const chosen = cases.filter(({ id }) => id.startsWith(options.only));
    for (const { id } of chosen)
      if (!faults.some(({ fails }) => fails.includes(id))) told(proof(id, null, null, 'no fault fails it'));
    const subjects = [null, ...faults.filter(({ fails }) => chosen.some(({ id }) => fails.includes(id)))];
    await pooled(subjects, options.jobs, async fault => {
      const runner = await opened(kind, fault?.id ?? SOUND, options.timeout);
      const judged = chosen.filter(({ id }) => fault === null || fault.fails.includes(id));
      await pooled(judged, fault === null ? options.jobs : 1, async body => {
        const one = await runner.attempt(body);
        told(proof(body.id, fault?.id ?? null, one, fault === null ? unsound(one) : unfounded(body, fault.seen, one)));
      });
    });
  }
}

async function opened(kind: Kind, fault: string, timeout: number): Promise<Runner> {
  const runner = new Runner(kind, { fault }, { ...DEFAULT_OPTIONS, timeout, jobs: 1, wishes: [], argument: '' });
  await runner.look();
  return runner;
}

async function pooled<T>(items: readonly T[], jobs: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next[1]);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

function proof(caseId: string, fault: string | null, one: Told | null, defect: string | null): Proof {
  return { caseId, fault, verdict: one?.verdict ?? '-', seen: one?.seen ?? '', defect };
}

function unsound({ verdict }: Told): string | null {
  return verdict === 'pass' ? null : 'the sound program does not pass';
}

/** A SHOULD that is missed is weak, and nothing worse. */
function unfounded(body: ApplicationCase, seen: RegExp, one: Told): string | null {
  const due = registry[body.requirement].level.startsWith('SHOULD') ? 'weak' : 'fail';
  if (one.verdict !== due) return `the verdict is not ${due}`;
  if (one.reason === 'no-control') return 'it fails by no-control';
  if (one.controls === 0 && body.handshake !== true) return 'no positive control passed';
  return seen.test(one.seen) ? null : `what is seen does not state the deviation (${seen})`;
}
