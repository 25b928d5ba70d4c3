/** Chunks of content, given and read (section 2.5). */
import { data } from '../../../../wire/index.ts';
import { each, taken } from '../../../application/attempts.ts';
import { suite } from '../../../gateway/case.ts';
import { contentOf, messageFrames, send } from '../../../gateway/requests.ts';

/** What is no content. */
const NONE: readonly unknown[] = [
  5,
  true,
  {},
  [1, 2],
  new ArrayBuffer(2),
  new Uint16Array(1),
  new DataView(new ArrayBuffer(2)),
];

/** Lone surrogates: one at each end of a chunk, and a pair that is cut in two. */
const TEXTS = ['é€😀', '\ud800x\udc00', '\ud83d', '\ude00'];

/** "aaab" as "a3 b1". */
function runs(chunks: readonly Uint8Array[]): string {
  const text = chunks.map(chunk => String.fromCharCode(...chunk)).join('');
  return [...text.matchAll(/(.)\1*/gs)].map(([run, octet]) => `${octet}${run.length}`).join(' ');
}

export default suite('streaming', {
  'text-is-utf-8': {
    requirement: 'MSGI-DATA-1',
    title: 'A string is sent as UTF-8, with U+FFFD for a lone surrogate.',
    app: {
      whole: x => x.respond(200, [], TEXTS.join('|')),
      chunks: async x => {
        const out = x.start(200);
        for (const text of TEXTS) await out.write(text);
        await out.end();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const wanted = { whole: [TEXTS.join('|')], chunks: TEXTS };
      for (const [name, texts] of Object.entries(wanted)) {
        const asked = trial.ask(peer, name);
        await trial.answered(asked);
        // Buffer writes U+FFFD for a lone surrogate, too.
        const octets = Buffer.concat(texts.map(text => Buffer.from(text))).toString('hex');
        const content = Buffer.from(contentOf(asked)).toString('hex');
        trial.expected = `content of ${name} is ${octets}`;
        trial.seen = `content of ${name} is ${content}`;
        if (content !== octets) trial.fail(trial.seen);
      }
    },
  },

  'what-is-no-content': {
    requirement: 'MSGI-DATA-2',
    title: 'Content that is neither a string nor a Uint8Array is a TypeError.',
    app: async (x, kit) => {
      kit.report('responded', taken(each('respond', NONE, value => x.respond(200, [], value as string))));
      const out = x.start(200);
      kit.report('written', taken(each('write', [...NONE, null, undefined], value => out.write(value as string))));
      await out.write('own');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'responded', []);
      await trial.reported(asked, 'written', []);
      await trial.answered(asked, 200, 3);
    },
  },

  'empty-chunks-are-nothing': {
    requirement: 'MSGI-DATA-3',
    title: 'A chunk of no octets puts nothing on the wire.',
    app: async (x, kit) => {
      const out = x.start(200);
      await out.write('');
      await out.write(new Uint8Array(0));
      await kit.gate();
      await out.write('own');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.waits(asked);
      await trial.quietApp(peer);
      const frames = messageFrames(asked);
      trial.expected = 'the head, and nothing behind it';
      if (frames.join() !== 'HEADERS') trial.fail(`empty chunks come as ${frames.join(', ')}`);
      trial.release(asked);
      await trial.answered(asked, 200, 3);
    },
  },

  'responses-without-content': {
    requirement: 'MSGI-DATA-4',
    also: ['rfc9113/8.1.1/i2'],
    title: 'Responses to HEAD, and with 204, 205 and 304, have no content, whatever the application gives.',
    app: {
      responds: (x, { name }) => x.respond(Number(name.slice(-3)), [], 'content'),
      streams: async (x, { name }) => {
        const out = x.start(Number(name.slice(-3)));
        await out.write('content');
        await out.end(['x-a', '1']);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      for (const status of [200, 204, 205, 304, 404]) {
        for (const way of ['responds', 'streams']) {
          const method = status === 200 || status === 404 ? 'HEAD' : 'GET';
          const asked = trial.ask(peer, `${way}-${status}`, { method, fields: ['te', 'trailers'] });
          const { trailers } = await trial.answered(asked, status, 0);
          if (trailers !== null) trial.fail(`${asked.name} has trailers`);
        }
      }
    },
  },

  'chunks-stay-as-they-are': {
    requirement: 'MSGI-DATA-6',
    title: 'The octets of a chunk do not change when more content comes.',
    app: async (x, kit) => {
      const chunks: Uint8Array[] = [];
      let octets = 0;
      for await (const chunk of x.body) {
        chunks.push(chunk);
        octets += chunk.length;
        kit.report('octets', octets);
      }
      kit.report('kept', runs(chunks));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      for (const [nth, letter] of ['a', 'b', 'c'].entries()) {
        send(asked, letter.repeat(100));
        const octets = 100 * (nth + 1);
        await trial.app.until(() => trial.app.reports(asked, 'octets').includes(octets), `${octets} octets to be read`);
      }
      send(asked, '', true);
      await trial.reported(asked, 'kept', 'a100 b100 c100');
    },
  },

  'chunks-have-octets': {
    requirement: 'MSGI-DATA-8',
    title: 'Every chunk has one octet at least, also where empty DATA frames come.',
    app: async (x, kit) => {
      const sizes: number[] = [];
      for await (const chunk of x.body) sizes.push(chunk.length);
      kit.report('empty', sizes.filter(size => size === 0).length);
      kit.report(
        'octets',
        sizes.reduce((sum, size) => sum + size, 0),
      );
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      for (const frame of [data(asked.stream, ''), data(asked.stream, '', { padding: 9 }), data(asked.stream, 'x')]) {
        peer.send(frame);
        await peer.fence();
      }
      send(asked, '', true);
      await trial.reported(asked, 'empty', 0);
      await trial.reported(asked, 'octets', 1);
      await trial.answered(asked, 200, 0);
    },
  },

  'content-without-padding': {
    requirement: 'MSGI-DATA-9',
    title: 'The content of a request is its octets in order, without padding.',
    app: async (x, kit) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of x.body) chunks.push(chunk.slice());
      kit.report('content', Buffer.concat(chunks).toString('latin1'));
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      const { stream } = asked;
      peer.send(data(stream, 'one,'), data(stream, 'two,', { padding: 0 }), data(stream, 'three,', { padding: 255 }));
      await peer.fence();
      peer.send(
        data(stream, '\0\xff,', { padding: 1 }),
        data(stream, '', { padding: 3 }),
        data(stream, 'end', { endStream: true }),
      );
      await trial.reported(asked, 'content', 'one,two,three,\0\xff,end');
      await trial.answered(asked, 200, 0);
    },
  },
});
