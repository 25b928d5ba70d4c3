/** Fetch handlers as MSGI applications, and MSGI applications as Fetch handlers: the package's `msgi/fetch`. */
export { type FetchHandler, fromFetch } from './from-fetch.ts';
export { type FetchHost, type ToFetchOptions, toFetch } from './to-fetch.ts';
