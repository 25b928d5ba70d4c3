/** The interfaces of old applications, each with a probe of its own: an application that does what the kit tells it. */

export const INTERFACES = ['node', 'fetch', 'wsgi', 'asgi'] as const;

export type Interface = (typeof INTERFACES)[number];

/** What a target claims that hosts the probe. */
export const claimOf = (one: Interface): `legacy-${Interface}` => `legacy-${one}`;

/** The interface whose probe a subject with these claims hosts; null where it hosts none. */
export function interfaceOf(claims: Iterable<string>): Interface | null {
  const claimed = new Set(claims);
  return INTERFACES.find(one => claimed.has(claimOf(one))) ?? null;
}

/** Below the package: the file of each probe, built or as it is. */
export const PROBE_FILES: Readonly<Record<Interface, string>> = {
  node: 'dist/conformance/probes/node.js',
  fetch: 'dist/conformance/probes/fetch.js',
  wsgi: 'conformance/probes/wsgi_probe.py',
  asgi: 'conformance/probes/asgi_probe.py',
};
