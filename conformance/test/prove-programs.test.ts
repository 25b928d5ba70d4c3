/** The judge of programs is judged: every case passes the sound ones, and finds each bad one. */
import t from 'tap';
import { provePrograms } from '../application/prove.ts';

// The processes of the cases run the build: the hooks of the test runner would only slow them down.
process.execArgv.length = 0;
delete process.env['NODE_OPTIONS'];

t.test('every case finds its bad programs, and passes the sound ones', { timeout: 240_000 }, async t => {
  let proofs = 0;
  await provePrograms({ jobs: 4, timeout: 10_000, only: '' }, ({ caseId, fault, verdict, seen, defect }) => {
    proofs += 1;
    t.equal(defect, null, `${caseId} with ${fault ?? 'the sound program'}: ${verdict}, ${seen}`);
  });
  t.ok(proofs > 60, `${proofs} proofs`);
});
