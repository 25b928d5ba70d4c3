/**
 * The process of one case: it loads the application, runs the case, tells what happens, and ends. A crash, an endless loop or
 * a `process.exit` ends this process and nothing else.
 */
import type { Application } from '../../spec/msgi.ts';
import { applicationCatalogue } from '../cases/application/index.ts';
import { middlewareCatalogue } from '../cases/middleware/index.ts';
import { UsageError } from '../usage.ts';
import { VERSION } from '../version.ts';
import { endingOf } from './ending.ts';
import type { Answer, Job } from './job.ts';
import { type Loaded, loadApplication, loadMiddleware } from './loaded.ts';
import { probe } from './probe.ts';
import { describe, requestsOf } from './requests.ts';
import { type Known, named, Stage } from './stage.ts';
import { Trace } from './trace.ts';

/** Milliseconds between signs that the event loop turns. */
const ALIVE_MS = 200;

function tell(answer: Answer): void {
  process.send?.(answer);
}

/** The last word; the channel is empty before the process ends. */
function tellLast(answer: Answer): Promise<void> {
  return new Promise(resolve => process.send?.(answer, undefined, {}, () => resolve()) ?? resolve());
}

async function work(job: Job): Promise<Answer> {
  const { application, wishes } = await load(job);
  tell({ type: 'alive' });
  setInterval(() => tell({ type: 'alive' }), ALIVE_MS);
  const requests = requestsOf(job.wishes.length > 0 ? job.wishes : wishes);
  const trace = new Trace(entry => tell({ type: 'entry', entry }));
  const stage = new Stage(x => application.app(x), requests, job.known, job.limits, trace);
  const untaken = (reason: unknown): void => stage.broken('MSGI-APP-10', `nobody takes a failure: ${named(reason)}`);
  process.on('unhandledRejection', untaken).on('uncaughtException', untaken);
  await application.start?.({ spec: '1.0', server: `msgi certify ${VERSION}` });
  const answer = job.caseId === null ? await look(stage) : await judge(job.caseId, stage);
  await application.stop?.();
  return answer;
}

async function load({ kind, subject }: Job): Promise<Loaded> {
  if ('fault' in subject) {
    const { findApplication, findMiddleware } = await import('../faults/applications/index.ts');
    return kind === 'app' ? findApplication(subject.fault) : around(findMiddleware(subject.fault));
  }
  return kind === 'app' ? loadApplication(subject.file) : around(await loadMiddleware(subject.file));
}

/** The kit's own application, wrapped. */
function around(middleware: Awaited<ReturnType<typeof loadMiddleware>>): Loaded {
  const application: Application = { app: middleware(probe.app) };
  return { application, wishes: undefined };
}

/** Each request once, to know what is usual. */
async function look(stage: Stage): Promise<Answer> {
  const known: Known[] = [];
  for (const asked of stage.requests) {
    const start = performance.now();
    const visit = stage.ask(asked);
    const whole = await stage.until(() => stage.over(visit), stage.limits.answer);
    if (!whole && visit.settled === null && visit.message.status === 0 && !visit.failed) {
      const why = `${describe(asked)}: no response within ${stage.limits.answer} ms: name what it answers with --request`;
      return { type: 'unusable', why };
    }
    const endless = !whole && visit.message.status > 0 && visit.state === 'open';
    known.push({ ms: performance.now() - start, endless });
    if (!whole) visit.cancel();
  }
  return { type: 'known', known, requests: stage.requests.map(describe) };
}

async function judge(caseId: string, stage: Stage): Promise<Answer> {
  const body = [...applicationCatalogue, ...middlewareCatalogue].find(({ id }) => id === caseId);
  if (body === undefined) throw new Error(`there is no case ${caseId}`);
  return { type: 'ended', ending: await endingOf(body, stage) };
}

process.once('message', async (job: Job) => {
  try {
    await tellLast(await work(job));
  } catch (error) {
    const why = error instanceof UsageError ? error.message : named(error);
    await tellLast({ type: 'unusable', why });
  }
  // What an application has left behind, a timer or a socket, does not keep the process.
  process.exit(0);
});
process.once('disconnect', () => process.exit(0));
