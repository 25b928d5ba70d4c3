/** Hosts of ASGI applications with one deviation each. */
import { spoilsResponses } from '../fault.ts';
import { mapLines } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { tells } from './between.ts';

export default [
  {
    id: 'asgi/version-of-http1',
    deviation: 'The scope of a request over HTTP/2 has the version 1.1.',
    clause: 'ASGI, HTTP Connection Scope',
    fails: ['asgi/scope'],
    seen: /"http_version":"1\.1"/,
    between: tells('saw', saw => ({ ...saw, http_version: '1.1' })),
  },
  {
    id: 'asgi/always-more',
    deviation: 'The flag more_body is true on the last event, too.',
    clause: 'ASGI, Request',
    fails: ['asgi/request-events'],
    seen: /more_body is \[.*true\] at the end/,
    between: tells('did-1', did => ({ ...did, result: { ...(did['result'] as object), more: [true] } })),
  },
  {
    id: 'asgi/pushes-nothing',
    deviation: 'The message http.response.push does nothing although it is offered.',
    clause: 'ASGI, HTTP/2 Server Push',
    fails: ['asgi/push'],
    seen: /promised is nothing/,
    between: () => ({
      toApplication: message => [
        message.do === 'act' && message.verb === 'push' ? { ...message, verb: 'nothing' } : message,
      ],
      toKit: message =>
        message.event === 'report' && message.name === 'did-1'
          ? [{ ...message, data: { result: null, error: null } }]
          : [message],
    }),
  },
  {
    id: 'asgi/hints-without-links',
    deviation: 'The message http.response.early_hint sends 103 without its links.',
    clause: 'ASGI, Early Hints',
    fails: ['asgi/early-hints'],
    seen: /status 103 comes first, with link $/,
    wire: spoilsResponses(({ fields }) => mapLines(fields, (name, value) => (name === 'link' ? [] : [name, value]))),
  },
  {
    id: 'asgi/other-trailers',
    deviation: 'Other trailers are sent than those of the application.',
    clause: 'ASGI, HTTP Trailers',
    fails: ['asgi/trailers'],
    seen: /the trailers are \["x-sum",""\]/,
    wire: spoilsResponses(({ fields }) => mapLines(fields, (name, value) => [name, name === 'x-sum' ? '' : value])),
  },
] satisfies readonly GatewayFault[];
