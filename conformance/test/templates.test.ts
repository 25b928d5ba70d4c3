/** The templates of CERTIFY.md run as they are copied: each is judged, from a folder of its own. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { catalogue } from '../cases/index.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { packageRoot } from '../targets/bundled.ts';
import { openTarget } from '../targets/index.ts';

/** A template, and cases that nothing but what it is about can pass. */
const TEMPLATES = {
  http2: ['ping/identical-octets', 'data/padded', 'tls/h2-is-chosen', 'flow-control/zero-window'],
  gateway: ['ping/identical-octets', 'multiplexing/invoked-once', 'drain/an-idle-connection-hears-of-the-end'],
  process: ['ping/identical-octets', 'multiplexing/invoked-once', 'process/drain-is-told'],
};

for (const [name, ids] of Object.entries(TEMPLATES)) {
  t.test(`${name}: copied and run`, async t => {
    const cases = catalogue.filter(({ id }) => ids.includes(id));
    t.equal(cases.length, ids.length);
    // Within the package, so that `msgi/node` and the others are found as where it is installed.
    const folder = t.testdir();
    cpSync(join(packageRoot(), 'conformance', 'templates', name), folder, { recursive: true });
    const target = await openTarget(join(folder, 'manifest.json'));
    t.teardown(() => target.stop());
    const { results } = await run(cases, target, { ...DEFAULT_OPTIONS, timeout: 10_000 });
    t.same(
      results.filter(({ verdict }) => verdict !== 'pass').map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
      [],
    );
  });
}
