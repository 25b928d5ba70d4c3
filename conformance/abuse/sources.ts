/** Vulnerabilities that the abuse cases are after: what befell whom, in our words, as the record of each tells it. */
export const vulnerabilities = {
  'CVE-2015-8659': 'nghttp2: use of freed memory in what it did with idle streams',
  'CVE-2019-9511': 'Data Dribble: large responses taken in single octets; nginx, nghttp2, Node.js and others',
  'CVE-2019-9512': 'Ping Flood: a queue of acknowledgements that nobody reads; Go, Node.js, h2o and others',
  'CVE-2019-9513': 'Resource Loop: priorities shuffled without end; nginx, nghttp2, Node.js and others',
  'CVE-2019-9514': 'Reset Flood: requests that each draw an RST_STREAM that nobody reads; Go, Node.js, h2o and others',
  'CVE-2019-9515': 'Settings Flood: a queue of acknowledgements that nobody reads; Node.js, h2o and others',
  'CVE-2020-11080': 'nghttp2: SETTINGS with thousands of entries, again and again, take all of the processor',
  'CVE-2022-27664': 'Go: a connection that hangs while it is closed, where an error comes between',
  'CVE-2023-39325': 'Go: a request that is reset makes room for another while its handler still runs',
  'CVE-2023-44487':
    'Rapid Reset: requests cancelled at once, by which no limit of streams is ever reached; nearly every server',
  'CVE-2023-45802': 'Apache httpd: memory of streams that were reset kept until their connection ended',
  'CVE-2025-8671':
    'MadeYouReset: the client has the server reset streams that are still worked on; Varnish, h2o and others',
  'CVE-2026-27141': 'Go: frames of the types 0x0a to 0x0f end the process',
  'CVE-2026-47244': 'Netty: no limit of streams unless somebody sets one',
} as const satisfies Readonly<Record<string, string>>;

export type Cve = keyof typeof vulnerabilities;

/** The record in the list of the CVE Program, which these sentences were checked against. */
export function recordOf(cve: Cve): string {
  const [, year = '', number = ''] = cve.split('-');
  return `https://github.com/CVEProject/cvelistV5/blob/main/cves/${year}/${number.slice(0, -3)}xxx/${cve}.json`;
}
