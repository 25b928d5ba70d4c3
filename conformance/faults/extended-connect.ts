/** Servers that are wrong about extended CONNECT (RFC 8441). */
import { connect as dial, type Socket } from 'node:net';
import { data, FRAME_TYPE, headers, parsePayload, plainBlock, SETTING } from '../../wire/index.ts';
import { fieldValue } from '../peer/stream.ts';
import {
  endsConnection,
  type Fault,
  mendsRequests,
  recode,
  refusesRequests,
  type Section,
  type Wire,
} from './fault.ts';

const isExtended = ({ fields }: Section): boolean => fields.includes(':protocol');

/** Fields without those of that name. */
const without = (fields: readonly string[], name: string): readonly string[] =>
  fields.filter((_, i) => fields[i - (i % 2)] !== name);

/** The pseudo-field stands behind ":method", where it is missing. */
const adds = (section: Section, name: string, value: string): readonly string[] =>
  fieldValue(section.fields, name) === undefined ? section.fields.toSpliced(2, 0, name, value) : section.fields;

/** Requests with ":protocol" reach the server in a form that is sound. */
const mends = (change: (section: Section) => readonly string[]): Wire =>
  mendsRequests(section => (isExtended(section) ? change(section) : section.fields));

/** A proxy: the octets of every extended CONNECT go to its authority. */
const tunnels: Wire = link => {
  const far = new Map<number, Socket>();
  const requests = recode(section => {
    if (!isExtended(section)) return section.fields;
    const [host = '', port = ''] = (fieldValue(section.fields, ':authority') ?? '').split(':');
    const socket = dial({ host, port: Number(port) });
    far.set(
      section.stream,
      socket.on('error', () => socket.destroy()),
    );
    socket.once('connect', () => link.toClient(headers(section.stream, plainBlock([':status', '200']))));
    socket.on('data', octets => link.toClient(data(section.stream, octets)));
    return null;
  });
  return {
    toServer: frame => {
      const socket = far.get(frame.stream);
      const payload = parsePayload(frame);
      if (socket === undefined) return requests(frame);
      if (payload.type === 'DATA') socket.write(payload.content);
      if (frame.type === FRAME_TYPE.RST_STREAM) socket.destroy();
      return [];
    },
  };
};

const OPENED = /the tunnel is opened: status 200/;

export default [
  {
    id: 'extended-connect/takes-it-for-malformed',
    deviation: 'The server refuses every :protocol, although it has sent ENABLE_CONNECT_PROTOCOL=1.',
    clause: 'RFC 8441 §3',
    fails: ['extended-connect/is-answered'],
    seen: /a sound extended CONNECT is taken for malformed/,
    wire: refusesRequests(isExtended),
  },
  {
    id: 'extended-connect/takes-the-setting-for-an-error',
    deviation: 'The server takes ENABLE_CONNECT_PROTOCOL from a client for a connection error.',
    clause: 'RFC 8441 §3',
    fails: ['extended-connect/setting-of-the-client'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection(
      'PROTOCOL_ERROR',
      (_, payload) =>
        payload.type === 'SETTINGS' && payload.entries.some(([id]) => id === SETTING.ENABLE_CONNECT_PROTOCOL),
    ),
  },
  {
    id: 'extended-connect/needs-no-target',
    deviation: 'The server opens a WebSocket for extended CONNECT without :scheme or :path.',
    clause: 'RFC 8441 §4',
    fails: [
      'extended-connect/without-scheme',
      'extended-connect/without-path',
      'extended-connect/without-scheme-and-path',
    ],
    seen: OPENED,
    wire: mends(section => adds({ ...section, fields: adds(section, ':path', '/') }, ':scheme', 'http')),
  },
  {
    id: 'extended-connect/is-a-proxy',
    deviation: 'The server opens a tunnel to the authority of extended CONNECT.',
    clause: 'RFC 8441 §4',
    fails: ['extended-connect/opens-no-tunnel-to-the-authority'],
    seen: /the octets of the tunnel arrive at 127\.0\.0\.1/,
    wire: tunnels,
  },
  {
    id: 'extended-connect/ignores-protocol-without-connect',
    deviation: 'The server serves a GET with :protocol as one without.',
    clause: 'RFC 8441 §4',
    fails: ['extended-connect/protocol-without-connect'],
    seen: /the malformed request is served/,
    wire: mends(section =>
      fieldValue(section.fields, ':method') === 'GET' ? without(section.fields, ':protocol') : section.fields,
    ),
  },
  {
    id: 'extended-connect/takes-the-first-protocol',
    deviation: 'The server takes any of several :protocol.',
    clause: 'RFC 8441 §4',
    fails: ['extended-connect/protocol-twice', 'extended-connect/two-protocols'],
    seen: OPENED,
    wire: mends(section =>
      adds({ ...section, fields: without(section.fields, ':protocol') }, ':protocol', 'websocket'),
    ),
  },
  {
    id: 'extended-connect/takes-empty-for-websocket',
    deviation: 'The server opens a WebSocket for an empty :protocol.',
    clause: 'RFC 8441 §4',
    fails: ['extended-connect/empty-protocol'],
    grade: 'weak',
    seen: /an empty :protocol opens a tunnel/,
    wire: mends(section =>
      adds({ ...section, fields: without(section.fields, ':protocol') }, ':protocol', 'websocket'),
    ),
  },
  {
    id: 'extended-connect/takes-fields-of-the-upgrade',
    deviation: 'The server opens a WebSocket for extended CONNECT with the fields of an HTTP/1.1 upgrade.',
    clause: 'RFC 8441 §5',
    fails: ['extended-connect/with-connection', 'extended-connect/with-upgrade'],
    seen: OPENED,
    wire: mends(({ fields }) => without(without(fields, 'connection'), 'upgrade')),
  },
] satisfies readonly Fault[];
