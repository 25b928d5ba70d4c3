/** Which addresses never leave this machine: the only ones that are abused without a word of their owner. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { type Endpoint, formatEndpoint } from '../subject.ts';
import { TargetError } from './target.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Throws TargetError for an endpoint that is not on loopback, or whose name has an address that is not. */
export async function checkLoopback(endpoint: Endpoint): Promise<void> {
  const addresses = await addressesOf(endpoint.host);
  if (addresses.length > 0 && addresses.every(isLoopback)) return;
  throw new TargetError(
    `${formatEndpoint(endpoint)} is not an address of this machine's loopback: the suite "abuse" attacks the server; where it is yours to attack say --i-own-this-server`,
  );
}

/** None where the name has no address. */
async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
