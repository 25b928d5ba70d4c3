/** Servers that are wrong about tunnels. */
import directions from './directions.ts';
import openings from './openings.ts';
import upgrade from './upgrade.ts';
import websocket from './websocket.ts';

export default [...openings, ...directions, ...upgrade, ...websocket];
