/** What the cases on tunnels ask for and wait for. */
import { concat } from '../../../../wire/index.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { printable } from '../../../peer/transcript.ts';
import { describeAnswer } from '../../../trial.ts';

export interface TunnelOptions {
  /** "websocket" by default. */
  readonly protocol?: string;
  readonly fields?: readonly string[];
}

/** Asks for a tunnel by extended CONNECT, and leaves the stream open. */
export function connect(
  trial: GatewayTrial,
  peer: Peer,
  name: string,
  { protocol = 'websocket', fields = [] }: TunnelOptions = {},
): Asked {
  if (peer.ledger.setting('theirs', 'ENABLE_CONNECT_PROTOCOL') !== 1)
    trial.fail('tunnels are claimed, and the server has not sent ENABLE_CONNECT_PROTOCOL=1');
  return trial.ask(peer, name, { method: 'CONNECT', protocol, fields, endStream: false });
}

/** Asks for a tunnel, which is opened with the status. */
export async function opened(
  trial: GatewayTrial,
  peer: Peer,
  name: string,
  options: TunnelOptions & { readonly status?: number } = {},
): Promise<Asked> {
  const { status = 200, ...rest } = options;
  const asked = connect(trial, peer, name, rest);
  trial.expected = `the tunnel ${name} is opened with status ${status}`;
  const record = peer.stream(asked.stream);
  await peer.until(() => record.status > 0 || record.over || peer.over, `the answer to CONNECT ${name}`);
  if (record.status !== status) trial.fail(`CONNECT ${name} is answered with ${describeAnswer(record, peer)}`);
  const ends = peer.received.some(
    ({ frame, payload }) => frame.stream === asked.stream && payload.type === 'HEADERS' && payload.endStream,
  );
  if (ends) trial.fail(`the tunnel ${name} ends as it is opened`);
  return asked;
}

/** What has come through the tunnel by now. */
export function content({ peer, stream }: Asked): Uint8Array {
  return concat(
    peer.received.flatMap(({ frame, payload }) =>
      payload.type === 'DATA' && frame.stream === stream ? [payload.content] : [],
    ),
  );
}

/** Waits for exactly this text from the start of the tunnel on. */
export async function carries(trial: GatewayTrial, tunnel: Asked, text: string): Promise<void> {
  const { peer, stream, name } = tunnel;
  trial.expected = `"${printable(text)}" comes through the tunnel ${name}`;
  const record = peer.stream(stream);
  const there = (): boolean => record.octets >= text.length || record.over || peer.over;
  await peer.until(there, `${text.length} octets through the tunnel ${name}`);
  const seen = Buffer.from(content(tunnel)).toString('latin1');
  if (seen !== text) trial.fail(`"${printable(seen)}" comes through the tunnel ${name}, not "${printable(text)}"`);
  trial.seen = trial.expected;
}
