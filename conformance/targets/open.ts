/** From what the user names to a subject that is up. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Endpoint, formatEndpoint } from '../subject.ts';
import { authorityOf, checkAddress, parseAddress } from './address.ts';
import { BUNDLED, bundledPath, checkInstalled, withHint } from './bundled.ts';
import { checkOptions, commandLine, type Extras, type TargetOptions } from './extras.ts';
import { checkLoopback } from './loopback.ts';
import { type Manifest, readBundled, readManifest } from './manifest.ts';
import { suggestion } from './nearest.ts';
import { mentions, PLACEHOLDERS } from './placeholders.ts';
import { checkPorts, type StartedManifest, startTarget } from './started.ts';
import { type Target, TargetError } from './target.ts';

/**
 * Opens a target: `argument` is the name of a bundled one, the path of a manifest, or an address. Throws TargetError, whose
 * message names what is wrong and the fix; nothing is left running then. Call stop() at the end.
 */
export async function openTarget(argument: string, options: TargetOptions = {}): Promise<Target> {
  const extras = checkOptions(options);
  const said = commandLine(argument, options);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(argument)) {
    return reach(parseAddress(argument), atAddress(argument), said, extras);
  }
  if (BUNDLED.includes(argument)) {
    const manifest = readBundled(bundledPath(argument));
    checkInstalled(argument, manifest);
    return openManifest(manifest, said, extras).catch(error => {
      throw withHint(argument, error);
    });
  }
  return openManifest(readManifest(manifestPath(argument)), said, extras);
}

/** Throws TargetError where `argument` is no file and no folder with a manifest.json. */
function manifestPath(argument: string): string {
  if (existsSync(argument)) return statSync(argument).isDirectory() ? join(argument, 'manifest.json') : argument;
  if (argument.endsWith('.json')) throw new TargetError(`${argument}: there is no such manifest`);
  if (/^(\[[0-9a-f:]+\]|[\w.-]+):[0-9]+/i.test(argument)) {
    throw new TargetError(
      `${argument}: an address has a scheme: write http://${argument} (cleartext) or https://${argument} (TLS)`,
    );
  }
  const known = `Bundled are ${BUNDLED.join(', ')}; or name a manifest (*.json) or an address (http://…, https://…).`;
  throw new TargetError(
    `there is no target ${JSON.stringify(argument)}${suggestion(argument, BUNDLED) || '.'} ${known}`,
  );
}

async function openManifest(manifest: Manifest, argument: string, extras: Extras): Promise<Target> {
  if (isStarted(manifest)) {
    checkPorts(manifest);
    return startTarget(manifest, argument, extras);
  }
  if (manifest.claims.includes('gateway')) {
    throw new TargetError(
      `${manifest.file}: "claims" has "gateway", but there is no "start": the kit's application is hosted by a server that the kit starts, with {application} in its command`,
    );
  }
  const address = manifest.cleartext ?? (manifest.tls as string);
  const open = PLACEHOLDERS.find(name => mentions(address, name));
  if (open !== undefined) {
    throw new TargetError(
      `${manifest.file}: the address has {${open}}, but there is no "start": write the port, or add "start"`,
    );
  }
  return reach(parseAddress(address), manifest, argument, extras);
}

function isStarted(manifest: Manifest): manifest is StartedManifest {
  return manifest.start !== null;
}

/** What a manifest would say, for a bare address. */
type Known = Pick<Manifest, 'name' | 'cleartext' | 'tls' | 'resources' | 'claims' | 'expect' | 'races'>;

function atAddress(address: string): Known {
  const endpoint = parseAddress(address);
  const tls = endpoint.scheme === 'https' ? address : null;
  return {
    name: authorityOf(endpoint),
    cleartext: tls === null ? address : null,
    tls,
    resources: { small: { path: '/' } },
    claims: ['http2'],
    expect: {},
    races: {},
  };
}

/** A subject that somebody else started. */
async function reach(endpoint: Endpoint, known: Known, argument: string, extras: Extras): Promise<Target> {
  const tls = known.tls === null ? null : parseAddress(known.tls);
  const verify = !extras.insecure;
  if (extras.loopbackOnly) for (const one of tls === null ? [endpoint] : [endpoint, tls]) await checkLoopback(one);
  await checkAddress(endpoint, verify);
  if (tls !== null && endpoint.scheme === 'http') await checkAddress(tls, verify);
  return {
    facts: { name: known.name, version: 'unknown', address: formatEndpoint(endpoint), claims: known.claims },
    endpoint,
    tls,
    authority: extras.authority ?? authorityOf(endpoint),
    fields: extras.fields,
    verify,
    resources: { ...known.resources, ...extras.resources },
    expect: known.expect,
    races: known.races,
    argument,
    crash: () => null,
    restart: () => checkAddress(endpoint, verify),
    stop: async () => {},
  };
}
