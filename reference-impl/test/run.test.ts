/** `run`: a program that is a server, from its first line to its last signal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createInterface, type Interface } from 'node:readline';
import t, { type Test } from 'tap';

/** Says on stdout what happens to its one exchange, which ends half a second after it was told "drain". */
const PROGRAM = `
  import { run } from 'msgi/server';
  const app = async x => {
    const out = x.start(200);
    await out.write('begun');
    console.log('begun');
    await new Promise(resolve => x.watch(notice => notice.type === 'drain' && setTimeout(resolve, 500)));
    await out.end();
  };
  await run({ app, drain: () => console.log('drain'), stop: () => console.log('stop') }, { grace: 60_000 });
  console.log('over');
`;

async function program(
  t: Test,
): Promise<{ child: ChildProcess; lines: Interface; said: string[]; body: Promise<string> }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, 'line')) as [string];
  const { address, pid } = JSON.parse(line) as { address: string; pid: number };
  t.equal(pid, child.pid);
  const said: string[] = [];
  lines.on('line', text => said.push(text));
  const client = connect(address);
  client.on('error', () => {});
  t.teardown(() => client.destroy());
  const body = text(client.request().on('error', () => {}));
  while (!said.includes('begun')) await once(lines, 'line');
  return { child, lines, said, body };
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  try {
    for await (const chunk of stream) all += chunk;
    return all;
  } catch {
    return `${all}, cut`;
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} finishes what is under way`, async t => {
    const { child, said, body } = await program(t);
    const ended = once(child, 'close');
    child.kill(signal);
    t.same(await ended, [0, null]);
    t.equal(await body, 'begun');
    t.same(said, ['begun', 'drain', 'stop', 'over']);
  });
}

t.test('a second signal ends at once, whichever it is', async t => {
  const { child, lines, said } = await program(t);
  const ended = once(child, 'close');
  child.kill('SIGINT');
  while (!said.includes('drain')) await once(lines, 'line');
  child.kill('SIGTERM');
  t.same(await ended, [null, 'SIGTERM']);
  t.same(said, ['begun', 'drain']);
});
