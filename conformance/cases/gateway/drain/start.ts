/** Start and stop (section 10.1). */
import { alive } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import type { Further } from '../../../gateway/further.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';

/** Milliseconds in which a server that does not wait for `start` listens. */
const WAIT = 250;

export default suite('drain', {
  'start-is-awaited': {
    requirement: 'MSGI-SPAN-1',
    title:
      'At start the application gets the version of the text and the name of the server, and no connection is taken before it has settled.',
    limited: true,
    app: x => x.respond(200),
    exports: (application, kit) => ({
      ...application,
      async start(host: { readonly spec: string; readonly server: string }) {
        await application.start?.(host);
        kit.report('host', { spec: host.spec, server: host.server });
        await alive(kit.gate());
      },
    }),
    async run(trial) {
      await trial.open();
      const further = await trial.start();
      const { spec, server } = (await further.app.report(further, 'host')) as { readonly [key: string]: Json };
      if (typeof spec !== 'string' || !/^\d+\.\d+$/.test(spec)) trial.fail(`spec is ${JSON.stringify(spec)}`);
      if (typeof server !== 'string' || server === '') trial.fail(`server is ${JSON.stringify(server)}`);
      trial.limited = true;
      if (await trial.idle(further.listens(WAIT))) trial.fail('the server listens while start waits');
      further.app.send({ do: 'release', key: further.key, gate: 'go' });
      const started = await trial.idle(further.started);
      if (typeof started === 'string') trial.fail(`the server ends (${started}) behind start`);
      trial.seen = `spec ${spec}, server ${JSON.stringify(server)}; the server listens behind start only`;
    },
  },

  'no-service-when-start-fails': {
    requirement: 'MSGI-SPAN-2',
    title: 'A server whose application rejects at start does not serve, and does not call stop.',
    app: x => x.respond(200),
    exports: application => ({
      ...application,
      async start(host: { readonly spec: string; readonly server: string }) {
        await application.start?.(host);
        throw new Error('on purpose');
      },
    }),
    async run(trial) {
      await trial.open();
      const further = await trial.start();
      const how = await ends(trial, further, 'although start has rejected');
      const told = (): boolean => further.hosts === 0 && further.calls('start') > 0;
      await further.app.until(told, 'the end of the application', true);
      if (further.calls('stop') > 0) trial.fail('stop is called although start has rejected');
      trial.seen = `the server ends (${how}), and has not called stop`;
    },
  },

  'ends-without-an-application': {
    requirement: 'MSGI-SPAN-5',
    title: 'A server ends with an error when the default export of the module is no application.',
    app: x => x.respond(200),
    exports: application => ({ ...application, app: 'no function' }),
    async run(trial) {
      await trial.open();
      const how = await ends(trial, await trial.start(), 'although "app" is no function');
      trial.seen = `the server ends (${how})`;
    },
  },

  'hosts-a-function': {
    requirement: 'MSGI-SPAN-5',
    title: 'A server hosts a module whose default export is a function.',
    alone: {},
    app: x => x.respond(200, [], 'content'),
    async exports(application) {
      await application.start?.({ spec: '1.0', server: 'the kit' });
      return application.app.bind(application);
    },
    async run(trial) {
      const peer = await trial.open();
      await trial.answered(trial.ask(peer, 'a'), 200, 7);
    },
  },

  'one-lifespan-for-two-listeners': {
    requirement: 'MSGI-SPAN-4',
    title: 'A server with two listeners calls start, drain and stop once in all.',
    claims: ['drain'],
    needs: ['tls'],
    app: x => x.respond(200),
    async run(trial) {
      await trial.open();
      trial.needOneProcess();
      if (trial.subject.endpoint.scheme === 'https') trial.notApplicable('the subject has one listener');
      const further = await trial.start();
      const started = await trial.idle(further.started);
      if (typeof started === 'string') return trial.fail(`the server ends (${started}) instead of listening`);
      started.signal('SIGTERM');
      await further.app.until(() => further.hosts === 0, 'the end of the application', true);
      const calls = (['start', 'drain', 'stop'] as const)
        .map(member => `${member} ${further.calls(member)}`)
        .join(', ');
      if (calls !== 'start 1, drain 1, stop 1') trial.fail(`calls of the application's lifespan: ${calls}`);
      trial.seen = calls;
    },
  },
});

/** How the server has ended, with an error, before it listened. */
async function ends(trial: GatewayTrial, further: Further, although: string): Promise<string> {
  trial.expected = 'the server ends with an error before it listens';
  const started = await trial.idle(further.started);
  if (typeof started !== 'string') trial.fail(`the server listens ${although}`);
  if (started === 'exit status 0') trial.fail(`the server ends without an error (${started}) ${although}`);
  return started;
}
