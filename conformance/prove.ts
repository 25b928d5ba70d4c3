/**
 * The judge is judged (KIT rule 10). Every case runs against the sound reference server, which must pass
 * it, and against each of its faults, which must fail it for the reason that the fault names. A case without a fault is a
 * defect of the kit.
 */
import { join } from 'node:path';
import type { Case } from './case.ts';
import { catalogue, provable } from './cases/index.ts';
import type { Fault, Front } from './faults/fault.ts';
import { FAULT, type FaultyServer, type GatewayFault } from './faults/gateway/fault.ts';
import { faults } from './faults/index.ts';
import { type FaultProxy, openProxy } from './faults/proxy.ts';
import { openTlsFront } from './faults/tls-front.ts';
import { INTERFACES, type Interface } from './legacy/interface.ts';
import { onSubject } from './runner/alone.ts';
import { type Attempt, attempt } from './runner/attempt.ts';
import { calibrate } from './runner/calibrate.ts';
import type { PipeHosting, Subject } from './subject.ts';
import { bundledTargets, packageRoot } from './targets/bundled.ts';
import type { Meter } from './targets/memory.ts';
import { openTarget } from './targets/open.ts';
import type { Target } from './targets/target.ts';

type AnyFault = Fault | GatewayFault;

/** A fault that fails more cases than this says why. */
const MANY = 5;

/** Milliseconds until a case gives up under a fault by which what it waits for never comes; an abuse sends much before. */
const PATIENCE_MS = 1500;
const PATIENCE_OF_ABUSE_MS = 4000;

/** The sound server whose application has a process of its own. */
const PIPED = 'process';

/** Who wrote no server for an interface proves its cases by another's, where that is installed. */
const FOREIGN: Readonly<Partial<Record<Interface, string>>> = { asgi: 'hypercorn-asgi' };

/** The sound server that hosts the probe of an interface. */
const HOSTING: Readonly<Partial<Record<Interface, string>>> = {
  node: 'from-node',
  fetch: 'from-fetch',
  wsgi: 'wsgi',
};

export interface Proof {
  readonly caseId: string;
  /** Null for the sound server. */
  readonly fault: string | null;
  readonly verdict: string;
  readonly seen: string;
  /** What is wrong with the proof, or null. */
  readonly defect: string | null;
}

export interface ProveOptions {
  readonly jobs: number;
  readonly timeout: number;
  /** Only the cases and faults whose id begins so. */
  readonly only: string;
  /** The sound server behind the faults. */
  readonly target: string;
  /** Every fault against every case, to count what each one fails. */
  readonly matrix: boolean;
}

/** Runs the proofs against a sound server. Throws TargetError when it does not start. */
export async function prove(options: ProveOptions, told: (proof: Proof) => void = () => {}): Promise<readonly Proof[]> {
  const application = join(packageRoot(), 'dist', 'conformance', 'faults', 'faulty-application.js');
  const cases = provable.filter(({ id }) => id.startsWith(options.only));
  const target = await openTarget(options.target, { application });
  const piped = cases.some(({ pipe }) => pipe) ? await openTarget(PIPED, { application }) : target;
  const hosts = new Map<Interface, Sound>();
  try {
    const subject = await calibrate(target, options.timeout);
    const proofs = [...missing(cases), ...misspelt()];
    for (const proof of proofs) told(proof);
    const tell = (proof: Proof): void => {
      proofs.push(proof);
      told(proof);
    };
    for (const face of INTERFACES) {
      const name = startable(HOSTING[face] ?? FOREIGN[face]);
      if (name === null || !cases.some(({ interfaces }) => interfaces?.includes(face))) continue;
      const host = await openTarget(name, {});
      hosts.set(face, { target: host, subject: await calibrate(host, options.timeout) });
    }
    const [old, others] = partition(cases, ({ interfaces }) => interfaces !== undefined);
    await pooled(old, options.jobs, body => proveOld(body, hosts, options, tell));
    const proveOne = async (body: Case): Promise<void> => {
      const behind = body.pipe === true ? piped : target;
      tell(sound(body, await through(behind, subject, null, body, options)));
      for (const fault of faults.filter(({ fails }) => fails.includes(body.id))) {
        tell(faulty(body, fault, await through(behind, subject, fault, body, options)));
      }
    };
    // An abuse has the server to itself, as in a run.
    const [abuses, ordinary] = partition(others, ({ abuse }) => abuse !== undefined);
    await pooled(ordinary, options.jobs, proveOne);
    await pooled(abuses, 1, proveOne);
    const ofProbes = new Set(catalogue.flatMap(({ id, interfaces }) => (interfaces === undefined ? [] : [id])));
    // The reference server has no pipe: faults of pipes are told by the suite that is about them.
    const spreading = options.matrix
      ? faults.filter(({ fails }) => !fails.some(id => id.startsWith(`${PIPED}/`) || ofProbes.has(id)))
      : [];
    for (const fault of spreading) tell(await spread(target, subject, fault, options));
    return proofs;
  } finally {
    await Promise.all([target.stop(), piped.stop(), ...[...hosts.values()].map(host => host.target.stop())]);
  }
}

