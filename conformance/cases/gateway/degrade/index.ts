/** What is the same on every version, and what is less (chapters 8 and 9 of the specification). */
import caps from './caps.ts';
import failures from './failures.ts';
import messages from './messages.ts';
import tunnels from './tunnels.ts';
import versions from './versions.ts';

export default [...caps, ...messages, ...versions, ...failures, ...tunnels];
