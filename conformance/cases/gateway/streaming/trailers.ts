/** Trailers, both ways (section 6.3). */
import { FLAG, headers, plainBlock } from '../../../../wire/index.ts';
import { readsToTheEnd } from '../../../application/reading.ts';
import { suite } from '../../../gateway/case.ts';
import { framesOf, messageFrames, send, sendTrailers } from '../../../gateway/requests.ts';

const TE = ['te', 'trailers'];

export default suite('streaming', {
  'trailers-behind-the-content': {
    requirement: 'MSGI-TRAIL-1',
    also: ['rfc9113/8.1/i3'],
    title: 'Trailers are sent in one HEADERS with END_STREAM behind the content, also where there is none.',
    app: async (x, { name }) => {
      const out = x.start(200);
      if (name === 'some') await out.write('own');
      await out.end(['x-sum', '1', 'x-sum', '2', 'etag', '"3"']);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [name, octets] of [
        ['some', 3],
        ['none', 0],
      ] as const) {
        const asked = trial.ask(peer, name, { fields: TE });
        const { trailers } = await trial.answered(asked, 200, octets);
        const last = framesOf(asked).findLast(({ payload }) => payload.type === 'HEADERS');
        trial.expected = `trailers of ${name} in the last HEADERS, with END_STREAM`;
        trial.seen = `trailers of ${name}: ${JSON.stringify(trailers)}, frames ${messageFrames(asked).join(' ')}`;
        if (trailers?.join() !== 'x-sum,1,x-sum,2,etag,"3"') trial.fail(trial.seen);
        if (((last?.frame.flags ?? 0) & FLAG.END_STREAM) === 0) trial.fail('the trailers do not end the stream');
        if (messageFrames(asked).at(-1) !== 'HEADERS') trial.fail('DATA comes behind the trailers');
      }
    },
  },

  'no-trailers-in-an-empty-list': {
    requirement: 'MSGI-TRAIL-3',
    title: 'An empty list given to end is no trailers.',
    app: async x => {
      const out = x.start(200);
      await out.write('own');
      await out.end([]);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { fields: TE });
      await trial.answered(asked, 200, 3);
      const frames = messageFrames(asked).join(' ');
      trial.expected = 'one head, then content';
      trial.seen = frames;
      if (!/^HEADERS( DATA)+$/.test(frames)) trial.fail(`${frames}: a section comes behind the content`);
    },
  },

  'trailers-of-the-request': {
    requirement: 'MSGI-TRAIL-4',
    title: 'Trailers of the request are given as its fields are: in order, each line a pair, octets as characters.',
    app: async (x, kit) => {
      while ((await x.body.read()) !== null);
      kit.report('trailers', x.body.trailers === null ? null : [...x.body.trailers]);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const sent = ['x-b', '1', 'x-a', '2', 'x-b', '\xe9\x80', 'x-a', ''];
      for (const name of ['behind-content', 'alone']) {
        const asked = trial.ask(peer, name, { method: 'POST', endStream: false });
        if (name === 'behind-content') send(asked, 'content');
        sendTrailers(asked, sent);
        await trial.reported(asked, 'trailers', sent);
        await trial.answered(asked, 200, 0);
      }
    },
  },

  'wrong-trailers': {
    requirement: 'MSGI-TRAIL-5',
    title: 'Trailers with a pseudo-field, or with a field that is none, fail the exchange.',
    app: readsToTheEnd,
    async run(trial) {
      const peer = await trial.open();
      const wrong = {
        method: [':method', 'GET'],
        status: [':status', '200'],
        name: ['x a', '1'],
        'line-feed': ['x-a', '1\n2'],
        nul: ['x-a', '\0'],
        delete: ['x-a', '\x7f'],
      };
      for (const [name, fields] of Object.entries(wrong)) {
        const asked = trial.ask(peer, name, { method: 'POST', endStream: false });
        send(asked, 'content');
        await trial.waits(asked);
        await peer.fence(headers(asked.stream, plainBlock(fields), { endStream: true }));
        trial.release(asked);
        await trial.reported(asked, 'end', ['ExchangeError', 1, 'peer']);
        if (peer.over) return trial.weak(`${name} ends the connection`);
      }
    },
  },

  'trailers-stay-apart': {
    requirement: 'MSGI-TRAIL-6',
    also: ['rfc9113/8.1/i4'],
    title: 'Trailers of the request never show among its fields.',
    app: async (x, kit) => {
      const before = [...x.request.fields];
      let octets = 0;
      for await (const chunk of x.body) octets += chunk.length;
      kit.report('octets', octets);
      const { fields } = x.request;
      kit.report(
        'added',
        fields.filter((text, at) => text !== before[at]),
      );
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const trailers = { plain: ['x-trailer', '1', 'authorization', 't'], length: ['content-length', '999'] };
      for (const [name, fields] of Object.entries(trailers)) {
        for (const content of ['content', '']) {
          const asked = trial.ask(peer, content === '' ? `${name}-alone` : name, { method: 'POST', endStream: false });
          if (content !== '') send(asked, content);
          sendTrailers(asked, fields);
          const { status } = await peer.answer(asked.stream);
          // What content-length says there may be too much for a server (rfc9113/8.1/i4).
          if (name === 'length' && status !== 200) return trial.weak(`content-length in trailers: status ${status}`);
          await trial.reported(asked, 'octets', content.length);
          await trial.reported(asked, 'added', []);
        }
      }
    },
  },
});
