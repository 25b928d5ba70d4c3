/** The end of an exchange at the host: SETTLED, and the notice `close` (section 11.4). */
import type { HostCaseBody } from '../../host/case.ts';
import type { DrivenExchange } from '../../host/exchange.ts';
import type { HostTrial } from '../../host/trial.ts';

const INTERNAL_ERROR = 2;
const PROTOCOL_ERROR = 1;
const STREAM_CLOSED = 5;
const CANCEL = 8;

const upload = { method: 'POST', content: true } as const;

/** The notice has these keys; anything else fails the case. */
async function closes(trial: HostTrial, x: DrivenExchange, complete: boolean, code: number, by: string): Promise<void> {
  const seen = await x.notice('close');
  const words = (one: typeof seen): string => `complete ${one['complete']}, code ${one['code']} by ${one['by']}`;
  const [told, due] = [words(seen), words({ complete, code, by })];
  if (told !== due) trial.fail(`close of ${x.name} has ${told}, not ${due}`);
  trial.seen = `close has ${told}`;
}

/** An exchange that is closed at the server, with five octets of its request that wait at the host. */
async function unread(trial: HostTrial): Promise<DrivenExchange> {
  await trial.open();
  const x = await trial.ask('a', upload);
  x.send('DATA', new Uint8Array(5));
  x.send('END', {});
  await x.call('respond', 200);
  await x.whole();
  x.complete(5);
  await trial.quiet();
  if (x.notices('close').length > 0) trial.fail('close comes while content of the request waits to be read');
  return x;
}

export default {
  'settled-when-the-promise-has-settled': {
    requirement: 'MSGI-PROC-40',
    title: 'SETTLED comes when the promise of the application has settled, once, and not with the end of the response.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('respond', 200);
      await x.whole();
      x.complete();
      await trial.quiet();
      if (x.of('SETTLED').length > 0) trial.fail('SETTLED comes while the application runs');
      x.settle();
      const { failure } = await x.message('SETTLED');
      if (failure !== undefined)
        trial.fail(`SETTLED has the failure ${JSON.stringify(failure)} of a promise that fulfilled`);
      await trial.quiet();
    },
  },

  'settled-behind-a-failure': {
    requirement: 'MSGI-PROC-40',
    title: 'SETTLED comes also for an exchange that has failed and is closed, when its promise has settled.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      x.fail();
      await x.abort();
      await trial.quiet();
      if (x.of('SETTLED').length > 0) trial.fail('SETTLED comes while the application runs');
      x.settle({ own: true });
      const { failure } = await x.message('SETTLED');
      if (failure !== undefined)
        trial.fail('SETTLED has a failure, though the promise rejected with the error of its exchange');
      await trial.quiet();
    },
  },

  'settled-with-a-failure': {
    requirement: 'MSGI-PROC-40',
    title: 'A promise that rejects is one SETTLED with the text of the failure.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      x.settle({ error: 'the database is away' });
      const { failure } = await x.message('SETTLED');
      if (failure?.includes('the database is away') !== true)
        trial.fail(`the failure of SETTLED is ${JSON.stringify(failure)}`);
      x.fail(INTERNAL_ERROR, 'app');
      await trial.quiet();
      trial.seen = 'SETTLED has the text of the failure';
    },
  },

  'settled-behind-end': {
    requirement: 'MSGI-PROC-53',
    title: 'SETTLED waits behind an END that waits for room, and STOP ends the request that flows meanwhile.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { ...upload, room: 10 });
      await x.call('start', 200);
      x.begin('sink.write', { octets: 100 });
      x.begin('sink.end');
      await x.content(10);
      x.settle();
      await x.message('STOP');
      await trial.quiet();
      if (x.of('SETTLED').length > 0) trial.fail('SETTLED comes while END waits for room');
      x.send('CREDIT', 90);
      await x.message('SETTLED');
      const types = x.types.filter(type => type !== 'STOP').join(', ');
      trial.seen = types;
      if (!types.endsWith('DATA, END, SETTLED')) trial.fail(`the host writes ${types}`);
      x.complete();
    },
  },

  'settled-behind-end-at-once': {
    requirement: 'MSGI-PROC-53',
    title: 'SETTLED comes behind END of a response that has room.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('respond', 200, [], { octets: 100 });
      x.settle();
      await x.message('SETTLED');
      // Content may come in several frames.
      const types = x.types.filter((type, n, all) => type !== 'DATA' || all[n - 1] !== 'DATA').join(', ');
      trial.seen = types;
      if (types !== 'START, DATA, END, SETTLED') trial.fail(`the host writes ${types}`);
      x.complete();
    },
  },

  'close-of-a-reset': {
    requirement: 'MSGI-PROC-51',
    title: 'The close of an exchange that its application has reset has the code of that, by "app".',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('start', 200);
      await x.call('reset', STREAM_CLOSED);
      const { code } = await x.message('RESET');
      if (code !== STREAM_CLOSED) trial.fail(`RESET has code ${code}`);
      // The peer has reset it at the same moment, and the two have crossed.
      x.fail(CANCEL, 'peer');
      x.settle();
      await closes(trial, x, false, STREAM_CLOSED, 'app');
    },
  },

  'close-of-a-reset-that-crosses-sent': {
    requirement: 'MSGI-PROC-51',
    title:
      'The close of an exchange that its application has reset is not complete, also where SENT has crossed the RESET.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('start', 200);
      x.begin('sink.end');
      await x.whole();
      await x.call('reset', PROTOCOL_ERROR);
      await x.message('RESET');
      x.complete();
      x.settle();
      await closes(trial, x, false, PROTOCOL_ERROR, 'app');
    },
  },

  'close-of-a-response-without-end': {
    requirement: 'MSGI-PROC-51',
    title:
      'The close of an exchange whose application settles without ending the response has INTERNAL_ERROR by "app".',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('start', 200);
      x.settle();
      await x.message('SETTLED');
      // The peer has reset it at the same moment, and the two have crossed.
      x.fail(CANCEL, 'peer');
      await closes(trial, x, false, INTERNAL_ERROR, 'app');
    },
  },

  'close-waits-for-the-server': {
    requirement: 'MSGI-PROC-52',
    title: 'The notice close does not come before CLOSE of the server.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.call('respond', 200);
      x.settle();
      await x.message('SETTLED');
      x.send('SENT', null);
      await trial.quiet();
      if (x.notices('close').length > 0) trial.fail('close comes before CLOSE of the server');
      x.close({ complete: true, code: 0, by: 'app', status: 200, sent: 0, received: 0 });
      await closes(trial, x, true, 0, 'app');
    },
  },

  'close-waits-for-the-reader': {
    requirement: 'MSGI-PROC-52',
    title: 'The notice close comes when content that waits at the host has been read, though CLOSE came before.',
    async run(trial) {
      const x = await unread(trial);
      const chunk = JSON.stringify(await x.call('body.read'));
      if (chunk !== '{"octets":5}') trial.fail(`the content that waits is read as ${chunk}`);
      const end = await x.call('body.read');
      if (end !== null) trial.fail(`the end of the request is read as ${JSON.stringify(end)}`);
      await closes(trial, x, true, 0, 'app');
    },
  },

  'close-waits-for-a-stop': {
    requirement: 'MSGI-PROC-52',
    title: 'The notice close comes when a request whose content waits at the host is stopped.',
    async run(trial) {
      const x = await unread(trial);
      await x.call('body.stop');
      await closes(trial, x, true, 0, 'app');
    },
  },
} satisfies Readonly<Record<string, HostCaseBody>>;
