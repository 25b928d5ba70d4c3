/** Servers that are wrong about the Upgrade of HTTP/1.1. */
import type { Exchange, RequestHead } from '../../../../spec/msgi.ts';
import type { GatewayFault, Http1Filters } from '../fault.ts';
import { facing, withMembers } from '../wrap.ts';

/** The server reads another text. */
const reads =
  (from: string, to: string): (() => Http1Filters) =>
  () => ({ toServer: text => text.replace(from, to) });

/** Requests of HTTP/1.1 as the application sees them. */
const asked = (change: (head: RequestHead) => Partial<RequestHead>) =>
  facing((x: Exchange) =>
    x.request.version === '1.1' ? withMembers(x, { request: { ...x.request, ...change(x.request) } }) : x,
  );

export default [
  {
    id: 'tunnels/upgrades-whatever-is-asked',
    deviation: 'The server presents every upgrade of HTTP/1.1 as CONNECT.',
    clause: 'MSGI-TUN-4',
    fails: ['tunnels/upgrade-not-listed', 'tunnels/upgrade-with-content'],
    seen: /request of a is .*"method":"CONNECT"/,
    wrap: asked(() => ({ method: 'CONNECT', protocol: 'websocket' })),
  },
  {
    id: 'tunnels/upgrades-are-get',
    deviation: 'The server presents an upgrade as the GET that it came as.',
    clause: 'MSGI-TUN-13',
    fails: ['tunnels/upgrade-is-a-connect'],
    seen: /request of a is .*"method":"GET"/,
    wrap: asked(() => ({ method: 'GET' })),
  },
  {
    id: 'tunnels/drops-fields-of-the-101',
    deviation: 'The server sends 101 without the fields of the application.',
    clause: 'MSGI-TUN-14',
    fails: ['tunnels/upgrade-is-answered-with-101'],
    seen: /the 101 lacks "x-tunnel: yes"/,
    wrap: facing(x => withMembers(x, { start: status => x.start(status) })),
  },
  {
    id: 'tunnels/leaves-the-key-to-the-application',
    deviation: 'The server gives the application the key of an upgrade to websocket.',
    clause: 'MSGI-TUN-15',
    fails: ['tunnels/the-key-is-answered'],
    seen: /upgrade of a is \["sec-websocket-key","sec-websocket-version"\]/,
    wrap: asked(({ fields }) => ({ fields: [...fields, 'sec-websocket-key', 'key'] })),
  },
  {
    id: 'tunnels/answers-another-key',
    deviation: 'The server answers a key that the client has not sent.',
    clause: 'MSGI-TUN-15',
    fails: ['tunnels/the-key-is-answered'],
    seen: /sec-websocket-accept is .{28}, not .{28}/,
    http1: reads('dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZA=='),
  },
  {
    id: 'tunnels/keeps-what-it-refuses',
    deviation: 'The server keeps an HTTP/1.1 connection after it has refused a tunnel.',
    clause: 'MSGI-TUN-8',
    fails: ['tunnels/a-refused-upgrade-closes'],
    seen: /waited for the end of the connection/,
    waits: true,
    http1: reads('upgrade: websocket', 'upgrade: unlisted1'),
  },
] satisfies readonly GatewayFault[];
