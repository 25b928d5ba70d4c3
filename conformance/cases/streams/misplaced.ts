/** Frames that a state of a stream does not take, one by one (RFC 9113 §5.1, §6.1, §6.8, §6.10). */

import type { RequirementId } from '../../../spec/registry/index.ts';
import {
  continuation,
  data,
  errorName,
  type Frame,
  goaway,
  latin1,
  literal,
  ping,
  plainBlock,
  pushPromise,
  rstStream,
  windowUpdate,
} from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { type Codes, connectionEnd, connectionError, held, served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeEnd, type Trial } from '../../trial.ts';

/** An odd identifier above all that were used. */
const IDLE = 101;

const STRAY = literal('x-stray', '1');

/** STREAM_CLOSED is applicable to a stray CONTINUATION as well. */
const STRAY_CODES: Codes = ['PROTOCOL_ERROR', 'STREAM_CLOSED'];

const misplaced = (
  requirement: RequirementId,
  title: string,
  codes: Codes,
  frames: (peer: Peer) => readonly Frame[],
  also: readonly RequirementId[] = [],
): CaseBody => ({
  requirement,
  also,
  title,
  async run(trial) {
    const peer = await trial.open();
    await connectionError(trial, peer, codes, ...frames(peer));
  },
});

/** The same on a stream that the client has ended, and whose response waits for its window. */
const behindTheEnd = (
  title: string,
  codes: Codes,
  change: (stream: number, peer: Peer) => Frame,
  also: RequirementId,
): CaseBody => ({
  requirement: 'rfc9113/5.1/8',
  also: [also],
  needs: ['large'],
  title,
  async run(trial) {
    const peer = await trial.open();
    const [stream = 0] = await held(trial, peer);
    await connectionError(trial, peer, codes, change(stream, peer));
  },
});

/** A POST whose content is still to come, in the same write as what follows. */
function posted(trial: Trial, peer: Peer): Frame {
  return peer.request({ method: 'POST', path: trial.upload.path, endStream: false });
}

const strayBehind = (what: string, before: (post: Frame) => readonly Frame[]): CaseBody => ({
  requirement: 'rfc9113/6.10/6',
  needs: ['upload'],
  title: `CONTINUATION behind ${what} is a connection error.`,
  async run(trial) {
    const peer = await trial.open();
    const post = posted(trial, peer);
    await connectionError(trial, peer, STRAY_CODES, ...before(post), continuation(post.stream, STRAY));
  },
});

const asFragments = (post: Frame): readonly Frame[] => [
  { ...post, flags: 0, payload: post.payload.subarray(0, 5) },
  continuation(post.stream, post.payload.subarray(5)),
];

/** DATA that comes too late is dropped or an error; the other streams are none the worse for it. */
async function lateData(trial: Trial, peer: Peer, stream: number): Promise<void> {
  trial.expected = 'nothing, RST_STREAM STREAM_CLOSED, or connection error STREAM_CLOSED';
  if ((await peer.fence(data(stream, 'x'))) === 'over')
    return connectionEnd(trial, peer, ['STREAM_CLOSED', 'PROTOCOL_ERROR']);
  const codes = peer.stream(stream).resets.map(errorName);
  await served(trial, peer);
  trial.seen = codes.length > 0 ? `RST_STREAM ${codes.join(', ')}` : describeEnd(peer);
}

export default chapter('streams', {
  'data-on-idle-stream': {
    requirement: 'rfc9113/5.1/1',
    disputed:
      'a connection error for any frame but HEADERS and PRIORITY on an idle stream (RFC 9113 §5.1) against a stream error ' +
      'for DATA on a stream that is not open (§6.1)',
    title: 'DATA on an idle stream is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const mark = peer.received.length;
      if ((await peer.fence(data(IDLE, 'x'))) === 'over')
        return connectionEnd(trial, peer, ['PROTOCOL_ERROR', 'STREAM_CLOSED']);
      trial.expected = 'connection error PROTOCOL_ERROR';
      const reset = peer.received.slice(mark).find(({ payload }) => payload.type === 'RST_STREAM');
      if (reset?.payload.type !== 'RST_STREAM' || reset.frame.stream !== IDLE)
        trial.fail('the connection lives on: PING is acknowledged');
      else trial.weak(`RST_STREAM ${errorName(reset.payload.code)} on the idle stream ${IDLE}`);
      return undefined;
    },
  },

  'reset-on-idle-stream': misplaced(
    'rfc9113/5.1/1',
    'RST_STREAM on an idle stream is a connection error.',
    'PROTOCOL_ERROR',
    () => [rstStream(IDLE)],
    ['rfc9113/6.4/6'],
  ),

  'window-update-on-idle-stream': misplaced(
    'rfc9113/5.1/1',
    'WINDOW_UPDATE on an idle stream is a connection error.',
    'PROTOCOL_ERROR',
    () => [windowUpdate(IDLE, 1)],
  ),

  'continuation-on-idle-stream': misplaced(
    'rfc9113/5.1/1',
    'CONTINUATION on an idle stream is a connection error.',
    'PROTOCOL_ERROR',
    () => [continuation(IDLE, STRAY)],
    ['rfc9113/6.10/6'],
  ),

  'ping-on-idle-stream': misplaced(
    'rfc9113/6.7/6',
    'PING on an idle stream is a connection error.',
    'PROTOCOL_ERROR',
    () => [{ ...ping(latin1('an idle ')), stream: IDLE }],
  ),

  'ping-acknowledgement-on-a-stream': misplaced(
    'rfc9113/6.7/6',
    'An acknowledgement of PING on a stream is a connection error.',
    'PROTOCOL_ERROR',
    () => [{ ...ping(latin1('a stream'), true), stream: 1 }],
  ),

  'goaway-on-idle-stream': misplaced(
    'rfc9113/6.8/4',
    'GOAWAY on an idle stream is a connection error.',
    'PROTOCOL_ERROR',
    () => [{ ...goaway(0), stream: IDLE }],
  ),

  'continuation-after-end-stream': behindTheEnd(
    'CONTINUATION on a stream that the client has ended is a connection error.',
    STRAY_CODES,
    stream => continuation(stream, STRAY),
    'rfc9113/6.10/6',
  ),

  'promise-after-end-stream': behindTheEnd(
    'PUSH_PROMISE of a client on a stream that it has ended is a connection error.',
    'PROTOCOL_ERROR',
    (stream, peer) => pushPromise(stream, 2, plainBlock(peer.fieldsOf())),
    'rfc9113/8.4/7',
  ),

  'continuation-behind-headers': strayBehind('HEADERS with END_HEADERS', post => [post]),
  'continuation-behind-data': strayBehind('DATA of an unfinished request', post => [post, data(post.stream, 'x')]),
  'continuation-behind-the-last': strayBehind('the CONTINUATION that ends a field block', asFragments),

  'data-on-closed-stream': {
    requirement: 'rfc9113/5.1/10',
    also: ['rfc9113/6.1/6'],
    title: 'DATA on a stream that both sides have ended harms no other stream, unless it ends the connection.',
    async run(trial) {
      const peer = await trial.open();
      await lateData(trial, peer, (await served(trial, peer)).id);
    },
  },

  'data-behind-own-reset': {
    requirement: 'rfc9113/6.1/6',
    needs: ['upload'],
    title: 'DATA on a stream that the client has reset harms no other stream, unless it ends the connection.',
    async run(trial) {
      const peer = await trial.open();
      const post = posted(trial, peer);
      peer.send(post, rstStream(post.stream));
      await lateData(trial, peer, post.stream);
    },
  },
});
