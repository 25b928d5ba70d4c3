/** Servers that give an old application's message otherwise over HTTP/1.1. */
import type { GatewayFault } from '../gateway/fault.ts';

export default [
  {
    id: 'legacy/other-fields-on-http1',
    deviation: 'The server changes a field of a response over HTTP/1.1.',
    clause: 'MSGI-ADAPT-1',
    fails: ['legacy/the-same-on-both-versions'],
    seen: /fields of the response .*x-answer: 1.*x-answer: 2/,
    http1: () => ({ toClient: text => text.replace(/x-answer: 1/i, 'x-answer: 2') }),
  },
  {
    id: 'legacy/no-head-on-http1',
    deviation: 'The server knows no HEAD over HTTP/1.1.',
    clause: 'MSGI-ADAPT-1',
    fails: ['legacy/no-content-on-both-versions'],
    seen: /head: .*status 203 and 501/,
    http1: () => ({ toClient: text => text.replace(/^HTTP\/1\.1 203/, 'HTTP/1.1 501') }),
  },
  {
    id: 'legacy/loses-etag-with-304-on-http1',
    deviation: 'The server cuts the fields of a 304 over HTTP/1.1.',
    clause: 'MSGI-ADAPT-1',
    fails: ['legacy/no-content-on-both-versions'],
    seen: /known: .*fields of the response .*etag/,
    http1: () => ({
      toClient: text => (text.startsWith('HTTP/1.1 304') ? text.replace(/\r\netag: [^\r]*/i, '') : text),
    }),
  },
  {
    id: 'legacy/takes-content-for-its-end-on-http1',
    deviation: 'The server ends a response over HTTP/1.1 at a block that looks like the last chunk.',
    clause: 'MSGI-ADAPT-1',
    fails: ['legacy/blocks-on-both-versions'],
    seen: /content of the response/,
    http1: () => ({ toClient: text => text.replace(/(?<=^|\r\n)5\r\n(?=0\r\n\r\n\r\n)[\s\S]*$/, '0\r\n\r\n') }),
  },
  {
    id: 'legacy/keeps-one-cookie-on-http1',
    deviation: 'The server keeps the last of several lines of set-cookie over HTTP/1.1.',
    clause: 'MSGI-ADAPT-1',
    fails: ['legacy/lines-on-both-versions'],
    seen: /fields of the response .*set-cookie: a=1/,
    http1: () => ({ toClient: text => text.replace(/set-cookie: a=1[^\r]*\r\n/i, '') }),
  },
  {
    id: 'legacy/keeps-one-line-on-http1',
    deviation: 'The server keeps the first of several lines of a request over HTTP/1.1.',
    clause: 'MSGI-ADAPT-1',
    fails: ['legacy/lines-on-both-versions'],
    seen: /fields of the request .*x-many/,
    http1: () => ({ toServer: text => text.replace(/x-many: b\r\nx-many: c, d\r\n/, '') }),
  },
] satisfies readonly GatewayFault[];
