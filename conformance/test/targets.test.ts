import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { authorityOf, parseAddress } from '../targets/address.ts';
import { BUNDLED, bundledPath, checkInstalled, packageRoot, withHint } from '../targets/bundled.ts';
import { bundledTargets, openTarget, type Target, TargetError } from '../targets/index.ts';
import { readJson } from '../targets/json.ts';
import { parseManifest, readManifest } from '../targets/manifest.ts';
import { nearest } from '../targets/nearest.ts';
import { fill, type Values } from '../targets/placeholders.ts';
import { dial, freePorts, releasePorts } from '../targets/ports.ts';
import { EndedEarly } from '../targets/target.ts';

/** A subject in one line of JavaScript; `listen(port)` accepts connections and says nothing. */
const LISTEN =
  "const listen = port => require('node:net').createServer(s => s.on('error', () => {})).listen(port, '127.0.0.1');";

function script(code: string, ...rest: readonly string[]): readonly string[] {
  return ['{node}', '-e', `${LISTEN} ${code}`, ...rest];
}

/** Writes a manifest for a subject of that code, and gives its path. */
function manifestOf(t: Test, code: string, more: object = {}): string {
  const manifest = {
    name: 'sample',
    start: script(code, '{port}', '{tlsport}', '{dir}'),
    address: 'http://127.0.0.1:{port}',
    ...more,
  };
  return join(t.testdir({ 'manifest.json': JSON.stringify(manifest, null, 2) }), 'manifest.json');
}

async function opened(t: Test, argument: string, options = {}): Promise<Target> {
  const target = await openTarget(argument, options);
  t.teardown(() => target.stop());
  return target;
}

function listens(port: number): Promise<boolean> {
  return dial('127.0.0.1', port, 1000).then(outcome => outcome === null);
}

/** The message of the TargetError that `action` ends with. */
async function complaint(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof TargetError) return error.message;
    throw error;
  }
  throw new Error('no TargetError came');
}

function manifestComplaint(...lines: readonly string[]): Promise<string> {
  return complaint(() => parseManifest(lines.join('\n'), '/x/m.json', 'm.json'));
}

t.test('JSON is read with the line of every member', async t => {
  const { value, places, duplicates } = readJson('{\n "a": [1,\n  {"b/c": "\\u0041"}],\n "d": -1.5e3, "d": null\n}\n');
  t.same(value, { a: [1, { 'b/c': 'A' }], d: null });
  t.same(places.get('/a/1/b~1c'), { line: 3, column: 4 });
  t.same(duplicates, ['/d']);
  for (const text of ['', '{', '{"a":1,}', '[1 2]', '{a:1}', '"\n"', '01', '{"a":1} x', '// c\n{}', '['.repeat(1000)]) {
    t.throws(() => readJson(text), { name: 'JsonSyntaxError' }, text.slice(0, 12));
  }
});

t.test('an error in a manifest names the line, what is wrong and the fix', async t => {
  const start = ' "start": ["x"], "address": "http://h:{port}",';
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "redy_ms": 3', '}'),
    /^m\.json:4: unknown key "redy_ms": did you mean "ready_ms"\?$/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "foo": 3', '}'),
    /^m\.json:4: unknown key "foo": known are name, version, /,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "claims": [', ' "htpp2"] }'),
    /^m\.json:5: item 0 of "claims" cannot be "htpp2": did you mean "http2"\?$/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "start": [] }'),
    /:4: "start" stands here for the second time/,
  );
  t.match(
    await manifestComplaint('{', ' "name": "x", "start": [] }'),
    /^m\.json:2: "start" must NOT have fewer than 1 items: write "start": \[.*\] \(Command that /,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "ready_ms": "3" }'),
    /^m\.json:4: "ready_ms" must be integer, not string: write "ready_ms": 10000 \(Milliseconds/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "resources": { "small": { "size": 3 } } }'),
    /^m\.json:4: "small" lacks "path": write "path": "\/"/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "resources": { "large": "x" } }'),
    /^m\.json:4: "large" must match pattern/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "addresses": { "tls": "https://h" } }'),
    /^m\.json:4: "addresses" cannot stand beside "address"/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "generate": { "../x": 1 } }'),
    /^m\.json:4: "\.\.\/x" must match pattern/,
  );
  t.match(
    await manifestComplaint('{', ' "start": ["x"] }'),
    /^m\.json:1: the manifest lacks "name": write "name": "my-server"/,
  );
  t.match(await manifestComplaint('{ "name": "x" }'), /^m\.json:1: neither "start" nor "address" is given/);
  t.match(await manifestComplaint('[]'), /^m\.json:1: the manifest must be object, not array/);
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "claims": ["http2",] }'),
    /^m\.json:4:21: not JSON: .*after a comma too many/,
  );
  t.match(
    await manifestComplaint('{', start, ' "name": "x",', ' "env": { "P": "{prot}" } }'),
    /^m\.json:4: unknown placeholder \{prot\}: did you mean "port"\? known are \{port\} /,
  );
  t.match(await complaint(() => readManifest('/no/such.json')), /^\/no\/such\.json: there is no such file$/);
});

