/** Push (section 6.1 of the specification, RFC 9113 §8.4). */
import wrongArguments from './arguments.ts';
import ends from './ends.ts';
import promises from './promises.ts';
import refusals from './refusals.ts';
import wire from './wire.ts';

export default [...promises, ...wrongArguments, ...refusals, ...ends, ...wire];
