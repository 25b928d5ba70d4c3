/** Sites on Flask and Django: sessions, forms, uploads and streams, with node's clients, curl and Chromium. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { CHROMIUM, closeBrowser, page, protocolOf } from '../../../reference-impl/test/browser.ts';
import { differing, type Message } from '../../../reference-impl/test/differing.ts';
import { type Jar, newJar } from '../../../reference-impl/test/jar.ts';
import { needs, ran } from '../../../reference-impl/test/strangers.ts';
import { JOURNEY, MOMENTS } from './journeys.ts';
import { needsPython } from './python.ts';
import { type Answer, type Ask, answered, overHttp1, overHttp2, type Served, served, session } from './served.ts';

t.teardown(closeBrowser);

const sites = { flask: 'flask_site', django: 'django_site' };
const octets = Buffer.alloc(5_242_880, 'an upload of 5 MiB, which is much more than a window');
const sha256 = createHash('sha256').update(octets).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'msgi-'));
const file = join(folder, 'photo.jpg');
writeFileSync(file, octets);
t.teardown(() => rmSync(folder, { recursive: true }));

/** Octets that the server lets a client send at first, by default. */
const WINDOW = 262_144;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function multipart(): Promise<{ readonly fields: Record<string, string>; readonly content: Buffer }> {
  const form = new FormData();
  form.set('file', new Blob([octets], { type: 'image/jpeg' }), 'photo.jpg');
  const response = new Response(form);
  const content = Buffer.from(await response.arrayBuffer());
  return { fields: { 'content-type': response.headers.get('content-type') as string }, content };
}

const cookieOf = (fields: Readonly<Record<string, unknown>>): string =>
  (fields['set-cookie'] as readonly string[]).map(line => line.split(';')[0]).join('; ');

/** A visitor: what a user of the site does. */
async function visit(t: Test, ask: Ask): Promise<void> {
  t.match(await ask('/'), { status: 200, body: Buffer.from('hello\n') });
  const first = await ask('/visits');
  t.same(JSON.parse(first.body.toString()), { visits: 1 });
  // A client of HTTP/2 may cut its cookies into lines; the site sees one.
  const second = await ask('/visits', { fields: { cookie: `theme=dark; ${cookieOf(first.fields)}` } });
  t.same(JSON.parse(second.body.toString()), { visits: 2 });
  const content = Buffer.from('name=Ren%C3%A9+D.&item=1&item=2');
  const form = await ask('/form?q=%C3%A9', { method: 'POST', fields: FORM, content });
  t.same(JSON.parse(form.body.toString()), { name: 'René D.', all: ['1', '2'], q: 'é' });
  const sent = await ask('/upload', { method: 'POST', ...(await multipart()) });
  t.same(JSON.parse(sent.body.toString()), { name: 'photo.jpg', octets: octets.length, sha256 });
  t.equal((await ask('/form')).status, 405);
  t.equal((await ask('/fails')).status, 500);
  t.match(await ask('/', { method: 'HEAD' }), { status: 200, body: Buffer.alloc(0) });
}

/** What both call the site: each is served at a port of its own. */
const SITE = 'site.example';

/** Each step over HTTP/2 and over HTTP/1.1, compared in full; either has cookies of its own. */
async function travel(t: Test, name: string, ask2: Ask, ask1: Ask): Promise<void> {
  const [jar2, jar1] = [newJar(), newJar()];
  for (const [step, { target, expect, ...asked }] of Object.entries(JOURNEY)) {
    await t.test(step, async t => {
      const over = async (ask: Ask, host: string, jar: Jar): Promise<Answer> => {
        const answer = await ask(target, { ...asked, fields: { [host]: SITE, ...jar.fields(), ...asked.fields } });
        jar.take(answer.fields['set-cookie']);
        return answer;
      };
      const [two, one] = [await over(ask2, ':authority', jar2), await over(ask1, 'host', jar1)];
      expect(t, two);
      t.same([two.code, one.code], [0, 0], 'both are whole');
      const parts = MOMENTS.filter(({ site, steps }) => site === name && steps.includes(step)).flatMap(
        row => row.parts,
      );
      for (const part of parts)
        t.same(namesOf(two.fields[part]), namesOf(one.fields[part]), `${part} but for its moment`);
      const others = differing(messageOf(two), messageOf(one)).filter(part => !parts.includes(part));
      t.same(others, [], 'the same over HTTP/2 and HTTP/1.1');
    });
  }
}

