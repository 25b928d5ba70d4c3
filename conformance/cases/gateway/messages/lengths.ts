/** Content-length, given and added (section 2.4). */
import { data, headers, plainBlock } from '../../../../wire/index.ts';
import { each, taken, thrown } from '../../../application/attempts.ts';
import { readsToTheEnd } from '../../../application/reading.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { fieldValue } from '../../../peer/stream.ts';

const length = (value: string | number): readonly string[] => ['content-length', `${value}`];

/** The content-length of an answer, null for none. */
async function announced(trial: GatewayTrial, asked: Asked, status: number, octets: number): Promise<string | null> {
  return fieldValue((await trial.answered(asked, status, octets)).fields, 'content-length') ?? null;
}

/** Each answer has that content-length, null for none. */
async function announces(
  trial: GatewayTrial,
  answers: Readonly<Record<string, { readonly method?: string; readonly status?: number; readonly octets?: number }>>,
  wanted: Readonly<Record<string, string | null>>,
): Promise<void> {
  const peer = await trial.open();
  for (const [name, { method = 'GET', status = 200, octets = 0 }] of Object.entries(answers)) {
    const value = await announced(trial, trial.ask(peer, name, { method }), status, octets);
    trial.expected = `content-length of ${name} is ${wanted[name]}`;
    trial.seen = `content-length of ${name} is ${value}`;
    if (value !== wanted[name]) trial.fail(trial.seen);
  }
}

