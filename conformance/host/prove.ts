/** The judge of hosts is judged: the sound host passes every case, and each fault fails its own for the reason that it names. */
import { join } from 'node:path';
import { hostCatalogue } from '../cases/host/index.ts';
import { FAULT } from '../faults/gateway/fault.ts';
import type { HostFault } from '../faults/host/fault.ts';
import { hostFaults } from '../faults/host/index.ts';
import type { Proof } from '../prove.ts';
import { PACKAGE_ROOT } from '../version.ts';
import type { Told } from './attempt.ts';
import type { HostCase } from './case.ts';
import { filled } from './certify.ts';
import { type Subject, Workplace } from './run.ts';

export interface ProveHostsOptions {
  readonly jobs: number;
  readonly timeout: number;
  /** Only the cases whose id begins so. */
  readonly only: string;
}

/** Milliseconds until a case gives up under a fault by which what it waits for never comes. */
const PATIENCE_MS = 1500;

const FAULTS = join(PACKAGE_ROOT, 'dist', 'conformance', 'faults', 'host');

const SOUND: Subject = { argv: ['{node}', '{package}/dist/msgi.js', 'process', '{application}'].map(filled) };

type Work = (place: Workplace) => Promise<void>;

export async function proveHosts(
  { jobs, timeout, only }: ProveHostsOptions,
  told: (proof: Proof) => void,
): Promise<void> {
  const cases = hostCatalogue.filter(({ id }) => id.startsWith(only));
  for (const { id } of cases)
    if (!hostFaults.some(({ fails }) => fails.includes(id)))
      told({ caseId: id, fault: null, verdict: '-', seen: '', defect: 'no fault fails it' });
  const sound = cases.map(
    (body): Work =>
      async place =>
        told(soundProof(body, await place.attempt(body))),
  );
  const faulty = hostFaults.flatMap(fault =>
    cases.filter(({ id }) => fault.fails.includes(id)).map(body => () => underFault(body, fault, timeout, told)),
  );
  await pooled(sound, jobs, timeout);
  await pooled(faulty, jobs, timeout);
}

/** Each worker has a sound host of its own, for as long as it lasts. */
async function pooled(queue: Work[], jobs: number, timeout: number): Promise<void> {
  const worker = async (): Promise<void> => {
    const place = new Workplace(SOUND, timeout);
    try {
      for (let work = queue.shift(); work !== undefined; work = queue.shift()) await work(place);
    } finally {
      await place.leave();
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function underFault(
  body: HostCase,
  fault: HostFault,
  timeout: number,
  told: (proof: Proof) => void,
): Promise<void> {
  const patience = fault.waits === true ? Math.min(PATIENCE_MS, timeout) : timeout;
  const place = new Workplace(subjectOf(fault), patience);
  try {
    told(faultyProof(body, fault, await place.attempt(body)));
  } finally {
    await place.leave();
  }
}

function subjectOf({ id, pipe, wrap, host, program }: HostFault): Subject {
  const inside = wrap !== undefined || host !== undefined;
  const application = inside ? join(FAULTS, 'application.js') : filled('{application}');
  const command =
    program === undefined
      ? [...SOUND.argv.slice(0, -1), application]
      : [process.execPath, join(FAULTS, 'program.js'), program, application];
  return { argv: command, env: { [FAULT]: id }, deviation: pipe ?? null };
}

function soundProof({ id }: HostCase, { verdict, seen, findings }: Told): Proof {
  const found = findings.map(({ requirement, seen }) => `${requirement}: ${seen}`).join('; ');
  const defect = verdict === 'pass' && found === '' ? null : 'the sound host does not pass';
  return { caseId: id, fault: null, verdict, seen: found === '' ? seen : found, defect };
}

function faultyProof(body: HostCase, fault: HostFault, one: Told): Proof {
  return { caseId: body.id, fault: fault.id, verdict: one.verdict, seen: one.seen, defect: defectOf(body, fault, one) };
}

function defectOf(body: HostCase, fault: HostFault, one: Told): string | null {
  if (one.verdict !== 'fail') return 'the fault does not fail the case';
  if (one.controls === 0 && body.handshake !== true) return 'no positive control passed';
  return fault.seen.test(one.seen) ? null : `what is seen does not state the deviation (${fault.seen})`;
}
