/** Vulnerabilities that the abuse cases are after: what befell whom, in our words, as the record of each tells it. */
export const vulnerabilities = {
  'CVE-2015-8659': 'nghttp2: use of freed memory in what it did with idle streams',
  'CVE-2016-1544': 'nghttp2: fields without limit, until memory was full',
  'CVE-2016-1546': 'Apache httpd: a worker for each stream of a client whose windows did not open',
  'CVE-2016-6581': 'HPACK Bomb: an entry as large as the table, named thousands of times; the HPACK library for Python',
  'CVE-2016-8740': 'Apache httpd: no limit for fields in CONTINUATION frames',
  'CVE-2018-17189': 'Apache httpd: a thread for each request whose content came slowly',
  'CVE-2019-9511': 'Data Dribble: large responses taken in single octets; nginx, nghttp2, Node.js and others',
  'CVE-2019-9512': 'Ping Flood: a queue of acknowledgements that nobody reads; Go, Node.js, h2o and others',
  'CVE-2019-9513': 'Resource Loop: priorities shuffled without end; nginx, nghttp2, Node.js and others',
  'CVE-2019-9514': 'Reset Flood: requests that each draw an RST_STREAM that nobody reads; Go, Node.js, h2o and others',
  'CVE-2019-9515': 'Settings Flood: a queue of acknowledgements that nobody reads; Node.js, h2o and others',
  'CVE-2019-9516':
    '0-Length Headers Leak: fields without a name, kept until the connection ended; nginx, Node.js and others',
  'CVE-2019-9517':
    'Internal Data Buffering: windows wide open, and a transport that takes nothing; Apache httpd, Node.js and others',
  'CVE-2019-9518': 'Empty Frames Flood: frames without content and without an end; Node.js and others',
  'CVE-2020-11080': 'nghttp2: SETTINGS with thousands of entries, again and again, take all of the processor',
  'CVE-2022-27664': 'Go: a connection that hangs while it is closed, where an error comes between',
  'CVE-2022-41723': 'Go: HPACK that took the processor much time to decode, for few and small requests',
  'CVE-2023-39325': 'Go: a request that is reset makes room for another while its handler still runs',
  'CVE-2023-43622': 'Apache httpd: a connection with an initial window of 0 was held for ever',
  'CVE-2023-44487':
    'Rapid Reset: requests cancelled at once, by which no limit of streams is ever reached; nearly every server',
  'CVE-2023-45288':
    'Go: fields of a request that is refused anyway were decoded to the end, in the code of Huffman most dearly',
  'CVE-2023-45802': 'Apache httpd: memory of streams that were reset kept until their connection ended',
  'CVE-2024-24549':
    'Apache Tomcat: a request was not ended when its fields went beyond the limit, but when all of them had come',
  'CVE-2024-27316':
    'Apache httpd: fields beyond the limit kept in nghttp2 for as long as the client went on sending them',
  'CVE-2024-27919':
    'Envoy: a request whose fields are beyond the limit was not reset, and its memory grew with CONTINUATION frames',
  'CVE-2024-27983': 'Node.js: an assertion failed when a connection was lost within a field block',
  'CVE-2024-28182': 'nghttp2: CONTINUATION frames without end, all of them decoded',
  'CVE-2025-8671':
    'MadeYouReset: the client has the server reset streams that are still worked on; Varnish, h2o and others',
  'CVE-2025-23085': 'Node.js: memory was lost with each connection that was closed without GOAWAY',
  'CVE-2025-53020': 'Apache httpd: memory of HTTP/2 connections that was released too late',
  'CVE-2026-21714': 'Node.js: a connection whose window overflows was told GOAWAY, and never let go',
  'CVE-2026-23918': 'Apache httpd: memory that was freed twice where a stream was reset early',
  'CVE-2026-27141': 'Go: frames of the types 0x0a to 0x0f end the process',
  'CVE-2026-33871': 'Netty: CONTINUATION frames of no octets, past a limit that counts octets alone',
  'CVE-2026-47244': 'Netty: no limit of streams unless somebody sets one',
  'CVE-2026-47774': 'Envoy: crumbs of cookies that no limit counted',
  'CVE-2026-50560':
    'Netty: a client that takes small field sections only has each response fail when all the work for it is done',
  'CVE-2026-49975':
    'HTTP/2 Bomb: fields of a few octets, by the thousand, of requests that are held; Apache httpd, and crumbs of cookies there',
} as const satisfies Readonly<Record<string, string>>;

export type Cve = keyof typeof vulnerabilities;

/** The record in the list of the CVE Program, which these sentences were checked against. */
export function recordOf(cve: Cve): string {
  const [, year = '', number = ''] = cve.split('-');
  return `https://github.com/CVEProject/cvelistV5/blob/main/cves/${year}/${number.slice(0, -3)}xxx/${cve}.json`;
}
