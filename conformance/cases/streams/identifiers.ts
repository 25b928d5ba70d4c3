/** Cases on the numbers of streams (RFC 9113 §5.1.1). */
import { FRAME_TYPE } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { answered, type Codes, connectionEnd, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeEnd, type Trial } from '../../trial.ts';

const DISPUTED =
  'HEADERS on an identifier that cannot be new is a connection error (RFC 9113 §5.1.1) against the minimal processing of ' +
  'frames on closed streams (§5.1)';

export default chapter('streams', {
  'lower-identifier': {
    requirement: 'rfc9113/5.1.1/4',
    disputed: DISPUTED,
    title: 'A new stream below one that was opened before is a connection error, and never served.',
    async run(trial) {
      const peer = await trial.open();
      const [skipped, taken] = [peer.nextStream(), peer.nextStream()];
      const higher = peer.request({}, taken);
      peer.send(higher);
      await answered(trial, peer, taken);
      await notNew(trial, peer, skipped, 'PROTOCOL_ERROR');
    },
  },

  'used-identifier': {
    requirement: 'rfc9113/5.1.1/4',
    also: ['rfc9113/5.1/10'],
    disputed: DISPUTED,
    title: 'A request on the identifier of a stream that is over is a connection error, and never served.',
    async run(trial) {
      const peer = await trial.open();
      await notNew(trial, peer, 1, ['STREAM_CLOSED', 'PROTOCOL_ERROR']);
    },
  },

  'skipped-identifiers': {
    requirement: 'rfc9113/5.1.1/i1',
    title: 'A client may leave out identifiers.',
    async run(trial) {
      const peer = await trial.open();
      for (const stream of [7, 101, 103, 65_537]) {
        peer.send(peer.request({}, stream));
        await answered(trial, peer, stream);
      }
    },
  },

  'whole-range-of-identifiers': {
    requirement: 'rfc9113/5.1.1/i2',
    title: 'Every odd identifier up to 2^31-1 may be used.',
    async run(trial) {
      for (const stream of [2 ** 30 + 1, 2 ** 31 - 1]) {
        const peer = await trial.open({ control: false });
        peer.send(peer.request({}, stream));
        const record = peer.stream(stream);
        // GOAWAY NO_ERROR is fine, even before the answer: there are no identifiers left.
        const refused = (): boolean => peer.end !== null || peer.goaways.some(({ code }) => code !== 'NO_ERROR');
        await peer.until(() => record.over || refused(), `the end of the answer on stream ${stream}`);
        if (!record.over) trial.fail(`the request on stream ${stream} is not answered: ${describeEnd(peer)}`);
        await answered(trial, peer, stream);
      }
    },
  },
});

/** A whole request on an identifier that is spent: a connection error; dropping it or RST_STREAM is the other reading. */
async function notNew(trial: Trial, peer: Peer, stream: number, codes: Codes): Promise<void> {
  const mark = peer.received.length;
  const over = (await peer.fence(peer.request({}, stream))) === 'over';
  if (!over) {
    await peer.twins(trial.subject.small.path);
    await peer.fence();
  }
  trial.expected = 'connection error: GOAWAY, then close; no response';
  const said = peer.received.slice(mark).filter(({ frame }) => frame.stream === stream);
  if (said.some(({ frame }) => frame.type === FRAME_TYPE.HEADERS))
    trial.fail(`the request on stream ${stream} is served`);
  if (peer.over) return connectionEnd(trial, peer, codes);
  trial.weak(
    peer.stream(stream).resets.length > 0 ? `RST_STREAM on stream ${stream}` : `HEADERS on stream ${stream} is ignored`,
  );
  await served(trial, peer);
}
