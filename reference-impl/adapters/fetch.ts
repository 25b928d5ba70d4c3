/** Fetch handlers as MSGI applications: the package's `msgi/fetch`. */
export { type FetchHandler, fromFetch } from './from-fetch.ts';
