/** The subject that a case is tried on: the run's, or an instance that is started for this case alone. */
import { EXPORTS, formatKey, pathOf, SUITE } from '../application/messages.ts';
import type { Case } from '../case.ts';
import { KitError } from '../outcome.ts';
import type { InstancePool, Lease } from '../process/pool.ts';
import type { PipeHosting, Subject } from '../subject.ts';
import { type Instance, type Target, TargetError } from '../targets/target.ts';
import { type Wait, Waits } from '../waits.ts';
import type { Attempt } from './attempt.ts';
import { alike } from './calibrate.ts';
import { Slots } from './slots.ts';
import type { Spare, Spares } from './spares.ts';

/** Starts at a time: more of them would only make each one late, and a server has a limit on its start. */
const starts = new Slots(3);

export interface SubjectOptions {
  /** Of an instance that is started for the case, beside the manifest's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Waits without holding a place. */
  readonly idle?: <T>(wait: Promise<T>) => Promise<T>;
}

/**
 * Does the work on the subject, or on an instance with the options that the case names. Throws TargetError where it does not
 * start. An instance that ends unasked makes the attempt a crash.
 */
export async function onSubject(
  body: Case,
  subject: Subject,
  target: Target,
  work: (subject: Subject) => Promise<Attempt>,
  { env = {}, idle = wait => wait }: SubjectOptions = {},
): Promise<Attempt> {
  if (body.pipe === true) return onInstances(body, subject, target, work);
  if (body.alone === undefined) return work(subject);
  const start = (): Promise<Spare> => idle(started(body, subject, target, env));
  // What the module exports there is of one try.
  const { spares } = body.exports === undefined ? subject : {};
  if (spares === undefined) return onFresh(await start(), work);
  await idle(spares.enter(body));
  try {
    return await onSpare(body, spares, start, work);
  } finally {
    spares.leave(body);
  }
}

async function started(
  { chapter, alone = {}, ...body }: Case,
  subject: Subject,
  { another }: Target,
  env: Readonly<Record<string, string>>,
): Promise<Spare> {
  if (another === undefined)
    throw new TargetError('the kit starts no further instance of a target that it did not start');
  const waits = new Waits();
  const instance = await starts.hold(async () => {
    const start = performance.now();
    return another(alone, { ...env, [SUITE]: chapter, ...exportsOf(body) }).finally(() => waits.over(START, start));
  });
  return { instance, subject: { ...alike(subject, instance), process: instance }, waits: waits.long };
}

/** What a slow server is waited for. */
const START = 'an instance of the subject to start';

async function onFresh(
  { instance, subject, waits }: Spare,
  work: (subject: Subject) => Promise<Attempt>,
): Promise<Attempt> {
  try {
    return ended(behind(waits, await work(subject)), instance);
  } finally {
    await instance.stop();
  }
}

async function onSpare(
  body: Case,
  spares: Spares,
  start: () => Promise<Spare>,
  work: (subject: Subject) => Promise<Attempt>,
): Promise<Attempt> {
  const known = spares.take(body);
  const spare = known ?? (await start());
  if (known === null) spares.add(body, spare);
  let clean = false;
  try {
    const attempt = ended(behind(known === null ? spare.waits : [], await work(spare.subject)), spare.instance);
    clean = (attempt.verdict === 'pass' || attempt.verdict === 'weak') && !spare.instance.signalled();
    return attempt;
  } finally {
    spares.give(spare, clean);
  }
}

function behind(waits: readonly Wait[], attempt: Attempt): Attempt {
  return { ...attempt, waits: [...waits, ...(attempt.waits ?? [])] };
}

/** No attempt is there yet that its reports could go to. */
function exportsOf({ id, exports }: Pick<Case, 'id' | 'exports'>): Readonly<Record<string, string>> {
  if (exports === undefined) return {};
  return { [EXPORTS]: pathOf(id, formatKey({ attempt: 'alone', name: 'process', fault: null })) };
}

/** The case starts its instances itself, and plays their application. */
async function onInstances(
  body: Case,
  subject: Subject,
  target: Target,
  work: (subject: Subject) => Promise<Attempt>,
): Promise<Attempt> {
  const { alone, fresh } = body;
  if (subject.pool !== undefined && alone === undefined && fresh !== true) return onShared(subject, subject.pool, work);
  return onOwn(alone ?? {}, subject, target, work);
}

/** Nothing that the case does not close stays behind it: an instance is given back by the verdict. */
async function onShared(
  subject: Subject,
  pool: InstancePool,
  work: (subject: Subject) => Promise<Attempt>,
): Promise<Attempt> {
  const leases: Lease[] = [];
  const lease = async (): Promise<Lease> => {
    const one = await pool.take();
    leases.push(one);
    return one;
  };
  const launch = (): Promise<Instance> => Promise.reject(new KitError('a case that launches an instance is fresh'));
  const attempt = await work({ ...subject, host: { deviation: null, launch, lease } });
  const judged = leases.reduce((one, { instance }) => ended(one, instance), attempt);
  for (const one of leases) pool.give(one, judged.verdict === 'pass');
  return judged;
}

async function onOwn(
  alone: Readonly<Record<string, number>>,
  subject: Subject,
  target: Target,
  work: (subject: Subject) => Promise<Attempt>,
): Promise<Attempt> {
  const { another } = target;
  if (another === undefined)
    throw new TargetError('the kit starts no further instance of a target that it did not start');
  const started: Promise<Instance>[] = [];
  const launch: PipeHosting['launch'] = pipes => {
    const instance = starts.hold(() => another(alone, {}, undefined, pipes));
    started.push(instance);
    return instance;
  };
  const instances = async (): Promise<readonly Instance[]> =>
    (await Promise.allSettled(started)).flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    const attempt = await work({ ...subject, host: { deviation: null, launch } });
    return (await instances()).reduce(ended, attempt);
  } finally {
    await Promise.all((await instances()).map(one => one.stop()));
  }
}

/** The instance had its end: one that no case asked for is a crash, whatever the case made of it. */
function ended(attempt: Attempt, instance: Instance): Attempt {
  const crash = instance.crash();
  if (crash === null || instance.signalled()) return attempt;
  return { ...attempt, verdict: 'crash', seen: `the subject ended (${crash.how}) under this case` };
}

/** The option that the case wants and the target has not; null where it has all. */
export function missingOption({ alone = {} }: Case, { options = [] }: Target): string | null {
  return Object.keys(alone).find(name => !options.includes(name)) ?? null;
}
