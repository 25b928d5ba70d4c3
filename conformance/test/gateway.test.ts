/** The control channel between the kit and its application, and what a target must be to be judged as a gateway. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { each, taken, thrown } from '../application/attempts.ts';
import { ControlClient } from '../application/control-client.ts';
import { Gates } from '../application/gates.ts';
import { reportedError } from '../application/kit.ts';
import {
  type ApplicationMessage,
  addressed,
  authorityOf,
  formatKey,
  parseKey,
  pathOf,
} from '../application/messages.ts';
import type { Case } from '../case.ts';
import { suite } from '../gateway/case.ts';
import { Control } from '../gateway/control.ts';
import type { GatewayTrial } from '../gateway/trial.ts';
import type { Result } from '../result.ts';
import { attempt } from '../runner/attempt.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { claimedSuites, select } from '../selection.ts';
import { openTarget } from '../targets/index.ts';
import { subjectAt, targetAt, toy } from './toy.ts';

const HELLO = { event: 'hello', pid: 1, spec: '1.0', server: 'toy' } as const;

async function opened(t: Test): Promise<Control> {
  const control = await Control.listen();
  t.teardown(() => control.close());
  return control;
}

/** A case of the toy's, which knows no application: the test plays it. */
function caseOf(body: (trial: GatewayTrial) => Promise<void>): Case {
  const [one] = suite('toy', { one: { requirement: 'MSGI-MODEL-7', title: 'A title.', app: () => {}, run: body } });
  return one as Case;
}

t.test('an exchange is addressed by its path, or by its authority', async t => {
  for (const fault of [null, 'multiplexing/one-at-a-time']) {
    const key = formatKey({ attempt: 'n7', name: 'a-1', fault });
    t.same(parseKey(key), { attempt: 'n7', name: 'a-1', fault });
    for (const more of ['', '/further', '?query']) {
      t.same(addressed(`${pathOf('push/first', key)}${more}`, 'localhost'), { caseId: 'push/first', key });
    }
    for (const path of [`//x/..${pathOf('push/first', key)}`, pathOf('push/first', key).slice(1)])
      t.same(addressed(path, 'localhost'), { caseId: 'push/first', key }, 'well-formed or not');
    for (const target of ['', '*', '/', '/?a=b'])
      t.same(addressed(target, authorityOf('tunnel/plain', key)), { caseId: 'tunnel/plain', key });
  }
  t.equal(addressed('/', 'localhost'), null);
  t.equal(addressed('', 'localhost:443'), null);
  t.equal(addressed('/msgi-kit/push/first', 'localhost'), null);
});

t.test('calls that a server must refuse are told from those that it takes', async t => {
  const refuse = (): never => {
    throw new TypeError('on purpose');
  };
  t.equal(thrown(refuse), 'TypeError');
  t.equal(
    thrown(() => {
      throw 5;
    }),
    'number',
  );
  t.equal(
    thrown(() => Promise.reject(new TypeError('late'))),
    '',
    'what rejects has been taken',
  );
  t.same(taken(each('write', ['a', new Uint16Array(1), undefined, 5], value => (value === 5 ? refuse() : value))), [
    'write "a"',
    'write Uint16Array',
    'write undefined',
  ]);
});

t.test('gates open for good when they are released, and all of them when the attempt is over', async t => {
  const gates = new Gates();
  const order: string[] = [];
  const passes = (key: string, gate: string): void => {
    gates.pass('n1', key, gate).then(() => order.push(`${key} ${gate}`));
  };
  passes('a', 'go');
  passes('b', 'go');
  gates.release('n1', 'a', 'go');
  await Promise.resolve();
  t.same(order, ['a go']);
  gates.release('n1', 'c', 'go');
  await gates.pass('n1', 'c', 'go');
  gates.end('n1');
  await Promise.resolve();
  t.same(order, ['a go', 'b go']);
  await gates.pass('n1', 'd', 'late');
});

t.test('what an application tells goes to the attempt that its key names', async t => {
  const control = await opened(t);
  const heard: ApplicationMessage[] = [];
  const others: ApplicationMessage[] = [];
  let told: (() => void) | null = null;
  const first = control.attend({
    event: message => {
      heard.push(message);
      told?.();
    },
    lost: () => t.fail('nothing is lost'),
  });
  control.attend({ event: message => others.push(message), lost: () => {} });
  const messages: object[] = [];
  const client = await ControlClient.connect(control.address, message => messages.push(message));
  client.tell(HELLO);
  t.equal(await control.greeted(2000), true);
  const key = formatKey({ attempt: first, name: 'a', fault: null });
  await new Promise<void>(resolve => {
    told = () => heard.length === 2 && resolve();
    client.tell({ event: 'invoked', key, arguments: 1, method: true });
    client.tell({ event: 'lifespan', member: 'drain' });
  });
  t.match(heard, [{ event: 'invoked', key, seq: 2 }, { event: 'lifespan' }]);
  t.match(others, [{ event: 'lifespan' }], 'what is of no exchange is of all');
  control.close();
  client.close();
});

