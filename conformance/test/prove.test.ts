/** The judge is judged: every case passes on the sound server and fails under each of its faults (KIT rule 10). */
import t from 'tap';
import { type Proof, prove } from '../prove.ts';

const OPTIONS = { jobs: 4, timeout: 10_000, target: 'reference', matrix: false };

/** Many servers start at a time here: a proof that fails is made once more, alone, and that one counts. */
async function again(proofs: readonly Proof[]): Promise<readonly Proof[]> {
  const doubtful = new Set(proofs.filter(({ defect }) => defect !== null).map(({ caseId }) => caseId));
  const sure = proofs.filter(({ caseId }) => !doubtful.has(caseId));
  for (const only of doubtful) {
    const alone = await prove({ ...OPTIONS, jobs: 1, only });
    sure.push(...alone.filter(({ caseId }) => caseId === only));
  }
  return sure;
}

t.test('every case has a fault that fails it, for the reason that the fault names', { timeout: 600_000 }, async t => {
  const proofs = await again(await prove({ ...OPTIONS, only: '' }));
  for (const { caseId, fault, verdict, seen, defect } of proofs) {
    t.equal(defect, null, `${caseId} with ${fault ?? 'the sound server'}: ${verdict}, ${seen}`);
  }
});
