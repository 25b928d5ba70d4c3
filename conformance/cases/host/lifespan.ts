/** Drain, the end of the pipe, and the end of the process (sections 11.4 and 11.6). */
import type { HostCaseBody } from '../../host/case.ts';
import type { HostTrial } from '../../host/trial.ts';

/** A write that waits at every host: its mark is its own choice (MSGI-FLOW-22). */
const BEYOND_EVERY_MARK = 2 ** 24;

/** The server ends the pipe. */
function end(trial: HostTrial): void {
  trial.leaves();
  trial.pipe.close();
}

/** The application is told to stop, and lets it be. */
async function stopped(trial: HostTrial): Promise<void> {
  await trial.told(() => trial.app.of('stop').length > 0, 'stop of the application');
  trial.app.tell({ do: 'stopped' });
}

export default {
  'drain-is-called-once': {
    requirement: 'MSGI-PROC-43',
    title: 'The host calls drain of its application once, when its pipe drains, and for no connection.',
    alone: {},
    async run(trial) {
      const connection = await trial.open();
      trial.pipe.send('DRAIN', connection, null);
      await trial.quiet();
      if (trial.app.of('drain').length > 0) trial.fail('drain is called when a connection drains');
      trial.pipe.send('DRAIN', 0, null);
      await trial.told(() => trial.app.of('drain').length > 0, 'drain of the application');
      trial.pipe.send('DRAIN', 0, null);
      await trial.quiet();
      end(trial);
      await stopped(trial);
      await trial.exited();
      const calls = trial.app.of('drain').length;
      trial.seen = `drain is called ${calls === 1 ? 'once' : `${calls} times`}`;
      if (calls !== 1) trial.fail(trial.seen);
    },
  },

  'the-end-of-the-pipe-fails-what-lives': {
    requirement: 'MSGI-PROC-45',
    title: 'When the pipe ends the host fails the exchanges that are live on it, by "transport".',
    alone: {},
    async run(trial) {
      await trial.open();
      const idle = await trial.ask('idle');
      const reading = await trial.ask('reading', { method: 'POST', content: true });
      const read = reading.begin('body.read');
      const writing = await trial.ask('writing', { room: 10 });
      await writing.call('start', 200);
      const write = writing.begin('sink.write', { octets: BEYOND_EVERY_MARK });
      await reading.message('CREDIT');
      await writing.content(10);
      end(trial);
      for (const x of [idle, reading, writing]) {
        const { name, by } = await x.abort();
        if (name !== 'ExchangeError' || by !== 'transport')
          trial.fail(`${x.name} fails with ${name} by ${by}, not by transport`);
      }
      for (const [x, pending] of [
        [reading, read],
        [writing, write],
      ] as const) {
        const { name, by } = await x.error(pending);
        if (name !== 'ExchangeError' || by !== 'transport')
          trial.fail(`${pending.member} ends with ${name} by ${by}, not by transport`);
      }
      trial.seen = 'three exchanges fail by transport';
    },
  },

  'the-process-ends': {
    requirement: 'MSGI-PROC-46',
    title:
      'The process of a host ends after its pipe has ended and its exchanges have settled, whatever the application has left behind.',
    alone: {},
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      end(trial);
      await x.abort();
      await trial.pings();
      if (trial.exit !== null) trial.fail(`the process ends (${trial.exit}) while an exchange has not settled`);
      x.settle();
      await stopped(trial);
      const how = await trial.exited();
      trial.seen = `the process ends (${how})`;
    },
  },

  'stop-is-called-and-awaited': {
    requirement: 'MSGI-PROC-47',
    also: ['MSGI-SPAN-3'],
    title:
      'The host calls stop of its application once, after the last exchange has settled, and awaits it before it ends.',
    alone: {},
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      end(trial);
      await x.abort();
      await trial.pings();
      if (trial.app.of('stop').length > 0) trial.fail('stop is called while an exchange has not settled');
      x.settle({ own: true });
      await trial.told(() => trial.app.of('stop').length > 0, 'stop of the application');
      await trial.pings();
      trial.app.tell({ do: 'stopped' });
      await trial.told(() => trial.app.of('stopped').length > 0, 'the end of stop');
      await trial.exited();
      const calls = trial.app.of('stop').length;
      trial.seen = `stop is called ${calls === 1 ? 'once' : `${calls} times`}, and awaited`;
      if (calls !== 1) trial.fail(trial.seen);
    },
  },
} satisfies Readonly<Record<string, HostCaseBody>>;
