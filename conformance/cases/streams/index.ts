/** Cases on stream states, identifiers and concurrency (RFC 9113 §5.1). */
import type { Case } from '../../case.ts';
import concurrency from './concurrency.ts';
import identifiers from './identifiers.ts';
import misplaced from './misplaced.ts';
import states from './states.ts';

export default [...states, ...identifiers, ...concurrency, ...misplaced] satisfies readonly Case[];
