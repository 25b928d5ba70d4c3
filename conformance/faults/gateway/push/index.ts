/** Servers that are wrong about push. */
import promises from './promises.ts';
import refusals from './refusals.ts';
import wire from './wire.ts';

export default [...promises, ...refusals, ...wire];
