/** The judge is judged: every case passes on the sound server and fails under each of its faults (KIT rule 10). */
import t from 'tap';
import { prove } from '../prove.ts';

t.test('every case has a fault that fails it, for the reason that the fault names', { timeout: 600_000 }, async t => {
  const proofs = await prove({ jobs: 4, timeout: 10_000, only: '', target: 'reference', matrix: false });
  for (const { caseId, fault, verdict, seen, defect } of proofs) {
    if (verdict === '-' && defect === null) t.pass(caseId, { skip: seen });
    else t.equal(defect, null, `${caseId} with ${fault ?? 'the sound server'}: ${verdict}, ${seen}`);
  }
});
