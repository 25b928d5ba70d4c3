/** The environ of a WSGI application. */
import type { Json } from '../../../application/messages.ts';
import { legacyChapter } from '../../../legacy/case.ts';
import type { Saw } from '../../../legacy/saw.ts';
import type { LegacyTrial } from '../../../legacy/trial.ts';

const WSGI = ['wsgi'] as const;

type Environ = Readonly<Record<string, string>>;

/** Variables that PEP 3333 names: those of CGI, and its own. */
const TEXTS = ['REQUEST_METHOD', 'PATH_INFO', 'SERVER_NAME', 'SERVER_PORT', 'SERVER_PROTOCOL', 'wsgi.url_scheme'];
const OTHERS = ['version', 'input', 'errors', 'multithread', 'multiprocess', 'run_once'].map(name => `wsgi.${name}`);

/** What of the environ is text. */
const environOf = ({ raw }: Saw): Environ => raw['environ'] as Environ;

/** The environ of a GET with these fields. */
const withFields = async (trial: LegacyTrial, ...fields: readonly string[]): Promise<Environ> =>
  environOf(await trial.echo(await trial.open(), 'a', { fields }));

const quoted = (value: Json | undefined): string => JSON.stringify(value ?? null);

export default legacyChapter('wsgi', {
  environ: {
    requirement: 'pep3333/environ/1',
    title: 'The environ is a dict with every variable that PEP 3333 names, each of its type.',
    interfaces: WSGI,
    async run(trial) {
      const { raw } = await trial.echo(await trial.open(), 'a');
      const kinds = raw['kinds'] as Environ;
      trial.expected = 'a dict with each variable, those of CGI native strings';
      if (raw['dict'] !== true) trial.fail('environ is no dict, but of a class of its own');
      const absent = [...TEXTS, ...OTHERS].filter(name => kinds[name] === undefined);
      if (absent.length > 0) trial.fail(`environ lacks ${absent.join(', ')}`);
      const [wrong] = Object.keys(kinds).filter(name => !name.includes('.') && kinds[name] !== 'str');
      if (wrong !== undefined) trial.fail(`${wrong} of environ is of the type ${kinds[wrong]}, no native string`);
      const version = quoted(raw['version']);
      if (version !== '[1,0]') trial.fail(`wsgi.version is ${version}`);
      trial.seen = 'every variable is there, of its type';
    },
  },

  'environ-by-the-table': {
    requirement: 'MSGI-WSGI-1',
    title: 'The environ has the values of the table in section 12.3.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const asked = trial.askAt(await trial.open(), 'a', '/x%20y?q=%41', { method: 'PUT' });
      const saw = await trial.echoed(asked);
      const seen = environOf(saw);
      trial.expected = 'each variable with the value of the table';
      for (const [name, value] of Object.entries(tableFor(trial, asked.path)))
        if (seen[name] !== value) trial.fail(`${name} is ${quoted(seen[name])}, not ${quoted(value)}`);
      if (!/^[0-9]+$/.test(seen['REMOTE_PORT'] ?? '')) trial.fail(`REMOTE_PORT is ${quoted(seen['REMOTE_PORT'])}`);
      const facts = ['multithread', 'run_once', 'terminated'].map(name => saw.raw[name]);
      if (facts.join() !== 'true,false,true')
        trial.fail(`wsgi.multithread, run_once and input_terminated are ${facts.join()}`);
      trial.seen = 'each variable has the value of the table';
    },
  },

  'native-strings': {
    requirement: 'pep3333/strings/1',
    also: ['rfc3875/4.1.5/i1'],
    title: 'The octets of a path come as latin-1, decoded once.',
    interfaces: WSGI,
    async run(trial) {
      const saw = await trial.echoed(trial.askAt(await trial.open(), 'a', '/%E2%82%AC%2520'));
      const { PATH_INFO: path = '' } = environOf(saw);
      const seen = `PATH_INFO is ${quoted(path)}`;
      if ((saw.raw['wide'] as readonly string[]).length > 0) trial.fail(`characters above U+00FF: ${seen}`);
      const ends = path.endsWith('/\u00e2\u0082\u00ac%20');
      trial.holds('a path that ends in the three octets of a euro sign and %20', seen, ends);
    },
  },

  'query-string': {
    requirement: 'rfc3875/4.1.7/1',
    title: 'QUERY_STRING is what stands behind the first "?", as it was sent.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      for (const [name, rest, query] of [
        ['some', '?a=%26&b?c', 'a=%26&b?c'],
        ['empty', '?', ''],
        ['none', '', ''],
      ] as const) {
        const { QUERY_STRING = '' } = environOf(await trial.echoed(trial.askAt(peer, name, rest)));
        trial.holds(`the query ${quoted(query)}`, `QUERY_STRING is ${quoted(QUERY_STRING)}`, QUERY_STRING === query);
      }
    },
  },

  'fields-of-one-name': {
    requirement: 'rfc3875/4.1.18/1',
    title: 'Lines of one field become one value, in their order.',
    interfaces: WSGI,
    async run(trial) {
      const { HTTP_X_LIST = '' } = await withFields(trial, 'x-list', 'a', 'x-other', '1', 'x-list', 'b, c');
      const joined = HTTP_X_LIST.split(/[ \t]*,[ \t]*/).join() === 'a,b,c';
      trial.holds('one value with a, b and c', `HTTP_X_LIST is ${quoted(HTTP_X_LIST)}`, joined);
    },
  },

  'joined-by-a-comma': {
    requirement: 'MSGI-WSGI-4',
    title: 'An adapter joins lines of one field by "," alone.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const { HTTP_X_LIST } = await withFields(trial, 'x-list', 'a', 'x-list', 'b');
      trial.holds('HTTP_X_LIST is "a,b"', `HTTP_X_LIST is ${quoted(HTTP_X_LIST)}`, HTTP_X_LIST === 'a,b');
    },
  },

  'no-names-with-underscores': {
    requirement: 'MSGI-WSGI-2',
    title: 'A field whose name has "_" in it does not reach the application.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const fields = ['x_user', 'forged', 'x-user', 'checked', 'x_alone', 'forged'];
      const { HTTP_X_USER, HTTP_X_ALONE } = await withFields(trial, ...fields);
      const seen = `HTTP_X_USER is ${quoted(HTTP_X_USER)}, HTTP_X_ALONE ${quoted(HTTP_X_ALONE)}`;
      const clean = HTTP_X_USER === 'checked' && HTTP_X_ALONE === undefined;
      trial.holds('HTTP_X_USER is "checked", and HTTP_X_ALONE absent', seen, clean);
    },
  },

  'no-proxy': {
    requirement: 'MSGI-WSGI-3',
    title: 'The field "proxy" does not reach the application.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const { HTTP_PROXY, HTTP_X_PROXY } = await withFields(trial, 'proxy', 'http://other.example', 'x-proxy', '1');
      trial.holds('no HTTP_PROXY', `HTTP_PROXY is ${quoted(HTTP_PROXY)}`, HTTP_PROXY === undefined);
      if (HTTP_X_PROXY !== '1') trial.fail('x-proxy is dropped as well');
    },
  },
});

/** The table of section 12.3 for a PUT of "/x%20y?q=%41" below that path. */
function tableFor({ subject }: LegacyTrial, path: string): Readonly<Record<string, string | undefined>> {
  const { host, port, scheme } = subject.endpoint;
  return {
    REQUEST_METHOD: 'PUT',
    SCRIPT_NAME: '',
    PATH_INFO: `${path}/x y`,
    QUERY_STRING: 'q=%41',
    CONTENT_TYPE: undefined,
    CONTENT_LENGTH: undefined,
    SERVER_NAME: subject.authority.replace(/:[0-9]+$/, ''),
    SERVER_PORT: /:([0-9]+)$/.exec(subject.authority)?.[1] ?? `${port}`,
    SERVER_PROTOCOL: 'HTTP/2.0',
    REMOTE_ADDR: host,
    HTTPS: scheme === 'https' ? 'on' : undefined,
    HTTP_HOST: subject.authority,
    'wsgi.url_scheme': scheme,
  };
}