/** A sound server that is up. */
interface Sound {
  readonly target: Target;
  readonly subject: Subject;
}

/** A case about old applications: sound with every probe that it is for, and under its faults with the first. */
async function proveOld(
  body: Case,
  hosts: ReadonlyMap<Interface, Sound>,
  options: ProveOptions,
  tell: (proof: Proof) => void,
): Promise<void> {
  const faces = body.interfaces ?? [];
  const own = faces.filter(face => startable(HOSTING[face]) !== null);
  const able = (own.length > 0 ? own : faces)
    .flatMap(face => hosts.get(face) ?? [])
    .filter(host => claimsAll(host, body));
  const [first] = able;
  if (first === undefined) {
    tell({ ...unproved(body), defect: own.length > 0 || PEERS_REQUIRED ? 'no sound server hosts its probe' : null });
    return;
  }
  for (const { target, subject } of able) {
    const one = await through(target, subject, null, body, options);
    // An older version of another's server, Debian's among them, may not offer it.
    if (own.length === 0 && one.verdict === 'not-applicable')
      return tell(unproved(body, `not proved here: ${one.seen}`));
    tell(sound(body, one));
  }
  for (const fault of faults.filter(({ fails }) => fails.includes(body.id)))
    tell(faulty(body, fault, await through(first.target, first.subject, fault, body, options)));
}

/** Every peer has to be there: then what is not proved is a defect. */
const PEERS_REQUIRED = process.env['MSGI_REQUIRE_PEERS'] === '1';

function unproved({ id }: Case, why = 'not proved here: no server that hosts its probe is installed'): Proof {
  return { caseId: id, fault: null, verdict: '-', seen: why, defect: null };
}

/** The name of a bundled target that is installed, else null. */
function startable(name: string | undefined): string | null {
  return bundledTargets().some(one => one.name === name && one.installed) ? (name as string) : null;
}

function claimsAll({ subject }: Sound, { claims = [] }: Case): boolean {
  return claims.every(claim => subject.claims.has(claim));
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(belongs), all.filter(one => !belongs(one))];
}

