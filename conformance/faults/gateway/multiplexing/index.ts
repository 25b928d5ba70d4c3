/** Servers that are wrong about many exchanges at a time. */
import faces from './faces.ts';
import independence from './independence.ts';
import invocation from './invocation.ts';
import limits from './limits.ts';
import members from './members.ts';

export default [...invocation, ...independence, ...limits, ...faces, ...members];
