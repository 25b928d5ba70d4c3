/** The end of a server, of a process, and of a pipe (sections 11.4 and 11.6). */
import { windowUpdate } from '../../../wire/index.ts';
import type { ProcessCaseBody } from '../../process/case.ts';
import type { Forwarded, ProcessTrial } from '../../process/trial.ts';

const INTERNAL_ERROR = 2;

/** Milliseconds for a new process: the wait before it, and its start on a busy machine. */
const ANEW_MS = 3000;

/** Exchanges until one goes to another process. */
const MOST_ASKED = 20;

/** An exchange that is live while the server begins to drain. */
async function draining(trial: ProcessTrial) {
  const host = await trial.begin();
  const peer = await trial.open();
  peer.drains = true;
  const x = await trial.ask(peer, 'a');
  await trial.kill('SIGTERM');
  await host.message(0, 'DRAIN');
  return { host, x };
}

/** An exchange on another pipe than that one. */
async function elsewhere(trial: ProcessTrial, one: Forwarded): Promise<Forwarded> {
  for (let n = 1; n <= MOST_ASKED; n += 1) {
    const x = await trial.ask(one.peer, `kept-${n}`);
    if (x.host !== one.host) return x;
  }
  return trial.notApplicable(`the server gives ${MOST_ASKED + 1} exchanges at a time to one of its processes`);
}

export default {
  'drain-is-told': {
    fresh: true,
    requirement: 'MSGI-PROC-42',
    title: 'DRAIN tells the host that the server drains, and each connection that was opened on the pipe.',
    claims: ['drain'],
    async run(trial) {
      const { host, x } = await draining(trial);
      await host.message(x.head.connection, 'DRAIN');
      trial.respond(x);
      await trial.answered(x, 200);
    },
  },

  'the-pipe-outlives-its-exchanges': {
    fresh: true,
    requirement: 'MSGI-PROC-44',
    title: 'A server that ends closes the pipe when its exchanges have closed and settled, and not before.',
    claims: ['drain'],
    async run(trial) {
      const { host, x } = await draining(trial);
      if (host.over) trial.fail('the pipe ends while an exchange is live');
      trial.say(x, 'START', { status: 200, fields: [], end: true });
      await trial.answered(x, 200);
      await trial.message(x, 'CLOSE');
      if (host.over) trial.fail('the pipe ends before its exchange has settled');
      trial.say(x, 'SETTLED', {});
      await host.ended();
      trial.seen = 'the pipe is closed behind SETTLED of its last exchange';
    },
  },

  'a-pipe-that-ends': {
    fresh: true,
    requirement: 'MSGI-PROC-48',
    title: 'When the pipe ends, exchanges are answered 502 in idle, reset in open, and finished in done.',
    async run(trial) {
      const host = await trial.begin();
      const peer = await trial.open();
      const [idle, open, done] = [
        await trial.ask(peer, 'idle'),
        await trial.ask(peer, 'open'),
        await trial.ask(peer, 'done'),
      ];
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const octets = Math.min(done.head.room, 10);
      trial.say(open, 'START', { status: 200, fields: [] });
      trial.say(done, 'START', { status: 200, fields: [] });
      if (octets > 0) trial.say(done, 'DATA', new Uint8Array(octets));
      trial.say(done, 'END', {});
      const begun = (): boolean => [open, done].every(({ stream }) => peer.stream(stream).status > 0);
      await peer.until(() => begun() || peer.over, 'the heads of both responses');
      host.close();
      await trial.answered(idle, 502);
      await trial.reset(open, INTERNAL_ERROR);
      peer.send(windowUpdate(done.stream, 100_000));
      const { octets: came } = await trial.answered(done, 200);
      if (came !== octets) trial.fail(`${came} octets come of ${octets} that the host had written`);
    },
  },

  'other-pipes-go-on': {
    fresh: true,
    requirement: 'MSGI-PROC-50',
    title: 'The server goes on with the exchanges of other pipes when one pipe ends.',
    alone: { processes: 2 },
    async run(trial) {
      await trial.begin({}, true);
      const peer = await trial.open();
      const lost = await trial.ask(peer, 'lost');
      const kept = await elsewhere(trial, lost);
      lost.host.close();
      await trial.answered(lost, 502);
      trial.respond(kept);
      await trial.answered(kept, 200);
      const next = await trial.ask(peer, 'next');
      trial.respond(next);
      await trial.answered(next, 200);
    },
  },

  'a-process-is-started-anew': {
    fresh: true,
    requirement: 'MSGI-PROC-49',
    title: 'A process that has ended unasked is started anew, and greeted.',
    limited: true,
    async run(trial) {
      const host = await trial.begin();
      const peer = await trial.open();
      host.close();
      if (await trial.idle(trial.startsAnew(2, ANEW_MS))) {
        trial.seen = 'a second process is started and greeted';
        return;
      }
      trial.limited = true;
      trial.weak(`no new process within ${ANEW_MS} ms behind the end of the first`);
      await peer.fence();
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
