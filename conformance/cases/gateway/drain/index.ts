/** The start and the end of a server, and of its connections (chapter 10 of the specification). */
import connection from './connection.ts';
import flight from './flight.ts';
import http1 from './http1.ts';
import server from './server.ts';
import start from './start.ts';

export default [...start, ...server, ...connection, ...flight, ...http1];
