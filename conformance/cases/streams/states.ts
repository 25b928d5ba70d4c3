/** Cases on what each state of a stream takes (RFC 9113 §5.1). */
import {
  data,
  errorName,
  type Frame,
  frame,
  headers,
  literal,
  plainBlock,
  rstStream,
  windowUpdate,
} from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import {
  answered,
  calmed,
  connectionError,
  held,
  ignored,
  reaction,
  served,
  streamError,
  tolerated,
} from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, describeEnd, mismatch, type Trial } from '../../trial.ts';
import { PATIENCE_MS, pathless, provoked } from '../provoked.ts';

/** A type that no specification has taken. */
const UNASSIGNED = 0xfa;

export default chapter('streams', {
  'window-update-on-never-promised-stream': {
    requirement: 'rfc9113/5.1/1',
    title: 'WINDOW_UPDATE on an even stream that was never promised is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', windowUpdate(peer.unpromised(), 1));
    },
  },

  'headers-after-end-stream': {
    requirement: 'rfc9113/5.1/8',
    needs: ['large'],
    title: 'A second HEADERS on a stream that the client has ended is a stream error STREAM_CLOSED.',
    async run(trial) {
      const peer = await trial.open();
      const [stream = 0] = await held(trial, peer);
      const trailers = headers(stream, literal('x-late', '1'), { endStream: true });
      await streamError(trial, peer, stream, 'STREAM_CLOSED', trailers);
    },
  },

  'unknown-frames-in-every-state': {
    requirement: 'rfc9113/5.1/i2',
    needs: ['large', 'upload'],
    title: 'A frame of unknown type is no error on an idle, open, half-closed or closed stream.',
    async run(trial) {
      const peer = await trial.open();
      const open = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      const [halfClosed = 0] = await held(trial, peer);
      const onIdle = peer.request({ method: 'HEAD' });
      const states = [1, open, halfClosed, onIdle.stream];
      await tolerated(trial, peer, ...states.map(stream => frame(UNASSIGNED, 0xff, stream, new Uint8Array(8))));
      peer.send(onIdle);
      await answered(trial, peer, onIdle.stream);
    },
  },

  'late-window-update-and-reset': {
    requirement: 'rfc9113/5.1/i3',
    title: 'WINDOW_UPDATE and RST_STREAM that cross the end of a response are tolerated.',
    async run(trial) {
      const peer = await trial.open();
      const [first, second] = [peer.request(), peer.request()];
      peer.send(first, second);
      await answered(trial, peer, first.stream);
      await answered(trial, peer, second.stream);
      await ignored(trial, peer, windowUpdate(first.stream, 1), rstStream(second.stream));
    },
  },

  'rest-of-request-after-early-answer': {
    requirement: 'rfc9113/5.1/i6',
    needs: ['other'],
    title: 'After a response that comes before the end of the request, the rest of the request is still legal.',
    async run(trial) {
      const peer = await trial.open();
      const stream = await answeredEarly(trial, peer);
      trial.expected = 'no connection error for the rest of the request, and the connection still serves';
      const record = peer.stream(stream);
      // A server may also ask the client to stop (RFC 9113 §8.1): then there is no rest.
      const rest = [windowUpdate(stream, 1), data(stream, 'x'), data(stream, '', { endStream: true })];
      const fenced = await peer.fence(...(record.resets.length === 0 ? rest : []));
      if (fenced === 'over') return ended(trial, peer, 'the rest of the request');
      const code = errorName(record.resets[0] ?? 0);
      if (!['NO_ERROR', 'CANCEL', 'STREAM_CLOSED'].includes(code)) trial.weak(`RST_STREAM ${code} on stream ${stream}`);
      await served(trial, peer);
      return undefined;
    },
  },

  'data-after-reset-costs-no-window': {
    requirement: 'rfc9113/5.1/11',
    title:
      'DATA that comes on streams which the server has reset is dropped, and its credit on the connection comes back.',
    async run(trial) {
      const peer = await trial.open();
      const { ledger } = peer;
      const credit = ledger.sendWindow;
      if (credit > 2 ** 20) trial.notApplicable(`the connection window is ${credit} octets`);
      const perStream = Math.min(2 ** 18, ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'));
      if (perStream === 0) trial.notApplicable('streams begin with a window of 0 octets');
      for (let sent = 0; sent <= credit; ) {
        await peer.until(() => peer.over || ledger.sendWindow > 0, 'credit for the DATA on streams that were reset');
        if (peer.over) trial.fail(`${sent} octets of DATA behind malformed requests: ${describeEnd(peer)}`);
        const post = pathless(peer);
        const content = dataFrames(post.stream, Math.min(perStream, ledger.sendWindow));
        await provoked(trial, peer, post, ...content);
        if (calmed(peer)) trial.notApplicable(`malformed requests one after the other are taken for an abuse`);
        sent += content.reduce((sum, { payload }) => sum + payload.length, 0);
      }
      if (peer.over) trial.fail(describeEnd(peer));
      await served(trial, peer, { method: 'HEAD' });
    },
  },

  'request-on-even-stream': {
    requirement: 'rfc9113/5.1/2',
    title: 'A request on an even stream, which is for the server to open, is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', peer.request({}, peer.unpromised()));
    },
  },

  'interleaved-uploads': {
    requirement: 'rfc9113/5/i1',
    needs: ['upload'],
    title: 'DATA of two requests may come in turns: each gets its own content and its own response.',
    async run(trial) {
      const peer = await trial.open();
      const lengths = [6, 9];
      trial.needStreams(peer, lengths.length);
      trial.needWindow(peer, 15);
      const streams = lengths.map(length =>
        peer.ask({
          method: 'POST',
          path: trial.upload.path,
          fields: ['content-length', `${length}`],
          endStream: false,
        }),
      );
      const [one = 0, two = 0] = streams;
      peer.send(data(one, 'abc'), data(two, 'abcde'), data(one, 'def'));
      peer.send(data(two, 'fghi', { endStream: true }), data(one, '', { endStream: true }));
      trial.expected = 'a final response on each of the two streams';
      for (const stream of [two, one]) {
        const record = await peer.answer(stream);
        const seen = describeAnswer(record, peer);
        if (record.status === 0 || record.status === 400) trial.fail(`stream ${stream}: ${seen}`);
        trial.seen = seen;
      }
      await served(trial, peer);
    },
  },

  'stalled-stream-holds-no-other': {
    requirement: 'rfc9113/2/i1',
    needs: ['large'],
    title: 'A response that waits for its window does not hold back those behind it.',
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      const streams = await held(trial, peer, 3);
      const { size } = trial.resource('large');
      for (const stream of streams.toReversed()) {
        trial.expected = `the response on stream ${stream} goes on as soon as its window opens`;
        // Twice the content, for it may be padded.
        peer.send(windowUpdate(stream, 2 * size));
        const record = peer.stream(stream);
        const done = await trial.idle(
          peer.within(Math.max(peer.limit, 1000), () => record.over || peer.over, 'the rest of a response'),
        );
        if (!done) return void trial.weak(`stream ${stream} waits although its window is open`);
        const seen = mismatch(record, trial.resource('large'));
        if (seen !== null) trial.fail(`stream ${stream}: ${peer.over ? describeAnswer(record, peer) : seen}`);
      }
      trial.seen = 'each of the three responses goes on when its own window opens';
      return undefined;
    },
  },

  'several-authorities': {
    requirement: 'rfc9113/9.1.1/1',
    title: 'A request for another authority on the same connection is answered or refused, alone.',
    async run(trial) {
      const peer = await trial.open();
      const fields = peer.fieldsOf();
      fields[fields.indexOf(':authority') + 1] = 'another.invalid';
      const get = headers(peer.nextStream(), plainBlock(fields), { endStream: true });
      const record = await reaction(trial, peer, get.stream, get);
      trial.expected = 'a response, 421 among them, or RST_STREAM; and the connection still serves';
      const seen = describeAnswer(record, peer);
      // A server may end a connection at any time with GOAWAY NO_ERROR, and the request was answered or is safe to retry.
      if (peer.over) return ended(trial, peer, 'a request for another authority');
      await served(trial, peer);
      trial.seen = seen;
      return undefined;
    },
  },
});

