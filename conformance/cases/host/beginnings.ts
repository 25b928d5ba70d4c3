/** Descriptors, HELLO and the start of the application (sections 11.1 and 11.4). */
import type { HostCaseBody } from '../../host/case.ts';
import { PRINTED } from '../../host/messages.ts';
import { HELLO } from '../../host/server-end.ts';

/** Ways in which the application prints: while it is loaded, and where it is told to. */
const LEAST_PRINTS = 3;

export default {
  'descriptors-are-its-own': {
    requirement: 'MSGI-PROC-1',
    title:
      'What the application prints, also while it is loaded, goes to descriptor 2 and not between the frames, and its input is empty.',
    alone: { greets: true, prints: true },
    handshake: true,
    async run(trial) {
      await trial.greet();
      trial.app.tell({ do: 'started' });
      await trial.pipe.message(0, 'HELLO');
      await trial.open();
      const call = trial.app.begin({ do: 'print' });
      await trial.told(() => trial.app.answer(call) !== null, 'the end of the standard input of the application');
      await trial.quiet();
      const prints = (): number => trial.printed.split(PRINTED).length - 1;
      await trial.prints(() => prints() >= LEAST_PRINTS, 'what the application prints on descriptor 2 of the host');
      const read = JSON.stringify(trial.app.answer(call));
      if (!read.includes('"value":{"octets":0}'))
        trial.fail(`the application reads what is not its own, or cannot print: ${read}`);
      trial.seen = 'the frames are whole, and what was printed is on descriptor 2';
    },
  },

  'start-is-awaited': {
    requirement: 'MSGI-PROC-16',
    title: 'The host awaits the start of its application, with version and name of the server, before it sends HELLO.',
    alone: { greets: true },
    handshake: true,
    async run(trial) {
      await trial.greet({ name: 'the server of this case' });
      const [{ spec, server } = { spec: '', server: '' }] = trial.app.of('start');
      if (spec !== '1.0' || server !== 'the server of this case')
        trial.fail(`host.spec is ${JSON.stringify(spec)}, and host.server ${JSON.stringify(server)}`);
      await trial.pings();
      if (trial.pipe.received.length > 0) trial.fail('HELLO comes before the start of the application has ended');
      trial.app.tell({ do: 'started' });
      await trial.pipe.message(0, 'HELLO');
      await trial.open();
      if (trial.app.of('start').length > 1) trial.fail('the application is started twice');
      trial.seen = 'HELLO comes behind the start';
    },
  },

  'a-start-that-fails': {
    requirement: 'MSGI-PROC-16',
    title: 'The host ends without a HELLO when the start of its application rejects.',
    alone: { greets: true },
    handshake: true,
    async run(trial) {
      await trial.greet();
      trial.leaves();
      trial.app.tell({ do: 'refuse' });
      const how = await trial.exited();
      if (trial.pipe.of(0, 'HELLO').length > 0) trial.fail('HELLO comes although the start has failed');
      if (trial.app.of('stop').length > 0) trial.fail('stop is called on an application that did not start');
      trial.seen = `the process ends (${how}) without HELLO`;
    },
  },

  'no-common-version': {
    requirement: 'MSGI-PROC-17',
    title: 'The host closes the pipe of a server with which it has no version in common.',
    alone: { greets: true },
    handshake: true,
    async run(trial) {
      trial.leaves();
      await trial.greetInVain({ versions: ['0.0'] });
      if (trial.app.of('start').length > 0) trial.app.tell({ do: 'started' });
      await trial.pipe.ended();
      trial.seen = 'the pipe is closed';
    },
  },

  'further-versions': {
    requirement: 'MSGI-PROC-17',
    title: 'The host takes a server that names a common version among others, and works by that one.',
    alone: { greets: true },
    handshake: true,
    async run(trial) {
      await trial.greet({ versions: ['0.0', '1.0', '9007.1'] });
      const [{ spec } = { spec: '' }] = trial.app.of('start');
      if (spec !== '1.0') trial.fail(`host.spec is ${JSON.stringify(spec)}`);
      trial.app.tell({ do: 'started' });
      await trial.pipe.message(0, 'HELLO');
      await trial.open();
    },
  },

  'hello-first-and-once': {
    requirement: 'MSGI-PROC-14',
    title: 'HELLO is the first frame of the host, and comes once.',
    passive: true,
    alone: { greets: true },
    handshake: true,
    async run(trial) {
      await trial.greet();
      trial.app.tell({ do: 'started' });
      await trial.pipe.message(0, 'HELLO');
      await trial.open();
      await trial.quiet();
    },
  },

  'one-hello-of-the-server': {
    requirement: 'MSGI-PROC-9',
    title: 'The host closes the pipe on a second HELLO of its server.',
    alone: {},
    async run(trial) {
      await trial.open();
      trial.leaves();
      trial.pipe.send('HELLO', 0, HELLO);
      await trial.pipe.ended();
      trial.seen = 'the pipe is closed';
    },
  },
} satisfies Readonly<Record<string, HostCaseBody>>;