/** Does the work for every case, `jobs` of them at once. */
async function pooled(cases: readonly Case[], jobs: number, work: (body: Case) => Promise<void>): Promise<void> {
  const queue = [...cases];
  const worker = async (): Promise<void> => {
    for (let body = queue.shift(); body !== undefined; body = queue.shift()) await work(body);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

/** One try of the case with the fault, or nothing, in between. */
async function through(
  target: Target,
  subject: Subject,
  fault: AnyFault | null,
  body: Case,
  options: ProveOptions,
): Promise<Attempt> {
  const env = fault !== null && 'host' in fault ? { [FAULT]: fault.id } : {};
  return onSubject(body, subject, target, own => behind(own, fault, body, options), { env });
}

async function behind(subject: Subject, fault: AnyFault | null, body: Case, options: ProveOptions): Promise<Attempt> {
  if (body.pipe === true) return behindPipe(subject, fault, body, options);
  const server = fault !== null && 'server' in fault ? fault.server?.() : undefined;
  const wire = fault === null ? null : { ...deviationOf(fault), ...server };
  const front = fault === null ? soundFront(body) : 'front' in fault ? fault.front : undefined;
  const proxy = await (front === undefined
    ? openProxy(subject.endpoint, wire, body.claims?.includes('http1'))
    : openTlsFront(subject.endpoint, front));
  const faced = front === undefined ? { endpoint: proxy.endpoint } : { tls: proxy.endpoint };
  const waits = fault !== null && 'waits' in fault;
  const patience = body.abuse === undefined ? PATIENCE_MS : PATIENCE_OF_ABUSE_MS;
  try {
    const timeout = waits ? Math.min(patience, options.timeout) : options.timeout;
    const gateway = subject.gateway == null ? null : { ...subject.gateway, ...deviationOfApplication(fault, body) };
    const meter = server === undefined ? {} : { meter: () => weighed(subject, server) };
    const one = await attempt(body, { ...subject, ...faced, ...meter, gateway }, timeout, wait => wait);
    for (const peer of one.parked) peer.close();
    return one;
  } finally {
    await proxy.close();
    server?.free?.();
  }
}

/** What a fault does between the kit and its application: a wrapper knows it by the key, a probe never hears of it. */
function deviationOfApplication(
  fault: AnyFault | null,
  { interfaces }: Case,
): Partial<NonNullable<Subject['gateway']>> {
  if (interfaces === undefined) return { fault: fault?.id ?? null };
  const between = fault !== null && 'between' in fault ? fault.between?.() : undefined;
  return between === undefined ? {} : { between };
}

/** The memory of the sound server, and of this process where what is wrong before it takes some. */
function weighed(subject: Subject, { free }: FaultyServer): Meter | null {
  const meter = subject.meter?.() ?? null;
  return meter === null || free === undefined ? meter : () => meter() + process.memoryUsage.rss();
}

/** What a fault does on the connection. */
function deviationOf(fault: AnyFault): Pick<GatewayFault, 'wire' | 'http1'> {
  const http1 = 'http1' in fault ? fault.http1 : undefined;
  return { ...(fault.wire === undefined ? {} : { wire: fault.wire }), ...(http1 === undefined ? {} : { http1 }) };
}

/** The same for a case that starts its own instance: what deviates is the pipe, or the wire of that instance. */
async function behindPipe(
  subject: Subject,
  fault: AnyFault | null,
  body: Case,
  options: ProveOptions,
): Promise<Attempt> {
  const proxies: FaultProxy[] = [];
  const wire = fault === null ? null : deviationOf(fault);
  const front: PipeHosting['front'] = async endpoint => {
    const proxy = await openProxy(endpoint, wire);
    proxies.push(proxy);
    return proxy.endpoint;
  };
  const deviation = fault !== null && 'pipe' in fault ? (fault.pipe ?? null) : null;
  const waits = fault !== null && 'waits' in fault;
  const host = { ...(subject.host as PipeHosting), deviation, front };
  try {
    const timeout = waits ? Math.min(PATIENCE_MS, options.timeout) : options.timeout;
    return await attempt(body, { ...subject, host }, timeout, wait => wait);
  } finally {
    await Promise.all(proxies.map(proxy => proxy.close()));
  }
}

/** What stands before the sound server for a case whose faults are of a front with another certificate than its own. */
function soundFront(body: Case): Front | undefined {
  const fault = faults.find(({ fails, front }) => front?.certificate !== undefined && fails.includes(body.id));
  return fault?.front?.certificate === undefined
    ? undefined
    : { certificate: fault.front.certificate, options: { ciphers: SOUND_CIPHERS } };
}

/** Of TLS 1.3, and of 1.2 what RFC 9113 Appendix A does not list. */
const SOUND_CIPHERS = 'TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20';

function sound(body: Case, { verdict, seen }: Attempt): Proof {
  const defect = verdict === 'pass' ? null : 'the sound server does not pass';
  return { caseId: body.id, fault: null, verdict, seen, defect };
}

function faulty(body: Case, fault: AnyFault, one: Attempt): Proof {
  const proof = { caseId: body.id, fault: fault.id, verdict: one.verdict, seen: one.seen };
  if (one.verdict !== (fault.grade ?? 'fail')) return { ...proof, defect: 'the fault does not fail the case' };
  if (one.reason === 'barrier-unanswered' || one.reason === 'no-control')
    return { ...proof, defect: `it fails by ${one.reason}` };
  if (one.controls === 0 && body.handshake !== true) return { ...proof, defect: 'no positive control passed' };
  if (!fault.seen.test(one.seen))
    return { ...proof, defect: `what is seen does not state the deviation (${fault.seen})` };
  return { ...proof, defect: null };
}

function missing(cases: readonly Case[]): Proof[] {
  const proved = new Set(faults.flatMap(({ fails }) => fails));
  return cases
    .filter(({ id }) => !proved.has(id))
    .map(({ id }) => ({ caseId: id, fault: null, verdict: '-', seen: '', defect: 'no fault fails it' }));
}

/** Faults that name a case that does not exist. */
function misspelt(): Proof[] {
  const ids = new Set(provable.map(({ id }) => id));
  return faults.flatMap(fault =>
    fault.fails
      .filter(id => !ids.has(id))
      .map(id => ({
        caseId: id,
        fault: fault.id,
        verdict: '-',
        seen: '',
        defect: 'the fault names a case that does not exist',
      })),
  );
}

/** How many cases of the whole catalogue a fault fails. */
async function spread(target: Target, subject: Subject, fault: AnyFault, options: ProveOptions): Promise<Proof> {
  const failing: string[] = [];
  const unpiped = catalogue.filter(({ pipe, interfaces }) => pipe !== true && interfaces === undefined);
  await pooled(unpiped, options.jobs, async body => {
    const one = await through(target, subject, fault, body, options);
    if (one.verdict === 'fail') failing.push(body.id);
  });
  const told = failing.length <= MANY || fault.why !== undefined;
  const seen = `fails ${failing.length} cases: ${failing.sort().join(', ')}`;
  return {
    caseId: '*',
    fault: fault.id,
    verdict: '-',
    seen,
    defect: told ? null : `it fails more than ${MANY} cases and does not say why`,
  };
}
