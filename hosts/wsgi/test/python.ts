/** The Python that the tests run, and what it has. MSGI_REQUIRE_PEERS=1 makes what is missing a failure. */
import { execFileSync } from 'node:child_process';

export const PYTHON = '/usr/bin/python3';

/** Skipped with the reason where Python 3.9, or one of these modules, is not there. */
export function needsPython(...modules: readonly string[]): string | false {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return false;
  const source = ['import sys', 'assert sys.version_info >= (3, 9)', ...modules.map(name => `import ${name}`)].join(
    '; ',
  );
  try {
    execFileSync(PYTHON, ['-c', source], { stdio: 'ignore', timeout: 20_000 });
    return false;
  } catch {
    return `no ${['Python 3.9', ...modules].join(' with ')} at ${PYTHON}`;
  }
}
