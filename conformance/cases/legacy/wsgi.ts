/** What PEP 3333 promises an application, and what chapter 12.3 of the specification adds for adapters. */
import { data, rstStream } from '../../../wire/index.ts';
import { contentOf } from '../../gateway/requests.ts';
import type { Asked } from '../../gateway/trial.ts';
import { legacyChapter } from '../../legacy/case.ts';
import { arrived } from '../../legacy/content.ts';
import { valuesOf } from '../../legacy/saw.ts';
import type { LegacyTrial } from '../../legacy/trial.ts';
import { describeAnswer } from '../../trial.ts';

const WSGI = ['wsgi'] as const;

/** The environ of a request that is answered at once; only what is text. */
async function environOf(trial: LegacyTrial, asked: Asked): Promise<Readonly<Record<string, string>>> {
  const { raw } = await trial.saw(asked);
  await trial.answers(asked);
  return raw['environ'] as Readonly<Record<string, string>>;
}

const textOf = (asked: Asked): string => Buffer.from(contentOf(asked)).toString('latin1');

/** Waits until `close` of the iterable was called, and gives how often, once nothing more can come. */
async function closes(trial: LegacyTrial, asked: Asked): Promise<number> {
  await trial.told(asked, 'closed');
  await trial.quietApp(asked.peer);
  return trial.times(asked, 'closed');
}

