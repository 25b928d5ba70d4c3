/** The host's own tests, in Python: each stands beside what it tests in words of section 12.3. */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { needsPython, PYTHON } from './python.ts';

const unit = fileURLToPath(new URL('unit', import.meta.url));
const execute = promisify(execFile);

t.test('the tests in Python', { skip: needsPython() }, async t => {
  for (const file of readdirSync(unit).filter(name => /^test_.*\.py$/.test(name))) {
    const { stderr } = await execute(PYTHON, ['-B', '-m', 'unittest', '-v', file], { cwd: unit, timeout: 120_000 });
    t.match(stderr, /\nRan [1-9][0-9]* tests? in .*\n\nOK\n$/, file);
  }
});

t.test('no library is wanted but the standard one', { skip: needsPython() }, t => {
  const source =
    'import sys, msgi_wsgi.main; print([m for m in sys.modules if "site-packages" in str(sys.modules[m])])';
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  t.equal(
    execFileSync(
      PYTHON,
      ['-I', '-S', '-B', '-c', `import sys; sys.path.insert(0, ${JSON.stringify(cwd)}); ${source}`],
      { encoding: 'utf8' },
    ),
    '[]\n',
  );
  t.end();
});
