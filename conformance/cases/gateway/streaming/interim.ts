/** Informational responses (section 6.2). */
import { rstStream } from '../../../../wire/index.ts';
import { each, taken, thrown } from '../../../application/attempts.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { framesOf, messageFrames, send } from '../../../gateway/requests.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

const EXPECTS = ['expect', '100-continue', 'content-length', '5'];

/** A request that waits for 100 before it sends its five octets. */
const waiting = (trial: GatewayTrial, peer: Peer, name: string): Asked =>
  trial.ask(peer, name, { method: 'POST', endStream: false, fields: EXPECTS });

/** Reads to the end and answers. */
const reads: Handler = async x => {
  while ((await x.body.read()) !== null);
  x.respond(200);
};

/** The informational responses are these, by their statuses, at this point. */
function informed(trial: GatewayTrial, { name, peer, stream }: Asked, wanted: readonly number[]): void {
  const { interim } = peer.stream(stream);
  trial.expected = `informational responses to ${name}: ${wanted.join(', ') || 'none'}`;
  trial.seen = `informational responses to ${name}: ${interim.join(', ') || 'none'}`;
  if (interim.join() !== wanted.join()) trial.fail(trial.seen);
}

/** 100 comes before any content was sent; then the content goes out, and the answer comes. */
async function continued(trial: GatewayTrial, peer: Peer, name: string): Promise<void> {
  const asked = waiting(trial, peer, name);
  const record = peer.stream(asked.stream);
  await peer.until(() => peer.over || record.over || record.interim.length > 0 || record.status > 0, '100');
  if (record.interim.length === 0 && record.status > 0) trial.fail(`no 100 comes before status ${record.status}`);
  informed(trial, asked, [100]);
  send(asked, 'after', true);
  await trial.answered(asked, 200, 0);
  informed(trial, asked, [100]);
}

