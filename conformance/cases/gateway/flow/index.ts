/** Credit, windows and back-pressure (chapter 5 of the specification). */
import allowance from './allowance.ts';
import blocked from './blocked.ts';
import credit from './credit.ts';
import http1 from './http1.ts';
import liveness from './liveness.ts';
import reading from './reading.ts';
import sending from './sending.ts';

export default [...reading, ...credit, ...allowance, ...liveness, ...sending, ...blocked, ...http1];
