/** The kit's probe of Node handlers, as an MSGI application. */
import { fromNode } from 'msgi/node';

const { default: handler } = await import(process.env.MSGI_PROBE);

export default fromNode(handler);
