/** Uploads of an exact size, and the credit that comes back for them: what the cases of this suite share. */
import { data } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** Largest DATA frame that every server takes. */
const FRAME = 16_384;

/** Octets that a case sends at most to fill a window. */
const MOST = 2 ** 22;

/** The request of an upload, its content to follow. */
export function upload(trial: GatewayTrial, peer: Peer, name: string): Asked {
  return trial.ask(peer, name, { method: 'POST', endStream: false });
}

/** The initial window of the server, where it can be filled in a moment. */
export function initialWindow(trial: GatewayTrial, peer: Peer): number {
  const octets = peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE');
  if (octets < 1000 || octets > MOST) trial.notApplicable(`the initial window is ${octets} octets`);
  return octets;
}

/** The connection's window as it is now, where it can be filled in a moment. */
export function connectionWindow(trial: GatewayTrial, peer: Peer): number {
  const octets = peer.ledger.sendWindow;
  if (octets > MOST) trial.notApplicable(`the connection window is ${octets} octets`);
  return octets;
}

/** Content of an upload, as both windows let it through; waits for their credit. */
export async function pour({ peer, stream }: Asked, octets: number): Promise<void> {
  const room = (): number => Math.min(peer.stream(stream).sendWindow, peer.ledger.sendWindow);
  for (let left = octets; left > 0 && !peer.over; ) {
    await peer.until(() => peer.over || room() > 0, 'credit for the rest of an upload');
    if (peer.over) return;
    const size = Math.min(left, FRAME, room());
    peer.send(data(stream, new Uint8Array(size)));
    left -= size;
  }
}

/** The end of an upload. */
export function finish({ peer, stream }: Asked): void {
  peer.send(data(stream, '', { endStream: true }));
}

/** Octets of credit that the server has given for a stream by now. */
export function granted({ peer, stream }: Asked): number {
  return peer.received.reduce(
    (sum, { frame, payload }) =>
      frame.stream === stream && payload.type === 'WINDOW_UPDATE' ? sum + payload.increment : sum,
    0,
  );
}

/** Behind the barrier: exactly so much credit has come for the stream. */
export async function grantedExactly(trial: GatewayTrial, asked: Asked, octets: number, what: string): Promise<void> {
  trial.expected = `${octets} octets of credit ${what}`;
  await trial.quietApp(asked.peer);
  const seen = granted(asked);
  if (seen !== octets) trial.fail(`${seen} octets of credit, not ${octets}, ${what}`);
  trial.seen = `${octets} octets of credit ${what}`;
}

/** Reads so many octets, or up to the end. */
export async function take({ body }: Parameters<Handler>[0], octets: number): Promise<void> {
  for (let left = octets; left > 0; ) {
    const chunk = await body.read();
    if (chunk === null) return;
    left -= chunk.length;
  }
}

/** Reads to the end, then answers with the number of octets. */
export async function count(x: Parameters<Handler>[0]): Promise<void> {
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  x.respond(200, [], `${octets}`);
}
