/** What the cases on push wait for: promises, by the path that they promise. */
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { Failed } from '../../../outcome.ts';
import { fieldValue } from '../../../peer/stream.ts';
import { describeEnd } from '../../../trial.ts';

/** The stream that is promised for an exchange of the case; none by the end of the response that has to promise it fails. */
export async function promised(trial: GatewayTrial, parent: Asked, name: string): Promise<Asked> {
  const { peer, stream } = parent;
  const exchange = trial.exchange(name);
  const find = () =>
    [...peer.ledger.streams.values()].find(({ request }) => fieldValue(request, ':path') === exchange.path);
  const record = peer.stream(stream);
  trial.expected = `PUSH_PROMISE for ${name} on the stream of ${parent.name}`;
  await peer.until(() => find() !== undefined || record.over || peer.over, `PUSH_PROMISE for ${name}`);
  const found = find();
  if (found !== undefined) return { ...exchange, peer, stream: found.id };
  const end = peer.over ? describeEnd(peer) : `the response to ${parent.name} ends`;
  throw new Failed(`no PUSH_PROMISE for ${name}: ${end}`);
}

/** Promises of the connection by now; their fields tell what for. */
export function promises({ peer }: Asked): number {
  return peer.received.filter(({ payload }) => payload.type === 'PUSH_PROMISE').length;
}

/** The whole response of an exchange that has nothing to promise, and behind it still no promise. */
export async function promisesNothing(trial: GatewayTrial, parent: Asked, status = 200): Promise<void> {
  await trial.answered(parent, status);
  trial.expected = `no PUSH_PROMISE on the stream of ${parent.name}`;
  await parent.peer.fence();
  if (promises(parent) > 0) throw new Failed(`PUSH_PROMISE, although push gave false to ${parent.name}`);
  trial.seen = 'push gives false, and no PUSH_PROMISE comes';
}

/** The place of the first frame that is meant among those received; −1 where none has come. */
export function place({ peer }: Asked, type: 'PUSH_PROMISE' | 'HEADERS' | 'DATA', stream: number): number {
  return peer.received.findIndex(({ frame, payload }) => payload.type === type && frame.stream === stream);
}

/**
 * The application is given false, by a rule that the host of a pipe cannot see: behind one it may be true (MSGI-PROC-34), and
 * no more than `most` promises come all the same.
 */
export async function givesFalse(trial: GatewayTrial, asked: Asked, name: string, most = 0, nth = 1): Promise<void> {
  trial.expected = `push gives false to ${asked.name}${trial.piped ? ', or true and promises nothing' : ''}`;
  if ((await trial.app.report(asked, name, nth)) === false) return;
  const seen = `${name} of ${asked.name} is true, not false`;
  if (!trial.piped) throw new Failed(seen);
  await trial.quietApp(asked.peer);
  if (promises(asked) > most) throw new Failed(seen);
}
