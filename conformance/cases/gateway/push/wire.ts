/** What RFC 9113 says of promises, of promised streams, and of what a client says on them. */
import { data, headers, plainBlock, priority, rstStream, windowUpdate } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { connectionError, tolerated } from '../../../expect.ts';
import type { CaseApp } from '../../../gateway/case.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { promised } from './promised.ts';

const CONTENT = 'content';

const answers: Handler = x => x.respond(200, [], CONTENT);

/** One promise, whose answer waits. */
const reserves: CaseApp = {
  page: (x, kit) => {
    x.push({ target: kit.path('style') });
    x.respond(200);
  },
  style: async (x, kit) => {
    await kit.gate();
    if (x.state !== 'dead') x.respond(200, [], CONTENT);
  },
};

/** A stream that is promised, and nothing else yet: its application waits. */
async function reserved(trial: GatewayTrial): Promise<Asked> {
  const peer = await trial.open({ roomy: true });
  await peer.change(['INITIAL_WINDOW_SIZE', 0]);
  const page = trial.ask(peer, 'page');
  const style = await promised(trial, page, 'style');
  await trial.waits(style);
  await trial.answered(page, 200, 0);
  return style;
}

/** Of what no window holds back in sound servers: promises of several kinds, each answered. */
const many: CaseApp = {
  page: async (x, kit) => {
    x.push({ target: kit.path('style-1') });
    x.push({ target: kit.path('style-2'), method: 'HEAD', fields: ['accept', 'text/css'] });
    x.push({ target: kit.path('large'), fields: ['x-large', 'x'.repeat(20_000)] });
    x.push({ target: kit.path('parts') });
    const out = x.start(200);
    await out.write(CONTENT);
    x.push({ target: kit.path('style-3') });
    await out.end();
  },
  style: answers,
  large: answers,
  parts: async x => {
    x.inform(103, ['x-early', 'yes']);
    const out = x.start(200);
    await out.write(CONTENT);
    await out.write(CONTENT);
    await out.end(['x-trailer', 'yes']);
  },
};

/** Every promise of `many` that was made, answered; the passive checks do the rest. */
async function answersMany(trial: GatewayTrial): Promise<void> {
  const peer = await trial.open();
  const page = trial.ask(peer, 'page');
  await promised(trial, page, 'style-1');
  await trial.answered(page, 200, CONTENT.length);
  for (const record of peer.ledger.streams.values()) {
    if (!record.promised) continue;
    await peer.answer(record.id);
    if (!record.gotEnd) trial.weak(`the promised stream ${record.id} ends by RST_STREAM`);
  }
  await peer.fence();
  trial.seen = `${peer.ledger.highestPromised / 2} sound promises, each answered`;
}