const messageOf = ({ status, fields, body }: Answer): Message => ({ status, headers: fields, body });

/** Lines of cookies without what they say: their names, and their attributes but for those that are times. */
function namesOf(lines: unknown): unknown {
  return (lines as readonly string[] | undefined)?.map(line =>
    line.replace(/=[^;]*/, '').replace(/expires=[^;]*/i, 'expires'),
  );
}

async function streams(t: Test, host: Served): Promise<void> {
  const client = session(t, host);
  const stream = client.request({ ':path': '/stream' });
  const rest = answered(stream);
  await new Promise(resolve => stream.once('data', resolve));
  await overHttp2(client)('/open');
  t.equal((await rest).body.toString(), 'first;second');
}

/** A form, filled in and sent by hand: the session carries what it said over the redirect, once. */
async function sign(t: Test, tab: Page, address: string): Promise<void> {
  await tab.goto(`${address}/guestbook`);
  await tab.fill('input[name=name]', 'René <D.>');
  await tab.check('input[value=red]');
  await tab.check('input[value=blue]');
  await tab.setInputFiles('input[name=photo]', file);
  await tab.click('button');
  await tab.waitForFunction("document.querySelector('#said')?.textContent !== ''");
  t.equal(await tab.textContent('#said'), `René <D.> likes red+blue, photo.jpg ${sha256}`);
  t.equal(await protocolOf(tab), 'h2');
  await tab.reload();
  t.equal(await tab.textContent('#said'), '');
}

/** The first block is read before the request is made on which the second one waits. */
async function streamTo(t: Test, tab: Page, first: string, second: string): Promise<void> {
  const script = `(async () => {
    const reader = (await fetch('${first}')).body.pipeThrough(new TextDecoderStream()).getReader();
    const blocks = [(await reader.read()).value];
    await fetch('${second}');
    for (let read = await reader.read(); !read.done; read = await reader.read()) blocks.push(read.value);
    return blocks;
  })()`;
  t.same(await tab.evaluate(script), ['first;', 'second']);
}

/** Stops a server whose checker found nothing. Gives how many octets of one exchange waited to be read, at most. */
async function mostUnread(t: Test, host: Served): Promise<number> {
  const said = await host.stop();
  t.notMatch(said, /lint:/);
  return Number(/at most (\d+) of one exchange/.exec(said)?.[1]);
}

