/** The built program as a user meets it: what it says, to which stream, and its exit status. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import { type AddressInfo, createServer as listenTcp } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Test, t } from 'tap';
import { PACKAGE_ROOT, VERSION } from '../version.ts';

const PROGRAM = join(PACKAGE_ROOT, 'dist', 'msgi.js');

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // tap's own NODE_OPTIONS would load its hooks into the child.
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve));
  const [out, err, status] = await Promise.all([read(child.stdout), read(child.stderr), ended]);
  return { status, out, err };
}

function read(stream: ChildProcess['stdout']): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}

function msgi(...args: readonly string[]): Promise<Outcome> {
  return outcome(start(args));
}

/** One message that begins with the program's name; none of the code's inside. */
function isOneMessage(t: Test, { status, out, err }: Outcome, what: string): void {
  t.equal(status, 2, `${what}: exit status`);
  t.equal(out, '', `${what}: nothing on stdout`);
  t.equal(err.match(/^msgi: /gm)?.length, 1, `${what}: one message`);
  t.notMatch(err, /^ +at |node:internal|Error:/m, `${what}: no stack trace`);
}

const WRONG: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['certfy'], /unknown command 'certfy'\n\(Did you mean certify\?\)/],
  [['--colour'], /unknown option '--colour'/],
  [['certify', '--sed', '1'], /unknown option '--sed'\n\(Did you mean --seed\?\)/],
  [['certify', '--seed', '-1'], /'--seed <n>'.*'-1' is invalid.*from 0 to/],
  [['certify', '--seed', '4294967296'], /whole number from 0 to 2147483647/],
  [['certify', '--jobs', 'many'], /'--jobs <n>'.*'many' is invalid.*whole number from 1/],
  [['certify', '--jobs', '0'], /whole number from 1/],
  [['certify', '--timeout', '1.5'], /'--timeout <ms>'.*whole number/],
  [['certify', '--repeat', '0'], /'--repeat <n>'.*whole number from 1/],
  [['certify', '--seed'], /'--seed <n>' argument missing/],
  [['certify', '--shard', '3/2'], /'--shard <i\/n>'.*'3\/2' is invalid.*i from 1 to n/],
  [['certify', '--shard', '0/2'], /i from 1 to n/],
  [['certify', '--shard', '2'], /i from 1 to n/],
  [['certify', '--format', 'xml'], /Allowed choices are pretty, json, tap, junit/],
  [['certify', '--suite', 'http3'], /no suite "http3": the suites are http2/],
  [['certify', '--case', 'setings/ack-with-payload'], /no case matches.*near it are settings\/ack-with-payload/],
  [['certify', '--case', 'zzz*'], /no case matches "zzz\*": msgi list shows/],
  [['certify', '--case', 'settings/*', '--case', 'zzz'], /no case matches "zzz"/],
  [['certify', '--report', '/no/such/folder/report.json'], /there is no folder \/no\/such\/folder, make it first/],
  [['certify', '--report', '/'], /that is a folder, name a file in it/],
  [['certify', 'ngins'], /no target "ngins": did you mean "nginx"\?/],
  [['certify', './missing.json'], /missing\.json: there is no such manifest/],
  [['certify', 'ftp://127.0.0.1'], /scheme ftp/],
  [['certify', '127.0.0.1:8080'], /write http:\/\/127\.0\.0\.1:8080/],
  [['certify', 'a', 'b'], /too many arguments/],
  [['certify', '--resource', 'upload'], /Give name=\/path/],
  [['certify', '--resource', 'uplaod=/x'], /no such resource: did you mean "upload"\?/],
  [['certify', '--resource', 'upload=x'], /a path starts with \//],
  [['certify', '--header', 'nonsense'], /not a field: write it like/],
  [['certify', 'nginx', '--app', 'x.js'], /give a target or --app, not both/],
  [['certify', '--app', 'x.js', '--middleware', 'y.js'], /give --app or --middleware, not both/],
  [['certify', '--app', 'x.js', '--suite', 'http2'], /--suite goes with a target/],
  [['certify', 'nginx', '--host', 'x'], /give a target or --host, not both/],
  [['certify', '--host', 'x', '--app', 'y.js'], /--host stands alone/],
  [['certify', '--host', 'x', '--suite', 'http2'], /--suite goes with a target/],
  [['certify', '--host', 'x {app}'], /--host knows no \{app\}: known are \{application\}/],
  [['certify', '--host', '/no/host'], /the host cannot be started/],
  [['certify', '--host', "x 'y"], /there is no end of the quote/],
  [['certify', '--app', 'no-such.js'], /no-such\.js: there is no such file/],
  [['certify', '--app', 'examples/hello.js', '--request', 'GET'], /is no request: write it like 'GET \/path'/],
  [['certify', '--app', 'examples/hello.js', '--request', 'POST / @/no/file'], /no such file/],
  [['certify', '--app', 'examples/hello.js', '--case', 'ping/*'], /no case matches "ping/],
  [
    ['certify', 'http://192.0.2.1', '--suite', 'abuse'],
    /192\.0\.2\.1:80 is not an address of this.*--i-own-this-server/,
  ],
  [['certify', 'http://192.0.2.1', '--case', 'abuse/*'], /is not an address of this machine's loopback/],
  [['certify', '--case', 'rfc9113/10.5/2', '--suite', 'http2'], /no case matches/],
  [['certify', '--request', 'GET /'], /--request goes with --app or --middleware/],
  [['list', '--format', 'tap'], /Allowed choices are pretty, json/],
  [['list', 'settings'], /too many arguments/],
  [['explain'], /missing required argument 'id'/],
  [['explain', 'settings/ack-with-paylod'], /near it are settings\/ack-with-payload/],
  [['explain', 'rfc9113/6.5/999'], /no case and no rule.*near it are rfc9113\/6\.5\//],
];

t.test('bad usage: status 2, one message with the fix, no stack trace', { jobs: 4 }, async t => {
  for (const [args, message] of WRONG) {
    t.test(args.join(' '), async t => {
      const seen = await msgi(...args);
      isOneMessage(t, seen, args.join(' '));
      t.match(seen.err, message);
    });
  }
});

t.test('nothing listens at the address', async t => {
  const port = await freePort();
  const seen = await msgi('certify', `http://127.0.0.1:${port}`);
  isOneMessage(t, seen, 'refused');
  t.match(seen.err, `nothing listens at 127.0.0.1:${port}: start the server`);
});

t.test('MSGI_DEBUG=1 shows where an error comes from', async t => {
  const { status, err } = await outcome(start(['explain', 'nothing'], { MSGI_DEBUG: '1' }));
  t.equal(status, 2);
  t.match(err, /^UsageError: .*\n +at /m);
});

t.test('help and version', { jobs: 4 }, async t => {
  const bare = await msgi();
  t.equal(bare.status, 0);
  for (const name of ['serve', 'certify', 'list', 'explain', 'targets', 'h2spec']) t.match(bare.out, `  ${name}`);
  t.strictSame(await msgi('--help'), bare);
  for (const name of ['certify', 'serve']) t.match((await msgi('help', name)).out, `Usage: msgi ${name}`);
  t.strictSame(await msgi('--version'), { status: 0, out: `${VERSION}\n`, err: '' });
  for (const name of ['certify', 'list', 'explain', 'targets', 'h2spec', 'serve']) {
    t.test(`${name} --help`, async t => {
      const help = await msgi(name, '--help');
      t.equal(help.status, 0);
      t.equal(help.err, '');
      t.match(help.out, `Usage: msgi ${name}`);
    });
  }
});

t.test('list, explain and targets', async t => {
  const cases: readonly { id: string; requirements: readonly string[] }[] = JSON.parse(
    (await msgi('list', '--format', 'json')).out,
  );
  const { out } = await msgi('list');
  for (const { id } of cases) t.match(out, `  ${id} `);
  const [first] = cases;
  t.match((await msgi('explain', first?.id ?? '')).out, `--case ${first?.id}`);
  t.match((await msgi('explain', first?.requirements[0] ?? '')).out, first?.id ?? '');
  const { sections, totals } = JSON.parse((await msgi('list', '--requirements', '--format', 'json')).out);
  const sum = sections.reduce((total: number, { rules }: { rules: number }) => total + rules, 0);
  t.equal(sum, totals.rules);
  t.match(
    (await msgi('list', '--requirements')).out,
    new RegExp(`^all +${totals.rules} +${totals.wire} +${totals.gateway} `, 'm'),
  );
  t.match((await msgi('targets')).out, /^reference /m);
});

t.test('what attacks is named, explained, and nobody gets it unasked', async t => {
  t.match((await msgi('certify', '--help')).out, /--i-own-this-server +lets the suite abuse/);
  t.match((await msgi('list', '--suite', 'abuse')).out, '  abuse/rapid-reset ');
  t.match((await msgi('explain', 'abuse/rapid-reset')).out, /sends +3,000 requests\nafter +CVE-2023-44487: /);
});

t.test('a reader that has seen enough is no error', async t => {
  const child = start(['list', '--requirements', '--format', 'json']);
  child.stdout?.destroy();
  const [status, err] = await Promise.all([once(child, 'exit'), read(child.stderr)]);
  t.strictSame(status, [0, null]);
  t.equal(err, '');
});

// --- runs ------------------------------------------------------------------------------------------------------------

/** A server of node:http2, up while the test runs. */
async function serving(t: Test): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'content-length': '3' });
    response.end('ok\n');
  });
  server.on('sessionError', () => undefined);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = listenTcp();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

