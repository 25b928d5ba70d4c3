/** The early end of an exchange: signal, error and codes (chapter 4 of the specification, RFC 9113 §8.7). */
import codes from './codes.ts';
import errors from './errors.ts';
import signal from './signal.ts';

export default [...signal, ...errors, ...codes];
