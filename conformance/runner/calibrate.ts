/**
 * What the subject is, before a case judges it: which answers its resources give, so that every later answer can be told
 * from any other. What makes judging impossible (no HTTP/2, no answer at all) ends the run here, with the fix.
 */
import { DEFAULT_WINDOW, MAX_WINDOW, windowUpdate } from '../../wire/index.ts';
import { DeadlinePassed, Failed, KitError, NotApplicable } from '../outcome.ts';
import type { Peer } from '../peer/peer.ts';
import type { StreamRecord } from '../peer/stream.ts';
import { formatEndpoint, type Resource, type Subject } from '../subject.ts';
import { type Target, TargetError } from '../targets/target.ts';
import { Trial } from '../trial.ts';

/** Smallest `large` resource that the flow-control cases can use. */
export const LARGE_OCTETS = 100_000;

/** Never answered as `small` is, unless the subject answers everything so. */
const ABSENT_PATH = '/msgi-conformance-no-such-resource';

/** Whether the subject completes a handshake within `ms` milliseconds. */
export async function serves(subject: Subject, ms: number): Promise<boolean> {
  const trial = new Trial(subject, AbortSignal.timeout(Math.ceil(ms)), wait => wait);
  try {
    await handshake(trial);
    return true;
  } catch {
    return false;
  } finally {
    for (const peer of trial.peers) peer.close();
  }
}

/** Throws TargetError where the subject cannot be judged at all. */
export async function calibrate(target: Target, timeout: number): Promise<Subject> {
  const assumed = assume(target);
  const deadline = AbortSignal.timeout(timeout);
  const trial = new Trial(assumed, deadline, wait => wait);
  try {
    const peer = await handshake(trial).catch(error => explain(error, target, timeout));
    if (peer !== null) await trial.room(peer).catch(error => shut(error, target, timeout));
    return peer === null
      ? assumed
      : await learn(target, assumed, peer, timeout).catch(error => hindered(error, target));
  } finally {
    for (const peer of trial.peers) peer.close();
  }
}

/** A further instance of the subject: it serves the same, which each case sees by its control. */
export function alike({ small, large, other }: Subject, instance: Target): Subject {
  return { ...assume(instance), small, large, other };
}

/** A connection under whose settings whole resources come at once. */
async function handshake(trial: Trial): Promise<Peer> {
  const peer = await trial.dial();
  peer.preface([['INITIAL_WINDOW_SIZE', MAX_WINDOW]], windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW));
  await trial.handshaken(peer);
  return peer;
}

/** The subject as the manifest tells it: what is used where it refuses to serve, so that every control fails. */
function assume(target: Target): Subject {
  const { small, large, upload, other } = target.resources;
  const resource = (named: { path: string; size?: number } | undefined): Resource | null =>
    named === undefined ? null : { path: named.path, status: 200, size: named.size ?? -1 };
  return {
    name: target.facts.name,
    endpoint: target.endpoint,
    tls: target.tls,
    authority: target.authority,
    fields: target.fields,
    verify: target.verify,
    claims: new Set(target.facts.claims),
    small: resource(small) ?? { path: '/', status: 200, size: -1 },
    large: resource(large),
    upload: upload ?? null,
    other: resource(other) ?? { path: ABSENT_PATH, status: 404, size: -1 },
    gateway: target.control == null ? null : { control: target.control, fault: null },
    ...(target.another === undefined ? {} : { another: target.another }),
    ...(target.meter === undefined ? {} : { meter: target.meter }),
  };
}

/** Errors of the handshake: a refusal is for the cases to judge (null), the rest ends the run. */
function explain(error: unknown, target: Target, timeout: number): null {
  const where = `${target.facts.name} at ${formatEndpoint(target.endpoint)}`;
  if (error instanceof KitError) throw new TargetError(`${where}: ${error.message}`);
  if (error instanceof DeadlinePassed) {
    throw new TargetError(
      `${where} did not complete the HTTP/2 handshake in ${timeout} ms (the kit waited for ${error.message}): is it an HTTP/2 server? A longer wait: --timeout MS`,
    );
  }
  if (error instanceof Failed && error.message.includes('HTTP/1.1')) {
    throw new TargetError(
      `${where} answers in HTTP/1.1: enable HTTP/2 with prior knowledge on this port, or name its TLS port as https://HOST:PORT`,
    );
  }
  if (error instanceof Failed) return null;
  throw error;
}

