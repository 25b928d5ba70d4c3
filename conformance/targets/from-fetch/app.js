/** The kit's probe of Fetch handlers, as an MSGI application. */
import { fromFetch } from 'msgi/fetch';

const { default: handler } = await import(process.env.MSGI_PROBE);

export default fromFetch(handler);
