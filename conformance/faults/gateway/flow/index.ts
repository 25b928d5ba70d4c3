/** Servers that are wrong about credit, windows and back-pressure. */
import allowance from './allowance.ts';
import credit from './credit.ts';
import sending from './sending.ts';

export default [...credit, ...allowance, ...sending];
