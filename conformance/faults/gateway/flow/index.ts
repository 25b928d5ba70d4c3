/** Servers that are wrong about credit, windows and back-pressure. */
import allowance from './allowance.ts';
import credit from './credit.ts';
import http1 from './http1.ts';
import sending from './sending.ts';

export default [...credit, ...allowance, ...sending, ...http1];