t.test('an application that is lost is an error of the set-up, whatever way it goes', async t => {
  const { port } = await toy(t);
  const ways: Readonly<Record<string, (socket: ReturnType<typeof connect>) => void>> = {
    'its connection has ended': socket => socket.end(),
    'no message number 2': socket => socket.write(`${JSON.stringify({ seq: 3, event: 'lifespan', member: 'stop' })}\n`),
    'no message number 2: nonsense': socket => socket.write('nonsense\n'),
  };
  for (const [why, go] of Object.entries(ways)) {
    const control = await opened(t);
    const at = control.address.lastIndexOf(':');
    const socket = connect({ host: control.address.slice(0, at), port: Number(control.address.slice(at + 1)) });
    t.teardown(() => socket.destroy());
    socket.write(`${JSON.stringify({ seq: 1, ...HELLO })}\n`);
    await control.greeted(2000);
    const body = caseOf(async trial => {
      await trial.open();
      go(socket);
      await trial.invoked(trial.exchange('a'));
    });
    const one = await attempt(body, { ...subjectAt(port), gateway: { control, fault: null } }, 3000, wait => wait);
    t.match(one, { verdict: 'error', reason: 'control', cut: true });
    t.match(one.seen, why);
    control.close();
  }
});

t.test('an event that never comes fails the case at its deadline, and says which', async t => {
  const { port } = await toy(t);
  const control = await opened(t);
  const body = caseOf(async trial => {
    await trial.open();
    await trial.report(trial.exchange('a'), 'ended');
  });
  const one = await attempt(body, { ...subjectAt(port), gateway: { control, fault: null } }, 300, wait => wait);
  t.match(one, { verdict: 'fail', reason: 'deadline', seen: /the application to report "ended" of a/ });
});

t.test('a handler that fails before its report fails the case at once, with what it met', async t => {
  const { port } = await toy(t);
  const control = await opened(t);
  const client = await ControlClient.connect(control.address, () => {});
  client.tell(HELLO);
  await control.greeted(2000);
  const body = caseOf(async trial => {
    await trial.open();
    const { key } = trial.exchange('a');
    client.tell({ event: 'settled', key, error: reportedError(new TypeError('status 600')) });
    await trial.report(trial.exchange('a'), 'ended');
  });
  const one = await attempt(body, { ...subjectAt(port), gateway: { control, fault: null } }, 3000, wait => wait);
  t.match(one, { verdict: 'fail', seen: /ended before it came to "ended": TypeError: status 600/ });
  t.match(
    one.transcript.filter(({ direction }) => direction === '='),
    [{ type: 'APP', connection: 0, payload: 'a: settled, TypeError: status 600' }],
  );
  client.close();
});

t.test('what a target does not claim is not applicable, and an option that it does not name', async t => {
  const { port } = await toy(t);
  const control = await opened(t);
  const one = async (claims: readonly string[], rest: object): Promise<Result | undefined> => {
    const target = targetAt(port, { control });
    const body = { ...caseOf(async trial => void (await trial.open())), ...rest } as Case;
    const claiming = { ...target, facts: { ...target.facts, claims } };
    return (await run([body], claiming, { ...DEFAULT_OPTIONS, timeout: 3000 })).results[0];
  };
  t.match(await one(['http2'], {}), { verdict: 'not-applicable', reason: 'not-claimed', seen: /"gateway"/ });
  t.match(await one(['gateway'], { claims: ['push'] }), { reason: 'not-claimed', seen: /"push"/ });
  t.match(await one(['gateway'], { alone: { grace: 1 } }), { reason: 'not-claimed', seen: /no option "grace"/ });
  t.match(await one(['gateway'], { alone: {} }), { verdict: 'error', seen: /did not start/ });
  t.match(await one(['gateway'], {}), { verdict: 'pass' });
});

t.test('the suites of a run are those that the target claims, unless some are named', async t => {
  t.same(claimedSuites(['http2']), ['http2']);
  t.same(claimedSuites(['http2', 'gateway', 'push']), ['http2', 'gateway']);
  const gateways = (cases: readonly Case[]): number => cases.filter(({ app }) => app !== undefined).length;
  t.equal(gateways(select({}, ['http2'])), 0);
  t.ok(gateways(select({}, ['http2', 'gateway'])) > 0);
  t.equal(select({ suites: ['multiplexing'] }).length, gateways(select({ suites: ['multiplexing'] })));
  t.ok(gateways(select({ cases: ['multiplexing/*'] }, ['http2'])) > 0, 'who names a case means it');
});

t.test('a target that claims to be a gateway hosts the application, or the error says how', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'msgi-gateway-test-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const manifest = (content: object): string => {
    const file = join(dir, 'manifest.json');
    writeFileSync(file, JSON.stringify({ name: 'mine', claims: ['http2', 'gateway'], ...content }));
    return file;
  };
  await t.rejects(openTarget(manifest({ address: 'http://127.0.0.1:9' })), { message: /\{application\}/ });
  const listens = "require('net').createServer().listen(+process.argv[1], '127.0.0.1')";
  const deaf = manifest({
    start: ['{node}', '-e', listens, '{port}', '{application}'],
    address: 'http://127.0.0.1:{port}',
    ready_ms: 1500,
  });
  await t.rejects(openTarget(deaf), { message: /did not connect to MSGI_CONTROL/ });
});

t.test('an instance for one case is the target once more, with its own channel', async t => {
  const target = await openTarget('reference');
  t.teardown(() => target.stop());
  const instance = await target.another?.({ initial_window: 1000 });
  if (instance === undefined) throw new Error('the reference target starts no further instance');
  t.not(instance.endpoint.port, target.endpoint.port);
  t.not(instance.control?.address, target.control?.address);
  t.equal(instance.control?.hosts, 1);
  instance.signal('SIGTERM');
  t.equal(await instance.ended, 'exit status 0');
  t.equal(target.crash(), null, 'and the target runs on');
  await instance.stop();
});
