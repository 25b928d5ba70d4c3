/** Cases on header compression (RFC 7541). */
import type { Case } from '../../case.ts';
import encoder from './encoder.ts';
import limits from './limits.ts';
import primitives from './primitives.ts';
import representations from './representations.ts';
import table from './table.ts';

export default [...primitives, ...representations, ...table, ...encoder, ...limits] satisfies readonly Case[];
