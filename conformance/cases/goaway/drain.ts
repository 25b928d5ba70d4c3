/** A response that waits for its window while the client says GOAWAY. */
import { DEFAULT_WINDOW, type Frame, windowUpdate } from '../../../wire/index.ts';
import { connectionError } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, describeEnd, mismatch, type Trial } from '../../trial.ts';

/** A GET of the small resource whose content waits for credit. */
async function waiting(trial: Trial): Promise<readonly [Peer, number]> {
  const peer = await trial.open();
  await peer.change(['INITIAL_WINDOW_SIZE', 0]);
  return [peer, peer.ask()];
}

/** More than the content: an END_STREAM that comes on its own may wait until there is room (RFC 9113 §6.9.1: a MAY). */
function credit(trial: Trial): number {
  return trial.subject.small.size + DEFAULT_WINDOW;
}

/**
 * GOAWAY frames of the client's that are no error: the response is completed when it gets its credit, or is given up with its
 * stream or its connection, but not with an error code, except one that echoes the client's. Says whether it was completed.
 */
export async function drains(
  trial: Trial,
  goaways: readonly Frame[],
  echoes: readonly string[] = [],
): Promise<boolean> {
  const [peer, stream] = await waiting(trial);
  trial.expected = 'the response, or an end of the connection without an error code';
  const record = peer.stream(stream);
  peer.send(...goaways, windowUpdate(stream, credit(trial)));
  const error = (): boolean => peer.goaways.some(({ code }) => code !== 'NO_ERROR' && !echoes.includes(code));
  const givenUp = (): boolean => peer.end !== null || peer.goaways.some(({ lastStream }) => lastStream < stream);
  await peer.until(() => record.over || error() || givenUp(), 'the response or the end of the connection');
  if (error()) trial.fail(describeEnd(peer));
  const completed = mismatch(record, trial.subject.small) === null;
  if (!completed && record.gotEnd) trial.fail(describeAnswer(record, peer));
  trial.seen = completed ? 'the response is completed' : describeAnswer(record, peer);
  return completed;
}

/** A broken GOAWAY is a connection error: it is not taken as the request to finish, and the response is not completed. */
export async function refusesGoaway(
  trial: Trial,
  code: 'PROTOCOL_ERROR' | 'FRAME_SIZE_ERROR',
  broken: (stream: number) => Frame,
): Promise<void> {
  const [peer, stream] = await waiting(trial);
  await connectionError(trial, peer, code, broken(stream), windowUpdate(stream, credit(trial)));
  const reported = peer.goaways.some(goaway => goaway.code !== 'NO_ERROR');
  if (!reported && (peer.goaways.length > 0 || peer.stream(stream).gotEnd))
    trial.fail(`the GOAWAY is taken as sound: ${describeAnswer(peer.stream(stream), peer)}`);
}
