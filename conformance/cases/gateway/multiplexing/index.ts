/** Many exchanges of one connection at a time (chapters 1 and 13 of the specification). */
import faces from './faces.ts';
import independence from './independence.ts';
import invocation from './invocation.ts';
import limits from './limits.ts';
import members from './members.ts';

export default [...invocation, ...independence, ...limits, ...faces, ...members];
