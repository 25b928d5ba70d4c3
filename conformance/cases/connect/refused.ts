/** CONNECT that opens no tunnel: what it may draw. */
import type { RequirementId } from '../../../spec/registry/index.ts';
import { data, headers, plainBlock } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { Failed } from '../../outcome.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StreamRecord } from '../../peer/stream.ts';
import { describeAnswer, type Trial } from '../../trial.ts';

export const PROTOCOL_ERROR = 1;

/** HEADERS of a CONNECT with these fields, the stream left open as a tunnel would be; gives what it drew. */
export async function connect(trial: Trial, peer: Peer, fields: readonly string[]): Promise<StreamRecord> {
  const block = plainBlock([':method', 'CONNECT', ...fields, ...trial.subject.fields]);
  const frame = headers(peer.nextStream(), block);
  peer.expectMethod(frame.stream, 'CONNECT');
  await peer.fence(frame);
  const record = peer.stream(frame.stream);
  const settled = (): boolean => record.status >= 200 || record.over || peer.over;
  if (!settled()) await peer.twins(trial.subject.small.path);
  if (settled() || (await trial.idle(peer.within(peer.limit, settled, 'a reaction')))) return record;
  // A server that has no tunnels may take CONNECT for a request like another, and wait for its end.
  peer.send(data(frame.stream, '', { endStream: true }));
  await peer.twins(trial.subject.small.path);
  if (!(await trial.idle(peer.within(peer.limit, settled, 'a reaction'))))
    throw new Failed(`no reaction to CONNECT within ${peer.limit} ms after its end`, undefined, true);
  trial.weak(`CONNECT is answered only once the client has ended it: ${describeAnswer(record, peer)}`);
  return record;
}

/** No tunnel is opened for a CONNECT like this. */
export function refuses(requirement: RequirementId, what: string, ...fields: readonly string[]): CaseBody {
  return {
    requirement,
    title: `CONNECT ${what} is refused.`,
    async run(trial) {
      await isRefused(trial, await trial.open(), fields);
    },
  };
}

/** The CONNECT with these fields opens no tunnel. */
export async function isRefused(trial: Trial, peer: Peer, fields: readonly string[]): Promise<void> {
  trial.expected = 'no 2xx: RST_STREAM, a final status from 300 up, or connection error PROTOCOL_ERROR';
  const record = await connect(trial, peer, fields);
  trial.seen = describeAnswer(record, peer);
  if (record.status >= 200 && record.status < 300) trial.fail(`the tunnel is opened: status ${record.status}`);
  if (record.status > 0) return;
  const codes = peer.over ? peer.goaways.map(({ code }) => code) : [];
  const refused = record.resets.includes(PROTOCOL_ERROR) || codes.includes('PROTOCOL_ERROR');
  if (!refused) trial.weak(`${trial.seen} instead of PROTOCOL_ERROR`);
}
