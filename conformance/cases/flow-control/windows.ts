/** What the cases on windows have in common: responses at the edge of their windows, and uploads within the server's. */
import { DEFAULT_WINDOW, data, type Frame, MAX_WINDOW, windowUpdate } from '../../../wire/index.ts';
import { answered } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, describeEnd, type Trial } from '../../trial.ts';

/** Far more than any response of a case has, and far from the largest window. */
export const PLENTY = 2 ** 30;

/** Time limits that a server has to use a window up before the case goes on without it. */
const PATIENCE = 4;

/** Requests of the large resource, a stream each. */
export function askLarge(trial: Trial, peer: Peer, count: number): readonly number[] {
  trial.needStreams(peer, count);
  return Array.from({ length: count }, () => peer.ask({ path: trial.resource('large').path }));
}

/**
 * The responses write up to the edge of their windows, and a fence shows that they stop there. Whatever they send beyond it is
 * a finding on rfc9113/6.9.1/1. No rule says that a window must be used up: a server that holds back gets a time limit.
 */
export async function standstill(trial: Trial, peer: Peer, ...streams: readonly number[]): Promise<void> {
  const records = streams.map(id => peer.stream(id));
  const atEdge = (): boolean =>
    peer.over ||
    peer.ledger.receiveWindow <= 0 ||
    records.every(({ over, receiveWindow }) => over || receiveWindow <= 0);
  if (!(await trial.idle(peer.within(PATIENCE * peer.limit, atEdge, 'the edge of the window')))) trial.limited = true;
  await peer.fence();
}

/** Credit for so many octets more on each of the streams, and on the connection where it has room for them. */
export function credit(peer: Peer, octets: number, ...streams: readonly number[]): void {
  const running = streams.filter(id => !peer.stream(id).over);
  const together = Math.min(octets * running.length, MAX_WINDOW - Math.max(0, peer.ledger.receiveWindow));
  if (together > 0) peer.send(windowUpdate(0, together));
  if (running.length > 0) peer.send(...running.map(id => windowUpdate(id, octets)));
}

/** With credit, each response goes on: the other half of standing still, which a server that is stuck does as well. */
export async function goesOn(trial: Trial, peer: Peer, ...streams: readonly number[]): Promise<void> {
  const before = streams.map(id => peer.stream(id).octets);
  credit(peer, DEFAULT_WINDOW, ...streams);
  await moved(trial, peer, streams, before);
}

/** Every response has more octets than it had before; it may be whole by now. */
export async function moved(
  trial: Trial,
  peer: Peer,
  streams: readonly number[],
  before: readonly number[],
): Promise<void> {
  for (const [i, id] of streams.entries()) {
    const record = peer.stream(id);
    const more = (): boolean => record.gotEnd || record.octets > (before[i] as number);
    await peer.until(() => more() || record.over || peer.over, `more of the response on stream ${id}`);
    if (!more()) trial.fail(`the response on stream ${id} does not go on: ${describeAnswer(record, peer)}`);
  }
  // Whatever comes after a verdict that rests on a time limit counts against it: let it all come first.
  if (trial.limited) await whole(trial, peer, ...streams);
  trial.expected = 'no more DATA than the windows admit, and more of it once they do';
  trial.seen = 'the responses stand still at the edge of their windows and go on with credit';
}

/** Credit without end: every response comes whole. */
export async function whole(trial: Trial, peer: Peer, ...streams: readonly number[]): Promise<void> {
  credit(peer, PLENTY, ...streams);
  for (const stream of streams) await answered(trial, peer, stream, trial.resource('large'));
}

/** Windows of the server that an upload can use up in reasonable time. */
export const UPLOADABLE = 1 << 20;

export interface Room {
  readonly stream: number;
  readonly connection: number;
}

/** What the server lets a new stream send, and the connection. */
export function roomOf(peer: Peer): Room {
  return { stream: peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'), connection: peer.ledger.sendWindow };
}

/**
 * A share of the smaller window that a sound server leaves open or opens again: it may keep credit back until it is worth a
 * frame, which is half of the window with many.
 */
export function share({ stream, connection }: Room): number {
  return Math.max(1, Math.floor(Math.min(stream, connection) / 4));
}

/** DATA of so many octets in all, cut to frames that the server takes; the last one ends the stream where that is asked. */
export function frames(peer: Peer, stream: number, octets: number, endStream = false): readonly Frame[] {
  const most = peer.ledger.setting('theirs', 'MAX_FRAME_SIZE');
  const cut: Frame[] = [];
  for (let left = octets; left > 0; left -= most) {
    cut.push(data(stream, new Uint8Array(Math.min(left, most)), { endStream: endStream && left <= most }));
  }
  return cut;
}

/**
 * Sends a frame again and again, as the windows allow, until `octets` went out or the server has answered. Waits for credit
 * where there is none: a server that gives none back keeps the case here until its deadline.
 */
export async function pour(peer: Peer, stream: number, octets: number, frame: Frame): Promise<number> {
  const record = peer.stream(stream);
  const size = frame.payload.length;
  const room = (): boolean => Math.min(record.sendWindow, peer.ledger.sendWindow) >= size;
  let sent = 0;
  while (sent < octets) {
    await peer.until(() => room() || record.over || peer.over, 'credit for the upload');
    if (record.over || peer.over) break;
    const batch: Frame[] = [];
    const most = Math.min(record.sendWindow, peer.ledger.sendWindow, octets - sent + size - 1);
    for (let used = size; used <= most; used += size) batch.push(frame);
    peer.send(...batch);
    sent += batch.length * size;
  }
  return sent;
}

/** The upload got a final response, whatever its status. */
export async function settled(trial: Trial, peer: Peer, stream: number): Promise<void> {
  trial.expected = `the upload on stream ${stream} is answered`;
  const record = await peer.answer(stream);
  if (record.status === 0) trial.fail(peer.over && !record.over ? describeEnd(peer) : describeAnswer(record, peer));
  trial.seen = describeAnswer(record, peer);
}
