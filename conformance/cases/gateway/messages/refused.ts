/** What is refused before the application (section 2.2). */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { refuses, refusesOne } from '../../../gateway/refusal.ts';
import { askAs, type SectionOptions, withLines, without, withValue } from '../../../gateway/requests.ts';
import { describeAnswer } from '../../../trial.ts';

/** No case here is about what it answers: it is not called. */
const answers: Handler = x => x.respond(200);

/** Requests that have another value of a pseudo-field, by their names. */
const pseudo = (name: string, values: Readonly<Record<string, (value: string) => string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, change]) => [key, { change: withValue(name, change) }]));

/** Requests that have further lines, by their names. */
const lines = (more: Readonly<Record<string, readonly string[]>>, options: SectionOptions = {}) =>
  Object.fromEntries(Object.entries(more).map(([key, list]) => [key, { ...options, change: withLines(...list) }]));

export default suite('messages', {
  'method-is-a-token': {
    requirement: 'MSGI-HEAD-6',
    also: ['rfc9113/8.1.1/2'],
    title: 'The application is not called on a request whose method is no token.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        pseudo(':method', {
          empty: () => '',
          space: () => 'GE T',
          bracket: () => 'GET(',
          slash: () => 'GET/',
          'line-feed': () => 'GET\n',
          'octet-128': () => 'GET\x80',
        }),
      ),
  },

  'no-controls-in-the-path': {
    requirement: 'MSGI-HEAD-7',
    also: ['rfc9113/8.1.1/2'],
    title: 'The application is not called on a path and query with an octet of 0x00 to 0x20, or 0x7F.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        pseudo(':path', {
          nul: path => `${path}/\0`,
          tab: path => `${path}/\t`,
          'request-line': path => `${path} HTTP/1.1\r\nx-a: 1`,
          space: path => `${path}/a b`,
          'space-in-query': path => `${path}?a b`,
          'octet-31': path => `${path}/\x1f`,
          delete: path => `${path}?\x7f`,
        }),
      ),
  },

  'path-begins-with-a-slash': {
    requirement: 'MSGI-HEAD-8',
    title: 'The application is not called on a path that does not begin with a slash.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        pseudo(':path', {
          bare: path => path.slice(1),
          absolute: path => `http://${trial.subject.authority}${path}`,
          query: path => `?${path}`,
          'asterisk-with-get': () => '*',
        }),
      ),
  },

  'no-userinfo': {
    requirement: 'MSGI-HEAD-9',
    title: 'The application is not called on an authority with a userinfo part.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        pseudo(':authority', {
          user: authority => `user@${authority}`,
          password: authority => `user:password@${authority}`,
          empty: authority => `@${authority}`,
        }),
      ),
  },

  'authority-is-needed': {
    requirement: 'MSGI-HEAD-10',
    title: 'The application is not called on a request of scheme http or https without an authority.',
    app: answers,
    run: trial =>
      refuses(trial, { none: { change: without(':authority') }, empty: { change: withValue(':authority', () => '') } }),
  },

  'connect-needs-an-authority': {
    requirement: 'MSGI-HEAD-10',
    title: 'A CONNECT without an authority is refused as malformed.',
    app: answers,
    async run(trial) {
      const peer = await trial.open();
      const change = (fields: readonly string[]): readonly string[] =>
        withValue(':method', () => 'CONNECT')(without(':scheme', ':path', ':authority')(fields));
      await refusesOne(trial, askAs(trial, peer, 'a', { method: 'CONNECT', endStream: false, change }), 400);
    },
  },

  'one-truth-about-the-host': {
    requirement: 'MSGI-HEAD-11',
    also: ['rfc9113/8.3.1/1'],
    title: 'The application is not called on a host that differs from :authority, nor on two hosts.',
    app: answers,
    run: trial => {
      const { authority } = trial.subject;
      return refuses(
        trial,
        lines({ differs: ['host', 'other.invalid'], empty: ['host', ''], two: ['host', authority, 'host', authority] }),
      );
    },
  },

  'no-wrong-fields': {
    requirement: 'MSGI-HEAD-12',
    also: ['rfc9113/8.2.1/8'],
    title: 'The application is not called on a field whose name is no token, or whose value has a control character.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        lines({
          'name-empty': ['', '1'],
          'name-space': ['x a', '1'],
          'name-colon': ['x:', '1'],
          'name-bracket': ['x(', '1'],
          'name-line': ['x\r\ny', '1'],
          'name-octet-128': ['x\x80', '1'],
          nul: ['x-a', 'a\0b'],
          'octet-1': ['x-a', 'a\x01b'],
          'line-feed': ['x-a', 'a\nb'],
          'carriage-return': ['x-a', 'a\rb'],
          'octet-31': ['x-a', 'a\x1fb'],
          delete: ['x-a', 'a\x7fb'],
        }),
      ),
  },

  'fields-of-http2': {
    requirement: 'MSGI-HEAD-13',
    also: ['rfc9113/8.2.1/8'],
    title:
      'The application is not called on upper-case names, on whitespace around values, and on fields of a connection.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        lines({
          'upper-case': ['X-A', '1'],
          'space-before': ['x-a', ' 1'],
          'space-behind': ['x-a', '1 '],
          'tab-behind': ['x-a', '1\t'],
          connection: ['connection', 'x-a'],
          'keep-alive': ['keep-alive', 'timeout=5'],
          'proxy-connection': ['proxy-connection', 'keep-alive'],
          'transfer-encoding': ['transfer-encoding', 'chunked'],
          upgrade: ['upgrade', 'h2c'],
          te: ['te', 'gzip'],
        }),
      ),
  },

  'one-decimal-length': {
    requirement: 'MSGI-HEAD-14',
    also: ['rfc9113/8.1.1/2'],
    title: 'The application is not called on a content-length that is not one decimal number, nor on two that differ.',
    app: answers,
    run: trial =>
      refuses(
        trial,
        lines(
          {
            empty: ['content-length', ''],
            word: ['content-length', 'five'],
            negative: ['content-length', '-5'],
            plus: ['content-length', '+5'],
            hexadecimal: ['content-length', '0x5'],
            fraction: ['content-length', '5.0'],
            'list-that-differs': ['content-length', '5, 6'],
            differ: ['content-length', '5', 'content-length', '6'],
            coded: ['content-length', '5', 'transfer-encoding', 'chunked'],
          },
          { method: 'POST', endStream: false },
        ),
      ),
  },

  'one-length-at-most': {
    requirement: 'MSGI-HEAD-16',
    also: ['rfc9113/8.1.1/i6'],
    title: 'The application sees one content-length at most, of decimal digits, also where two lines say the same.',
    app: async (x, kit) => {
      kit.report(
        'lengths',
        x.request.fields.filter((_, at, fields) => at % 2 === 1 && fields[at - 1] === 'content-length'),
      );
      while ((await x.body.read()) !== null);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const sent = {
        one: ['content-length', '0'],
        twice: ['content-length', '0', 'content-length', '0'],
        list: ['content-length', '0, 0'],
      };
      for (const [name, more] of Object.entries(sent)) {
        const asked = askAs(trial, peer, name, { method: 'POST', change: withLines(...more) });
        const record = await peer.answer(asked.stream);
        if (peer.over) return trial.weak(`${name}: ${describeAnswer(record, peer)}`);
        if (record.status === 200) await trial.reported(asked, 'lengths', ['0']);
        else if (name === 'one') trial.fail('a content-length of 0 is refused');
      }
      await trial.quietApp(peer);
    },
  },

  'section-larger-than-taken': {
    requirement: 'MSGI-HEAD-17',
    title: 'The application is not called on a field section that is larger than the server takes.',
    app: (x, kit) => {
      kit.report('lines', x.request.fields.filter((name, at) => at % 2 === 0 && name.startsWith('x-fill-')).length);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const limit = peer.ledger.setting('theirs', 'MAX_HEADER_LIST_SIZE');
      if (limit > MOST) trial.notApplicable(`SETTINGS_MAX_HEADER_LIST_SIZE is ${limit}`);
      const count = Math.ceil((1.5 * limit) / LINE);
      const fill = Array.from({ length: count }, (_, n) => [`x-fill-${n}`, 'f'.repeat(LINE)]).flat();
      const asked = askAs(trial, peer, 'a', { change: withLines(...fill) });
      const record = peer.stream(asked.stream);
      await peer.until(() => record.over || peer.over, 'the refusal of a');
      // A server may take more than it says (RFC 9113 §6.5.2), but not a part of what comes.
      if (record.status === 200) return trial.reported(asked, 'lines', count);
      trial.expected = 'status 431, or RST_STREAM';
      if (peer.over) return trial.weak('the connection ends');
      if (record.status !== 431 && record.resets.length === 0) trial.fail(`status ${record.status}`);
      await trial.notInvoked(peer, asked);
    },
  },
});

/** Octets of a value of a section that is too large. */
const LINE = 4096;

/** A larger section than this is no matter of one case. */
const MOST = 2 ** 20;