/** A POST of what takes none, without its content; gives the stream when the server answers it all the same. */
async function answeredEarly(trial: Trial, peer: Peer): Promise<number> {
  const stream = peer.ask({ method: 'POST', path: trial.resource('other').path, endStream: false });
  const record = peer.stream(stream);
  const settled = (): boolean => record.over || peer.over;
  await peer.fence();
  if (!settled()) await trial.idle(peer.within(Math.min(peer.limit, PATIENCE_MS), settled, 'an early answer'));
  if (!record.gotEnd) trial.notApplicable(`no answer before the content: ${describeAnswer(record, peer)}`);
  return stream;
}

/** A server may end a connection at any time (RFC 9113 §5.4.1), but not for this reason, and not without a word. */
function ended(trial: Trial, peer: Peer, reason: string): void {
  const seen = `${reason} ends the connection: ${describeEnd(peer)}`;
  if (peer.goaways.length === 0 || peer.goaways.some(({ code }) => code !== 'NO_ERROR')) trial.fail(seen);
  trial.weak(seen);
}

/** So many octets of content, in frames that every server takes. */
function dataFrames(stream: number, octets: number): readonly Frame[] {
  const sizes = Array.from({ length: Math.ceil(octets / 16_384) }, (_, at) => Math.min(16_384, octets - at * 16_384));
  return sizes.map(size => data(stream, new Uint8Array(size)));
}
