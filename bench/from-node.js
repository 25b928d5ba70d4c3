/** The handler as an MSGI application. */
import { fromNode } from '../dist/reference-impl/adapters/node.js';
import handler from './handler.js';

export default fromNode(handler);
