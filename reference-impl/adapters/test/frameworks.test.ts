/**
 * Applications of the frameworks, unchanged, on node:http, on the compatibility API of node:http2, and on the reference
 * server over HTTP/2 and HTTP/1.1: the same behaviour, but for what frameworks/differences.ts lists.
 */
import { once } from 'node:events';
import express5 from 'express';
import t, { type Test } from 'tap';
import { fromFetch } from '../from-fetch.ts';
import { fromNode, type NodeHandler } from '../from-node.ts';
import type { Answer } from './asking.ts';
import { BEHAVIOURS, type Behaviour, FILE } from './frameworks/behaviour.ts';
import { DIFFERENCES, type Difference } from './frameworks/differences.ts';
import { expressApp } from './frameworks/express.ts';
import { fastifyApp } from './frameworks/fastify.ts';
import { fetchOnNode } from './frameworks/fetch-on-node.ts';
import { honoApp } from './frameworks/hono.ts';
import { HOSTS, type Host, type Hosted, type HostName, hosts } from './frameworks/hosts.ts';
import { koaApp } from './frameworks/koa.ts';
import { newWorld, type TestWorld, type World } from './frameworks/world.ts';

// @ts-expect-error: the declarations of Express 5 serve for both.
const express4 = ((await import('express4')) as { default: typeof express5 }).default;

const onNode = (handler: NodeHandler): Hosted => ({ node: handler, msgi: fromNode(handler) });

const FRAMEWORKS: Readonly<Record<string, (world: World) => Hosted | Promise<Hosted>>> = {
  'express 4': world => onNode(expressApp(express4, world)),
  'express 5': world => onNode(expressApp(express5, world)),
  koa: world => onNode(koaApp(world)),
  fastify: async world => onNode(await fastifyApp(world)),
  hono: world => {
    const handler = honoApp(world);
    return { node: fetchOnNode(handler), msgi: fromFetch(handler) };
  },
};

function listed(framework: string, host: HostName, behaviour: string): Difference | undefined {
  return DIFFERENCES.find(
    row =>
      row.framework === framework &&
      row.hosts.includes(host) &&
      (row.behaviours.includes(behaviour) || row.behaviours.includes('*')),
  );
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
      const difference = listed(framework, host, name);
      if (difference?.silent === true) continue;
      const answer = message(await running[host].ask(asked));
      if (difference === undefined) t.same(answer, message(first), `${host}: as on ${HOSTS[0]}`);
      else t.notSame(answer, message(first), `${host} differs: ${difference.reason}`);
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

const CUT = 'content that fails is cut';

async function breaks(t: Test, host: Host, difference: Difference | undefined): Promise<void> {
  const { content, cut } = await host.open('/broken');
  let octets = 0;
  content.on('data', (chunk: Buffer) => {
    octets += chunk.length;
  });
  t.equal(await cut, difference === undefined, difference?.reason ?? 'the client can tell it from an end');
  t.equal(octets, 1000);
}

for (const [framework, make] of Object.entries(FRAMEWORKS)) {
  t.test(framework, async t => {
    const world = newWorld(t.testdir({ 'file.txt': FILE }));
    const running = await hosts(t, await make(world));
    for (const [name, behaviour] of Object.entries(BEHAVIOURS)) await compare(t, framework, running, name, behaviour);
    for (const host of HOSTS) {
      if (listed(framework, host, '*')?.silent === true) continue;
      await t.test(`a client of events that leaves, ${host}`, t => leaves(t, running[host], world));
      const difference = listed(framework, host, CUT);
      await t.test(`${CUT}, ${host}`, t => breaks(t, running[host], difference));
    }
  });
}
