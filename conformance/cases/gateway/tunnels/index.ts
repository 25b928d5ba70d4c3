/** Tunnels over HTTP/2 (chapter 8 of the specification, RFC 9113 §8.5, RFC 8441). */
import directions from './directions.ts';
import invocation from './invocation.ts';
import openings from './openings.ts';
import upgrade from './upgrade.ts';
import websocket from './websocket.ts';

export default [...invocation, ...openings, ...directions, ...upgrade, ...websocket];
