/** Numbers, connections, and the place of HEAD (sections 11.3 and 11.4). */
import { data } from '../../../wire/index.ts';
import type { ProcessCaseBody } from '../../process/case.ts';
import type { ProcessTrial } from '../../process/trial.ts';

/** Exchanges one after the other on two connections, each of them finished before the next. */
async function several(trial: ProcessTrial): Promise<void> {
  await trial.begin();
  const peers = [await trial.open(), await trial.open()];
  for (const name of ['first', 'second', 'third']) {
    for (const peer of peers) {
      const x = await trial.ask(peer, `${name}-${peer.connection}`);
      trial.respond(x);
      await trial.answered(x, 200);
      await trial.message(x, 'CLOSE');
    }
  }
  for (const peer of peers) await trial.lives(peer);
}

export default {
  'numbers-are-odd-and-rise': {
    requirement: 'MSGI-PROC-11',
    title: 'The server gives odd numbers, rising, to connections and to exchanges that a peer has begun.',
    run: several,
  },

  'no-number-twice': {
    requirement: 'MSGI-PROC-13',
    title: 'The server gives no number a second time, though it is finished.',
    run: several,
  },

  'finished-numbers-are-dropped': {
    requirement: 'MSGI-PROC-10',
    title: 'The server drops frames for a number that is finished.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      trial.respond(x);
      await trial.answered(x, 200);
      await trial.message(x, 'CLOSE');
      await trial.quiet(peer);
      trial.say(x, 'CREDIT', 5);
      trial.say(x, 'STOP', { code: 0 });
      trial.say(x, 'START', { status: 200, fields: [] });
      trial.say(x, 'RESET', { code: 8 });
      await trial.lives(peer);
    },
  },

  'open-comes-first': {
    requirement: 'MSGI-PROC-18',
    title:
      'OPEN of a connection comes before the first HEAD that names it, and CLOSE, when it comes, behind all exchanges.',
    async run(trial) {
      await trial.begin();
      const [one, other] = [await trial.open(), await trial.open()];
      const x = await trial.ask(one, 'a');
      const y = await trial.ask(other, 'b');
      if (x.head.connection === y.head.connection) trial.fail('two connections have one number');
      trial.respond(x);
      await trial.answered(x, 200);
      await trial.message(x, 'CLOSE');
      one.finish();
      trial.respond(y);
      await trial.answered(y, 200);
      await trial.lives(other);
    },
  },

  'head-comes-first': {
    requirement: 'MSGI-PROC-19',
    title: 'HEAD of an exchange comes before every other frame of its number.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', { method: 'POST', endStream: false });
      peer.send(data(x.stream, new Uint8Array(10), { endStream: true }));
      await trial.message(x, 'END');
      trial.respond(x);
      await trial.answered(x, 200);
      await trial.lives(peer);
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
