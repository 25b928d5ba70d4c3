/** Servers whose members do not tell the truth about the version. */
import type { Exchange, Fields } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';
import { ForwardedSink, facing, withMembers } from '../wrap.ts';

/** The exchange with some keys of caps in place of its own. */
const capable =
  (change: (x: Exchange) => Partial<Exchange['caps']>) =>
  (x: Exchange): Exchange =>
    withMembers(x, { caps: { ...x.caps, ...change(x) } });

const asking =
  (change: (request: Exchange['request']) => Partial<Exchange['request']>) =>
  (x: Exchange): Exchange =>
    withMembers(x, { request: { ...x.request, ...change(x.request) } });

/** Ends without the trailers. */
class Bare extends ForwardedSink {
  override end(_trailers?: Fields): ReturnType<ForwardedSink['end']> {
    return super.end();
  }
}

/** Takes what is written second, and sends it nowhere. */
class Forgetful extends ForwardedSink {
  #writes = 0;

  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    this.#writes += 1;
    return super.write(this.#writes === 2 ? '' : chunk);
  }
}

export default [
  {
    id: 'degrade/caps-of-the-beginning',
    deviation: 'The server makes caps once, when it calls the application.',
    clause: 'MSGI-CAPS-2',
    fails: ['degrade/caps-follow-the-peer'],
    seen: /caps\.push is true when the peer has switched push off/,
    wrap: facing(x => capable(() => ({}))(x)),
  },
  {
    id: 'degrade/promises-trailers',
    deviation: 'The server says that trailers are sent, and drops them.',
    clause: 'MSGI-CAPS-3',
    fails: ['degrade/caps-are-kept', 'degrade/trailers-where-they-are-wanted'],
    seen: /the peer sees .*"trailers":false|trailers to TE: trailers: none/,
    wrap: facing(x => withMembers(x, { start: (status, fields) => new Bare(x.start(status, fields)) })),
  },
  {
    id: 'degrade/one-code-for-all',
    deviation: 'The server sends CANCEL whatever code is given to reset.',
    clause: 'MSGI-CAPS-3',
    fails: ['degrade/caps-are-kept'],
    seen: /reset\(11\) has the code 8/,
    wrap: facing(x => withMembers(x, { reset: () => x.reset(8) })),
  },
  {
    id: 'degrade/duplex-always',
    deviation: 'The server says duplex on every version.',
    clause: 'MSGI-CAPS-4',
    fails: ['degrade/duplex-by-version'],
    seen: /duplex of one is true, not false/,
    wrap: facing(capable(() => ({ duplex: true }))),
  },
  {
    id: 'degrade/pushes-over-http1',
    deviation: 'The server says that it pushes, whatever the version.',
    clause: 'MSGI-VER-1',
    fails: ['degrade/no-promise-and-one-exchange-on-http1'],
    seen: /caps of old is .*"push":true/,
    wrap: facing(capable(() => ({ push: true }))),
  },
  {
    id: 'degrade/loses-a-write-on-http10',
    deviation: 'Over HTTP/1.0 the server loses what is written second, and ends the response as whole.',
    clause: 'MSGI-CAPS-6',
    fails: ['degrade/the-same-message-on-every-version'],
    seen: /streams over HTTP\/1\.0 is .*"onethree".*, not .*"onetwothree"/,
    wrap: facing(x =>
      x.request.version === '1.0'
        ? withMembers(x, { start: (status, fields) => new Forgetful(x.start(status, fields)) })
        : x,
    ),
  },
  {
    id: 'degrade/one-version-of-http1',
    deviation: 'The server gives 1.1 as the version of every HTTP/1 request.',
    clause: 'MSGI-VER-1',
    fails: ['degrade/version-is-that-of-the-message'],
    seen: /version of old is "1\.1", not "1\.0"/,
    wrap: facing(asking(({ version }) => (version === '1.0' ? { version: '1.1' } : {}))),
  },
  {
    id: 'degrade/host-among-the-fields',
    deviation: 'The server leaves host among the fields.',
    clause: 'MSGI-VER-1',
    fails: ['degrade/fields-are-those-of-the-message-alone'],
    seen: /fields over HTTP\/1\.1 have host/,
    wrap: facing(asking(({ authority, fields }) => ({ fields: ['host', authority, ...fields] }))),
  },
  {
    id: 'degrade/informs-nobody-on-http1',
    deviation: 'The server sends no informational response over HTTP/1.1.',
    clause: 'MSGI-VER-1',
    fails: ['degrade/informs-by-version'],
    seen: /sent of new is false, not true/,
    wrap: facing(x => (x.request.version === '1.1' ? withMembers(x, { inform: () => false }) : x)),
  },
  {
    id: 'degrade/ids-of-the-server',
    deviation: 'The server numbers the exchanges of an HTTP/1 connection 1, 2, 3.',
    clause: 'MSGI-VER-2',
    fails: ['degrade/ids-count-on-http1'],
    seen: /id of b is 2, not 3/,
    wrap: facing(x => (x.request.version === '2' ? x : withMembers(x, { id: (x.id + 1) / 2 }))),
  },
  {
    id: 'degrade/trailers-by-version',
    deviation: 'The server says trailers to every request of HTTP/1.1, without a look at TE.',
    clause: 'MSGI-VER-8',
    fails: ['degrade/trailers-where-they-are-wanted'],
    seen: /trailers of unwanted is true, not false/,
    wrap: facing(capable(({ request, caps }) => (request.version === '1.1' ? { trailers: true } : caps))),
  },
  {
    id: 'degrade/tells-nobody-of-a-loss',
    deviation: 'The server does not tell the application that the connection is lost.',
    clause: 'MSGI-VER-1',
    fails: ['degrade/a-lost-connection-cancels'],
    seen: /waited for the application to report "aborted"/,
    waits: true,
    wrap: facing(x => withMembers(x, { signal: new AbortController().signal })),
  },
  {
    id: 'degrade/upgrade-is-a-get',
    deviation: 'The server gives a listed upgrade to the application as the GET that it was received as.',
    clause: 'MSGI-TUN-13',
    fails: ['degrade/an-upgrade-has-the-shape-of-connect'],
    seen: /shape of a is .*"method":"GET"/,
    wrap: facing(asking(({ method }) => (method === 'CONNECT' ? { method: 'GET' } : {}))),
  },
  {
    id: 'degrade/upgrade-with-content',
    deviation: 'The server takes a request with content for an upgrade.',
    clause: 'MSGI-TUN-16',
    fails: ['degrade/an-upgrade-with-content-is-none'],
    seen: /status 403, where the request without upgrade gets 200/,
    wrap: facing(asking(() => ({ method: 'CONNECT', protocol: 'websocket' }))),
  },
  {
    id: 'degrade/key-among-the-fields',
    deviation: 'The server leaves sec-websocket-key among the fields.',
    clause: 'MSGI-TUN-15',
    fails: ['degrade/the-key-is-the-servers'],
    seen: /the fields have sec-websocket-key/,
    wrap: facing(asking(({ fields }) => ({ fields: [...fields, 'sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='] }))),
  },
] satisfies readonly GatewayFault[];
