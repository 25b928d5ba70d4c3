/** Certificates for subjects on this machine: of RSA, to which RFC 9113 §9.2.2 ties a suite, and of ECDSA. */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

export type CertificateKind = 'ec' | 'rsa';

const made = new Map<CertificateKind, Promise<Pem>>();

/**
 * A self-signed certificate for localhost, 127.0.0.1 and ::1, valid for a week. One of each kind in a process: the key of an
 * RSA one takes a few hundred milliseconds to make.
 */
export function certificate(kind: CertificateKind): Promise<Pem> {
  const known = made.get(kind) ?? make(kind);
  made.set(kind, known);
  return known;
}

async function make(kind: CertificateKind): Promise<Pem> {
  const keys = await (kind === 'ec'
    ? promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
    : promisify(generateKeyPair)('rsa', { modulusLength: 2048 }));
  const keyPair = {
    publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
  // Loaded when wanted only: most commands make no certificate.
  const { generate } = await import('selfsigned');
  const day = 24 * 60 * 60 * 1000;
  const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: kind,
    algorithm: 'sha256',
    keyPair,
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + 7 * day),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: kind === 'rsa', critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  // With a line's end, so that the two can be put into one file.
  return { cert: `${cert.trimEnd()}\n`, key: keyPair.privateKey };
}