export default suite('messages', {
  'length-is-a-number': {
    requirement: 'MSGI-LEN-1',
    title: 'A content-length that is not one decimal number of at most 2^53 − 1 is a TypeError.',
    app: (x, kit) => {
      const wrong = ['', 'five', '-5', '+5', '5.0', '0x5', '5, 5', '9007199254740992', '99999999999999999999'];
      kit.report('taken', [
        ...taken(each('respond', wrong, value => x.respond(200, length(value), '12345'))),
        ...taken(each('start', wrong, value => x.start(200, length(value)))),
      ]);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'taken', []);
      await trial.answered(asked, 200, 0);
    },
  },

  'length-of-the-body': {
    requirement: 'MSGI-LEN-2',
    title: 'A content-length other than that of the body is a TypeError at respond, to HEAD as well.',
    app: (x, kit) => {
      const calls = {
        short: () => x.respond(200, length(4), '12345'),
        long: () => x.respond(200, length(6), '12345'),
        characters: () => x.respond(200, length(1), 'é'),
        octets: () => x.respond(200, length(5), new Uint8Array(4)),
      };
      // To HEAD, a length without a body is that of another message.
      const none = { none: () => x.respond(200, length(5)) };
      kit.report('taken', taken(x.request.method === 'HEAD' ? calls : { ...calls, ...none }));
      x.respond(200, length(5), '12345');
    },
    async run(trial) {
      const peer = await trial.open();
      for (const method of ['GET', 'HEAD']) {
        const asked = trial.ask(peer, method.toLowerCase(), { method });
        await trial.reported(asked, 'taken', []);
        await trial.answered(asked, 200, method === 'HEAD' ? 0 : 5);
      }
    },
  },

  'length-is-added': {
    requirement: 'MSGI-LEN-3',
    title: 'A response of respond without a content-length gets that of its body.',
    app: {
      text: x => x.respond(200, [], 'hé'),
      nothing: x => x.respond(404),
      head: x => x.respond(200, [], 'hello'),
    },
    run: trial =>
      announces(
        trial,
        { text: { octets: 3 }, nothing: { status: 404 }, head: { method: 'HEAD' } },
        { text: '3', nothing: '0', head: '5' },
      ),
  },

  'no-length-is-made-up': {
    requirement: 'MSGI-LEN-4',
    title: 'No content-length is added to a response to HEAD without a body, nor to 304.',
    app: {
      head: x => x.respond(200),
      'head-started': x => x.start(200).end(),
      'not-modified': x => x.respond(304),
      'not-modified-started': x => x.start(304).end(),
    },
    run: trial =>
      announces(
        trial,
        {
          head: { method: 'HEAD' },
          'head-started': { method: 'HEAD' },
          'not-modified': { status: 304 },
          'not-modified-started': { status: 304 },
        },
        { head: null, 'head-started': null, 'not-modified': null, 'not-modified-started': null },
      ),
  },

  'length-of-another-message': {
    requirement: 'MSGI-LEN-5',
    title: 'The content-length that an application gives with 304, and to HEAD without a body, is kept.',
    app: {
      head: x => x.respond(200, length(5)),
      'head-started': async x => {
        const out = x.start(200, length(5));
        await out.write('123');
        await out.end();
      },
      'not-modified': x => x.respond(304, length(5)),
      'not-modified-started': x => x.start(304, length(5)).end(),
    },
    run: trial =>
      announces(
        trial,
        {
          head: { method: 'HEAD' },
          'head-started': { method: 'HEAD' },
          'not-modified': { status: 304 },
          'not-modified-started': { status: 304 },
        },
        { head: '5', 'head-started': '5', 'not-modified': '5', 'not-modified-started': '5' },
      ),
  },

  'length-of-nothing': {
    requirement: 'MSGI-LEN-6',
    also: ['rfc9113/8.1.1/i9'],
    title: 'The content-length of an informational response and of 204 is taken out.',
    app: {
      interim: x => {
        x.inform(103, [...length(5), 'x-a', '1']);
        x.respond(204, length(0));
      },
      responded: x => x.respond(204, length(5), '12345'),
      started: x => x.start(204, length(5)).end(),
    },
    async run(trial) {
      await announces(
        trial,
        { interim: { status: 204 }, responded: { status: 204 }, started: { status: 204 } },
        { interim: null, responded: null, started: null },
      );
      const peer = await trial.open();
      const { interimFields } = await trial.answered(trial.ask(peer, 'interim'), 204, 0);
      const [fields = []] = interimFields;
      trial.expected = 'a 103 with x-a and without content-length';
      trial.seen = `informational responses ${JSON.stringify(interimFields)}`;
      if (!fields.includes('x-a') || fields.includes('content-length')) trial.fail(trial.seen);
    },
  },

  'length-of-205': {
    requirement: 'MSGI-LEN-7',
    title: 'A 205 has no content and no content-length other than 0.',
    app: {
      responded: x => x.respond(205, length(5), '12345'),
      started: async x => {
        const out = x.start(205, length(5));
        await out.write('12345');
        await out.end();
      },
      bare: x => x.respond(205),
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['responded', 'started', 'bare']) {
        const value = await announced(trial, trial.ask(peer, name), 205, 0);
        trial.expected = `content-length of ${name} is 0, or there is none`;
        trial.seen = `content-length of ${name} is ${value}`;
        if (value !== null && value !== '0') trial.fail(trial.seen);
      }
    },
  },

  'beyond-the-length': {
    requirement: 'MSGI-LEN-8',
    also: ['rfc9113/8.1.1/i1'],
    title: 'A chunk beyond the content-length is a TypeError, and nothing of it is sent.',
    app: async (x, kit) => {
      const out = x.start(200, length(10));
      await out.write('123456');
      kit.report(
        'surplus',
        thrown(() => out.write('12345')),
      );
      await out.write('7890');
      kit.report(
        'one',
        thrown(() => out.write('1')),
      );
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'surplus', 'TypeError');
      await trial.reported(asked, 'one', 'TypeError');
      await trial.answered(asked, 200, 10);
    },
  },

  'short-of-the-length': {
    requirement: 'MSGI-LEN-9',
    also: ['rfc9113/8.1.1/i1'],
    title: 'An end short of the content-length is a TypeError, and the stream is reset with INTERNAL_ERROR.',
    app: async (x, kit) => {
      const out = x.start(200, length(10));
      await out.write('12345');
      kit.report(
        'end',
        thrown(() => out.end()),
      );
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'end', 'TypeError');
      const { resets, gotEnd } = await peer.answer(asked.stream);
      trial.expected = 'RST_STREAM INTERNAL_ERROR, and no END_STREAM';
      trial.seen = gotEnd ? 'the response ends as if it were whole' : `RST_STREAM with code ${resets[0]}`;
      if (gotEnd || resets[0] !== 2) trial.fail(trial.seen);
    },
  },

  'content-of-another-length': {
    requirement: 'MSGI-LEN-10',
    also: ['rfc9113/8.1.1/i3', 'rfc9113/8.1.1/2'],
    title: 'Content that is longer or shorter than content-length fails the exchange, and never looks whole.',
    app: readsToTheEnd,
    async run(trial) {
      const peer = await trial.open();
      trial.needWindow(peer, 6);
      const contents = {
        short: [data(1, '1234', { endStream: true })],
        long: [data(1, '123456', { endStream: true })],
        frames: [data(1, '123'), data(1, '456'), data(1, '', { endStream: true })],
        nothing: [data(1, '', { endStream: true })],
        trailers: [data(1, '1234'), headers(1, plainBlock(['x-a', '1']), { endStream: true })],
      };
      for (const [name, frames] of Object.entries(contents)) {
        const asked = trial.ask(peer, name, { method: 'POST', endStream: false, fields: length(5) });
        await trial.waits(asked);
        await peer.fence(...frames.map(frame => ({ ...frame, stream: asked.stream })));
        trial.release(asked);
        await trial.reported(asked, 'end', ['ExchangeError', 1, 'peer']);
        const { status } = await peer.answer(asked.stream);
        if (status >= 200 && status < 300) trial.fail(`${name} is answered with ${status}`);
        if (peer.over) return trial.weak(`${name} ends the connection`);
      }
    },
  },
});
