/** Failures: of the host's frames, of the peer, and by settling (section 11.4). */
import { rstStream } from '../../../wire/index.ts';
import type { ProcessCaseBody } from '../../process/case.ts';

const INTERNAL_ERROR = 2;
const CANCEL = 8;

export default {
  'a-broken-rule-before-the-response': {
    requirement: 'MSGI-PROC-32',
    title: 'A frame that breaks a rule while the response is idle is answered 500; the host is told RESET by "app".',
    async run(trial) {
      await trial.begin();
      const x = await trial.ask(await trial.open(), 'a');
      trial.say(x, 'DATA', new Uint8Array(5));
      await trial.told(x, INTERNAL_ERROR, 'app');
      await trial.answered(x, 500);
    },
  },

  'a-broken-rule-in-the-response': {
    requirement: 'MSGI-PROC-32',
    title: 'A frame that breaks a rule while the response is open resets it with INTERNAL_ERROR by "app".',
    async run(trial) {
      await trial.begin();
      const x = await trial.ask(await trial.open(), 'a');
      trial.say(x, 'START', { status: 200, fields: [] });
      trial.say(x, 'START', { status: 200, fields: [] });
      await trial.told(x, INTERNAL_ERROR, 'app');
      await trial.reset(x, INTERNAL_ERROR);
    },
  },

  'reset-comes-at-once': {
    requirement: 'MSGI-PROC-37',
    title: 'RESET tells the host at once that the peer has cancelled, though the host says nothing.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      peer.send(rstStream(x.stream, 'CANCEL'));
      await trial.told(x, CANCEL, 'peer');
      trial.say(x, 'SETTLED', {});
      await trial.lives(peer);
    },
  },

  'no-reset-behind-that-of-the-host': {
    requirement: 'MSGI-PROC-37',
    title: 'A RESET of the host resets the stream with its code, and is not told back.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      trial.say(x, 'RESET', { code: CANCEL });
      await trial.reset(x, CANCEL);
      await trial.quiet(peer);
      if (trial.count(x, 'RESET') > 0) trial.fail('RESET is told back to the host that has written it');
    },
  },

  'settled-before-the-response': {
    requirement: 'MSGI-PROC-41',
    title: 'SETTLED without a response is answered 500.',
    async run(trial) {
      await trial.begin();
      const x = await trial.ask(await trial.open(), 'a');
      trial.say(x, 'SETTLED', {});
      await trial.answered(x, 500);
    },
  },

  'settled-in-the-response': {
    requirement: 'MSGI-PROC-41',
    title: 'SETTLED within a response resets it with INTERNAL_ERROR.',
    async run(trial) {
      await trial.begin();
      const x = await trial.ask(await trial.open(), 'a');
      trial.say(x, 'START', { status: 200, fields: [] });
      trial.say(x, 'SETTLED', { failure: 'KeyError' });
      await trial.reset(x, INTERNAL_ERROR);
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
