/** What an operator meets: processes, environments, and one line for what is wrong. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { needsPython, PYTHON } from './python.ts';
import { apps, env, overHttp2, root, served, session, started } from './served.ts';

const skip = needsPython();

function folder(t: Test): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'msgi-')));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

/** Exit code, and what was said. */
function failing(
  argv: readonly string[],
  more: NodeJS.ProcessEnv = {},
): { readonly code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/msgi.js', 'serve', '--port', '0', ...argv], {
    cwd: root,
    env: { ...env, ...more },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, said: stdout + stderr };
}

t.test('one line for each mistake', { skip }, async t => {
  const place = folder(t);
  writeFileSync(join(place, 'broken.py'), 'raise ValueError("of the site")\n');
  writeFileSync(join(place, 'wants.py'), 'import no_such_library\n');
  const named = (callable: string, ...more: readonly string[]): readonly string[] => [
    '--wsgi',
    callable,
    '--chdir',
    place,
    ...more,
  ];
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [named('nowhere:app'), /^no module 'nowhere' in .*--chdir.*--venv/],
    [named('nowhere.deep:app', '--processes', '3'), /^no module 'nowhere' in /],
    [named('broken:app'), /^the module 'broken' fails when it is imported: ValueError: of the site$/],
    [named('wants:app'), /^the module 'wants' wants 'no_such_library', which .*--venv$/],
    [['--wsgi', 'plain:nothing', '--chdir', apps], /^no 'nothing' in the module 'plain'/],
    [['--wsgi', 'plain:TEXT', '--chdir', apps], /^'plain:TEXT' is list, which cannot be called/],
    [named('..:app'), /^'\.\.' is not the name of a module/],
    [['--wsgi', 'plain', '--chdir', join(place, 'no')], /^--chdir .*no is no folder/],
    [named('plain', '--venv', join(place, 'no')), /^--venv .*no has no bin\/python; make one with: python3 -m venv /],
    [['--chdir', place], /^name an application: .*--wsgi/],
    [['examples/hello.js', '--threads', '2'], /^--threads is for WSGI applications: it goes with --wsgi$/],
    [['examples/hello.js', '--wsgi', 'plain'], /^one application at a time/],
  ];
  for (const [argv, line] of mistakes) {
    const { code, said } = failing(argv);
    const lines = said.trimEnd().split('\n');
    t.equal(code, 2, argv.join(' '));
    t.match(lines.at(-1)?.replace('msgi serve: ', ''), line);
    // What an import raises is shown as Python shows it, above the line.
    if (!said.includes('Traceback')) t.equal(lines.length, 1, said);
  }
  t.match(failing(['--wsgi', 'plain', '--threads', '0']), { code: 2, said: /--threads.*integer from 1/ });
});

t.test('no Python', { skip }, async t => {
  const line = /^msgi serve: no python3 on the PATH; install Python 3\.9 or later, .*--venv\n$/;
  t.match(failing(['--wsgi', 'plain'], { PATH: folder(t) }), { code: 2, said: line });
});

t.test('a Python that is too old', { skip }, async t => {
  // The program says so itself, before anything that an old one cannot read.
  const source = "import sys; sys.version_info = (3, 8, 1); exec(open('hosts/wsgi/serve.py').read())";
  const { status, stderr } = spawnSync(PYTHON, ['-c', source], { cwd: root, encoding: 'utf8' });
  t.equal(status, 2);
  t.match(stderr, /^msgi serve: \S+ is Python 3\.8; WSGI applications need 3\.9 or later: .*--venv\n$/);
});

t.test('the help names it', t => {
  const { said } = failing(['--help']);
  for (const option of ['--wsgi', '--chdir', '--venv', '--threads', '--processes']) t.match(said, option);
  t.end();
});

t.test('an environment, processes, and a folder', { skip }, async t => {
  const place = folder(t);
  execFileSync(PYTHON, ['-m', 'venv', '--without-pip', join(place, 'env')]);
  symlinkSync(join(apps, 'plain.py'), join(place, 'plain.py'));
  const host = await served(t, 'plain:application', '--chdir', place, '--venv', join(place, 'env'), '--processes', '2');
  const ask = overHttp2(session(t, host));
  const seen = new Set<string>();
  // Each goes to the process with the fewest: two that are held are in two.
  const waits = [ask('/stream?a'), ask('/stream?b')];
  for (let i = 0; i < 100 && seen.size < 2; i += 1) {
    const answers = await Promise.all([ask('/process'), ask('/process')]);
    for (const { body } of answers) seen.add(body.toString());
  }
  for (const line of seen) t.match(line, new RegExp(`^\\d+ True ${place} ${place}/env$`));
  t.equal(seen.size, 2, 'two processes');
  while (
    (await Promise.race([Promise.all(waits), Promise.all([ask('/open?a'), ask('/open?b')]).then(() => null)])) === null
  );
  t.match(await host.stop(), /exit code 0/);
});

t.test('behind another server of MSGI/process', { skip: needsPython('h2') }, async t => {
  const argv = [
    'hosts/python-h2/serve.py',
    '--port',
    '0',
    '--',
    PYTHON,
    'hosts/wsgi/serve.py',
    'plain',
    '--chdir',
    apps,
  ];
  const host = await started(t, PYTHON, argv);
  const ask = overHttp2(session(t, host));
  t.match(await ask('/bare'), { status: 200, fields: { 'content-length': '6' } });
  const content = Buffer.alloc(300_000, 'upload');
  t.match((await ask('/digest', { method: 'POST', content })).body.toString(), /^[0-9a-f]{64}$/);
  t.equal((await ask('/large')).body.length, 3_000_000);
  t.equal((await ask('/crash')).status, 502);
  let { status } = await ask('/');
  while (status === 503) ({ status } = await ask('/'));
  t.equal(status, 200);
  t.match(await host.stop(), /exit code 0/);
});
