/**
 * What a case may expect of the subject, and how what is seen is graded: the one place where frames become verdicts.
 *
 * An exact outcome passes in silence; one that is allowed but poorer is noted as weak; anything else throws Failed. The
 * grades are those of spec/registry/README.md: a code other than the one named is weak (RFC 9113 §5.4 admits generic ones),
 * so is a bare close where GOAWAY was due (§5.4.1: a SHOULD), so is GOAWAY with the connection still open 1.5 s later.
 */
import { ERROR_CODE, type ErrorCode, errorName, type Frame } from '../wire/index.ts';
import { Failed } from './outcome.ts';
import type { Peer, RequestOptions } from './peer/peer.ts';
import type { StreamRecord } from './peer/stream.ts';
import type { Resource } from './subject.ts';
import { describeAnswer, describeEnd, mismatch, type Trial } from './trial.ts';

/** The code that is expected, or several that pass alike, the one to be named first. */
export type Codes = ErrorCode | readonly ErrorCode[];

/** When a connection that should be closed is looked at once. */
export const CLOSE_MS = 1500;

const list = (codes: Codes): readonly string[] => (typeof codes === 'string' ? [codes] : codes);

/** The stimulus is a connection error: GOAWAY with the code, then close (RFC 9113 §5.4.1). */
export async function connectionError(
  trial: Trial,
  peer: Peer,
  codes: Codes,
  ...stimulus: readonly Frame[]
): Promise<void> {
  trial.expected = `connection error ${list(codes).join(' or ')}: GOAWAY, then close`;
  alive(trial, peer);
  const mark = peer.received.length;
  const fenced = await peer.fence(...stimulus);
  if (fenced === 'quiet') throw new Failed(`the connection lives on: PING is acknowledged${besides(peer, mark)}`);
  await connectionEnd(trial, peer, codes);
}

/** The server ends the connection, and blames nobody: it may do so when it likes (RFC 9113 §6.8). */
export function leaves({ goaways }: Peer): boolean {
  return goaways.length > 0 && goaways.every(({ code }) => code === 'NO_ERROR');
}

/** Of what comes behind such an end nothing can be said. */
function alive(trial: Trial, peer: Peer): void {
  if (leaves(peer)) trial.notApplicable(`the server ends the connection before the stimulus: ${describeEnd(peer)}`);
}

/** The connection is over: grades the GOAWAY and the close. */
export async function connectionEnd(trial: Trial, peer: Peer, codes: Codes): Promise<void> {
  trial.raced = true;
  const closed = await trial.idle(peer.within(CLOSE_MS, () => peer.end !== null, 'the close'));
  const reported = peer.goaways.filter(({ code }) => code !== 'NO_ERROR');
  trial.seen = describeEnd(peer);
  if (reported.length === 0 && !closed)
    throw new Failed(`${describeEnd(peer)}, and the connection stays open: no error is reported`);
  if (reported.length === 0) trial.weak(`${describeEnd(peer)}, without a GOAWAY that names the error`);
  else if (!reported.some(({ code }) => list(codes).includes(code)))
    trial.weak(`${describeEnd(peer)} instead of ${list(codes).join(' or ')}`);
  if (!closed) trial.weak(`${describeEnd(peer)}, and the connection is still open ${CLOSE_MS} ms later`);
}

/**
 * The stimulus is a stream error: RST_STREAM on that stream and nothing worse, or the same raised to a connection error
 * (RFC 9113 §5.4.1). A thread of the request may be the one to react, so silence is only told after the time limit.
 */
export async function streamError(
  trial: Trial,
  peer: Peer,
  stream: number,
  codes: Codes,
  ...stimulus: readonly Frame[]
): Promise<void> {
  trial.expected = `stream error ${list(codes).join(' or ')}: RST_STREAM on stream ${stream}, or that as a connection error`;
  alive(trial, peer);
  const before = peer.ledger.stream(stream);
  if (before?.over)
    trial.notApplicable(
      `stream ${stream} was over before the stimulus: ${describeAnswer(before, peer)}`,
      'stream-over',
    );
  const mark = peer.received.length;
  await peer.fence(...stimulus);
  const record = peer.stream(stream);
  if (!peer.over && !record.over) {
    const reacted = await trial.idle(peer.within(peer.limit, () => record.over || peer.over, 'RST_STREAM'));
    if (!reacted)
      throw new Failed(
        `no reaction within ${peer.limit} ms; PING is acknowledged${besides(peer, mark)}`,
        undefined,
        true,
      );
  }
  // A whole response and RST_STREAM(NO_ERROR) behind it serve the request: no more of it is wanted (RFC 9113 §8.1).
  const unwanted = record.gotEnd && record.resets[0] === ERROR_CODE.NO_ERROR;
  if (record.resets.length > 0 && !unwanted) return resetGrade(trial, record, codes);
  if (peer.over) return connectionEnd(trial, peer, codes);
  throw new Failed(`the stream is served: ${describeAnswer(record, peer)}`);
}

