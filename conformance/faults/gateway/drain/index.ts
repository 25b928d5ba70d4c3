/** Servers that are wrong about their beginning and their end. */
import type { GatewayFault } from '../fault.ts';
import connection from './connection.ts';
import http1 from './http1.ts';
import server from './server.ts';
import start from './start.ts';

export default [...start, ...server, ...connection, ...http1] satisfies readonly GatewayFault[];