export default legacyChapter('wsgi', {
  environ: {
    requirement: 'pep3333/environ/1',
    title: 'The environ is a dict with every variable that PEP 3333 names, each of its type.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const { raw } = await trial.echo(peer, 'a');
      const kinds = raw['kinds'] as Readonly<Record<string, string>>;
      const texts = ['REQUEST_METHOD', 'PATH_INFO', 'SERVER_NAME', 'SERVER_PORT', 'SERVER_PROTOCOL', 'wsgi.url_scheme'];
      const others = [
        'wsgi.version',
        'wsgi.input',
        'wsgi.errors',
        'wsgi.multithread',
        'wsgi.multiprocess',
        'wsgi.run_once',
      ];
      trial.expected = 'a dict with each variable, those of CGI native strings';
      if (raw['dict'] !== true) trial.fail('environ is no dict, but of a class of its own');
      const absent = [...texts, ...others].filter(name => kinds[name] === undefined);
      if (absent.length > 0) trial.fail(`environ lacks ${absent.join(', ')}`);
      const wrong = Object.keys(kinds).filter(name => !name.includes('.') && kinds[name] !== 'str');
      const first = wrong[0] as string;
      if (wrong.length > 0) trial.fail(`${first} of environ is of the type ${kinds[first]}, no native string`);
      const version = JSON.stringify(raw['version']);
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
      const peer = await trial.open();
      const asked = trial.askAt(peer, 'a', '/x%20y?q=%41', { method: 'PUT' });
      const { raw } = await trial.saw(asked);
      await trial.answers(asked);
      const seen = raw['environ'] as Readonly<Record<string, string>>;
      const { host, port, scheme } = trial.subject.endpoint;
      const wanted: Readonly<Record<string, string | undefined>> = {
        REQUEST_METHOD: 'PUT',
        SCRIPT_NAME: '',
        PATH_INFO: `${asked.path}/x y`,
        QUERY_STRING: 'q=%41',
        CONTENT_TYPE: undefined,
        CONTENT_LENGTH: undefined,
        SERVER_NAME: trial.subject.authority.replace(/:[0-9]+$/, ''),
        SERVER_PORT: /:([0-9]+)$/.exec(trial.subject.authority)?.[1] ?? `${port}`,
        SERVER_PROTOCOL: 'HTTP/2.0',
        REMOTE_ADDR: host,
        HTTPS: scheme === 'https' ? 'on' : undefined,
        HTTP_HOST: trial.subject.authority,
        'wsgi.url_scheme': scheme,
      };
      trial.expected = 'each variable with the value of the table';
      for (const [name, value] of Object.entries(wanted))
        if (seen[name] !== value) trial.fail(`${name} is ${JSON.stringify(seen[name])}, not ${JSON.stringify(value)}`);
      if (!/^[0-9]+$/.test(seen['REMOTE_PORT'] ?? ''))
        trial.fail(`REMOTE_PORT is ${JSON.stringify(seen['REMOTE_PORT'])}`);
      const facts = { multithread: raw['multithread'], run_once: raw['run_once'], terminated: raw['terminated'] };
      if (JSON.stringify(facts) !== '{"multithread":true,"run_once":false,"terminated":true}')
        trial.fail(`wsgi.multithread, run_once and input_terminated are ${JSON.stringify(facts)}`);
      trial.seen = 'each variable has the value of the table';
    },
  },

  'native-strings': {
    requirement: 'pep3333/strings/1',
    also: ['rfc3875/4.1.5/i1'],
    title: 'The octets of a path come as latin-1, decoded once.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.askAt(peer, 'a', '/%E2%82%AC%2520');
      const { raw } = await trial.saw(asked);
      await trial.answers(asked);
      const { PATH_INFO: path = '' } = raw['environ'] as Readonly<Record<string, string>>;
      trial.expected = 'a path that ends in the three octets of a euro sign and %20';
      trial.seen = `PATH_INFO is ${JSON.stringify(path)}`;
      if ((raw['wide'] as readonly string[]).length > 0) trial.fail(`characters above U+00FF: ${trial.seen}`);
      if (!path.endsWith('/\u00e2\u0082\u00ac%20')) trial.fail(trial.seen);
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
        const { QUERY_STRING = '' } = await environOf(trial, trial.askAt(peer, name, rest));
        trial.expected = `the query ${JSON.stringify(query)}`;
        trial.seen = `QUERY_STRING is ${JSON.stringify(QUERY_STRING)}`;
        if (QUERY_STRING !== query) trial.fail(trial.seen);
      }
    },
  },

  'fields-of-one-name': {
    requirement: 'rfc3875/4.1.18/1',
    title: 'Lines of one field become one value, in their order.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['x-list', 'a', 'x-other', '1', 'x-list', 'b, c'];
      const { HTTP_X_LIST = '' } = await environOf(trial, trial.ask(peer, 'a', { fields }));
      trial.expected = 'one value with a, b and c';
      trial.seen = `HTTP_X_LIST is ${JSON.stringify(HTTP_X_LIST)}`;
      if (HTTP_X_LIST.split(/[ \t]*,[ \t]*/).join() !== 'a,b,c') trial.fail(trial.seen);
    },
  },

  'joined-by-a-comma': {
    requirement: 'MSGI-WSGI-4',
    title: 'An adapter joins lines of one field by "," alone.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const { HTTP_X_LIST } = await environOf(trial, trial.ask(peer, 'a', { fields: ['x-list', 'a', 'x-list', 'b'] }));
      trial.expected = 'HTTP_X_LIST is "a,b"';
      trial.seen = `HTTP_X_LIST is ${JSON.stringify(HTTP_X_LIST)}`;
      if (HTTP_X_LIST !== 'a,b') trial.fail(trial.seen);
    },
  },

  'no-names-with-underscores': {
    requirement: 'MSGI-WSGI-2',
    title: 'A field whose name has "_" in it does not reach the application.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const fields = ['x_user', 'forged', 'x-user', 'checked', 'x_alone', 'forged'];
      const { HTTP_X_USER, HTTP_X_ALONE } = await environOf(trial, trial.ask(peer, 'a', { fields }));
      trial.expected = 'HTTP_X_USER is "checked", and HTTP_X_ALONE absent';
      trial.seen = `HTTP_X_USER is ${JSON.stringify(HTTP_X_USER)}, HTTP_X_ALONE ${JSON.stringify(HTTP_X_ALONE ?? null)}`;
      if (HTTP_X_USER !== 'checked' || HTTP_X_ALONE !== undefined) trial.fail(trial.seen);
    },
  },

  'no-proxy': {
    requirement: 'MSGI-WSGI-3',
    title: 'The field "proxy" does not reach the application.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const fields = ['proxy', 'http://other.example', 'x-proxy', '1'];
      const { HTTP_PROXY, HTTP_X_PROXY } = await environOf(trial, trial.ask(peer, 'a', { fields }));
      trial.expected = 'no HTTP_PROXY';
      if (HTTP_PROXY !== undefined) trial.fail(`HTTP_PROXY is ${JSON.stringify(HTTP_PROXY)}`);
      if (HTTP_X_PROXY !== '1') trial.fail('x-proxy is dropped as well');
    },
  },

  'input-has-an-end': {
    requirement: 'pep3333/input/1',
    title: 'Reading past the end of the content gives b"" each time.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['content-length', '5'];
      const asked = trial.ask(peer, 'a', { method: 'POST', fields, endStream: false });
      trial.contentNow(asked, 'hello');
      await trial.saw(asked);
      const first = await trial.reads(asked);
      trial.expected = 'five octets, then none';
      if (first.text !== 'hello') trial.fail(`the application reads ${JSON.stringify(first.text)}`);
      const { result, error } = await trial.did(asked, 'read');
      await trial.answers(asked);
      if (error !== null) return trial.weak(`reading past the end raises ${error.name}`);
      if ((result as { readonly octets: number }).octets !== 0) trial.fail('there is content behind the end');
    },
  },

  'input-by-lines': {
    requirement: 'pep3333/input/2',
    title: 'The calls readline, readlines and iteration give the lines of the content.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['content-length', '17'];
      for (const way of ['readline', 'readlines', 'hint', 'iterate']) {
        const asked = trial.ask(peer, way, { method: 'POST', fields, endStream: false });
        peer.send(data(asked.stream, 'one\nt'));
        trial.contentNow(asked, 'wo\n\nthree...');
        await trial.saw(asked);
        const lines = JSON.stringify(await trial.does(asked, 'lines', { way }));
        await trial.answers(asked);
        trial.expected = `four lines by ${way}`;
        if (lines !== JSON.stringify(['one\n', 'two\n', '\n', 'three...'])) trial.fail(`${way} gives ${lines}`);
      }
      trial.seen = 'each way gives four lines';
    },
  },

  'head-waits-for-content': {
    requirement: 'pep3333/start-response/1',
    adapter: ['MSGI-WSGI-7', 'MSGI-WSGI-11'],
    title: 'The head waits for a block that is not empty: start_response with exc_info replaces it until then.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.head(asked, { status: 200, fields: ['x-head', 'first'] });
      await trial.does(asked, 'block');
      await trial.quietApp(peer);
      const record = peer.stream(asked.stream);
      trial.expected = 'status 503, which replaces 200 before the first block with content';
      if (record.status !== 0) trial.fail(`the head of status ${record.status} is sent with an empty block`);
      await trial.does(asked, 'start', { status: 503, fields: ['x-head', 'second'], exc_info: true });
      trial.act(asked, 'block', { text: 'sorry' });
      trial.act(asked, 'end');
      await trial.answered(asked, 503, 5);
      if (valuesOf(record, 'x-head').join() !== 'second') trial.fail(`x-head is ${valuesOf(record, 'x-head').join()}`);
    },
  },

  'an-empty-response-has-a-head': {
    requirement: 'pep3333/start-response/1',
    adapter: ['MSGI-WSGI-7'],
    title: 'A response without any content is sent at its end.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.head(asked, { status: 201 });
      await trial.does(asked, 'block');
      trial.act(asked, 'end');
      await trial.answered(asked, 201, 0);
    },
  },

  'exc-info-is-raised': {
    requirement: 'pep3333/start-response/2',
    adapter: ['MSGI-WSGI-11'],
    title: 'A call of start_response with exc_info raises that exception once the head is sent.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.head(asked);
      trial.act(asked, 'block', { text: 'block' });
      await arrived(trial, asked, 5);
      const { error } = await trial.did(asked, 'start', { status: 500, fields: [], exc_info: true });
      trial.expected = 'ValueError, which exc_info holds';
      trial.seen = `start_response raises ${error === null ? 'nothing' : error.name}`;
      if (error?.name !== 'ValueError') trial.fail(trial.seen);
      trial.act(asked, 'end');
    },
  },

  'start-response-twice': {
    requirement: 'pep3333/start-response/4',
    title: 'A second start_response without exc_info raises an error.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      await trial.does(asked, 'start', { status: 200, fields: [] });
      const { error } = await trial.did(asked, 'start', { status: 202, fields: [] });
      trial.expected = 'an error from the second call';
      if (error === null) trial.weak('start_response takes a second head without exc_info');
      else trial.seen = `the second call raises ${error.name}`;
      trial.act(asked, 'fail');
    },
  },

  'write-callable': {
    requirement: 'pep3333/start-response/3',
    adapter: ['MSGI-WSGI-12'],
    title: 'What is given to the callable of start_response comes before what is returned.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      const started = (await trial.does(asked, 'start', { status: 200, fields: [] })) as { readonly callable: boolean };
      if (!started.callable) trial.fail('start_response gives nothing that can be called');
      await trial.does(asked, 'write', { text: 'one ' });
      await trial.does(asked, 'write', { text: 'two ' });
      trial.act(asked, 'return', { blocks: ['three'], kind: 'list' });
      await trial.answered(asked, 200, 13);
      if (textOf(asked) !== 'one two three') trial.fail(`the content is ${JSON.stringify(textOf(asked))}`);
    },
  },

  'blocks-are-not-held-back': {
    requirement: 'pep3333/buffering/1',
    adapter: ['MSGI-WSGI-8', 'MSGI-ADAPT-14'],
    title: 'A block reaches the client before the next one is given.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.head(asked);
      for (const octets of [5, 10]) {
        trial.act(asked, 'block', { text: 'block' });
        trial.expected = `${octets} octets come while the application gives no more`;
        await arrived(trial, asked, octets);
      }
      trial.act(asked, 'end');
      await trial.answered(asked, 200, 10);
    },
  },

  'writes-are-not-held-back': {
    requirement: 'pep3333/buffering/1',
    title: 'What is written reaches the client before the application returns.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      const started = (await trial.does(asked, 'start', { status: 200, fields: [] })) as { readonly callable: boolean };
      if (!started.callable) {
        trial.act(asked, 'return', { blocks: [], kind: 'list' });
        trial.notApplicable('start_response gives nothing that can be called: wsgi/write-callable is about that');
      }
      trial.act(asked, 'write', { text: 'block' });
      await arrived(trial, asked, 5);
      trial.act(asked, 'return', { blocks: [], kind: 'list' });
      await trial.answered(asked, 200, 5);
    },
  },

  'close-once': {
    requirement: 'pep3333/close/1',
    adapter: ['MSGI-WSGI-10'],
    title: 'The close of the iterable is called once, at its end and after its failure.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      for (const how of ['end', 'fail'] as const) {
        const asked = trial.ask(peer, how);
        await trial.saw(asked);
        trial.head(asked);
        trial.act(asked, 'block', { text: 'block' });
        trial.act(asked, how);
        await peer.answer(asked.stream);
        const count = await closes(trial, asked);
        trial.expected = `one call of close behind "${how}"`;
        if (count !== 1) trial.fail(`close is called ${count} times behind "${how}"`);
      }
      trial.seen = 'close is called once behind the end, and once behind the failure';
    },
  },

  'close-once-when-the-client-leaves': {
    requirement: 'pep3333/close/1',
    adapter: ['MSGI-WSGI-10'],
    title: 'The close of the iterable is called once when the client has left in the middle.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.head(asked);
      trial.act(asked, 'block', { text: 'block' });
      await arrived(trial, asked, 5);
      peer.send(rstStream(asked.stream, 'CANCEL'));
      await trial.quietApp(peer);
      trial.act(asked, 'flow', { text: 'x', times: 1000, count: 50 });
      const count = await closes(trial, asked);
      trial.expected = 'one call of close';
      trial.seen = `close is called ${count} times when the client has left`;
      if (count !== 1) trial.fail(trial.seen);
    },
  },

  'stops-when-the-client-leaves': {
    requirement: 'MSGI-WSGI-15',
    title: 'Nothing is asked of the iterable any more when the exchange has failed.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.head(asked);
      trial.act(asked, 'block', { text: 'block' });
      await arrived(trial, asked, 5);
      peer.send(rstStream(asked.stream, 'CANCEL'));
      await trial.quietApp(peer);
      trial.act(asked, 'block', { text: 'for nobody' });
      await trial.told(asked, 'closed');
      const asks = trial.times(asked, 'asked');
      trial.expected = 'two blocks are asked for: the one that came, and the one that was under way';
      trial.seen = `${asks} blocks are asked for, the last ones of a response that nobody takes`;
      if (asks > 2) trial.fail(trial.seen);
    },
  },

  'length-of-one-block': {
    requirement: 'MSGI-WSGI-9',
    title: 'A sequence of one block gets a content-length, where the application gives none.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      for (const kind of ['list', 'tuple']) {
        const asked = trial.ask(peer, kind);
        await trial.saw(asked);
        await trial.does(asked, 'start', { status: 200, fields: [] });
        trial.act(asked, 'return', { blocks: ['seven..'], kind });
        const record = await trial.answered(asked, 200, 7);
        trial.expected = `content-length: 7 for a ${kind} of one block`;
        trial.seen = `content-length is ${valuesOf(record, 'content-length').join() || 'absent'} for a ${kind} of one block`;
        if (valuesOf(record, 'content-length').join() !== '7') trial.fail(trial.seen);
      }
    },
  },

  'no-more-than-content-length': {
    requirement: 'pep3333/length/1',
    also: ['rfc9113/8.1.1/i1'],
    title: 'Content beyond the content-length of the application is not sent.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      trial.act(asked, 'answer', { status: 200, fields: ['content-length', '5'], text: '0123456789', times: 1 });
      const record = await peer.answer(asked.stream);
      trial.expected = 'an error, a reset, or five octets';
      trial.seen = describeAnswer(record, peer);
      if (valuesOf(record, 'content-length').join() === '5' && record.octets > 5)
        trial.fail(`content-length 5 comes with ${record.octets} octets`);
    },
  },

  'hop-by-hop-is-a-failure': {
    requirement: 'MSGI-WSGI-13',
    also: ['pep3333/hop-by-hop/1'],
    title: 'A hop-by-hop field of a WSGI application is its failure.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
        const asked = trial.ask(peer, name);
        await trial.saw(asked);
        const record = await trial.tries(asked, { fields: [name, 'x'], text: 'ok' });
        trial.expected = `an error from start_response, or 500, with ${name}`;
        if (record !== null && record.status !== 500 && record.resets.length === 0)
          trial.fail(`${name} of the application is answered with ${record.status}`);
      }
      trial.seen = 'each is a failure';
    },
  },

  expect: {
    requirement: 'pep3333/expect/1',
    also: ['rfc9113/8.1/i6'],
    title: 'A client that waits for 100 gets it when the application reads, or a final answer.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['expect', '100-continue', 'content-length', '5'];
      const asked = trial.ask(peer, 'a', { method: 'POST', fields, endStream: false });
      const record = peer.stream(asked.stream);
      const reading = trial.act(asked, 'read');
      trial.expected = 'informational 100, or a final status, before any content';
      await peer.until(() => record.interim.length > 0 || record.status > 0 || record.over || peer.over, 'the 100');
      if (record.status > 0) return;
      if (record.interim[0] !== 100) trial.fail(`no 100 comes: ${describeAnswer(record, peer)}`);
      trial.contentNow(asked, 'hello');
      const { result } = await trial.outcome(asked, reading);
      if ((result as { readonly text?: string } | null)?.text !== 'hello') trial.fail('the content behind 100 is lost');
      await trial.answers(asked);
      await trial.answered(asked, 200, 0);
    },
  },

  informs: {
    requirement: 'MSGI-WSGI-1',
    title: 'The function msgi.inform sends an informational response.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      const link = '</style.css>; rel=preload';
      const called = JSON.stringify(
        await trial.does(asked, 'call', { key: 'msgi.inform', args: [103, [['link', link]]] }),
      );
      await trial.answers(asked);
      const { interim, interimFields } = peer.stream(asked.stream);
      trial.expected = `true, and 103 with link: ${link}`;
      if (called !== '{"offered":true,"result":true}') trial.fail(`msgi.inform gives ${called}`);
      if (interim[0] !== 103 || valuesOf({ fields: interimFields[0] ?? [] }, 'link').join() !== link)
        trial.fail(`msgi.inform sends no 103 with its link: ${JSON.stringify(interimFields)}`);
    },
  },

  pushes: {
    requirement: 'MSGI-WSGI-1',
    title: 'The function msgi.push promises a request.',
    interfaces: WSGI,
    claims: ['adapter', 'push'],
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 1]] });
      const asked = trial.ask(peer, 'a');
      await trial.saw(asked);
      const { path } = trial.exchange('pushed');
      const called = JSON.stringify(await trial.does(asked, 'call', { key: 'msgi.push', args: [path] }));
      await trial.answers(asked);
      trial.expected = `true, and a promise of ${path}`;
      if (called !== '{"offered":true,"result":true}') trial.fail(`msgi.push gives ${called}`);
      const promised = peer.received.flatMap(({ payload }) =>
        payload.type === 'PUSH_PROMISE' ? [payload.promised] : [],
      );
      const paths = promised.map(stream => valuesOf({ fields: peer.stream(stream).request }, ':path').join());
      if (paths.join() !== path) trial.fail(`promised is ${paths.join() || 'nothing'}`);
    },
  },

  priority: {
    requirement: 'MSGI-WSGI-1',
    title: 'The function msgi.priority gives the urgency and whether the response is incremental.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { fields: ['priority', 'u=1, i'] });
      await trial.saw(asked);
      const called = JSON.stringify(await trial.does(asked, 'call', { key: 'msgi.priority' }));
      await trial.answers(asked);
      trial.expected = 'urgency 1, incremental';
      trial.seen = `msgi.priority gives ${called}`;
      if (called !== '{"offered":true,"result":[1,true]}') trial.fail(trial.seen);
    },
  },
});
