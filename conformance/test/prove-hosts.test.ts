/** The judge of hosts is judged: the sound host passes every case, and each wrong one fails its own (KIT rule 10). */
import t from 'tap';
import { hostCatalogue } from '../cases/host/index.ts';
import { hostFaults } from '../faults/host/index.ts';
import { proveHosts } from '../host/prove.ts';

// The hosts are the build: the hooks of the test runner would only slow them down.
process.execArgv.length = 0;
delete process.env['NODE_OPTIONS'];

t.test('every case finds its wrong hosts, and passes the sound one', { timeout: 500_000 }, async t => {
  let proofs = 0;
  await proveHosts({ jobs: 3, timeout: 20_000, only: '' }, ({ caseId, fault, verdict, seen, defect }) => {
    proofs += 1;
    t.equal(defect, null, `${caseId} with ${fault ?? 'the sound host'}: ${verdict}, ${seen}`);
  });
  t.equal(proofs, hostCatalogue.length + hostFaults.flatMap(({ fails }) => fails).length);
});
