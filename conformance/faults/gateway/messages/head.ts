/** Servers that tell the application something else than what was asked. */
import { refusesRequests } from '../../fault.ts';
import type { GatewayFault } from '../fault.ts';
import { givesFields } from '../lists.ts';
import { facing, withMembers } from '../wrap.ts';

export default [
  {
    id: 'messages/slash-for-no-base',
    deviation: 'The server gives "/" as the base where there is none.',
    clause: 'MSGI-HEAD-1',
    fails: ['messages/no-base'],
    seen: /base of a is "\/"/,
    wrap: facing(x => withMembers(x, { request: { ...x.request, base: '/' } })),
  },
  {
    id: 'messages/decodes-the-path',
    deviation: 'The server decodes what is percent-encoded in the path.',
    clause: 'MSGI-HEAD-2',
    fails: ['messages/path-as-received'],
    seen: /path of escaped is .*a\/b\/c/,
    wrap: facing(x => withMembers(x, { request: { ...x.request, target: decodeURIComponent(x.request.target) } })),
  },
  {
    id: 'messages/resolves-the-path',
    deviation: 'The server resolves dot segments.',
    clause: 'MSGI-HEAD-2',
    fails: ['messages/path-as-received'],
    seen: /path of dots is /,
    wrap: facing(x =>
      withMembers(x, {
        request: { ...x.request, target: x.request.target.replaceAll(/\/(\.|[a-z]+\/\.\.)(?=\/)/g, '') },
      }),
    ),
  },
  {
    id: 'messages/host-among-the-fields',
    deviation: 'The server has a host among the fields.',
    clause: 'MSGI-HEAD-5',
    fails: ['messages/host-is-no-field', 'messages/host-in-place-of-authority'],
    seen: /host of a is true/,
    wrap: app => x => givesFields(fields => [...fields, 'host', x.request.authority])(app)(x),
  },
  {
    id: 'messages/demands-authority',
    deviation: 'The server takes a request without :authority for malformed, though it has a host.',
    clause: 'RFC 9113 §8.3.1',
    fails: ['messages/host-in-place-of-authority'],
    seen: /refused as malformed/,
    wire: refusesRequests(({ fields }) => fields.includes(':method') && !fields.includes(':authority')),
  },
] satisfies readonly GatewayFault[];
