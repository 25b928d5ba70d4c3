// After the build: makes `npx msgi` work in a checkout, where npm links no package to itself.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const bin = 'node_modules/.bin';
chmodSync('dist/msgi.js', 0o755);
if (process.platform !== 'win32' && existsSync('node_modules')) {
  mkdirSync(bin, { recursive: true });
  rmSync(`${bin}/msgi`, { force: true });
  symlinkSync('../../dist/msgi.js', `${bin}/msgi`);
}
