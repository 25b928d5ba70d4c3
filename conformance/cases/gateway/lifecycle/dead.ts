/** Calls on a dead exchange, and on one whose application has settled (section 3.1). */

import { windowUpdate } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import { contentOf, errorOf, framesOf, laterTurn, outcome, tight, told, toldThat, WRITTEN } from './acts.ts';

const MEMBERS = ['write', 'ready', 'end'] as const;

export default suite('lifecycle', {
  'a-dead-exchange-takes-calls': {
    requirement: 'MSGI-LIFE-9',
    title: 'Calls on a dead exchange are taken without throwing, and nothing is sent for them.',
    app: async (x, kit) => {
      x.reset();
      const given: Record<string, Json> = {
        inform: await outcome(() => x.inform(103)),
        push: await outcome(() => x.push({ target: kit.path('a') })),
        prioritize: await outcome(() => x.prioritize(0)),
        deadline: await outcome(() => x.deadline(1000)),
        start: await outcome(() => x.start(200)),
        respond: await outcome(() => x.respond(200, [], 'octets')),
        reset: await outcome(() => x.reset(2)),
      };
      kit.report('given', given);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'given', {
        ...{ inform: 'false', push: 'false', prioritize: 'nothing', deadline: 'nothing' },
        ...{ start: 'an object', respond: 'nothing', reset: 'nothing' },
      });
      await peer.answer(asked.stream);
      await trial.quietApp(peer);
      const frames = framesOf(asked);
      if (frames.length !== 1) trial.fail(`${frames.join(', ')} are sent where RST_STREAM alone was due`);
    },
  },

  'a-dead-sink-gives-the-error': {
    requirement: 'MSGI-LIFE-10',
    title:
      'The members write, ready and end give the error of a dead exchange, whether its sink was begun before or after.',
    app: async (x, kit) => {
      const before = kit.name === 'before' ? x.start(200) : null;
      x.reset(5);
      const out = before ?? x.start(200);
      for (const member of MEMBERS) {
        const error = await errorOf(() => (member === 'write' ? out.write('octets') : out[member]()));
        const { name, code, by } = reportedError(error);
        kit.report(member, [name, code ?? null, by ?? null]);
      }
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['before', 'after'])
        for (const asked = trial.ask(peer, name), members = [...MEMBERS]; members.length > 0; )
          await trial.reported(asked, members.shift() as string, ['ExchangeError', 5, 'app']);
    },
  },

  'settled-is-the-end': {
    requirement: 'MSGI-LIFE-47',
    title: 'No call makes the response longer when the application has settled.',
    app: async (x, kit) => {
      const late = (call: () => unknown): void =>
        void kit.gate().then(async () => kit.report('late', await outcome(call)));
      if (kit.name === 'idle') return late(() => x.respond(200, [], 'late'));
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      if (kit.name === 'done') out.end();
      late(() => out.write('late'));
    },
    async run(trial) {
      const peer = await tight(trial);
      const idle = trial.ask(peer, 'idle');
      const open = trial.ask(peer, 'open');
      const done = trial.ask(peer, 'done');
      for (const one of [idle, open, done]) await trial.settled(one);
      await trial.quietApp(peer);
      for (const one of [idle, open, done]) trial.release(one);
      await toldThat(trial, idle, 'late', 'TypeError');
      await toldThat(trial, open, 'late', 'ExchangeError');
      await toldThat(trial, done, 'late', 'TypeError');
      await trial.answered(idle, 500);
      peer.send(windowUpdate(done.stream, 1000));
      await trial.answered(done, 200, WRITTEN);
    },
  },

  'no-response-is-500': {
    requirement: 'MSGI-LIFE-13',
    title: 'An application that throws, rejects or returns before a response is answered for with a bare 500.',
    app: {
      throws: () => {
        throw new Error('reason-5a1e');
      },
      rejects: async () => {
        throw new Error('reason-5a1e');
      },
      later: async () => {
        await laterTurn();
        throw 'reason-5a1e';
      },
      returns: () => {},
      fulfils: async () => {},
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['throws', 'rejects', 'later', 'returns', 'fulfils']) {
        const asked = trial.ask(peer, name);
        const { fields } = await trial.answered(asked, 500);
        const said = `${fields.join(' ')} ${contentOf(asked)}`;
        if (said.includes('reason-5a1e')) trial.fail(`${name}: the response says why`);
      }
    },
  },

  'not-ended-is-reset': {
    requirement: 'MSGI-LIFE-14',
    title: 'A response that the application leaves open when it settles is reset with INTERNAL_ERROR.',
    app: {
      throws: x => {
        x.start(200).write('half');
        throw new Error('on purpose');
      },
      rejects: async x => {
        await x.start(200).write('half');
        throw new Error('on purpose');
      },
      returns: x => void x.start(200).write('half'),
      fulfils: async x => {
        await x.start(200).write('half');
      },
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['throws', 'rejects', 'returns', 'fulfils']) {
        trial.expected = `${name}: RST_STREAM INTERNAL_ERROR`;
        const { stream } = trial.ask(peer, name);
        const { resets, gotEnd } = await peer.answer(stream);
        if (gotEnd) trial.fail(`${name}: the response ends as if it were whole`);
        if (resets[0] !== 2) trial.fail(`${name}: RST_STREAM with code ${resets[0]}`);
      }
      trial.seen = 'RST_STREAM INTERNAL_ERROR each time';
    },
  },

  'an-error-after-the-end-changes-nothing': {
    requirement: 'MSGI-LIFE-47',
    title: 'An application that rejects when its response is done leaves the response as it is.',
    app: async (x, kit) => {
      x.watch(notice => {
        if (notice.type === 'close') kit.report('close', { ...notice });
      });
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      out.end();
      throw new Error('on purpose');
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await trial.settled(asked);
      await trial.quietApp(peer);
      peer.send(windowUpdate(asked.stream, 1000));
      await trial.answered(asked, 200, WRITTEN);
      const { complete, code } = (await told(trial, asked, 'close')) as Record<string, Json>;
      if (complete !== true || code !== 0) trial.fail(`the close has complete ${complete} and code ${code}`);
    },
  },
});