t.test('a run: the report is written whole, beside what is printed, and the seed is told', async t => {
  const address = await serving(t);
  const folder = t.testdir();
  const file = join(folder, 'report.json');
  const args = ['certify', address, '--case', 'settings/each-acknowledged-once', '--report', file];
  const { status, out, err } = await msgi(...args, '--format', 'json');
  t.equal(status, 0);
  t.equal(err, `msgi: the report is in ${file}\n`);
  t.equal(readFileSync(file, 'utf8'), out, 'what is printed as JSON is what is written');
  t.strictSame(readdirSync(folder), ['report.json'], 'nothing beside it');
  const { seed, results } = JSON.parse(out);
  t.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31);
  t.match(results, [{ id: 'settings/each-acknowledged-once', verdict: 'pass' }]);
  const again = await msgi(...args, '--seed', `${seed}`);
  t.match(again.out, `1 case, seed ${seed}`);
  t.match(again.out, 'keeps the one rule that was checked.');
  t.match(again.out, `npx msgi certify ${address} --case settings/each-acknowledged-once --seed ${seed}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} keeps the results so far`, async t => {
    const address = await serving(t);
    const file = join(t.testdir(), 'report.json');
    const args = ['--repeat', '100000', '--timeout', '60000', '--report', file];
    const child = start(['certify', address, '--case', 'settings/each-acknowledged-once', ...args]);
    child.stdout?.once('data', () => child.kill(signal));
    const { status, out, err } = await outcome(child);
    t.equal(status, 2);
    t.match(err, 'interrupted after 0 of 1 cases');
    t.match(out, 'The run was cut short after 0 of 1 cases.');
    t.match(JSON.parse(readFileSync(file, 'utf8')), { selected: 1, results: [] });
  });
}

