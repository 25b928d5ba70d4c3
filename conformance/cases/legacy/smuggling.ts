/** What is malformed over HTTP/2 never reaches an old application: judged by what the application has recorded. */
import { data } from '../../../wire/index.ts';
import { type SectionOptions, withLines, withValue } from '../../gateway/requests.ts';
import { legacyChapter } from '../../legacy/case.ts';
import { notCalled, onEachCall, reachesNobody } from '../../legacy/refusal.ts';

const ALL = ['node', 'fetch', 'wsgi', 'asgi'] as const;

/** One request for each line that is added. */
const lines = (given: Readonly<Record<string, readonly [string, string]>>): Readonly<Record<string, SectionOptions>> =>
  Object.fromEntries(Object.entries(given).map(([name, line]) => [name, { change: withLines(...line) }]));

/** One request for each change of a value. */
const values = (
  given: Readonly<Record<string, readonly [string, (value: string) => string]>>,
): Readonly<Record<string, SectionOptions>> =>
  Object.fromEntries(
    Object.entries(given).map(([name, [field, change]]) => [name, { change: withValue(field, change) }]),
  );

/** Appended to a value: the next line, and the next request, where somebody writes it into HTTP/1.1. */
const LINE = '\r\nx-smuggled: 1';

const VALUES: Readonly<Record<string, readonly [string, string]>> = {
  'value-crlf': ['x-a', `1${LINE}`],
  'value-lf': ['x-a', '1\nx-smuggled: 1'],
  'value-cr': ['x-a', '1\rx'],
  'value-nul': ['x-a', '1\0'],
  cookie: ['cookie', `a=b${LINE}`],
  first: ['x-a', '\nx'],
};

const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  'name-crlf': [`x-a: 1${LINE}`, '1'],
  'name-nul': ['x-\0a', '1'],
  space: ['x a', '1'],
  colon: ['x:a', '1'],
  'colon-last': ['host:', 'other.example'],
  upper: ['X-A', '1'],
  high: ['x-\u00e9', '1'],
};

/** What an application must not see of these, in JSON. */
const INJECTED = /smuggled|\\u00|\\r|\\n|other\.example|"x a"|"x:a"|x-é/;