for (const [name, callable] of Object.entries(sites)) {
  t.test(name, { skip: needsPython(name) }, async t => {
    const [two, one] = [await served(t, callable), await served(t, callable)];
    const [asked2, asked1] = [overHttp2(session(t, two)), overHttp1(one)];
    await t.test('over HTTP/2', t => visit(t, asked2));
    await t.test('over HTTP/1.1', t => visit(t, asked1));
    await t.test('the same fields', async t => {
      // Requests are numbered, over either version.
      for (const target of ['/', '/nowhere', '/form'])
        t.same(differing(messageOf(await asked2(target)), messageOf(await asked1(target))), []);
    });
    await t.test('a journey', async t => {
      const [fresh2, fresh1] = [await served(t, callable), await served(t, callable)];
      await travel(t, name, overHttp2(session(t, fresh2)), overHttp1(fresh1));
      for (const host of [fresh2, fresh1]) t.notMatch(await host.stop(), /lint:/);
    });
    await t.test('block by block', t => streams(t, two));
    await t.test('curl', needs('curl', 'curl', '--version'), async t => {
      for (const [version, { address }] of [['--http2-prior-knowledge', two] as const, ['--http1.1', one] as const]) {
        const { stdout } = await ran('curl', '-sS', version, '-F', `file=@${file}`, `${address}/upload`);
        t.equal(JSON.parse(stdout).sha256, sha256, version);
      }
    });
    t.ok((await mostUnread(t, two)) <= WINDOW, 'no more than the window');
    t.ok((await mostUnread(t, one)) <= 2 * WINDOW, 'credit is coarse: an initial window more (MSGI-FLOW-31)');
  });

  const skip = needsPython(name) || needs('chromium', CHROMIUM, '--version').skip;
  t.test(`${name} over TLS in Chromium`, { skip }, async t => {
    const host = await served(t, callable, '--tls', '--processes', '2');
    const tab = await page(t);
    await tab.goto(`${host.address}/`);
    t.equal(await protocolOf(tab), 'h2');
    t.match(await tab.content(), 'hello');
    const visits = "fetch('/visits').then(response => response.json()).then(json => json.visits)";
    t.same([await tab.evaluate(visits), await tab.evaluate(visits)], [1, 2]);
    const upload = `(async () => {
      const form = new FormData();
      const block = 'an upload of 5 MiB, which is much more than a window';
      form.set('file', new Blob([block.repeat(5_242_880 / block.length + 1).slice(0, 5_242_880)]), 'photo.jpg');
      const sent = Array.from({ length: 4 }, () => fetch('/upload', { method: 'POST', body: form }).then(r => r.json()));
      const small = Array.from({ length: 40 }, () => fetch('/').then(response => response.text()));
      return [(await Promise.all(sent)).map(json => json.sha256), new Set(await Promise.all(small)).size];
    })()`;
    t.same(await tab.evaluate(upload), [Array(4).fill(sha256), 1]);
    await sign(t, tab, host.address);
    t.notMatch(await host.stop(), /lint:|Traceback/);
  });

  t.test(`${name} streams to Chromium over TLS`, { skip }, async t => {
    const host = await served(t, callable, '--tls');
    const tab = await page(t);
    await tab.goto(`${host.address}/`);
    await streamTo(t, tab, '/stream', '/open');
    t.notMatch(await host.stop(), /lint:|Traceback/);
  });
}

t.test(
  "under wsgiref's validator, over TLS in Chromium",
  { skip: needsPython() || needs('chromium', CHROMIUM, '--version').skip },
  async t => {
    const host = await served(t, 'plain', '--tls');
    const tab = await page(t);
    await tab.goto(`${host.address}/`);
    t.equal(await protocolOf(tab), 'h2');
    t.match(await tab.content(), 'hello');
    await streamTo(t, tab, '/stream?tab', '/open?tab');
    const digest = `fetch('/digest', { method: 'POST', body: new Uint8Array(5_242_880).fill(98) }).then(r => r.text())`;
    t.equal(await tab.evaluate(digest), createHash('sha256').update(Buffer.alloc(5_242_880, 'b')).digest('hex'));
    t.equal(await tab.evaluate("fetch('/large').then(r => r.blob()).then(blob => blob.size)"), 3_000_000);
    t.notMatch(await host.stop(), /lint:|Traceback|AssertionError/);
  },
);

t.test(
  '100 streams beside uploads',
  { skip: needsPython() || needs('h2load', 'h2load', '--version').skip },
  async t => {
    const host = await served(t, 'plain', '--processes', '2');
    let over = false;
    const load = ran('h2load', '-n', '10000', '-c', '2', '-m', '100', `${host.address}/bare`).finally(() => {
      over = true;
    });
    const hashes = new Set<string>();
    let uploads = 0;
    const ask = overHttp2(session(t, host));
    do {
      const answers = await Promise.all(
        Array.from({ length: 3 }, () => ask('/digest', { method: 'POST', content: octets })),
      );
      for (const { body } of answers) hashes.add(body.toString());
      uploads += answers.length;
    } while (!over);
    t.match((await load).stdout, /10000 succeeded, 0 failed, 0 errored, 0 timeout/);
    t.same([...hashes], [sha256], `${uploads} uploads`);
    const said = await host.stop();
    const counts = [...said.matchAll(/at most (\d+) of one exchange/g)].map(([, count]) => Number(count));
    t.equal(counts.length, 2, 'each process reports');
    t.ok(Math.max(...counts) <= WINDOW, `${counts} octets waited at most`);
    t.ok(Math.max(...counts) > 0);
    t.notMatch(said, /lint:/);
  },
);
