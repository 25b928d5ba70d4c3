/** Servers that are wrong about priority. */
import order from './order.ts';
import signals from './signals.ts';
import tree from './tree.ts';
import word from './word.ts';

export default [...signals, ...tree, ...word, ...order];
