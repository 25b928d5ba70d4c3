/**
 * Applications of the frameworks, unchanged, on node:http, on the compatibility API of node:http2, and on the reference
 * server over HTTP/2 and HTTP/1.1: the same behaviour, but for what frameworks/differences.ts lists.
 */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { fromFetch } from '../from-fetch.ts';
import type { Answer } from './asking.ts';
import { BEHAVIOURS, type Behaviour, FILE } from './frameworks/behaviour.ts';
import { DIFFERENCES } from './frameworks/differences.ts';
import { fetchOnNode } from './frameworks/fetch-on-node.ts';
import { honoApp } from './frameworks/hono.ts';
import { HOSTS, type Host, type Hosted, type HostName, hosts } from './frameworks/hosts.ts';
import { newWorld, type TestWorld, type World } from './frameworks/world.ts';

const FRAMEWORKS: Readonly<Record<string, (world: World) => Hosted | Promise<Hosted>>> = {
  hono: world => {
    const handler = honoApp(world);
    return { node: fetchOnNode(handler), msgi: fromFetch(handler) };
  },
};

function listed(framework: string, host: HostName, behaviour: string): string | undefined {
  return DIFFERENCES.find(
    row => row.framework === framework && row.host === host && (row.behaviour === behaviour || row.behaviour === '*'),
  )?.reason;
}

async function compare(
  t: Test,
  framework: string,
  running: Readonly<Record<HostName, Host>>,
  name: string,
  { asked, expect }: Behaviour,
): Promise<void> {
  await t.test(name, async t => {
    const first = await running[HOSTS[0]].ask(asked);
    expect(t, first);
    for (const host of HOSTS.slice(1)) {
      if (listed(framework, host, '*') !== undefined) continue;
      const answer = await running[host].ask(asked);
      const differs = listed(framework, host, name);
      if (differs === undefined) t.same(message(answer), message(first), `${host}: as on ${HOSTS[0]}`);
      else t.notSame(message(answer), message(first), `${host} differs: ${differs}`);
    }
  });
}

/** Without the date, and without what the version has of its own to delimit content and to keep the connection. */
function message({ headers, ...rest }: Answer): unknown {
  const { date, connection, 'keep-alive': _, 'transfer-encoding': __, 'content-length': ___, ...others } = headers;
  return { ...rest, date: typeof date, headers: others };
}

async function leaves(t: Test, host: Host, world: TestWorld): Promise<void> {
  const left = world.clientLeaves();
  const { content, leave } = await host.open('/events');
  content.on('error', () => {});
  const [event] = await once(content, 'data');
  t.match(String(event), /^data: event 1\n\n/);
  leave();
  await left;
  t.pass('the application is told');
}

async function breaks(t: Test, host: Host): Promise<void> {
  const { content } = await host.open('/broken');
  let octets = 0;
  await t.rejects(async () => {
    for await (const chunk of content) octets += (chunk as Buffer).length;
  }, 'the client can tell it from an end');
  t.equal(octets, 1000);
}

for (const [framework, make] of Object.entries(FRAMEWORKS)) {
  t.test(framework, async t => {
    const world = newWorld(t.testdir({ 'file.txt': FILE }));
    const running = await hosts(t, await make(world));
    for (const [name, behaviour] of Object.entries(BEHAVIOURS)) await compare(t, framework, running, name, behaviour);
    for (const host of HOSTS) {
      if (listed(framework, host, '*') !== undefined) continue;
      await t.test(`a client of events that leaves, ${host}`, t => leaves(t, running[host], world));
      await t.test(`content that fails is cut, ${host}`, t => breaks(t, running[host]));
    }
  });
}
