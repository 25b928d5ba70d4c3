/**
 * Applications of the frameworks, unchanged, on node:http, on the compatibility API of node:http2, and on the reference
 * server over HTTP/2 and HTTP/1.1: the same behaviour, but for what frameworks/differences.ts lists.
 */
import { once } from 'node:events';
import express5 from 'express';
import t, { type Test } from 'tap';
import { differing } from '../../test/differing.ts';
import { type Jar, newJar } from '../../test/jar.ts';
import { fromFetch } from '../from-fetch.ts';
import { fromNode, type NodeHandler } from '../from-node.ts';
import type { Answer } from './asking.ts';
import { BEHAVIOURS, type Behaviour, FILE } from './frameworks/behaviour.ts';
import { AUTHOR, type Journey, VISITOR } from './frameworks/board/journeys.ts';
import { type Difference, listed } from './frameworks/differences.ts';
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

/** One framework, wherever it runs. */
interface Run {
  readonly framework: string;
  readonly running: Readonly<Record<HostName, Host>>;
  readonly seen: Seen;
}

type Asking = (host: HostName) => Promise<Answer>;

/** Parts in which each row of the table was seen to be true. */
type Seen = Map<Difference, Set<string>>;

/** Asks the same of every host, and holds the answers against the first, and those of the reference server's versions. */
async function compare(t: Test, run: Run, name: string, expect: Behaviour['expect'], asks: Asking): Promise<void> {
  await t.test(name, async t => {
    const answers = new Map<HostName, Answer>();
    const rowsOf = (host: HostName): readonly Difference[] => listed(run.framework, host, name);
    for (const host of HOSTS) if (!rowsOf(host).some(({ silent }) => silent)) answers.set(host, await asks(host));
    const first = answers.get(HOSTS[0]) as Answer;
    expect(t, first);
    for (const [host, answer] of answers) {
      const parts = differing(answer, first);
      t.same(beyond(parts, rowsOf(host)), [], `${host}: as on ${HOSTS[0]}`);
      for (const row of rowsOf(host)) note(t, run.seen, row, name, parts);
    }
    const [two, one] = (['msgi on HTTP/2', 'msgi on HTTP/1.1'] as const).map(host => answers.get(host) as Answer);
    const named = rowsOf('msgi on HTTP/2').filter(({ behaviours }) => behaviours.includes(name));
    t.same(beyond(differing(two as Answer, one as Answer), named), [], 'the same over HTTP/2 and HTTP/1.1');
  });
}

/** Parts that no row is about. */
function beyond(parts: readonly string[], rows: readonly Difference[]): readonly string[] {
  return parts.filter(part => !rows.some(row => row.parts.includes(part)));
}

/** A row that names the behaviour is true of it, part by part; others are true somewhere. */
function note(t: Test, seen: Seen, row: Difference, name: string, parts: readonly string[]): void {
  const known = seen.get(row) ?? new Set();
  seen.set(row, known);
  for (const part of row.parts) {
    if (row.behaviours.includes(name)) t.ok(parts.includes(part), `${part} differs: ${row.reason}`);
    if (parts.includes(part)) known.add(part);
  }
}

/** The steps of a journey, each on every host; a host's cookies are its own. */
async function travel(t: Test, run: Run, journey: Journey): Promise<void> {
  const jars = new Map(HOSTS.map(host => [host, newJar()]));
  for (const [name, { asked, expect, beyond = [] }] of Object.entries(journey)) {
    const { framework } = run;
    await compare(t, run, name, beyond.includes(framework) ? () => {} : expect, async host => {
      const jar = jars.get(host) as Jar;
      // As browsers do: without a length, what is on node:http2 takes the request for one without content.
      const length = asked.content === undefined ? {} : { 'content-length': `${Buffer.byteLength(asked.content)}` };
      const answer = await run.running[host].ask({ ...asked, fields: { ...length, ...jar.fields(), ...asked.fields } });
      jar.take(answer.headers['set-cookie']);
      return answer;
    });
  }
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
    const running = await hosts(t, () => make(world));
    const run: Run = { framework, running, seen: new Map() };
    for (const [name, { asked, expect }] of Object.entries(BEHAVIOURS)) {
      await compare(t, run, name, expect, host => running[host].ask(asked));
    }
    await travel(t, run, AUTHOR);
    await travel(t, run, VISITOR);
    for (const host of HOSTS) {
      const rows = listed(framework, host, CUT);
      if (rows.some(({ silent }) => silent)) continue;
      await t.test(`a client of events that leaves, ${host}`, t => leaves(t, running[host], world));
      const difference = rows.find(({ behaviours }) => behaviours.includes(CUT));
      await t.test(`${CUT}, ${host}`, t => breaks(t, running[host], difference));
    }
    for (const [row, parts] of run.seen) t.equal(parts.size, row.parts.length, `seen to differ: ${row.reason}`);
  });
}