t.test('short forms and defaults of a manifest', async t => {
  const manifest = parseManifest('{"name":"x","address":"https://h:1","resources":{"large":"/l"}}', '/x/m.json');
  t.match(manifest, {
    folder: '/x',
    start: null,
    stop: 'SIGTERM',
    readyMs: 10_000,
    cleartext: null,
    tls: 'https://h:1',
  });
  t.same(manifest.resources, { small: { path: '/' }, large: { path: '/l' } });
  t.same(manifest.claims, ['http2']);
});

t.test('placeholders', async t => {
  const values = { port: '1', dir: '/d' } as Values;
  t.equal(
    fill('events { worker 1; } {port} {dir}/x {{port}} $X', values, 'f'),
    'events { worker 1; } 1 /d/x {port} $X',
  );
  t.throws(() => fill('\n{prot}', values, 'f.in'), {
    message: /^f\.in:2: unknown placeholder \{prot\}: did you mean "port"/,
  });
});

t.test('the nearest word', async t => {
  t.equal(nearest('ngnix', BUNDLED), 'nginx');
  t.equal(nearest('tomcat', BUNDLED), null);
});

t.test('addresses', async t => {
  t.same(parseAddress('https://[::1]'), { scheme: 'https', host: '::1', port: 443 });
  t.same(parseAddress('http://h/'), { scheme: 'http', host: 'h', port: 80 });
  t.equal(authorityOf({ scheme: 'https', host: '::1', port: 443 }), '[::1]');
  t.equal(authorityOf({ scheme: 'http', host: 'h', port: 443 }), 'h:443');
  t.match(await complaint(() => openTarget('ftp://h')), /scheme ftp is none of HTTP: write http:\/\//);
  t.match(
    await complaint(() => openTarget('http://h:1/x?y')),
    /write http:\/\/h:1, and name the resource with --resource small=\/x\?y$/,
  );
  t.match(await complaint(() => openTarget('http://me@h')), /has no user/);
  t.match(await complaint(() => openTarget('http://')), /not an address/);
  t.match(await complaint(() => openTarget('localhost:80')), /write http:\/\/localhost:80 \(cleartext\) or https:/);
});

t.test('an unknown target', async t => {
  t.match(
    await complaint(() => openTarget('ngnix')),
    /^there is no target "ngnix": did you mean "nginx"\? Bundled are reference, node-http2, /,
  );
  t.match(await complaint(() => openTarget('tomcat')), /^there is no target "tomcat"\. Bundled are /);
  t.match(await complaint(() => openTarget('no/such.json')), /^no\/such\.json: there is no such manifest$/);
});

t.test('a dead port', async t => {
  const [port] = await freePorts(1);
  t.teardown(() => releasePorts([port as number]));
  t.equal(
    await complaint(() => openTarget(`http://127.0.0.1:${port}`)),
    `nothing listens at 127.0.0.1:${port}: start the server, or give the kit a manifest that starts it`,
  );
});

t.test('a subject at an address', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const options = { resources: { large: '/big' }, authority: 'example.org', headers: ['X-Token: a b'] };
  const target = await opened(t, `http://127.0.0.1:${port}`, options);
  t.match(target, {
    facts: { name: `127.0.0.1:${port}`, version: 'unknown', claims: ['http2'] },
    endpoint: { scheme: 'http', host: '127.0.0.1', port },
    tls: null,
    authority: 'example.org',
    fields: ['x-token', 'a b'],
    verify: true,
    resources: { small: { path: '/' }, large: { path: '/big' } },
    argument: `http://127.0.0.1:${port} --resource large=/big --authority example.org --header 'X-Token: a b'`,
  });
  t.equal(target.crash(), null);
  t.match(await complaint(() => openTarget(`https://127.0.0.1:${port}`)), /does not speak TLS there: write http:\/\//);
});

t.test('what is said beside the target is checked', async t => {
  const address = 'http://127.0.0.1:1';
  t.match(
    await complaint(() => openTarget(address, { resources: { larg: '/x' } })),
    /^--resource larg: .* did you mean "large"\?$/,
  );
  t.match(await complaint(() => openTarget(address, { resources: { large: 'x' } })), /a path starts with \//);
  t.match(await complaint(() => openTarget(address, { headers: ['x'] })), /^--header "x": not a field: write it like/);
  t.match(
    await complaint(() => openTarget(address, { headers: ['Connection: x'] })),
    /makes every request malformed \(RFC 9113 §8\.2\.2\)/,
  );
});

t.test('a certificate that is not trusted', async t => {
  const target = await opened(t, 'node-http2');
  const { port } = target.tls ?? { port: 0 };
  t.match(
    await complaint(() => openTarget(`https://127.0.0.1:${port}`)),
    /the certificate is not trusted \(\w+\): add --insecure$/,
  );
  const insecure = await opened(t, `https://127.0.0.1:${port}`, { insecure: true });
  t.match(insecure, { verify: false, endpoint: { scheme: 'https' }, tls: { scheme: 'https' } });
  t.equal(insecure.argument, `https://127.0.0.1:${port} --insecure`);
});

t.test('files, certificate, environment and version reach the subject', async t => {
  const code = `
    const [port, , dir] = process.argv.slice(1);
    const { readFileSync, statSync } = require('node:fs');
    if (readFileSync(dir + '/a/conf', 'utf8') !== 'port ' + port) throw 1;
    if (statSync(dir + '/big').size !== 100000 || !statSync(dir + '/made') || process.env.WHO !== 'p' + port) throw 2;
    new (require('node:crypto').X509Certificate)(readFileSync(dir + '/cert.pem')).checkIP('127.0.0.1') || process.exit(3);
    listen(port);`;
  const manifest = {
    name: 'sample',
    version: ['{node}', '-e', 'console.error("no digits\\nsample 1.2")'],
    prepare: [['{node}', '-e', 'require("node:fs").writeFileSync("made", "")']],
    env: { WHO: 'p{port}' },
    files: { 'a/conf': 'conf.in' },
    generate: { big: 100_000 },
    start: script(code, '{port}', '{tlsport}', '{dir}'),
    address: 'http://127.0.0.1:{port}',
    expect: { 'a/b': 'known' },
  };
  const folder = t.testdir({ 'manifest.json': JSON.stringify(manifest), 'conf.in': 'port {port}' });
  const target = await opened(t, folder);
  t.match(target, { facts: { version: 'sample 1.2' }, expect: { 'a/b': 'known' }, verify: false });
});

t.test('what goes wrong while a subject starts', async t => {
  const exits = manifestOf(t, "console.error('no such module'); process.exit(3)");
  t.match(
    await complaint(() => openTarget(exits)),
    /^sample ended before it listened: exit status 3\n {2}\$ .*\n {2}no such module$/s,
  );

  const quits = manifestOf(t, '');
  t.match(
    await complaint(() => openTarget(quits)),
    /exit status 0 \(it must stay in the foreground\)\n.*\(it printed nothing\)$/s,
  );

  const thinking = ['sh', '-c', 'echo thinking; exec sleep 600'];
  const silent = manifestOf(t, '', { start: thinking, ready_ms: 300 });
  t.match(
    await complaint(() => openTarget(silent)),
    /^sample runs, but did not listen at 127\.0\.0\.1:\d+ within 300 ms: .*thinking$/s,
  );

  const absent = manifestOf(t, '', { start: ['no-such-command'] });
  t.match(await complaint(() => openTarget(absent)), /^sample: no-such-command is not installed, or not on PATH$/);

  const misplaced = manifestOf(t, '', { start: ['./server'] });
  t.match(await complaint(() => openTarget(misplaced)), /^sample: \.\/server does not exist: commands run in \{dir\}/);

  const unprepared = manifestOf(t, '', { prepare: [['{node}', '-e', 'console.log("oops"); process.exit(1)']] });
  t.match(await complaint(() => openTarget(unprepared)), /^sample: prepare failed: exit status 1\n.*oops$/s);

  const untemplated = manifestOf(t, '', { files: { conf: 'no.in' } });
  t.match(await complaint(() => openTarget(untemplated)), /the template .*no\.in cannot be read/);
});

t.test('the port is taken', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const path = manifestOf(t, 'listen(Number(process.argv[1]))', { address: `http://127.0.0.1:${port}` });
  t.match(await complaint(() => openTarget(path)), new RegExp(`another process listens at 127\\.0\\.0\\.1:${port}`));
});

t.test('a port that somebody took meanwhile, in the words of several servers', async t => {
  const said = [
    'port 80 is in use',
    'bind() to 127.0.0.1:80 failed (98: Address already in use)',
    'listen EADDRINUSE 127.0.0.1:80',
  ];
  for (const words of said) {
    // Gives up at its first port, and listens at the second that it is given.
    const code = `
      const [port, file] = process.argv.slice(1);
      const { existsSync, writeFileSync } = require('node:fs');
      if (existsSync(file)) listen(port);
      else { writeFileSync(file, ''); console.error(${JSON.stringify(words)}); process.exitCode = 1; }`;
    const start = script(code, '{port}', join(t.testdirName, 'tried'));
    const target = await opened(t, manifestOf(t, '', { start }));
    t.ok(await listens(target.endpoint.port), words);
  }
});

t.test('a subject that is not installed says what installs it', async t => {
  const manifest = { ...readManifest(bundledPath('nginx')), start: ['nginx-that-is-not-there'], prepare: [] };
  t.equal(
    await complaint(() => checkInstalled('nginx', manifest)),
    'nginx-that-is-not-there is not installed: apt-get install nginx-light',
  );
});

t.test('a bundled subject that ends before it listens says what it needs', async t => {
  const early = withHint('nginx-uwsgi', new EndedEarly('uwsgi ended before it listened', 'exit status 1'));
  t.match(early, {
    how: 'exit status 1',
    message: /^uwsgi ended .*\n {2}nginx-uwsgi needs: apt-get install .*plugin-python3/,
  });
  const other = new TargetError('of another kind');
  t.equal(withHint('nginx-uwsgi', other), other);
});

t.test('a subject that prints a megabyte before it listens', async t => {
  const code = "process.stdout.write('x'.repeat(1 << 20), () => listen(Number(process.argv[1])));";
  const target = await opened(t, manifestOf(t, code));
  t.ok(await listens(target.endpoint.port));
});

/** Listens, and ends with status 7 and a last word when a connection sends something. */
const MORTAL = `
  require('node:net').createServer(s => s.on('error', () => {}).on('data', () => {
    console.log('x'.repeat(1 << 20) + 'farewell');
    process.exitCode = 7;
    process.stdout.write('', () => process.exit());
  })).listen(Number(process.argv[1]), '127.0.0.1');`;

async function kill(target: Target): Promise<void> {
  const socket = connect(target.endpoint.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('die');
  await once(socket, 'close');
}

t.test('a crash is seen, and the subject starts again on the same port', async t => {
  const target = await opened(t, manifestOf(t, MORTAL));
  t.equal(target.crash(), null);
  await kill(target);
  // The connection's end and the process's end are two events; the second is what restart() awaits.
  while (target.crash() === null) await new Promise(setImmediate);
  t.equal(target.crash()?.how, 'exit status 7');
  await target.restart();
  t.equal(target.crash(), null);
  t.ok(await listens(target.endpoint.port));
  await kill(target);
  while (target.crash() === null) await new Promise(setImmediate);
  await target.stop();
  t.equal(target.crash(), null, 'after stop() nothing is a crash');
});

t.test('the tail of a crash has at most 8 KiB', async t => {
  const target = await opened(t, manifestOf(t, MORTAL));
  await kill(target);
  while (!target.crash()?.output.endsWith('farewell\n')) await new Promise(setImmediate);
  t.equal(target.crash()?.output.length, 8192);
});

t.test('stop ends the whole group, even where it ignores the signal', async t => {
  const stubborn = "process.on('SIGTERM', () => {});";
  const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${LISTEN}${stubborn}listen(Number(process.argv[1]))`)}, process.argv[2]], { stdio: 'ignore' });`;
  const path = manifestOf(t, `${stubborn}${child} listen(Number(process.argv[1]))`, {
    address: undefined,
    addresses: { cleartext: 'http://127.0.0.1:{port}', tls: 'https://127.0.0.1:{tlsport}' },
  });
  const target = await openTarget(path);
  const ports = [target.endpoint.port, target.tls?.port ?? 0];
  t.same(await Promise.all(ports.map(listens)), [true, true]);
  await target.stop();
  t.same(await Promise.all(ports.map(listens)), [false, false]);
});

t.test('a subject may print its address', async t => {
  const code = `listen(0).on('listening', function () {
    console.log('hello');
    console.log(JSON.stringify({ address: 'http://127.0.0.1:' + this.address().port }));
  });`;
  const silent = await opened(t, manifestOf(t, code, { address: undefined }));
  t.ok(await listens(silent.endpoint.port));
  const said = await opened(t, manifestOf(t, code));
  t.ok(await listens(said.endpoint.port), 'what it prints wins over the manifest');
  t.match(said, { tls: null, authority: `127.0.0.1:${said.endpoint.port}` });
});

t.test('a proxy stands before its origin', async t => {
  const proxy = manifestOf(t, 'listen(Number(process.argv[1]))', {
    origin: { start: script('listen(Number(process.argv[1]))', '{originport}') },
  });
  t.ok(await opened(t, proxy));
  const lost = manifestOf(t, '', { origin: { start: script('') } });
  t.match(await complaint(() => openTarget(lost)), /"origin" does not use \{originport\}/);
});

const run = promisify(execFile);

/** Ports of subjects that a kit has opened, which then ends like that. */
function endedKits(t: Test, name: string, ...endings: readonly string[]): Promise<readonly number[]> {
  const path = manifestOf(t, 'listen(Number(process.argv[1]))', { name });
  const open = new URL('../targets/open.ts', import.meta.url).href;
  const loaders = process.execArgv.filter(word => word.includes('typescript'));
  const ports = endings.map(async ending => {
    const code = `import { openTarget } from ${JSON.stringify(open)};
      const target = await openTarget(${JSON.stringify(path)});
      process.stdout.write(target.endpoint.port + '\\n', () => { ${ending}; });
      setInterval(() => {}, 1000);`;
    const kit = await run(process.execPath, [...loaders, '--input-type=module', '-e', code]).catch(
      (error: { readonly stdout: string }) => error,
    );
    return Number(kit.stdout);
  });
  return Promise.all(ports);
}

const foldersOf = (name: string): readonly string[] => readdirSync(tmpdir()).filter(folder => folder.includes(name));

t.test('whichever way the kit ends, its subjects and their folders end with it', async t => {
  const name = `ending-${process.pid}`;
  const endings = ["throw new Error('uncaught')", "process.kill(process.pid, 'SIGTERM')"];
  for (const port of await endedKits(t, name, ...endings)) {
    t.ok(port > 0);
    t.notOk(await listens(port));
  }
  t.same(foldersOf(name), [], 'no scratch folder is left');
});

t.test('a kit that is killed outright leaves no subject behind', async t => {
  const name = `killed-${process.pid}`;
  t.teardown(() => {
    for (const folder of foldersOf(name)) rmSync(join(tmpdir(), folder), { recursive: true });
  });
  const [port = 0] = await endedKits(t, name, "process.kill(process.pid, 'SIGKILL')");
  t.ok(port > 0);
  // It is ended by another process, a moment later.
  while (await listens(port)) await new Promise(setImmediate);
  t.pass('the subject has ended');
});

t.test('bundled targets', async t => {
  t.ok(existsSync(join(packageRoot(), 'package.json')));
  t.same(
    bundledTargets().map(({ name }) => name),
    BUNDLED,
  );
  for (const { name, installed } of bundledTargets()) {
    const manifest = JSON.parse(readFileSync(bundledPath(name), 'utf8'));
    t.equal(manifest.name, name);
    // The reference server is judged by the whole kit; building Go takes longer than a unit test may.
    if (!installed || name === 'reference' || name === 'go') continue;
    const target = await opened(t, name);
    t.ok(await listens(target.endpoint.port), `${name} listens`);
    t.match(target.facts.version, /\d/, `${name} tells its version`);
    await target.stop();
    t.notOk(await listens(target.endpoint.port), `${name} is gone`);
  }
});
