/** Servers that are wrong about the states of an exchange. */
import calls from './calls.ts';
import deadlines from './deadlines.ts';
import ends from './ends.ts';
import notices from './notices.ts';
import order from './order.ts';
import requests from './requests.ts';

export default [...calls, ...ends, ...order, ...requests, ...notices, ...deadlines];
