/** Tunnels by the Upgrade of HTTP/1.1 (section 8.2). The control is made over HTTP/2. */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Addressed, GatewayTrial } from '../../../gateway/trial.ts';
import type { Http1Peer } from '../../../peer/http1.ts';

/** The key that RFC 6455 §1.3 has for an example, and what answers it. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** Tells what was asked for. */
const tells: Handler = (x, kit) => {
  const { version, method, protocol, scheme, authority, target, base, fields } = x.request;
  const names = fields.filter((_, i) => i % 2 === 0);
  kit.report('request', { version, method, protocol, scheme, authority, path: base + target });
  kit.report(
    'upgrade',
    ['connection', 'upgrade', 'sec-websocket-key', 'sec-websocket-version'].filter(name => names.includes(name)),
  );
};

/** Tells it and refuses. */
const refuses: Handler = (x, kit) => {
  void tells(x, kit);
  x.respond(403, [], 'refused');
};

/** Tells it, opens the tunnel and echoes. */
const opens: Handler = async (x, kit) => {
  void tells(x, kit);
  const out = x.start(200, ['x-tunnel', 'yes']);
  for await (const chunk of x.body) await out.write(chunk);
  await out.end();
};

/** Tells it, takes the content and answers. */
const answers: Handler = async (x, kit) => {
  void tells(x, kit);
  while ((await x.body.read()) !== null);
  x.respond(200, [], 'answer');
};

interface Upgrading {
  readonly method?: string;
  readonly protocol?: string;
  readonly lines?: readonly string[];
  readonly content?: string;
}

/** Asks for the upgrade on an HTTP/1.1 connection of its own. */
async function upgrade(
  trial: GatewayTrial,
  name: string,
  { method = 'GET', protocol = 'websocket', lines = [], content = '' }: Upgrading = {},
): Promise<{ readonly exchange: Addressed; readonly peer: Http1Peer }> {
  await trial.open();
  const peer = await trial.http1();
  const exchange = trial.exchange(name);
  const head = [
    `${method} ${exchange.path} HTTP/1.1`,
    `host: ${trial.subject.authority}`,
    'connection: upgrade',
    `upgrade: ${protocol}`,
    `sec-websocket-key: ${KEY}`,
    'sec-websocket-version: 13',
    ...lines,
  ];
  peer.write(`${head.join('\r\n')}\r\n\r\n${content}`);
  return { exchange, peer };
}

/** The head of the response, in lower case. */
async function head(trial: GatewayTrial, peer: Http1Peer, status: number): Promise<string> {
  trial.expected = `status ${status} on HTTP/1.1`;
  await peer.read(/\r\n\r\n/, 'the head of the response');
  const [text = ''] = peer.text.split('\r\n\r\n', 1);
  if (!text.startsWith(`HTTP/1.1 ${status}`)) trial.fail(`"${text.split('\r\n', 1)[0]}" comes, not status ${status}`);
  return text.toLowerCase();
}

/** The upgrade is as if it were not there: an ordinary request and its answer. */
async function ordinary(trial: GatewayTrial, options: Upgrading): Promise<void> {
  const { exchange, peer } = await upgrade(trial, 'a', options);
  const { authority } = trial.subject;
  const { method = 'GET' } = options;
  const { path } = exchange;
  await trial.reported(exchange, 'request', { version: '1.1', method, protocol: '', scheme: 'http', authority, path });
  await head(trial, peer, 200);
  await peer.read(/\r\n\r\nanswer$/, 'the content of the response');
  trial.seen = `an ordinary ${method}, and its answer`;
}

export default suite('tunnels', {
  'upgrade-not-listed': {
    requirement: 'MSGI-TUN-4',
    title: 'An HTTP/1.1 request with an upgrade that is not listed is one without it.',
    claims: ['tunnel', 'http1'],
    app: answers,
    run: trial => ordinary(trial, { protocol: 'msgi-kit-unlisted' }),
  },

  'upgrade-with-content': {
    requirement: 'MSGI-TUN-16',
    title: 'An upgrade in an HTTP/1.1 request that has content is taken for one that is not listed.',
    claims: ['tunnel', 'http1'],
    app: answers,
    run: trial => ordinary(trial, { method: 'POST', lines: ['content-length: 4'], content: 'body' }),
  },

  'upgrade-is-a-connect': {
    requirement: 'MSGI-TUN-13',
    title:
      'A listed upgrade is presented as CONNECT with its protocol, and scheme, authority and target of the request.',
    claims: ['tunnel', 'http1'],
    app: refuses,
    async run(trial) {
      const { exchange, peer } = await upgrade(trial, 'a');
      const { authority } = trial.subject;
      const { path } = exchange;
      const seen = { version: '1.1', method: 'CONNECT', protocol: 'websocket', scheme: 'http', authority, path };
      await trial.reported(exchange, 'request', seen);
      await head(trial, peer, 403);
    },
  },

  'upgrade-is-answered-with-101': {
    requirement: 'MSGI-TUN-14',
    title: 'A start with 2xx on an upgrade sends 101 with connection, upgrade and the fields given; then octets pass.',
    claims: ['tunnel', 'http1'],
    app: opens,
    async run(trial) {
      const { peer } = await upgrade(trial, 'a');
      const text = await head(trial, peer, 101);
      for (const line of ['connection: upgrade', 'upgrade: websocket', 'x-tunnel: yes'])
        if (!text.includes(`\r\n${line}`)) trial.fail(`the 101 lacks "${line}"`);
      peer.write('\0GET / HTTP/1.1\r\n\r\n');
      await peer.read(/\r\n\r\n\0GET \/ HTTP\/1\.1\r\n\r\n$/, 'the echo of what passes through the tunnel');
      trial.seen = '101 with its fields, and the echo';
    },
  },

  'the-key-is-answered': {
    requirement: 'MSGI-TUN-15',
    title: 'An upgrade to websocket has its key answered by the server: the application sees the other fields alone.',
    claims: ['tunnel', 'http1'],
    app: opens,
    async run(trial) {
      const { exchange, peer } = await upgrade(trial, 'a');
      await trial.reported(exchange, 'upgrade', ['sec-websocket-version']);
      await head(trial, peer, 101);
      const accept = /^sec-websocket-accept: *(.*?) *\r$/im.exec(peer.text)?.[1] ?? 'none';
      trial.expected = `sec-websocket-accept ${ACCEPT}`;
      if (accept !== ACCEPT) trial.fail(`sec-websocket-accept is ${accept}, not ${ACCEPT}`);
      trial.seen = trial.expected;
    },
  },

  'a-refused-upgrade-closes': {
    requirement: 'MSGI-TUN-8',
    title: 'An HTTP/1.1 connection is closed after a response that refuses a tunnel.',
    claims: ['tunnel', 'http1'],
    app: refuses,
    async run(trial) {
      const { peer } = await upgrade(trial, 'a');
      await head(trial, peer, 403);
      await peer.read(/\r\n\r\nrefused/, 'the content of the response');
      trial.expected = 'the connection is closed behind the response';
      await peer.ended();
      trial.seen = trial.expected;
    },
  },
});
