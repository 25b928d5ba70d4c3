/** Requests that an application never sees (section 2.2 of the specification). */
import { errorName } from '../../wire/index.ts';
import { Failed } from '../outcome.ts';
import type { Peer } from '../peer/peer.ts';
import { describeAnswer } from '../trial.ts';
import { askAs, type SectionOptions } from './requests.ts';
import type { Asked, GatewayTrial } from './trial.ts';

/**
 * Each of these requests is refused: RST_STREAM with PROTOCOL_ERROR, or the response 400, and the application is not called.
 * They share a connection until the server ends it.
 */
export async function refuses(trial: GatewayTrial, requests: Readonly<Record<string, SectionOptions>>): Promise<void> {
  let peer = await trial.open();
  for (const [name, options] of Object.entries(requests)) {
    if (peer.over) peer = await trial.open();
    await refusesOne(trial, askAs(trial, peer, name, options), 400);
  }
  if (peer.over) peer = await trial.open();
  trial.expected = 'the application is called on none of them';
  await trial.quietApp(peer);
  const called = Object.keys(requests).find(name => trial.wasInvoked(trial.exchange(name)));
  if (called !== undefined) throw new Failed(`the application was invoked on ${called}`);
  trial.seen = `each of ${Object.keys(requests).length} requests is refused, and the application is called on none`;
}

/** Waits for the refusal of one request: RST_STREAM, or the response of that status. */
export async function refusesOne(trial: GatewayTrial, asked: Asked, status: number): Promise<void> {
  const { name, peer } = asked;
  trial.expected = `${name} is refused with RST_STREAM PROTOCOL_ERROR or status ${status}, and the application is not called`;
  const record = peer.stream(asked.stream);
  const decided = (): boolean => record.over || peer.over || (record.status > 0 && record.status !== status);
  // An application that is called answers, so the answer tells.
  await peer.until(decided, `the refusal of ${name}`);
  if (trial.wasInvoked(asked)) throw new Failed(`the application is invoked on ${name}`);
  if (record.status > 0 && record.status !== status)
    throw new Failed(`${name} is not refused with ${status}: ${describeAnswer(record, peer)}`);
  if (record.status === 0) weakest(trial, peer, asked);
}

/** Another code, and an error of the whole connection, are poorer (RFC 9113 §5.4). */
function weakest(trial: GatewayTrial, peer: Peer, { name, stream }: Asked): void {
  const [code] = peer.stream(stream).resets;
  if (code === undefined) trial.weak(`${name}: ${describeAnswer(peer.stream(stream), peer)}`);
  else if (errorName(code) !== 'PROTOCOL_ERROR') trial.weak(`${name}: RST_STREAM ${errorName(code)}`);
}