function resetGrade(trial: Trial, record: StreamRecord, codes: Codes): void {
  const code = errorName(record.resets[0] ?? 0);
  trial.seen = `RST_STREAM ${code} on stream ${record.id}`;
  if (!list(codes).includes(code)) trial.weak(`RST_STREAM ${code} instead of ${list(codes).join(' or ')}`);
}

/**
 * The request on `stream`, sent before or as the stimulus, is malformed: RST_STREAM PROTOCOL_ERROR, a 4xx, or a connection
 * error (RFC 9113 §8.1.1). Serving it fails, with the bad part dropped or not.
 */
export async function malformed(
  trial: Trial,
  peer: Peer,
  stream: number,
  ...stimulus: readonly Frame[]
): Promise<void> {
  const seen = await refused(trial, peer, stream, stimulus);
  if (seen !== null) throw new Failed(`the malformed request is served: ${seen}`);
}

/** As `malformed`, where no sentence obliges the server to refuse: serving the request is weak. */
export async function doubtful(trial: Trial, peer: Peer, stream: number, ...stimulus: readonly Frame[]): Promise<void> {
  const seen = await refused(trial, peer, stream, stimulus);
  if (seen === null) return;
  trial.weak(`the request is served: ${seen}`);
  trial.seen = seen;
}

/** Null where the request is refused, and what serves it in words where it is not. */
async function refused(trial: Trial, peer: Peer, stream: number, stimulus: readonly Frame[]): Promise<string | null> {
  trial.expected =
    'refused as malformed: RST_STREAM PROTOCOL_ERROR, a 4xx response, or connection error PROTOCOL_ERROR';
  alive(trial, peer);
  const record = await reaction(trial, peer, stream, ...stimulus);
  // A response that was begun may be cut off by the reset or the GOAWAY (RFC 9113 §8.1.1).
  const whole = record.gotEnd || (record.resets.length === 0 && !peer.over);
  if (record.status >= 200 && record.status < 400 && whole)
    return `status ${record.status}, ${record.octets} octets of content`;
  if (record.status >= 400) refusedByStatus(trial, peer, record);
  else if (record.resets.length > 0) resetGrade(trial, record, 'PROTOCOL_ERROR');
  else await connectionEnd(trial, peer, 'PROTOCOL_ERROR');
  return null;
}

function refusedByStatus(trial: Trial, peer: Peer, record: StreamRecord): void {
  trial.seen = `status ${record.status}`;
  if (record.status >= 500) trial.weak(`status ${record.status}: a client's fault is a 4xx`);
  else if (!record.over && !peer.over)
    throw new Failed(`status ${record.status}, but the stream is neither ended nor reset`);
}

/**
 * Waits for what the subject has to say on a stream: its whole answer, or the end of the connection. The stimulus that it
 * answers was sent before, or goes out here, in one write with the first PING. Silence is told by two twins, the fence and
 * the time limit (KIT rule 1, an application out of our control).
 */
export async function reaction(
  trial: Trial,
  peer: Peer,
  stream: number,
  ...stimulus: readonly Frame[]
): Promise<StreamRecord> {
  await peer.fence(...stimulus);
  const record = peer.stream(stream);
  const settled = (): boolean => record.over || peer.over;
  if (!settled()) await peer.twins(trial.subject.small.path);
  if (!settled()) await peer.fence();
  if (!settled() && !(await trial.idle(peer.wholeWithin(peer.limit, stream, 'a reaction')))) {
    const seen = record.status > 0 ? `status ${record.status}, and no end of it` : 'no reaction';
    throw new Failed(
      `${seen} on stream ${stream} within ${peer.limit} ms after two twins and two PINGs were answered`,
      undefined,
      true,
    );
  }
  return record;
}

/** How long to wait for the octet that a window has room for: no verdict rests on it. */
const OCTET_MS = 1000;

