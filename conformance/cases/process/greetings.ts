/** HELLO: its order, and the version (section 11.4). */
import type { ProcessCaseBody } from '../../process/case.ts';
import { HELLO } from '../../process/host-end.ts';

export default {
  'hello-first-and-once': {
    fresh: true,
    requirement: 'MSGI-PROC-14',
    title: 'HELLO is the first frame of the server, and comes once.',
    async run(trial) {
      await trial.begin();
      await trial.lives(await trial.open());
    },
  },

  'waits-for-hello': {
    fresh: true,
    requirement: 'MSGI-PROC-15',
    title: 'The server writes nothing behind its HELLO until that of the host has come, whole.',
    async run(trial) {
      const host = await trial.greet();
      await host.message(0, 'HELLO');
      host.hello();
      await trial.up();
      await trial.lives(await trial.open());
    },
  },

  'no-common-version': {
    fresh: true,
    requirement: 'MSGI-PROC-17',
    title: 'The server closes the pipe of a host with which it has no version in common.',
    // A server whose only host is of no use has no connection to serve on.
    handshake: true,
    async run(trial) {
      const host = await trial.greet();
      await host.message(0, 'HELLO');
      host.hello({ ...HELLO, versions: ['0.0'] });
      await host.ended();
      trial.seen = 'the pipe is closed';
    },
  },

  'further-versions': {
    fresh: true,
    requirement: 'MSGI-PROC-17',
    title: 'The server takes a host that names a common version among others.',
    // A server that refuses it may not listen at all.
    handshake: true,
    async run(trial) {
      await trial.begin({ versions: ['0.0', '1.0', '9007.1'] });
      await trial.lives(await trial.open());
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
