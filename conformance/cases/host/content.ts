/** Content of both halves: room and credit (section 11.4). */
import type { HostCaseBody } from '../../host/case.ts';

const MAX_CREDIT = 2 ** 31 - 1;

/** Octets that are held back. */
const HELD = 100_000;

const upload = { method: 'POST', content: true } as const;

export default {
  'room-is-kept': {
    requirement: 'MSGI-PROC-23',
    title: 'The host writes the content that its room and the CREDIT since let through, and no octet more.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { room: 10 });
      await x.call('start', 200);
      x.begin('sink.write', { octets: 100 });
      await x.content(10);
      await trial.quiet();
      x.send('CREDIT', 5);
      await x.content(15);
      x.send('CREDIT', 0);
      await trial.quiet();
      if (x.octets !== 15) trial.fail(`${x.octets} octets come where the room is 15`);
      x.begin('sink.end');
      x.send('CREDIT', 200);
      await x.whole();
      x.settle();
      x.complete();
      trial.seen = `${x.octets} octets come, as the room lets them`;
      if (x.octets !== 100) trial.fail(`${x.octets} octets come of 100 that were written`);
    },
  },

  'room-before-the-response': {
    requirement: 'MSGI-PROC-23',
    title: 'A whole response keeps to its room, to which CREDIT before the response counts.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { room: 0 });
      x.send('CREDIT', 30);
      await trial.quiet();
      await x.call('respond', 200, [], { octets: 100 });
      x.settle();
      await x.content(30);
      await trial.quiet();
      if (x.octets !== 30) trial.fail(`${x.octets} octets come where the room is 30`);
      x.send('CREDIT', 70);
      await x.whole();
      x.complete();
      if (x.octets !== 100) trial.fail(`${x.octets} octets come of 100 that were given`);
    },
  },

  'credit-stops-at-the-most': {
    requirement: 'MSGI-PROC-25',
    title: 'CREDIT beyond 2^31 − 1 is no violation, and content goes on.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { room: 5 });
      x.send('CREDIT', MAX_CREDIT);
      x.send('CREDIT', MAX_CREDIT);
      await x.call('respond', 200, [], { octets: 100 });
      x.settle();
      await x.whole();
      if (x.octets !== 100) trial.fail(`${x.octets} octets come of 100 that were given`);
      x.complete();
      await trial.quiet();
    },
  },

  'a-held-exchange-stops-no-other': {
    requirement: 'MSGI-PROC-24',
    title: 'The host reads the pipe on while content waits in both directions: for room, and to be read.',
    async run(trial) {
      await trial.open();
      const held = await trial.ask('held', { room: 0, ...upload, window: HELD });
      await held.call('start', 200);
      held.begin('sink.write', { octets: HELD });
      for (let sent = 0; sent < HELD; sent += 10_000) held.send('DATA', new Uint8Array(10_000));
      await trial.quiet();
      const x = await trial.ask('a', upload);
      x.send('DATA', new Uint8Array(5));
      x.send('END', {});
      if (JSON.stringify(await x.call('body.read')) !== '{"octets":5}') trial.fail('the content of a is not read');
      await x.serve();
    },
  },

  'a-read-that-waits-asks': {
    requirement: 'MSGI-PROC-26',
    title: 'The host sends CREDIT when a read waits for the first time.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', upload);
      const read = x.begin('body.read');
      const credit = await x.message('CREDIT');
      x.send('DATA', new Uint8Array(5));
      x.send('END', {});
      await x.value(read);
      await x.serve();
      trial.seen = `CREDIT of ${credit} comes with the first read that waits`;
    },
  },

  'a-read-that-waits-asks-for-nothing': {
    requirement: 'MSGI-PROC-26',
    title: 'The host sends CREDIT of 0 when a read waits for the first time and the application grants by itself.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', upload);
      await x.call('body.manual');
      const read = x.begin('body.read');
      const credit = await x.message('CREDIT');
      if (credit !== 0) trial.fail(`CREDIT of ${credit} comes, which the application has not granted`);
      await x.call('body.credit', 500);
      if ((await x.message('CREDIT', 2)) !== 500) trial.fail(`the grant of 500 is CREDIT of ${x.of('CREDIT')[1]}`);
      x.send('DATA', new Uint8Array(5));
      x.send('END', {});
      await x.value(read);
      await x.serve();
      trial.seen = 'CREDIT of 0 comes with the first read that waits';
    },
  },
} satisfies Readonly<Record<string, HostCaseBody>>;
