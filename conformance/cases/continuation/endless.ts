/** A field block that never ends (RFC 9113 §6.10, §10.5). */
import { continuation, headers, plainBlock } from '../../../wire/index.ts';
import { turn } from '../../peer/peer.ts';
import { describeAnswer, type Trial } from '../../trial.ts';

/** CONTINUATIONs in all, and in one write. */
const FRAMES = 5000;
const AT_ONCE = 250;

/** What a server may take to react once all is sent: no failure rests on it. */
const PATIENCE_MS = 2000;

/** The server ends the connection or the stream before the block has so many CONTINUATIONs; else weak. */
export async function endless(trial: Trial, fragment: Uint8Array): Promise<void> {
  trial.expected = `an error of the connection or of the stream before ${FRAMES} CONTINUATIONs have come`;
  const peer = await trial.open();
  const stream = peer.nextStream();
  peer.violate(headers(stream, plainBlock(peer.fieldsOf()), { endStream: true, endHeaders: false }));
  const record = peer.stream(stream);
  const settled = (): boolean => peer.over || record.over || record.status > 0;
  for (let sent = 0; sent < FRAMES && !settled(); sent += AT_ONCE) {
    peer.violate(...Array.from({ length: AT_ONCE }, () => continuation(stream, fragment, false)));
    await turn();
  }
  if (!settled()) await trial.idle(peer.within(Math.max(peer.limit, PATIENCE_MS), settled, 'an end of the block'));
  const seen = describeAnswer(record, peer);
  await trial.open();
  trial.seen = seen;
  if (!settled()) trial.weak(`${FRAMES} CONTINUATIONs of ${fragment.length} octets are taken`);
}
