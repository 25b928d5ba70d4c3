/** Old applications on servers that others wrote: whatever fails there was read against its clause. */
import t from 'tap';
import { certify } from '../certify.ts';
import { bundledTargets } from '../targets/bundled.ts';

/** Case → what the texts say of what is seen there. */
type Read = Readonly<Record<string, string>>;

/** A field that such servers hand on from the application. */
const PROXY_CONNECTION: Read = {
  'legacy/no-connection-fields-in-responses': 'RFC 9113 8.2.2: no message has proxy-connection',
};

/** uWSGI, whatever stands before it. */
const UWSGI: Read = {
  ...PROXY_CONNECTION,
  'wsgi/fields-of-one-name': 'RFC 3875 4.1.18: of two lines the first one is lost',
  'wsgi/head-waits-for-content': 'PEP 3333: start_response sends nothing, and an empty block neither',
};

/** Python's h2 as Debian has it, which Hypercorn stands on. */
const PYTHON_H2: Read = {
  'smuggling/nothing-injected-arrives': 'RFC 9113 8.2.1: CR, LF and NUL make a request malformed',
  'smuggling/octets-in-values': 'RFC 9113 8.2.1',
  'smuggling/octets-in-names': 'RFC 9113 8.2.1',
  'smuggling/octets-in-pseudo-fields': 'RFC 9113 8.3.1',
  'smuggling/forged-lengths': 'RFC 9113 8.1.1: content of another length than content-length, or of two',
};

const FAILURES: Readonly<Record<string, Read>> = {
  'hypercorn-wsgi': {
    ...PYTHON_H2,
    'legacy/wrong-length-never-looks-whole': 'RFC 9113 8.1.1: it ends the stream, and calls the application on nothing',
    'wsgi/environ': 'PEP 3333: SERVER_PORT is a native string',
    'wsgi/blocks-are-not-held-back': 'PEP 3333, Buffering and Streaming',
    'wsgi/write-callable': 'PEP 3333: start_response gives a callable',
    'wsgi/no-more-than-content-length': 'RFC 9113 8.1.1: such a response is malformed',
    'wsgi/close-once': 'PEP 3333: close is called at the end of every request',
    'wsgi/close-once-when-the-client-leaves': 'PEP 3333, the same',
    'wsgi/head-waits-for-content': 'PEP 3333: start_response sends nothing, and an empty block neither',
    'wsgi/exc-info-is-raised': 'PEP 3333: an error behind a head that was sent',
  },
  'nginx-uwsgi': {
    ...UWSGI,
    'smuggling/octets-in-names': 'RFC 9113 8.2.1: a name beyond ASCII is dropped, and the request served',
    'smuggling/connection-specific-fields': 'RFC 9113 8.2.2: transfer-encoding makes a request malformed',
    'smuggling/pseudo-fields-twice': 'RFC 9113 8.3: so does a pseudo-field behind a field',
    'wsgi/blocks-are-not-held-back': 'PEP 3333, Buffering and Streaming: nginx collects without uwsgi_buffering off',
    'wsgi/writes-are-not-held-back': 'PEP 3333, the same',
  },
  'h2o-uwsgi': {
    ...UWSGI,
    'legacy/cookies-are-one-value': 'RFC 9113 8.2.3: the delimiter is "; ", with its space',
    'legacy/no-content-where-none-belongs': 'RFC 9110 9.3.2: an answer to HEAD has no content',
    'smuggling/connection-specific-fields': 'RFC 9113 8.2.2: keep-alive makes a request malformed',
    'smuggling/forged-lengths': 'RFC 9113 8.1.1',
  },
  'hypercorn-asgi': PYTHON_H2,
  'apache-wsgi': PROXY_CONNECTION,
};

const absent = (target: string): string | false => {
  if (process.env['MSGI_REQUIRE_PEERS'] === '1') return false;
  const installed = bundledTargets().some(one => one.name === target && one.installed);
  return installed ? false : `${target} is not installed`;
};

// Two at a time: a server that holds content back is mostly waited for.
t.jobs = 2;
for (const [target, read] of Object.entries(FAILURES))
  t.test(`what fails of ${target} was read`, { timeout: 120_000, buffered: true, skip: absent(target) }, async t => {
    const { results } = await certify(target, { suites: ['legacy'], jobs: 16 });
    const sound = ['pass', 'weak', 'not-applicable'];
    const wrong = results.filter(
      ({ id, verdict }) => !sound.includes(verdict) && (verdict !== 'fail' || !(id in read)),
    );
    t.same(
      wrong.map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`),
      [],
    );
    t.ok(results.filter(({ verdict }) => verdict === 'pass').length > 15, 'and most is kept');
  });
