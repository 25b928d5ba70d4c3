/** Priority: what the peer asks for, the tree, and the word of the application (chapter 7 of the specification). */
import asked from './asked.ts';
import order from './order.ts';
import policy from './policy.ts';
import tree from './tree.ts';
import word from './word.ts';

export default [...policy, ...asked, ...tree, ...word, ...order];