export default legacyChapter('smuggling', {
  'nothing-injected-arrives': {
    requirement: 'rfc9113/8.2.1/8',
    also: ['rfc9113/8.1.1/2'],
    title: 'No octet that a field cannot have, and no field made of one, reaches an application.',
    interfaces: ALL,
    async run(trial) {
      trial.expected = 'no call, and at worst one without the field';
      await onEachCall(trial, { ...lines(VALUES), ...lines(NAMES) }, async asked => {
        const { fields, hosts, raw } = await trial.saw(asked);
        const seen = `of ${asked.name} the application sees ${JSON.stringify(raw).slice(0, 600)}`;
        if (INJECTED.test(JSON.stringify({ fields, hosts }))) trial.fail(seen);
        trial.weak(`the application is called on ${asked.name}, without the field`);
        await trial.answers(asked);
      });
      trial.seen = 'the application is called on none';
    },
  },

  'octets-in-values': {
    requirement: 'rfc9113/8.2.1/5',
    title: 'No application is called on a request with CR, LF or NUL in a value.',
    interfaces: ALL,
    run: trial => reachesNobody(trial, lines(VALUES)),
  },

  'octets-in-names': {
    requirement: 'rfc9113/8.2.1/3',
    also: ['rfc9113/8.2.1/4'],
    title:
      'No application is called on a request whose names have CR, LF, NUL, a space, a colon or an upper-case letter.',
    interfaces: ALL,
    run: trial => reachesNobody(trial, lines(NAMES)),
  },

  'octets-in-pseudo-fields': {
    requirement: 'rfc9113/8.3.1/i5',
    title: 'No application is called on a request whose method, path or authority would split a request line.',
    interfaces: ALL,
    run: trial =>
      reachesNobody(
        trial,
        values({
          'path-crlf': [':path', path => `${path} HTTP/1.1${LINE}`],
          'path-lf': [':path', path => `${path}\nx: 1`],
          'path-nul': [':path', path => `${path}\0`],
          'authority-crlf': [':authority', authority => `${authority}${LINE}`],
          'authority-nul': [':authority', authority => `${authority}\0`],
          'method-crlf': [':method', method => `${method} / HTTP/1.1\r\n\r\n${method}`],
        }),
      ),
  },

  'connection-specific-fields': {
    requirement: 'rfc9113/8.2.2/2',
    title: 'No application is called on a request with transfer-encoding or another field of the connection.',
    interfaces: ALL,
    run: trial =>
      reachesNobody(
        trial,
        lines({
          chunked: ['transfer-encoding', 'chunked'],
          identity: ['transfer-encoding', 'identity'],
          connection: ['connection', 'x-forwarded-for'],
          'keep-alive': ['keep-alive', 'timeout=5'],
          upgrade: ['upgrade', 'h2c'],
          'proxy-connection': ['proxy-connection', 'close'],
          te: ['te', 'gzip'],
        }),
      ),
  },

  'forged-lengths': {
    requirement: 'rfc9113/8.1.1/i4',
    title: 'No application is called on a request whose lengths differ, or are no length.',
    interfaces: ALL,
    run: trial => {
      const post = (...fields: readonly string[]): SectionOptions => ({ method: 'POST', change: withLines(...fields) });
      return reachesNobody(trial, {
        differ: post('content-length', '0', 'content-length', '5'),
        'differ-too': post('content-length', '5', 'content-length', '0'),
        wraps: post('content-length', '18446744073709551616'),
        huge: post('content-length', '4294967296'),
      });
    },
  },

  'pseudo-fields-twice': {
    requirement: 'rfc9113/8.3/9',
    title: 'No application is called on a request with a pseudo-field twice, late, unknown or of responses.',
    interfaces: ALL,
    run: trial => {
      const twice =
        (name: string, value: string) =>
        (fields: readonly string[]): readonly string[] => [name, value, ...fields];
      return reachesNobody(trial, {
        path: { change: fields => [':path', fields[fields.indexOf(':path') + 1] as string, ...fields] },
        authority: { change: twice(':authority', 'other.example') },
        method: { change: twice(':method', 'POST') },
        scheme: { change: twice(':scheme', 'https') },
        late: { change: fields => [...fields.slice(0, 2), 'x-a', '1', ...fields.slice(2)] },
        unknown: { change: twice(':x-forwarded-host', 'other.example') },
        status: { change: twice(':status', '200') },
      });
    },
  },

  'content-is-never-a-request': {
    requirement: 'rfc9113/8.1.1/2',
    title: 'Content that looks like a request is content: no application is called on it.',
    interfaces: ALL,
    async run(trial) {
      let peer = await trial.open();
      const { path } = trial.exchange('smuggled');
      const inside = `GET ${path} HTTP/1.1\r\nhost: ${trial.subject.authority}\r\n\r\n`;
      const forged = {
        plain: [],
        none: ['content-length', '0'],
        less: ['content-length', '5'],
        chunked: ['transfer-encoding', 'chunked'],
      };
      trial.expected = 'the application is never called on the request inside the content';
      for (const [name, fields] of Object.entries(forged)) {
        if (peer.over) peer = await trial.open();
        const stream = peer.nextStream();
        const asked = { ...trial.exchange(name), peer, stream };
        const request = peer.request({ method: 'POST', path: asked.path, fields, endStream: false }, stream);
        peer.violate(request, data(stream, name === 'plain' ? inside : `0\r\n\r\n${inside}`, { endStream: true }));
        await trial.calledOrOver(asked);
        if (trial.wasInvoked(asked)) {
          trial.act(asked, 'read');
          trial.act(asked, 'answer', { status: 200, fields: [], text: '', times: 1 });
        }
      }
      if (peer.over) peer = await trial.open();
      await trial.quietApp(peer);
      notCalled(trial, trial.exchange('smuggled'));
      trial.seen = 'the application is never called on the request inside the content';
    },
  },

  'targets-of-other-forms': {
    requirement: 'rfc9113/10.3/i1',
    adapter: ['MSGI-ADAPT-15'],
    title: 'A path in absolute or authority form, or without its slash, reaches no application.',
    interfaces: ALL,
    async run(trial) {
      const requests = values({
        absolute: [':path', path => `http://other.example${path}`],
        authority: [':path', path => `other.example:80${path}`],
        bare: [':path', path => path.slice(1)],
        fragment: [':path', path => `${path}#/admin`],
      });
      trial.expected = `a :path in the form ${Object.keys(requests).join(', ')} reaches no application`;
      await onEachCall(trial, requests, async asked => {
        const saw = await trial.saw(asked);
        // An application that is told another host than the authority takes the request for one to somebody else.
        if (saw.hosts.some(host => host.includes('other.example')))
          trial.fail(`the :path decides the host: ${JSON.stringify(saw.hosts)} on ${asked.name}`);
        trial.weak(`the application is called on ${asked.name} with path ${saw.path}`);
        await trial.answers(asked);
      });
      trial.seen = 'each is refused, and the application is not called';
    },
  },

  'host-does-not-decide': {
    requirement: 'rfc9113/8.3.1/1',
    also: ['rfc9113/8.3.1/9'],
    title: 'A host that differs from :authority is refused, or never shown in its place.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { fields: ['host', 'other.invalid'], onPurpose: true });
      trial.expected = `a refusal, or the host ${trial.subject.authority} alone`;
      await trial.calledOrOver(asked);
      if (!trial.wasInvoked(asked)) await trial.quietApp(await trial.open());
      trial.seen = 'the request is refused';
      if (!trial.wasInvoked(asked)) return;
      const { hosts } = await trial.saw(asked);
      trial.seen = `the application sees the hosts ${JSON.stringify(hosts)}`;
      if (hosts.length !== 1 || hosts[0] !== trial.subject.authority) trial.fail(trial.seen);
      await trial.answers(asked);
    },
  },

  'paths-are-not-tidied': {
    requirement: 'MSGI-ADAPT-15',
    title: 'Dot segments, slashes in a row and encoded slashes reach the application as they were sent.',
    interfaces: ['node', 'wsgi', 'asgi'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const raw = ['/a/../b', '/./c', '//d', '/e//f/', '/%2e%2e/g', '/h%2Fi', '/%252e', '/j;k=1/..;/l'];
      for (const [at, rest] of raw.entries()) {
        const asked = trial.askAt(peer, `p${at}`, rest);
        const saw = await trial.echoed(asked);
        const path = `${trial.exchange(`p${at}`).path}${trial.face === 'node' ? rest : decodeURIComponent(rest)}`;
        trial.expected = `the path ${path}`;
        if (saw.path !== path) trial.fail(`the path ${rest} is tidied: the application sees ${saw.path}`);
      }
      trial.seen = `each of ${raw.length} paths arrives as it was sent`;
    },
  },
});