export default suite('push', {
  'promises-are-sound': {
    requirement: 'rfc9113/8.4.1/1',
    also: ['rfc9113/8.4/1', 'rfc9113/8.4.1/2', 'rfc9113/8.4/5', 'rfc9113/8.4/i1'],
    title: 'A promised request is GET or HEAD, whole, of an authority of the server, and without content.',
    claims: ['push'],
    passive: true,
    app: many,
    run: answersMany,
  },

  'promises-stand-on-streams-in-use': {
    requirement: 'rfc9113/6.6/6',
    also: ['rfc9113/6.6/10', 'rfc9113/8.4.1/6'],
    title: 'PUSH_PROMISE is sent on a stream that the client has opened and the server has not ended.',
    claims: ['push'],
    passive: true,
    app: many,
    run: answersMany,
  },

  'frames-of-promises': {
    requirement: 'rfc9113/6.6/4',
    also: ['rfc9113/6.6/2'],
    title: 'PUSH_PROMISE without END_HEADERS is followed by CONTINUATION, and its padding is zero.',
    claims: ['push'],
    passive: true,
    app: many,
    run: answersMany,
  },

  'reserved-streams-are-silent': {
    requirement: 'rfc9113/5.1/3',
    title: 'Nothing but HEADERS, RST_STREAM and PRIORITY is sent on a stream that is only promised.',
    claims: ['push'],
    passive: true,
    app: many,
    run: answersMany,
  },

  'pushed-responses-are-messages': {
    requirement: 'rfc9113/8.4.2/i1',
    title: 'A pushed response is a final head, its content and at most one trailer section, ended once.',
    claims: ['push'],
    passive: true,
    app: many,
    run: answersMany,
  },

  'pushed-streams-within-the-limit': {
    requirement: 'rfc9113/5.1.2/1',
    title: 'Pushed responses under way are never more than MAX_CONCURRENT_STREAMS of the client.',
    claims: ['push'],
    passive: true,
    app: {
      page: (x, kit) => {
        for (const name of ['style-1', 'style-2']) x.push({ target: kit.path(name) });
        x.respond(200);
      },
      style: answers,
    },
    async run(trial) {
      for (const limit of [0, 1]) {
        const peer = await trial.open({ settings: [['MAX_CONCURRENT_STREAMS', limit]], roomy: true });
        await peer.change(['INITIAL_WINDOW_SIZE', 0]);
        await trial.answered(trial.ask(peer, `page-${limit}`), 200, 0);
        await trial.quietApp(peer);
      }
      trial.seen = 'no more pushed responses than the client allows';
    },
  },

  'credit-and-priority-for-promised-streams': {
    requirement: 'rfc9113/5.1/4',
    title: 'PRIORITY and WINDOW_UPDATE are no error on a promised stream: reserved, half-closed or closed.',
    claims: ['push'],
    app: reserves,
    async run(trial) {
      const style = await reserved(trial);
      const { peer, stream } = style;
      const asks = (increment: number) => [
        priority(stream, { dependency: 0, weight: 1 }),
        windowUpdate(stream, increment),
      ];
      await tolerated(trial, peer, ...asks(1));
      trial.release(style);
      await peer.until(
        () => peer.over || peer.stream(stream).octets > 0,
        'the octet of style that there is credit for',
      );
      await tolerated(trial, peer, ...asks(1000));
      await trial.answered(style, 200, CONTENT.length);
      await tolerated(trial, peer, ...asks(1));
    },
  },

  'data-on-a-promised-stream': {
    requirement: 'rfc9113/5.1/5',
    title: 'DATA from the client on a promised stream is a connection error.',
    claims: ['push'],
    app: reserves,
    async run(trial) {
      const { peer, stream } = await reserved(trial);
      await connectionError(trial, peer, 'PROTOCOL_ERROR', data(stream, 'x'));
    },
  },

  'headers-on-a-promised-stream': {
    requirement: 'rfc9113/5.1/5',
    title: 'HEADERS from the client on a promised stream are a connection error.',
    claims: ['push'],
    app: reserves,
    async run(trial) {
      const { peer, stream } = await reserved(trial);
      await connectionError(
        trial,
        peer,
        'PROTOCOL_ERROR',
        headers(stream, plainBlock(peer.fieldsOf()), { endStream: true }),
      );
    },
  },

  'a-refused-promise-is-given-up': {
    requirement: 'rfc9113/5.1/i7',
    also: ['rfc9113/6.6/i1'],
    title:
      'RST_STREAM on a promised stream ends that stream: no DATA comes on it, and the response beside it is whole.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        for (const name of ['style-1', 'style-2']) x.push({ target: kit.path(name) });
        x.respond(200, [], CONTENT);
      },
      style: answers,
    },
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const page = trial.ask(peer, 'page');
      const styles = [await promised(trial, page, 'style-1'), await promised(trial, page, 'style-2')];
      const [one, two] = styles.map(({ stream }) => stream) as [number, number];
      await tolerated(trial, peer, rstStream(one, 'CANCEL'), rstStream(two, 'REFUSED_STREAM'));
      await peer.change(['INITIAL_WINDOW_SIZE', 65_535]);
      await trial.answered(page, 200, CONTENT.length);
      await trial.quietApp(peer);
      for (const { name, stream } of styles)
        if (peer.stream(stream).octets > 0) trial.fail(`DATA of ${name} comes, which the client has reset`);
      trial.seen = 'no DATA comes on the streams that were reset, and the response beside them is whole';
    },
  },
});
