/** A client that sends more than the windows allow (RFC 9113 §6.9): a server may object, and must not fall silent. */
import { DEFAULT_WINDOW, data, errorName, type Frame, latin1, ping } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, type Trial } from '../../trial.ts';

/** Windows above this are not overrun. */
const MOST = 2 ** 20;

/** Uploads that fill the connection's window at most. */
const AT_ONCE = 10;

/** A server that says nothing for so long hangs. */
const SILENCE_MS = 3000;

const FRAME_OCTETS = 16_384;

/** Uploads whose content is still to come. */
function uploads(trial: Trial, peer: Peer, count: number): readonly number[] {
  trial.needStreams(peer, count);
  return Array.from({ length: count }, () => peer.ask({ method: 'POST', path: trial.upload.path, endStream: false }));
}

function content(stream: number, octets: number): readonly Frame[] {
  const frames = Math.ceil(octets / FRAME_OCTETS);
  return Array.from({ length: frames }, (_, at) =>
    data(stream, new Uint8Array(Math.min(FRAME_OCTETS, octets - at * FRAME_OCTETS))),
  );
}

/** The content goes out in one write, so that no credit can come in between; then the server says something. */
async function overruns(trial: Trial, peer: Peer, streams: readonly number[], octets: number): Promise<void> {
  trial.expected = 'FLOW_CONTROL_ERROR of the stream or the connection, or the content is taken; no silence';
  const mark = ping(latin1('too much'));
  const key = mark.payload.toString();
  peer.violate(...streams.flatMap(stream => content(stream, octets)), mark);
  const spoken = (): boolean => peer.over || peer.pingAcks.includes(key);
  const most = Math.max(peer.limit, SILENCE_MS);
  trial.limited = !(await trial.idle(peer.within(most, spoken, 'a word of the server')));
  if (trial.limited) trial.fail(`neither a PING acknowledgement nor an end of the connection within ${most} ms`);
  trial.raced = peer.over;
  const seen = streams.map(stream => describeAnswer(peer.stream(stream), peer)).join('; ');
  for (const code of codes(peer, streams)) if (!EXPECTED.has(code)) trial.weak(`${code} instead of FLOW_CONTROL_ERROR`);
  await trial.open();
  trial.seen = seen;
}

/** Where the content is not wanted at all, or not any more, no window is the matter. */
const EXPECTED = new Set(['FLOW_CONTROL_ERROR', 'NO_ERROR', 'CANCEL', 'REFUSED_STREAM']);

/** What is said first: later frames of the overrun may be errors of their own. */
function codes(peer: Peer, streams: readonly number[]): readonly string[] {
  const resets = streams.flatMap(stream =>
    peer
      .stream(stream)
      .resets.slice(0, 1)
      .map(code => errorName(code)),
  );
  return [...peer.goaways.map(({ code }) => code), ...resets];
}

export const overrunning: Readonly<Record<string, CaseBody>> = {
  'overrun-of-a-stream': {
    requirement: 'rfc9113/6.9/i1',
    needs: ['upload'],
    title: 'Content far beyond the window of its stream is taken or met with an error, and the server goes on.',
    async run(trial) {
      const peer = await trial.open();
      const window = peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE');
      if (window > MOST) trial.notApplicable(`streams begin with a window of ${window} octets`);
      await overruns(trial, peer, uploads(trial, peer, 1), 2 * window + DEFAULT_WINDOW);
    },
  },

  'overrun-of-the-connection': {
    requirement: 'rfc9113/6.9/i1',
    needs: ['upload'],
    title: 'Content far beyond the window of the connection is taken or met with an error, and the server goes on.',
    async run(trial) {
      const peer = await trial.open();
      const { sendWindow } = peer.ledger;
      const window = peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE');
      const count = Math.ceil((sendWindow + DEFAULT_WINDOW) / window);
      if (sendWindow > MOST) trial.notApplicable(`the connection window is ${sendWindow} octets`);
      if (count > AT_ONCE) trial.notApplicable(`the windows of ${AT_ONCE} streams do not fill that of the connection`);
      await overruns(trial, peer, uploads(trial, peer, count), window);
    },
  },
};