t.test('a host is certified, and the same command comes with it', async t => {
  const host = '{node} {package}/dist/msgi.js process {application}';
  const args = ['certify', '--host', host, '--case', 'host/heads-wait-for-nobody', '--seed', '7'];
  const { status, out, err } = await msgi(...args);
  t.strictSame({ status, err }, { status: 0, err: '' });
  t.match(out, 'pass host/heads-wait-for-nobody');
  t.match(out, `The same again: npx msgi certify --host '${host}' --case host/heads-wait-for-nobody --seed 7`);
  t.match((await msgi('list', '--suite', 'host')).out, 'host/room-is-kept');
});

t.test('an application is certified without a server', async t => {
  const args = [
    'certify',
    '--app',
    join(PACKAGE_ROOT, 'examples', 'hello.js'),
    '--case',
    'app-answers/ended-when-settled',
  ];
  const { status, out, err } = await msgi(...args, '--request', 'GET /', '--seed', '7');
  t.strictSame({ status, err }, { status: 0, err: '' });
  t.match(out, 'pass app-answers/ended-when-settled');
  t.match(out, /The same again: npx msgi certify --app \S+hello\.js --request 'GET \/' --case .* --seed 7/);
  const listed = await msgi('list', '--suite', 'application,middleware');
  t.match(listed.out, 'middleware/prefix-is-kept');
  t.match((await msgi('explain', 'app-failures/producer-stops')).out, 'msgi certify --app FILE --case');
  t.match((await msgi('explain', 'host/room-is-kept')).out, /MSGI-PROC-23[\s\S]*msgi certify --host 'COMMAND' --case/);
  t.match((await msgi('explain', 'MSGI-APP-5')).out, 'app-failures/producer-stops');
});
