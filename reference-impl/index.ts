/**
 * The reference server: `serve` for a program that has its own life, `run` for one that is the server.
 * @module
 */
export { run } from './run.ts';
export * from './server.ts';
