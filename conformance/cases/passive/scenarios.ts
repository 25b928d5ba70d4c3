/** What makes a server talk. Nothing is judged here: the findings of peer/grammar.ts are (KIT rule 8). */
import { data, FRAME_TYPE, type Frame, windowUpdate } from '../../../wire/index.ts';
import type { Peer } from '../../peer/peer.ts';
import type { Trial } from '../../trial.ts';

/** Never answered as a resource that is there. */
export const ABSENT = '/msgi-conformance-no-such-resource';

/** GET and HEAD of what is there and of what is not, OPTIONS, and an upload where there is one. */
export async function converse(trial: Trial, peer: Peer): Promise<void> {
  for (const path of [trial.subject.small.path, ABSENT]) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await answer(peer, peer.ask({ method, path }));
  }
  await upload(trial, peer);
}

/** A POST with content within every window, to the resource that reads it or else to one that does not. */
export async function upload(trial: Trial, peer: Peer): Promise<void> {
  if (peer.over) return;
  const path = trial.subject.upload?.path ?? trial.subject.small.path;
  const request = peer.request({ method: 'POST', path, endStream: false });
  const room = Math.min(peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'), peer.ledger.sendWindow, 16_384);
  peer.send(request, data(request.stream, new Uint8Array(room), { endStream: true }));
  await answer(peer, request.stream);
}

/** The large resource, or the small one where there is none, with the windows open. */
export async function transfer(trial: Trial, peer: Peer): Promise<void> {
  await answer(peer, peer.ask({ path: (trial.subject.large ?? trial.subject.small).path }));
}

/**
 * A response that stands still at a window of zero is reset for a WINDOW_UPDATE of 0 (RFC 9113 §6.9), on a connection of its
 * own: a server may end that instead.
 */
export async function provokeReset(trial: Trial): Promise<void> {
  const peer = await trial.open();
  await peer.change(['INITIAL_WINDOW_SIZE', 0]);
  const stream = peer.ask();
  await peer.fence();
  await peer.fence(windowUpdate(stream, 0));
}

/** Frames of a type that were received, well formed or not. */
export function count(peer: Peer, type: number, flag = 0): number {
  return peer.received.filter(({ frame }) => frame.type === type && (frame.flags & flag) === flag).length;
}

/** A frame that calls for an acknowledgement, and that acknowledgement, whatever it looks like. */
export async function acknowledged(peer: Peer, type: 'SETTINGS' | 'PING', ...frames: readonly Frame[]): Promise<void> {
  const acks = (): number => count(peer, FRAME_TYPE[type], 1);
  const before = acks();
  peer.send(...frames);
  await peer.until(() => peer.over || acks() > before, `the acknowledgement of ${type}`);
}

/** Whole answers are waited for as long as there is a connection. */
async function answer(peer: Peer, stream: number): Promise<void> {
  if (!peer.over) await peer.wholeAnswer(stream);
}
