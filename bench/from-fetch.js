/** The Fetch handler as an MSGI application. */
import { fromFetch } from '../dist/reference-impl/adapters/fetch.js';
import handler from './fetch-handler.js';

export default fromFetch(handler);