/** A server that never allows a stream (RFC 9113 §6.5.2). */
function shut(error: unknown, target: Target, timeout: number): never {
  if (!(error instanceof DeadlinePassed)) throw error;
  const where = `${target.facts.name} at ${formatEndpoint(target.endpoint)}`;
  throw new TargetError(`${where} allows no request: SETTINGS_MAX_CONCURRENT_STREAMS is still 0 after ${timeout} ms`);
}

/** A request that the subject's own settings forbid, for one. */
function hindered(error: unknown, target: Target): never {
  if (!(error instanceof KitError) && !(error instanceof NotApplicable)) throw error;
  throw new TargetError(`${target.facts.name} at ${formatEndpoint(target.endpoint)}: ${error.message}`);
}

async function learn(target: Target, assumed: Subject, peer: Peer, timeout: number): Promise<Subject> {
  const where = `${target.facts.name} at ${formatEndpoint(target.endpoint)}`;
  const get = async (name: string, path: string, method = 'GET'): Promise<StreamRecord | null> => {
    const stream = peer.ask({ path, method });
    const record = await peer.answer(stream).catch(error => {
      // An answer that cannot be read: the cases tell.
      if (error instanceof Failed) return null;
      if (!(error instanceof DeadlinePassed)) throw error;
      throw new TargetError(
        `${where}: ${method} ${path} got no answer in ${timeout} ms: name a resource that answers with --resource ${name}=/path`,
      );
    });
    return record?.gotEnd && record.status > 0 ? record : null;
  };
  const small = await get('small', assumed.small.path);
  if (small === null) return assumed;
  // Content in the answer to HEAD: the subject does not read what it is asked, and every control will show it.
  const head = await get('small', assumed.small.path, 'HEAD');
  if (head === null || head.octets > 0) return { ...assumed, small: known(assumed.small.path, small) };
  checkSmall(where, assumed.small, small);
  const again = await get('small', assumed.small.path);
  if (again !== null && again.octets !== small.octets) throw new TargetError(unsteady(where, assumed.small.path));
  const large = assumed.large === null ? null : await get('large', assumed.large.path);
  const otherPath = assumed.other?.path ?? ABSENT_PATH;
  const another = await get('other', otherPath);
  const steady = another?.octets === (await get('other', otherPath))?.octets;
  return {
    ...assumed,
    small: known(assumed.small.path, small),
    large:
      assumed.large === null || large === null
        ? null
        : checkLarge(where, known(assumed.large.path, large), assumed.large),
    other: distinct(small, otherPath, steady ? another : null) ?? distinct(small, assumed.large?.path, large),
  };
}

function known(path: string, { status, octets }: StreamRecord): Resource {
  return { path, status, size: octets };
}

/** The resource, if its answer can be told from that of `small`. */
function distinct(small: StreamRecord, path: string | undefined, answer: StreamRecord | null): Resource | null {
  if (path === undefined || answer === null) return null;
  return answer.status === small.status && answer.octets === small.octets ? null : known(path, answer);
}

function checkSmall(where: string, named: Resource, { status, octets }: StreamRecord): void {
  if (status < 200 || status > 299) {
    throw new TargetError(
      `${where}: GET ${named.path} answers ${status}: name a resource that answers 200 with --resource small=/path`,
    );
  }
  if (octets === 0) {
    throw new TargetError(
      `${where}: GET ${named.path} has no content, so that its answer cannot be told from another: name one that has with --resource small=/path`,
    );
  }
  if (named.size >= 0 && named.size !== octets) {
    throw new TargetError(
      `${where}: GET ${named.path} has ${octets} octets where the manifest says ${named.size}: correct resources.small.size`,
    );
  }
}

/** An answer whose length tells nothing cannot be a control. */
function unsteady(where: string, path: string): string {
  return `${where}: GET ${path} has another length each time: name a resource that stays the same with --resource small=/path`;
}

function checkLarge(where: string, large: Resource, named: Resource): Resource {
  if (large.status < 200 || large.status > 299 || large.size < LARGE_OCTETS) {
    throw new TargetError(
      `${where}: GET ${large.path} answers ${large.status} with ${large.size} octets: resources.large wants a 200 of at least ${LARGE_OCTETS}`,
    );
  }
  if (named.size >= 0 && named.size !== large.size) {
    throw new TargetError(
      `${where}: GET ${large.path} has ${large.size} octets where the manifest says ${named.size}: correct resources.large.size`,
    );
  }
  return large;
}
