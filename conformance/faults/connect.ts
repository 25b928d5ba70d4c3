/** Servers that are wrong about CONNECT (RFC 9113 §8.5). */
import { goaway, headers, plainBlock } from '../../wire/index.ts';
import { type Fault, type Link, recode, type Section, type Wire } from './fault.ts';

const isConnect = ({ fields }: Section): boolean => fields[0] === ':method' && fields[1] === 'CONNECT';

/** The server opens a tunnel for every CONNECT that `matches`. */
const opens =
  (matches: (section: Section) => boolean): Wire =>
  (link: Link) => ({
    toServer: recode(section => {
      if (!isConnect(section) || !matches(section)) return section.fields;
      link.toClient(headers(section.stream, plainBlock([':status', '200'])));
      return null;
    }),
  });

export default [
  {
    id: 'connect/any-section',
    deviation: 'The server opens a tunnel for CONNECT without :authority.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/without-authority', 'connect/with-host-for-authority'],
    seen: /the tunnel is opened: status 200/,
    wire: opens(({ fields }) => !fields.includes(':authority')),
  },
  {
    id: 'connect/any-authority',
    deviation: 'The server opens a tunnel for CONNECT whatever :authority says.',
    clause: 'RFC 9113 §8.5',
    fails: [
      'connect/without-port',
      'connect/with-empty-port',
      'connect/with-port-in-hex',
      'connect/with-port-out-of-range',
      'connect/with-userinfo',
      'connect/with-path-in-authority',
    ],
    why: 'Each broken part of an authority is a case, and a server that does not parse it finds none of them.',
    seen: /the tunnel is opened: status 200/,
    wire: opens(({ fields }) => fields.includes(':authority')),
  },
  {
    id: 'connect/any-target',
    deviation: 'The server opens a tunnel for CONNECT with :scheme or :path.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/with-path', 'connect/with-scheme', 'connect/with-scheme-and-path'],
    seen: /the tunnel is opened: status 200/,
    wire: opens(({ fields }) => fields.includes(':path') || fields.includes(':scheme')),
  },
  {
    id: 'connect/malformed-by-its-method',
    deviation: 'The server takes every CONNECT for a connection error.',
    clause: 'RFC 9113 §8.5',
    fails: ['connect/well-formed'],
    seen: /a sound CONNECT ends the connection/,
    wire: link => ({
      toServer: recode(section => {
        if (!isConnect(section)) return section.fields;
        link.toClient(goaway(section.stream, 'PROTOCOL_ERROR'));
        link.close();
        return null;
      }),
    }),
  },
] satisfies readonly Fault[];
