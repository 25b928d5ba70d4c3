/** Servers that read the head of HTTP/1.x otherwise. */
import type { GatewayFault } from '../fault.ts';
import { givesFields } from '../lists.ts';
import { facing, withMembers } from '../wrap.ts';

export default [
  {
    id: 'messages/whole-target',
    deviation: 'The server gives a target in absolute form as it came.',
    clause: 'MSGI-HEAD-3',
    fails: ['messages/absolute-form'],
    seen: /path of a is "http:/,
    wrap: facing(x =>
      withMembers(x, {
        request: { ...x.request, target: `${x.request.scheme}://${x.request.authority}${x.request.target}` },
      }),
    ),
  },
  {
    id: 'messages/believes-host',
    deviation: 'The server takes the authority from host where the target has another.',
    clause: 'MSGI-HEAD-3',
    fails: ['messages/absolute-form'],
    seen: /authority of a is "other\.invalid"/,
    // What host says here is known: the server before this has taken it out.
    wrap: facing(x => withMembers(x, { request: { ...x.request, authority: 'other.invalid' } })),
  },
  {
    id: 'messages/no-path-is-empty',
    deviation: 'The server gives the empty target where a target in absolute form has no path.',
    clause: 'MSGI-HEAD-4',
    fails: ['messages/absolute-form-without-a-path'],
    seen: /target of get is ""/,
    wrap: facing(x => withMembers(x, { request: { ...x.request, target: x.request.target.replace(/^\//, '') } })),
  },
  {
    id: 'messages/asterisk-is-a-slash',
    deviation: 'The server takes OPTIONS without a path for one of the root.',
    clause: 'MSGI-HEAD-4',
    fails: ['messages/absolute-form-without-a-path'],
    seen: /target of options is "\/"/,
    wrap: facing(x => withMembers(x, { request: { ...x.request, target: x.request.target.replace('*', '/') } })),
  },
  {
    id: 'messages/leaves-what-connection-names',
    deviation: 'The server leaves the fields that connection names among the others.',
    clause: 'MSGI-FIELD-6',
    fails: ['messages/fields-of-a-hop'],
    seen: /fields of a is .*"x-hop"/,
    wrap: facing(x =>
      x.request.version === '2'
        ? x
        : withMembers(x, { request: { ...x.request, fields: [...x.request.fields, 'x-hop', '1'] } }),
    ),
  },
  {
    id: 'messages/takes-te-out-of-http2',
    deviation: 'The server takes "te" out of requests of HTTP/2, too.',
    clause: 'MSGI-FIELD-6',
    fails: ['messages/fields-of-a-hop'],
    seen: /fields of b is \[\]/,
    wrap: givesFields(fields => fields.filter((_, at) => fields[at - (at % 2)] !== 'te')),
  },
  {
    id: 'messages/first-length-counts',
    deviation: 'The server takes the first content-length of two.',
    clause: 'MSGI-HEAD-14',
    fails: ['messages/one-framing-over-http1'],
    seen: /differ: status 200/,
    http1: () => ({
      toServer: text => text.replace('Content-Length: 5\r\nContent-Length: 6', 'Content-Length: 5'),
    }),
  },
] satisfies readonly GatewayFault[];
