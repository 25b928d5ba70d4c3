/** Upgrade of HTTP/1.1 (sections 8.1 and 8.2). */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { answerOf, askAlone, type PlainAsked } from '../../../gateway/plain.ts';
import { fieldNames } from '../../../gateway/reported.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import { valuesOf } from '../../../peer/http1-response.ts';

/** The key of RFC 6455 §1.3, and what answers it. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const upgrade = (protocol: string): readonly string[] => ['connection', 'upgrade', 'upgrade', protocol];
const WEBSOCKET = [...upgrade('websocket'), 'sec-websocket-key', KEY, 'sec-websocket-version', '13'];

const shape: Handler = async (x, kit) => {
  const { method, protocol, scheme, authority, target, fields } = x.request;
  kit.report('shape', { method, protocol, scheme, authority, target });
  kit.report('tunnel', x.caps.tunnel);
  kit.report('names', fieldNames(fields));
  if (method === 'CONNECT') return x.respond(403);
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  x.respond(200, [], `${octets}`);
};

const echo: Handler = async (x, kit) => {
  const out = x.start(200, ['x-kit', 'yes']);
  for await (const chunk of x.body) await out.write(chunk);
  kit.report('ended');
  await out.end();
};

const opened = (trial: GatewayTrial): Promise<PlainAsked> => askAlone(trial, 'a', { fields: WEBSOCKET });

export default suite('degrade', {
  'an-unlisted-upgrade-is-none': {
    requirement: 'MSGI-TUN-4',
    title: 'A request with an upgrade that is not listed is served as one without it.',
    claims: ['http1'],
    app: shape,
    async run(trial) {
      await trial.open();
      const asked = await askAlone(trial, 'a', { fields: upgrade('msgi-kit-unlisted') });
      await servedAsGet(trial, asked, 0);
    },
  },

  'an-upgrade-with-content-is-none': {
    requirement: 'MSGI-TUN-16',
    title: 'A request with content and a listed upgrade is served as one without it.',
    claims: ['http1', 'tunnel'],
    app: shape,
    async run(trial) {
      await trial.open();
      await servedAsGet(trial, await askAlone(trial, 'a', { fields: WEBSOCKET, content: 'four' }), 4);
    },
  },

  'an-upgrade-has-the-shape-of-connect': {
    requirement: 'MSGI-TUN-13',
    title: 'A request with a listed upgrade is given to the application as an extended CONNECT.',
    claims: ['http1', 'tunnel'],
    app: shape,
    async run(trial) {
      await trial.open();
      const asked = await opened(trial);
      const { authority, endpoint } = trial.subject;
      const rest = { scheme: endpoint.scheme, authority, target: asked.path };
      await trial.reported(asked, 'shape', { method: 'CONNECT', protocol: 'websocket', ...rest });
      await trial.reported(asked, 'tunnel', true);
    },
  },

  'a-refused-tunnel-closes': {
    requirement: 'MSGI-TUN-8',
    title: 'An HTTP/1.1 connection closes behind the response that refuses a tunnel, and serves nothing behind it.',
    claims: ['http1', 'tunnel'],
    app: shape,
    async run(trial) {
      await trial.open();
      const asked = await opened(trial);
      const { status } = await answerOf(asked);
      if (status !== 403) trial.fail(`status ${status}, where the application refuses with 403`);
      await asked.plain.ended('the end of the connection behind a refused tunnel');
      if (asked.plain.rest !== '') trial.fail(`behind the refusal comes ${JSON.stringify(asked.plain.rest)}`);
      trial.seen = 'status 403, then the end of the connection';
    },
  },

  'an-upgrade-is-answered-with-101': {
    requirement: 'MSGI-TUN-14',
    title:
      'A start with 200 on an upgrade sends 101 with connection, upgrade and the fields of the application, then octets.',
    claims: ['http1', 'tunnel'],
    app: echo,
    async run(trial) {
      await trial.open();
      const asked = await opened(trial);
      const { status, fields } = await answerOf(asked);
      const seen = ['connection', 'upgrade', 'x-kit'].map(name => valuesOf(fields, name).join().toLowerCase());
      trial.expected = 'status 101 with connection: upgrade, upgrade: websocket and x-kit: yes';
      if (status !== 101 || seen.join('; ') !== 'upgrade; websocket; yes')
        trial.fail(`status ${status} with connection, upgrade and x-kit: ${seen.join('; ')}`);
      await echoed(trial, asked);
    },
  },

  'the-key-is-the-servers': {
    requirement: 'MSGI-TUN-15',
    title: 'The field sec-websocket-key is not given to the application, and is answered with sec-websocket-accept.',
    claims: ['http1', 'tunnel'],
    app: {
      told: async (x, kit) => {
        kit.report('names', fieldNames(x.request.fields));
        await x.start(200).end();
      },
    },
    async run(trial) {
      await trial.open();
      const asked = await askAlone(trial, 'told', { fields: WEBSOCKET });
      const names = (await trial.report(asked, 'names')) as readonly string[];
      if (names.includes('sec-websocket-key')) trial.fail('the fields have sec-websocket-key');
      if (!names.includes('sec-websocket-version')) trial.fail('the fields have lost sec-websocket-version');
      const accept = valuesOf((await answerOf(asked)).fields, 'sec-websocket-accept').join();
      if (accept !== ACCEPT) trial.fail(`sec-websocket-accept is ${accept || 'missing'}, not ${ACCEPT}`);
      trial.seen = `sec-websocket-accept: ${accept}`;
    },
  },
});

async function servedAsGet(trial: GatewayTrial, asked: PlainAsked, octets: number): Promise<void> {
  const { status, content } = await answerOf(asked);
  if (status !== 200) trial.fail(`status ${status}, where the request without upgrade gets 200`);
  if (content !== `${octets}`) trial.fail(`${content} octets of content, not ${octets}`);
  const { method, protocol } = (await trial.report(asked, 'shape')) as { method: string; protocol: string };
  if (method !== 'GET' || protocol !== '') trial.fail(`the application sees ${method}, protocol "${protocol}"`);
  await trial.reported(asked, 'tunnel', false);
}

/** Octets that are no text go to the application and come back as they are; then both directions end. */
async function echoed(trial: GatewayTrial, { plain, ...asked }: PlainAsked): Promise<void> {
  const octets = '\x00\xff\x0d\x0a\x0d\x0aGET / HTTP/1.1\x0d\x0a\x0d\x0a';
  plain.write(octets);
  await plain.until(() => plain.rest.length >= octets.length, 'what was sent into the tunnel');
  if (plain.rest !== octets) trial.fail(`the tunnel gives ${JSON.stringify(plain.rest)} for ${JSON.stringify(octets)}`);
  plain.finish();
  await trial.report(asked, 'ended');
  await plain.ended('the end of the tunnel');
}
