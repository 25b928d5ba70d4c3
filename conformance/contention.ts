/**
 * Contention that is seen, not assumed (KIT rule 4): every stream has content that waits for the connection's window alone;
 * then credit comes in steps, and each step shows whose content goes.
 */
import { MAX_WINDOW, rstStream, windowUpdate } from '../wire/index.ts';
import { Failed } from './outcome.ts';
import type { Peer, RequestOptions } from './peer/peer.ts';
import { describeAnswer, type Trial } from './trial.ts';

/** Octets that a stream may get out of its turn: a frame that was cut before its turn was known. */
export const SLACK = 16_384;
/** Steps that tell who is first: fewer than a server may give to those that it lets not starve. */
const STEPS = 6;
/** Steps that tell shares, and octets of each. */
const COUNTED = 400;
const STEP = 1024;
/**
 * Shares are looked at once before, at so many steps: who is right to this many steps in each is no lottery, or a right one.
 * A right server only passes sooner. Of wrong ones, a round never comes so near, and a lottery that the whole count would
 * find out (by 0.2, at any share) does so in fewer than 1 of 4,000 tries; a right lottery that goes on is taken for a
 * wrong one in fewer than 1 of 1,000,000 (five deviations).
 */
const LOOK = 100;
const EXACT = 2;

/**
 * Empties the connection's window to one octet for each of `count` streams, sends what `ask` sends, and sees an octet of
 * each. `large` asks for a response of at least 64 KiB. The streams' own windows stay shut at one octet.
 */
export async function contend(
  peer: Peer,
  large: () => number,
  count: number,
  ask: () => readonly number[],
): Promise<readonly number[]> {
  await peer.change(['INITIAL_WINDOW_SIZE', 1]);
  const octets = peer.ledger.receiveWindow - count;
  const filler = large();
  peer.send(windowUpdate(filler, octets - 1));
  await begun(peer, filler, octets);
  peer.send(rstStream(filler, 'CANCEL'));
  await peer.fence();
  const streams = ask();
  for (const stream of streams) await begun(peer, stream, 1);
  return streams;
}

/** The same with the large resource: `ask` says how each of `count` streams asks for it, their numbers being known. */
export function contendForLarge(
  trial: Trial,
  peer: Peer,
  count: number,
  ask: (streams: readonly number[]) => readonly RequestOptions[],
): Promise<readonly number[]> {
  const { path } = trial.resource('large');
  const large = (): number => peer.ask({ path });
  return contend(peer, large, count, () => {
    const streams = Array.from({ length: count }, () => peer.nextStream());
    const requests = ask(streams).map((options, at) => peer.request({ path, ...options }, streams[at]));
    peer.send(...requests);
    return streams;
  });
}

async function begun(peer: Peer, stream: number, octets: number): Promise<void> {
  const record = peer.stream(stream);
  await peer.until(() => record.octets >= octets || record.over || peer.over, `${octets} octets on stream ${stream}`);
  if (record.octets < octets || record.over)
    throw new Failed(`stream ${stream} is to wait with its content: ${describeAnswer(record, peer)}`);
}

/** Opens the windows of all streams at once: from now on they wait for the connection's. */
export async function openStreams(peer: Peer): Promise<void> {
  await peer.change(['INITIAL_WINDOW_SIZE', MAX_WINDOW]);
  await peer.fence();
}

/**
 * Credit for the connection in `steps` steps, each after the last was used up; the octets that each stream got. Fewer steps
 * where they are enough: where no further one can change what is made of them.
 */
export async function credit(
  peer: Peer,
  streams: readonly number[],
  steps: number,
  octets: number = SLACK,
  enough: (gains: readonly number[]) => boolean = () => false,
): Promise<readonly number[]> {
  const records = streams.map(stream => peer.stream(stream));
  const start = records.map(record => record.octets);
  const sum = (): number => records.reduce((so, record) => so + record.octets, 0);
  const gains = (): readonly number[] => records.map((record, at) => record.octets - (start[at] as number));
  for (let step = 0; step < steps && !enough(gains()); step += 1) {
    const wanted = sum() + octets;
    peer.send(windowUpdate(0, octets));
    const what = `${octets} octets of content, for which there is credit`;
    await peer.until(() => sum() >= wanted || records.every(({ over }) => over) || peer.over, what);
    if (sum() < wanted) break;
  }
  return gains();
}