export default suite('streaming', {
  'statuses-of-inform': {
    requirement: 'MSGI-INFO-1',
    title: 'A status given to inform that is not 100 or an integer of 102 to 199 is a TypeError.',
    app: (x, kit) => {
      const wrong = [99, 101, 200, 0, -1, 1000, 102.5, Number.NaN, '103', null, undefined];
      kit.report('taken', taken(each('inform', wrong, status => x.inform(status as number))));
      kit.report(
        'queued',
        [100, 102, 103, 199].map(status => x.inform(status)),
      );
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'taken', []);
      await trial.reported(asked, 'queued', [true, true, true, true]);
      await trial.answered(asked, 200, 0);
      informed(trial, asked, [100, 102, 103, 199]);
    },
  },

  'inform-on-a-dead-exchange': {
    requirement: 'MSGI-INFO-2',
    title: 'The server gives false at inform when the client has reset the stream.',
    app: async (x, kit) => {
      kit.follow(x);
      await kit.gate();
      kit.report('inform', x.inform(103, ['x-a', '1']));
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.waits(asked);
      peer.send(rstStream(asked.stream, 'CANCEL'));
      await trial.report(asked, 'aborted');
      trial.release(asked);
      await trial.reported(asked, 'inform', false);
      await trial.quietApp(peer);
      informed(trial, asked, []);
    },
  },

  'informational-responses-in-order': {
    requirement: 'MSGI-INFO-3',
    also: ['rfc9113/8.1/1'],
    title: 'Informational responses come before the final one, in the order of the calls.',
    app: x => {
      x.inform(103, ['x-n', '1']);
      x.inform(102);
      x.inform(103, ['x-n', '2', 'x-n', '3']);
      x.respond(200, ['x-n', '4']);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const { interimFields, fields } = await trial.answered(asked, 200, 0);
      informed(trial, asked, [103, 102, 103]);
      const values = [...interimFields, fields].map(list =>
        list.filter((_, at) => at % 2 === 1 && list[at - 1] === 'x-n').join(),
      );
      trial.seen = `the values of x-n are ${values.join(' ')}`;
      if (values.join(' ') !== '1  2,3 4') trial.fail(trial.seen);
    },
  },

  'nothing-behind-an-informational-response': {
    requirement: 'rfc9113/8.1/i2',
    title: 'An informational response does not end the stream where no final one is given.',
    app: x => {
      x.inform(103, ['x-a', '1']);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const { status, resets } = await peer.answer(asked.stream);
      trial.expected = 'an informational response without END_STREAM, then 5xx or RST_STREAM';
      const [first] = framesOf(asked);
      if (first?.payload.type !== 'HEADERS') trial.fail('no informational response comes');
      else if (first.payload.endStream) trial.fail('the informational response ends the stream');
      informed(trial, asked, [103]);
      trial.seen = `103, then ${status > 0 ? `status ${status}` : 'RST_STREAM'}`;
      if (status < 500 && resets.length === 0) trial.fail(`status ${status} behind it`);
    },
  },

  'nothing-informational-behind-the-head': {
    requirement: 'rfc9113/8.1/i5',
    title: 'An informational response has no content, and none comes behind the final head.',
    app: async (x, kit) => {
      x.inform(100);
      x.inform(103, ['content-length', '5']);
      const out = x.start(200);
      kit.report(
        'late',
        thrown(() => x.inform(103)),
      );
      await out.write('own');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const { interimFields } = await trial.answered(asked, 200, 3);
      informed(trial, asked, [100, 103]);
      const frames = messageFrames(asked).join(' ');
      trial.expected = 'three heads, then content';
      trial.seen = frames;
      if (!/^HEADERS HEADERS HEADERS( DATA)+$/.test(frames)) trial.fail(`${frames}: not three heads, then content`);
      if (interimFields.flat().includes('content-length')) trial.fail('103 has a content-length');
    },
  },

  'never-101': {
    requirement: 'rfc9113/8.6/i1',
    title: 'The status 101 is never sent.',
    app: (x, kit) => {
      kit.report(
        'inform',
        thrown(() => x.inform(101)),
      );
      kit.report(
        'respond',
        thrown(() => x.respond(101)),
      );
      kit.report(
        'start',
        thrown(() => x.start(101)),
      );
      if (x.state === 'idle') x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const { interim, status } = await peer.answer(asked.stream);
      trial.expected = 'no :status 101';
      trial.seen = `statuses ${[...interim, status].join(', ')}`;
      if (interim.includes(101)) trial.fail(trial.seen);
      await trial.answered(asked, 200, 0);
    },
  },

  'continue-at-read': {
    requirement: 'MSGI-INFO-4',
    also: ['rfc9113/8.1/i6'],
    title: 'A client that waits for 100 gets it when the application reads.',
    app: reads,
    async run(trial) {
      await continued(trial, await trial.open(), 'a');
    },
  },

  'continue-at-credit': {
    requirement: 'MSGI-INFO-4',
    title: 'A client that waits for 100 gets it when the application gives credit.',
    app: async (x, kit) => {
      x.body.manual();
      x.body.credit(5);
      kit.report('credited');
      await kit.gate();
      await reads(x, kit);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = waiting(trial, peer, 'a');
      await trial.waits(asked);
      const record = peer.stream(asked.stream);
      await peer.until(() => peer.over || record.over || record.interim.length > 0, '100');
      informed(trial, asked, [100]);
      send(asked, 'after', true);
      trial.release(asked);
      await trial.answered(asked, 200, 0);
    },
  },

  'continue-once': {
    requirement: 'MSGI-INFO-5',
    title: 'The server sends no 100 when the application has sent it.',
    app: async (x, kit) => {
      x.inform(100);
      x.body.credit(1);
      await reads(x, kit);
    },
    async run(trial) {
      await continued(trial, await trial.open(), 'a');
    },
  },

  'no-continue-behind-the-head': {
    requirement: 'MSGI-INFO-5',
    title: 'The server sends no 100 when the response has begun.',
    app: async (x, kit) => {
      const out = x.start(400);
      const first = x.body.read();
      kit.report('reads');
      await first;
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = waiting(trial, peer, 'a');
      await trial.report(asked, 'reads');
      await trial.quietApp(peer);
      informed(trial, asked, []);
      send(asked, 'after', true);
      await trial.answered(asked, 400, 0);
      informed(trial, asked, []);
    },
  },

  'continue-before-a-success': {
    requirement: 'MSGI-INFO-6',
    title: 'A client that waits for 100 gets it before the head of a success that is started.',
    app: async x => {
      const out = x.start(200);
      while ((await x.body.read()) !== null);
      await out.end();
    },
    async run(trial) {
      await continued(trial, await trial.open(), 'a');
    },
  },

  'no-continue-unasked': {
    requirement: 'MSGI-INFO-7',
    title: 'A client that does not wait for 100 gets none, whatever the application does with the content.',
    app: {
      reads: async (x, kit) => {
        const first = x.body.read();
        kit.report('begun');
        await first;
        x.respond(200);
      },
      credits: async (x, kit) => {
        x.body.manual();
        x.body.credit(5);
        kit.report('begun');
        await reads(x, kit);
      },
      starts: async (x, kit) => {
        const out = x.start(200);
        kit.report('begun');
        while ((await x.body.read()) !== null);
        await out.end();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['reads', 'credits', 'starts']) {
        const asked = trial.ask(peer, name, { method: 'POST', endStream: false, fields: ['content-length', '5'] });
        await trial.report(asked, 'begun');
        await trial.quietApp(peer);
        informed(trial, asked, []);
        send(asked, 'after', true);
        await trial.answered(asked, 200, 0);
        informed(trial, asked, []);
      }
    },
  },
});