/**
 * Responses that their stream windows hold back: the large resource under INITIAL_WINDOW_SIZE 1, one octet of each seen, or
 * none where the server keeps it back: no rule says that a window must be used up. The streams stay half-closed (remote) until
 * they get credit.
 */
export async function held(trial: Trial, peer: Peer, count = 1): Promise<readonly number[]> {
  // And one for what comes beside them.
  trial.needStreams(peer, count + 1);
  await peer.change(['INITIAL_WINDOW_SIZE', 1]);
  const { path } = trial.resource('large');
  const streams: number[] = [];
  for (let stream = 0; stream < count; stream += 1) streams.push(peer.ask({ path }));
  for (const stream of streams) {
    const record = peer.stream(stream);
    const begun = (): boolean => record.octets > 0 || record.over || peer.over;
    await trial.idle(peer.within(Math.max(peer.limit, OCTET_MS), begun, `the first octet on stream ${stream}`));
    if (!record.over && !peer.over) continue;
    const seen = `GET ${path} on stream ${stream}: ${describeAnswer(record, peer)}`;
    // Windows of one octet are a known abuse (RFC 9113 §10.5).
    if (calmed(peer, record)) trial.notApplicable(`a window of one octet is taken for an abuse: ${seen}`);
    throw new Failed(seen);
  }
  return streams;
}

/** The server takes for an abuse what the case does, which may look like one (RFC 9113 §10.5). */
export function calmed(peer: Peer, ...records: readonly StreamRecord[]): boolean {
  return (
    peer.goaways.some(({ code }) => code === 'ENHANCE_YOUR_CALM') ||
    records.some(({ resets }) => resets.includes(ERROR_CODE.ENHANCE_YOUR_CALM))
  );
}

/** The stimulus changes nothing: no RST_STREAM, no GOAWAY, no close, and the connection still serves. */
export async function ignored(trial: Trial, peer: Peer, ...stimulus: readonly Frame[]): Promise<void> {
  await tolerated(trial, peer, ...stimulus);
  await served(trial, peer);
}

/** The stimulus draws no error. */
export async function tolerated(trial: Trial, peer: Peer, ...stimulus: readonly Frame[]): Promise<void> {
  trial.expected = 'no error: PING is acknowledged, no RST_STREAM and no GOAWAY comes, and the connection still serves';
  alive(trial, peer);
  const mark = peer.received.length;
  if ((await peer.fence(...stimulus)) === 'over') throw new Failed(describeEnd(peer));
  const reset = peer.received.slice(mark).find(({ payload }) => payload.type === 'RST_STREAM');
  if (reset?.payload.type === 'RST_STREAM') {
    throw new Failed(`RST_STREAM ${errorName(reset.payload.code)} on stream ${reset.frame.stream}`);
  }
  trial.seen = 'PING is acknowledged and nothing else comes';
}

/** A request is answered as the resource is known to be. */
export async function served(
  trial: Trial,
  peer: Peer,
  options: RequestOptions = {},
  resource: Resource = trial.subject.small,
): Promise<StreamRecord> {
  return answered(trial, peer, peer.ask({ path: resource.path, ...options }), resource);
}

/** The answer on `stream` is that of the resource; HEAD has no content. */
export async function answered(
  trial: Trial,
  peer: Peer,
  stream: number,
  resource: Resource = trial.subject.small,
): Promise<StreamRecord> {
  trial.expected = `stream ${stream} is answered with status ${resource.status} and ${resource.size} octets of content`;
  const record = await peer.wholeAnswer(stream, resource.size);
  const wanted = record.method === 'HEAD' ? { ...resource, size: 0 } : resource;
  const seen = mismatch(record, wanted);
  if (seen !== null) throw new Failed(peer.over && !record.over ? `${describeAnswer(record, peer)}` : seen);
  trial.seen = `status ${record.status} with ${record.octets} octets of content on stream ${stream}`;
  return record;
}

/** What came besides acknowledgements of PING: "; RST_STREAM PROTOCOL_ERROR on stream 3". */
function besides(peer: Peer, mark: number): string {
  const frames = peer.received.slice(mark).flatMap(({ frame, payload }) => {
    if (payload.type === 'RST_STREAM') return [`RST_STREAM ${errorName(payload.code)} on stream ${frame.stream}`];
    if (payload.type === 'HEADERS') return [`a response on stream ${frame.stream}`];
    if (payload.type === 'SETTINGS' && payload.ack) return ['SETTINGS is acknowledged'];
    return [];
  });
  return frames.length > 0 ? `; ${[...new Set(frames)].join('; ')}` : '';
}
