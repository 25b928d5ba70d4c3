/** Requests and responses of old applications: nothing is lost, added or changed on the way. */
import { data, latin1 as octetsOf } from '../../../wire/index.ts';
import { contentOf } from '../../gateway/requests.ts';
import { legacyChapter } from '../../legacy/case.ts';
import { hashOf } from '../../legacy/hash.ts';
import type { Interface } from '../../legacy/interface.ts';
import { valuesOf } from '../../legacy/saw.ts';

const ALL = ['node', 'fetch', 'wsgi', 'asgi'] as const;

/** "/" and what is behind it, in the target and as an interface gives it. */
const PATH = '/a%20b/%C3%A9%25/c;d=1';

/** Interfaces that decode the path: octets as latin-1, or text as UTF-8. */
const DECODED: Readonly<Partial<Record<Interface, string>>> = {
  wsgi: '/a b/\u00c3\u00a9%/c;d=1',
  asgi: '/a b/\u00e9%/c;d=1',
};

const CONNECTION_FIELDS: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
];

export default legacyChapter('legacy', {
  'content-arrives-whole': {
    requirement: 'rfc9113/6.1/i2',
    title: 'The application reads the content of a request whole, in whatever frames it came.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      trial.needWindow(peer, 20_000);
      const parts = ['a'.repeat(9000), '', 'b', 'c'.repeat(5000), '\r\n--x'];
      // A server may want to know the length before (RFC 9110 §15.5.12).
      const fields = ['content-length', `${parts.join('').length}`];
      const asked = trial.ask(peer, 'a', { method: 'POST', fields, endStream: false });
      for (const part of parts) peer.send(data(asked.stream, part));
      peer.send(data(asked.stream, '', { endStream: true }));
      await trial.saw(asked);
      const read = await trial.reads(asked);
      const whole = octetsOf(parts.join(''));
      trial.expected = `${whole.length} octets, as they were sent`;
      if (read.octets !== whole.length) trial.fail(`the application has read ${read.octets} of ${whole.length} octets`);
      if (read.hash !== hashOf(whole)) trial.fail(`the application has read ${read.octets} octets that are others`);
      await trial.answers(asked);
      trial.seen = `the application has read ${read.octets} octets, as they were sent`;
    },
  },

  'content-goes-whole': {
    requirement: 'rfc9113/8.1/i1',
    title: 'What the application answers comes whole: its status, its fields and its content.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open({ settings: [['INITIAL_WINDOW_SIZE', 200_000]], roomy: true });
      const asked = await trial.called(peer);
      const fields = ['content-type', 'text/plain', 'x-answer', 'forty-two'];
      const record = await trial.answers(asked, { status: 203, fields, text: '0123456789', times: 12_000 });
      trial.expected = 'status 203, both fields and 120,000 octets, as the application gave them';
      await trial.answered(asked, 203, 120_000);
      if (valuesOf(record, 'x-answer').join('|') !== 'forty-two')
        trial.fail('the field x-answer of the response is lost');
      if (hashOf(contentOf(asked)) !== hashOf(octetsOf('0123456789'.repeat(12_000))))
        trial.fail('the content of the response has other octets than the application gave');
    },
  },

  'cookies-are-one-value': {
    requirement: 'rfc9113/8.2.3/2',
    title: 'Cookie lines reach the application as one value, joined by "; ".',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['cookie', 'a=b', 'x-between', '1', 'cookie', 'c=d; e=f', 'cookie', 'g=h'];
      const saw = await trial.echo(peer, 'a', { fields });
      const cookies = valuesOf(saw, 'cookie');
      const seen = `the application sees the cookies ${JSON.stringify(cookies)}`;
      const joined = cookies.length === 1 && cookies[0] === 'a=b; c=d; e=f; g=h';
      trial.holds('one cookie, "a=b; c=d; e=f; g=h"', seen, joined);
    },
  },

  'host-is-the-authority': {
    requirement: 'rfc9113/8.3.1/9',
    title: 'The application sees one host, that of :authority.',
    interfaces: ALL,
    adapter: ['MSGI-ADAPT-1'],
    async run(trial) {
      const peer = await trial.open();
      const { hosts } = await trial.echo(peer, 'a');
      const seen = `the application sees the hosts ${JSON.stringify(hosts)}`;
      const { authority } = trial.subject;
      trial.holds(`one host, ${authority}`, seen, hosts.length === 1 && hosts[0] === authority);
    },
  },

  'target-arrives-unchanged': {
    requirement: 'rfc9113/8.3.1/i2',
    title: 'Path and query reach the application as they were sent; an interface with a decoded path decodes it once.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      const query = 'q=%41&r=a+b?c&&d';
      const asked = trial.askAt(peer, 'a', `${PATH}?${query}`);
      const saw = await trial.echoed(asked);
      const path = `${trial.exchange('a').path}${DECODED[trial.face] ?? PATH}`;
      trial.expected = `path ${path} and query ${query}`;
      trial.seen = `the application sees path ${JSON.stringify(saw.path)} and query ${JSON.stringify(saw.query)}`;
      if (saw.query !== query) trial.fail(`the query is changed: ${trial.seen}`);
      if (saw.path !== path) trial.fail(`the path is changed: ${trial.seen}`);
    },
  },

  'no-connection-fields-in-responses': {
    requirement: 'rfc9113/8.2.2/1',
    also: ['rfc9113/8.2.2/5'],
    title: 'Connection-specific fields that an application sets never come over HTTP/2.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      for (const name of CONNECTION_FIELDS) {
        const asked = await trial.called(peer, name);
        const value = { connection: 'close', 'transfer-encoding': 'chunked', upgrade: 'h2c' }[name] ?? 'timeout=5';
        const record = await trial.tries(asked, { fields: [name, value], text: 'ok' });
        trial.expected = `${name} of the application stays behind`;
        const values = record === null ? [] : valuesOf(record, name);
        if (values.length > 0) trial.fail(`the response has ${name}: ${values.join()}`);
      }
      trial.seen = `none of ${CONNECTION_FIELDS.join(', ')} has come`;
    },
  },

  'connection-fields-are-no-failure': {
    requirement: 'MSGI-ADAPT-6',
    title: 'A connection-specific field of an old application is dropped, and its response comes all the same.',
    interfaces: ['node', 'fetch', 'asgi'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['connection', 'keep-alive', 'upgrade']) {
        const asked = await trial.called(peer, name);
        const value = name === 'connection' ? 'close' : 'x';
        const record = await trial.answers(asked, { fields: [name, value, 'x-other', '1'], text: 'ok' });
        await trial.answered(asked, 200, 2);
        trial.expected = `${name} is dropped`;
        if (valuesOf(record, name).length > 0) trial.fail(`the response has ${name}`);
        if (valuesOf(record, 'x-other').length !== 1) trial.fail(`x-other is dropped with ${name}`);
      }
      trial.seen = 'each response comes without the field';
    },
  },

  'no-content-where-none-belongs': {
    requirement: 'rfc9113/8.1.1/i2',
    also: ['rfc9113/8.1.1/i9'],
    title: 'A response to HEAD, and one with 204 or 304, has no content, whatever the application gives.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      for (const [name, method, status] of [
        ['head', 'HEAD', 200],
        ['empty', 'GET', 204],
        ['known', 'GET', 304],
      ] as const) {
        const asked = await trial.called(peer, name, { method });
        const record = await trial.tries(asked, { status, text: 'content' });
        trial.expected = `no content with ${method} and ${status}`;
        // The constructor of Fetch's Response throws for such a status with content.
        if (record === null) continue;
        if (record.octets > 0) trial.fail(`${record.octets} octets of content with ${method} and ${status}`);
        const [length] = valuesOf(record, 'content-length');
        if (status === 204 && length !== undefined && length !== '0') trial.fail(`204 has content-length ${length}`);
        if (status === 204 && length === '0') trial.weak('204 has content-length 0');
      }
      trial.seen = 'neither HEAD nor 204 nor 304 has content';
    },
  },

  'head-has-the-length-of-get': {
    requirement: 'rfc9110/8.6/4',
    adapter: ['MSGI-WSGI-9'],
    title: 'A response to HEAD for which the application gives neither content nor length has no content-length of 0.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      await trial.answers(await trial.called(peer, 'get'), { text: 'seven..' });
      const record = await trial.answers(await trial.called(peer, 'head', { method: 'HEAD' }));
      const length = valuesOf(record, 'content-length').join();
      const seen = `content-length is ${length || 'absent'} with HEAD where GET has 7 octets`;
      trial.holds('no content-length with HEAD, or that of GET', seen, length === '' || length === '7');
    },
  },
});
