/** Cases on pseudo-fields (RFC 9113 §8.3). */
import type { Case } from '../../case.ts';
import accepted from './accepted.ts';
import doubtful from './doubtful.ts';
import sections from './sections.ts';
import values from './values.ts';

export default [...sections, ...values, ...accepted, ...doubtful] satisfies readonly Case[];
