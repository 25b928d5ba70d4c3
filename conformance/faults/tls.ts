/** Servers that are wrong about TLS (RFC 9113 §3.2, §3.3, §9.2). */
import { getDiffieHellman } from 'node:crypto';
import type { Fault } from './fault.ts';

const OLD = '@SECLEVEL=0';

/** SSL_OP_ALLOW_CLIENT_RENEGOTIATION of OpenSSL 3, which Node does not name. */
const ALLOW_CLIENT_RENEGOTIATION = 0x100;

/** The Second Oakley Group (RFC 2409 §6.2) as the PEM of DHParameter: a sequence of its prime and its generator, 2. */
function smallGroup(): string {
  const prime = getDiffieHellman('modp2').getPrime();
  const body = Buffer.concat([Buffer.of(0x02, 0x81, prime.length + 1, 0), prime, Buffer.of(0x02, 0x01, 0x02)]);
  const octets = Buffer.concat([Buffer.of(0x30, 0x81, body.length), body]);
  return `-----BEGIN DH PARAMETERS-----\n${octets.toString('base64')}\n-----END DH PARAMETERS-----\n`;
}

export default [
  {
    id: 'tls/never-h2',
    deviation: 'The server does not know h2 when the client names its host.',
    clause: 'RFC 9113 §3.2',
    fails: ['tls/h2-is-chosen'],
    seen: /ALPN chooses no protocol|ALERT|ECONNRESET|a close/,
    front: {
      options: {
        ALPNCallback: ({ servername, protocols }) => (servername ? undefined : protocols[0]),
      },
    },
  },
  {
    id: 'tls/h2c-by-alpn',
    deviation: 'The server chooses whatever the client names first by ALPN.',
    clause: 'RFC 9113 §3.2',
    fails: ['tls/h2c-is-never-chosen'],
    seen: /ALPN chooses h2c/,
    front: { anyProtocol: true, options: { ALPNCallback: ({ protocols }) => protocols[0] } },
  },
  {
    id: 'tls/alpn-not-looked-at',
    deviation: 'The server speaks HTTP/2 whatever ALPN has chosen.',
    clause: 'RFC 9113 §3.3',
    fails: ['tls/no-http2-without-alpn'],
    seen: /SETTINGS to a client that offers no protocol/,
    front: { anyProtocol: true, options: {} },
  },
  {
    id: 'tls/old-versions',
    deviation: 'The server speaks HTTP/2 over TLS 1.0.',
    clause: 'RFC 9113 §9.2',
    fails: ['tls/old-versions-are-refused'],
    seen: /a request is answered over TLSv1$/,
    front: { options: { minVersion: 'TLSv1', ciphers: `DEFAULT:${OLD}` } },
  },
  {
    id: 'tls/renegotiates',
    deviation: 'The server renegotiates TLS 1.2 when the client wants it.',
    clause: 'RFC 9113 §9.2.1',
    fails: ['tls/no-renegotiation'],
    seen: /the renegotiation completes/,
    front: { options: { secureOptions: ALLOW_CLIENT_RENEGOTIATION } },
  },
  {
    id: 'tls/any-suite',
    deviation: 'The server speaks HTTP/2 over suites without ephemeral keys.',
    clause: 'RFC 9113 §9.2.2',
    grade: 'weak',
    fails: ['tls/prohibited-suites'],
    seen: /HTTP\/2 is spoken over ECDHE-ECDSA-AES128-SHA256/,
    front: { options: { ciphers: `ALL:${OLD}` } },
  },
  {
    id: 'tls/refuses-sound-suites',
    deviation: 'The server takes TLS_CHACHA20_POLY1305 of TLS 1.2 for inadequate security.',
    clause: 'RFC 9113 §9.2.2',
    fails: ['tls/permitted-suites'],
    seen: /no answer over ECDHE-ECDSA-CHACHA20-POLY1305/,
    front: { options: {}, refuses: socket => socket.getCipher().name.includes('CHACHA20') },
  },
  {
    id: 'tls/mandatory-suite-missing',
    deviation: 'The server with an RSA certificate has AES of 256 bits only.',
    clause: 'RFC 9113 §9.2.2',
    fails: ['tls/mandatory-suite'],
    seen: /ECDHE-RSA-AES128-GCM-SHA256 with P-256 is refused/,
    front: { certificate: 'rsa', options: { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' } },
  },
  {
    id: 'tls/small-prime',
    deviation: 'The server has a prime of 1,024 bits for DHE.',
    clause: 'RFC 9113 §9.2.1',
    fails: ['tls/ephemeral-keys'],
    seen: /DH of 1024 bits/,
    front: { certificate: 'rsa', options: { dhparam: smallGroup(), ciphers: `DHE-RSA-AES128-GCM-SHA256:${OLD}` } },
  },
] satisfies readonly Fault[];
