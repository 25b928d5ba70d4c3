/** Addresses: "http://127.0.0.1:8080" is HTTP/2 by prior knowledge, "https://localhost:8443" HTTP/2 over TLS. */
import { connect as connectTls } from 'node:tls';
import { type Endpoint, formatEndpoint } from '../subject.ts';
import { dial } from './ports.ts';
import { TargetError } from './target.ts';

/** Milliseconds for a first connection to an address that the kit did not start. */
const DIAL_MS = 5000;

const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** Throws TargetError with what is wrong and the fix. */
export function parseAddress(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw new TargetError(
      `${text}: the scheme ${scheme} is none of HTTP: write http:// for cleartext or https:// for TLS`,
    );
  }
  if (url === null || scheme === undefined) {
    throw new TargetError(`${text}: not an address: write it like http://127.0.0.1:8080`);
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    const path = `${url.pathname}${url.search}`;
    throw new TargetError(
      `${text}: an address ends after the port: write ${url.origin}, and name the resource with --resource small=${path}`,
    );
  }
  if (url.username !== '') throw new TargetError(`${text}: an address has no user: write ${url.origin}`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { scheme, host, port: url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port) };
}

/** Value of :authority for an endpoint: the port is left out where it is the scheme's own (RFC 9110 §4.2.3). */
export function authorityOf({ scheme, host, port }: Endpoint): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PORT[scheme] ? name : `${name}:${port}`;
}

/** Throws TargetError where nothing listens, the certificate is not trusted, or http and https are mixed up. */
export async function checkAddress(endpoint: Endpoint, verify: boolean): Promise<void> {
  const failure = await dial(endpoint.host, endpoint.port, DIAL_MS);
  if (failure !== null) throw new TargetError(unreachable(endpoint, failure));
  if (endpoint.scheme === 'https') await checkTls(endpoint, verify);
}

function unreachable(endpoint: Endpoint, failure: string): string {
  const where = authorityOf({ ...endpoint, scheme: 'http' });
  switch (failure) {
    case 'ECONNREFUSED':
      return `nothing listens at ${where}: start the server, or give the kit a manifest that starts it`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${endpoint.host} has no address: check the spelling, or write the IP address`;
    case 'ETIMEDOUT':
      return `${where} does not accept a connection within ${DIAL_MS / 1000} s: check host, port and firewall`;
    default:
      return `${where} cannot be reached: ${failure}`;
  }
}

/** Only what makes every case fail for the set-up's sake; which protocol ALPN picks is for the cases to judge. */
function checkTls(endpoint: Endpoint, verify: boolean): Promise<void> {
  const { host, port } = endpoint;
  const servername = /^[0-9.]+$|:/.test(host) ? '' : host;
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, servername, ALPNProtocols: ['h2'], rejectUnauthorized: false });
    const settle = (complaint: string | null) => {
      socket.destroy();
      if (complaint === null) resolve();
      else reject(new TargetError(`${formatEndpoint(endpoint)}: ${complaint}`));
    };
    socket.setTimeout(DIAL_MS, () => settle(null));
    socket.once('secureConnect', () => settle(verify ? distrust(socket.authorizationError) : null));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(isCleartext(error) ? NOT_TLS : null));
    socket.once('close', () => settle(null));
  });
}

const NOT_TLS = 'the server does not speak TLS there: write http://';

function isCleartext({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

function distrust(error: Error | string | null | undefined): string | null {
  if (!error) return null;
  const why = typeof error === 'string' ? error : ((error as NodeJS.ErrnoException).code ?? error.message);
  return `the certificate is not trusted (${why}): add --insecure`;
}
