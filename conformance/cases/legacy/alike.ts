/** What cases of several interfaces have alike, each under a row of its own. */
import { valuesOf } from '../../legacy/saw.ts';
import type { LegacyTrial } from '../../legacy/trial.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StreamRecord } from '../../peer/stream.ts';

/** The link of an early hint. */
export const LINK = '</style.css>; rel=preload; as=style';

/** A client that sends its five octets when it is told to. */
export const EXPECTS = {
  method: 'POST',
  fields: ['expect', '100-continue', 'content-length', '5'],
  endStream: false,
} as const;

/** Each block reaches the client while the application gives no more. */
export async function blocksAreNotHeldBack(trial: LegacyTrial): Promise<void> {
  const asked = await trial.begun(await trial.open());
  trial.act(asked, 'block', { text: 'block' });
  await trial.arrived(asked, 10);
  trial.act(asked, 'end');
  await trial.answered(asked, 200, 10);
}

/** The promises that have come: their streams, and the paths of their requests. */
export function promisesOf(peer: Peer): readonly { readonly stream: number; readonly path: string }[] {
  const streams = peer.received.flatMap(({ payload }) => (payload.type === 'PUSH_PROMISE' ? [payload.promised] : []));
  return streams.map(stream => ({ stream, path: valuesOf({ fields: peer.stream(stream).request }, ':path').join() }));
}

/** 103 with that link is the first informational response. */
export function hinted(trial: LegacyTrial, { interim, interimFields }: StreamRecord): void {
  const links = valuesOf({ fields: interimFields[0] ?? [] }, 'link').join();
  const seen = `status ${interim.join() || 'none'} comes first, with link ${links}`;
  trial.holds(`103 with link: ${LINK}`, seen, interim[0] === 103 && links === LINK);
}