/**
 * The streams are served in this order, else weak. Each may get one frame before its turn, which was cut before the order
 * was known; and beside who is first the others may together get one frame in a round, so that nobody starves.
 * In each of `rounds` the first is reset behind its turn. True where the order was kept.
 */
export async function servedInOrder(
  trial: Trial,
  peer: Peer,
  order: readonly number[],
  rounds: number = order.length - 1,
): Promise<boolean> {
  trial.expected = `content of the streams ${order.join(', ')} in this order, with ${SLACK} octets of slack`;
  const slack = new Map(order.map(stream => [stream, SLACK]));
  for (let at = 0; at < rounds; at += 1) {
    const [first = 0, ...others] = order.slice(at);
    const [, ...gains] = await credit(peer, [first, ...others], STEPS);
    let beyond = 0;
    for (const [i, stream] of others.entries()) {
      const left = (slack.get(stream) ?? 0) - (gains[i] as number);
      slack.set(stream, Math.max(0, left));
      beyond += Math.max(0, -left);
    }
    if (beyond > SLACK) {
      trial.weak(`others get ${beyond} octets beyond slack while stream ${first} has content`);
      return false;
    }
    peer.send(rstStream(first, 'CANCEL'));
    await peer.fence();
  }
  trial.seen = `content of the streams ${order.join(', ')} in this order`;
  return true;
}

/** Several streams go on side by side: each gets its part of `steps` steps, within that of one step; else weak. */
export async function servedTogether(trial: Trial, peer: Peer, streams: readonly number[], steps = 12): Promise<void> {
  trial.expected = `the streams ${streams.join(', ')} share the connection`;
  const gains = await credit(peer, streams, steps);
  const part = (steps * SLACK) / streams.length;
  trial.seen = `the streams ${streams.join(', ')} get ${gains.join(', ')} octets`;
  if (gains.some(octets => octets < part / 2)) trial.weak(trial.seen);
}

/**
 * The streams share in proportion to these weights: each share within five deviations of a lottery, so that lotteries and
 * rounds pass alike; else weak. True where they do.
 */
export async function servedByWeight(trial: Trial, peer: Peer, weights: ReadonlyMap<number, number>): Promise<boolean> {
  const streams = [...weights.keys()];
  const all = [...weights.values()].reduce((so, weight) => so + weight, 0);
  await credit(peer, streams, 2 * streams.length, STEP);
  const wanted = [...weights.values()].map(weight => weight / all);
  const first = await credit(peer, streams, LOOK, STEP);
  const exact = first.every((octets, at) => Math.abs(octets / STEP - LOOK * (wanted[at] as number)) <= EXACT);
  const rest = exact ? [] : await credit(peer, streams, COUNTED - LOOK, STEP);
  const gains = first.map((octets, at) => octets + (rest[at] ?? 0));
  const sum = gains.reduce((so, octets) => so + octets, 0);
  const shares = gains.map(octets => octets / sum);
  const name = (list: readonly number[]): string => list.map(share => share.toFixed(2)).join(', ');
  trial.expected = `the streams ${streams.join(', ')} share as ${name(wanted)}`;
  trial.seen = `the streams ${streams.join(', ')} share as ${name(shares)}`;
  const right = (share: number, p: number): boolean =>
    Math.abs(share - p) <= 5 * Math.sqrt((p * (1 - p)) / COUNTED) + 2 / COUNTED;
  if (exact || shares.every((share, at) => right(share, wanted[at] as number))) return true;
  trial.weak(`${trial.seen}, not ${name(wanted)}`);
  return false;
}
