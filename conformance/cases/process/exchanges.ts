/** Promises, and the end of an exchange that goes well: SENT and CLOSE (section 11.4). */
import { data, windowUpdate } from '../../../wire/index.ts';
import { same } from '../../gateway/events.ts';
import type { ProcessCaseBody } from '../../process/case.ts';

const REFUSED_STREAM = 7;
const PROMISE = { method: 'GET', fields: [] } as const;

export default {
  'a-promise-gets-its-head': {
    requirement: 'MSGI-PROC-35',
    title: 'PUSH is answered with HEAD on the number of the promise.',
    claims: ['push'],
    async run(trial) {
      const host = await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      const promise = host.promise();
      trial.say(x, 'PUSH', { ...PROMISE, promise, target: trial.path('pushed') });
      const answered = (): boolean => host.of(promise, 'HEAD').length + host.of(promise, 'RESET').length > 0;
      await host.until(() => answered() || host.over, 'HEAD or RESET of the promise');
      const [head] = host.of(promise, 'HEAD');
      if (head === undefined) return trial.fail('the promise is refused though the peer takes pushes');
      if (!head.pushed || head.request.target !== trial.path('pushed'))
        trial.fail('HEAD of the promise is not its own');
      host.send('START', promise, { status: 200, fields: [], end: true });
      host.send('SETTLED', promise, {});
      trial.respond(x);
      await trial.answered(x, 200);
      await host.message(promise, 'CLOSE');
    },
  },

  'a-promise-that-is-not-made': {
    requirement: 'MSGI-PROC-35',
    title: 'PUSH is answered with RESET of code 7 by "server" where the peer takes no pushes.',
    async run(trial) {
      const host = await trial.begin();
      const peer = await trial.open();
      await peer.change(['ENABLE_PUSH', 0]);
      const x = await trial.ask(peer, 'a');
      const promise = host.promise();
      trial.say(x, 'PUSH', { ...PROMISE, promise, target: trial.path('pushed') });
      const { code, by } = await host.message(promise, 'RESET');
      if (code !== REFUSED_STREAM || by !== 'server') trial.fail(`the promise is refused with ${code} by ${by}`);
      trial.respond(x);
      await trial.answered(x, 200);
    },
  },

  'sent-when-all-is-sent': {
    requirement: 'MSGI-PROC-38',
    title: 'SENT comes when the response is complete, and not while its content waits for the window.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      trial.say(x, 'START', { status: 200, fields: [] });
      const room = (): number => x.host.room(x.number);
      await x.host.until(() => room() > 0 || x.host.over, 'room of a response whose windows are open');
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      trial.say(x, 'DATA', new Uint8Array(Math.min(room(), 10)));
      trial.say(x, 'END', {});
      await trial.quiet(peer);
      if (trial.count(x, 'SENT') > 0) trial.fail('SENT comes while content waits for the window');
      peer.send(windowUpdate(x.stream, 100_000));
      await trial.answered(x, 200);
      await trial.message(x, 'SENT');
      trial.say(x, 'SETTLED', {});
      await trial.message(x, 'CLOSE');
    },
  },

  'close-is-last': {
    requirement: 'MSGI-PROC-39',
    title: 'CLOSE with the sums of the exchange comes behind SENT, and nothing behind it.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', { method: 'POST', endStream: false });
      peer.send(data(x.stream, new Uint8Array(3), { endStream: true }));
      await trial.message(x, 'END');
      trial.say(x, 'START', { status: 201, fields: [] });
      await x.host.pour(x.number, 5);
      trial.say(x, 'END', {});
      trial.say(x, 'SETTLED', {});
      await trial.answered(x, 201);
      const sum = { complete: true, code: 0, by: 'app', status: 201, sent: 5, received: 3 };
      const told = await trial.message(x, 'CLOSE');
      if (!same({ ...told }, sum)) trial.fail(`CLOSE has ${JSON.stringify(told)}`);
      if (trial.count(x, 'SENT') === 0) trial.fail('CLOSE comes before SENT');
      await trial.lives(peer);
    },
  },

  'close-waits-for-the-request': {
    requirement: 'MSGI-PROC-39',
    title: 'CLOSE waits, behind a complete response, for the end of the request, which is sent on.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', { method: 'POST', endStream: false });
      trial.say(x, 'START', { status: 200, fields: [], end: true });
      await trial.message(x, 'SENT');
      await trial.quiet(peer);
      if (trial.count(x, 'CLOSE') > 0) trial.fail('CLOSE comes while the request flows');
      peer.send(data(x.stream, new Uint8Array(10), { endStream: true }));
      await trial.message(x, 'CLOSE');
      if (trial.count(x, 'END') === 0) trial.fail('CLOSE comes before END');
      trial.say(x, 'SETTLED', {});
      await trial.lives(peer);
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
