/** The same message on every version (section 9.2). */
import { data, latin1, latin1Text } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { answerOf, askAlone } from '../../../gateway/plain.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import { describeResponse } from '../../../peer/http1-response.ts';
import type { Peer } from '../../../peer/peer.ts';

/** Fields that a version adds to frame a message, and the time. */
const FRAMING = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'trailer', 'date'];

const FIELDS = ['content-type', 'text/plain', 'x-kit', 'one, two', 'set-cookie', 'a=1', 'set-cookie', 'b=2'];

const HANDLERS: Readonly<Record<string, Handler>> = {
  responds: x => x.respond(200, FIELDS, 'a whole response'),
  streams: async x => {
    const out = x.start(201, FIELDS);
    for (const part of ['one', 'two', 'three']) await out.write(part);
    await out.end();
  },
  trails: async x => {
    x.inform(102);
    const out = x.start(200, FIELDS);
    await out.write('content');
    await out.end(['x-trailer', 'yes']);
  },
  declares: async x => {
    const out = x.start(200, [...FIELDS, 'content-length', '7']);
    await out.write('content');
    await out.end();
  },
  empty: x => x.respond(204, ['x-kit', 'empty']),
  missing: x => x.respond(404, FIELDS, 'not here'),
  head: x => x.respond(200, FIELDS, 'content that HEAD leaves out'),
  echo: async x => {
    const out = x.start(200, FIELDS);
    const chunks: Uint8Array[] = [];
    for await (const chunk of x.body) chunks.push(chunk);
    for (const chunk of chunks) await out.write(chunk);
    await out.end();
  },
};

interface Message {
  readonly status: number;
  readonly fields: readonly string[];
  readonly content: string;
}

const CONTENT = 'what is sent comes back';

export default suite('degrade', {
  'the-same-message-on-every-version': {
    requirement: 'MSGI-CAPS-6',
    title: 'An application that ignores caps gives the same message over HTTP/2, HTTP/1.1 and HTTP/1.0.',
    claims: ['http1'],
    app: HANDLERS,
    async run(trial) {
      const peer = await trial.open();
      for (const name of Object.keys(HANDLERS)) {
        const wanted = await overHttp2(trial, peer, name);
        for (const version of ['1.1', '1.0'] as const) {
          trial.expected = `${name} over HTTP/${version} is ${JSON.stringify(wanted)}`;
          const seen = await overHttp1(trial, name, version);
          if (JSON.stringify(seen) !== JSON.stringify(wanted))
            trial.fail(`${name} over HTTP/${version} is ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`);
        }
      }
      trial.seen = `${Object.keys(HANDLERS).length} applications, each with the same message on three versions`;
    },
  },
});

const methodOf = (name: string): string => ({ echo: 'POST', head: 'HEAD' })[name] ?? 'GET';

async function overHttp2(trial: GatewayTrial, peer: Peer, name: string): Promise<Message> {
  const fields = name === 'echo' ? ['content-length', `${CONTENT.length}`] : [];
  const asked = trial.ask(peer, name, { method: methodOf(name), fields, endStream: name !== 'echo' });
  if (name === 'echo') peer.send(data(asked.stream, latin1(CONTENT), { endStream: true }));
  const { status, fields: received, gotEnd } = await peer.answer(asked.stream);
  if (!gotEnd) trial.fail(`${name} over HTTP/2 is not whole`);
  const parts = peer.received.flatMap(({ frame, payload }) =>
    frame.stream === asked.stream && payload.type === 'DATA' ? [latin1Text(payload.content)] : [],
  );
  return {
    status,
    fields: compared(received.filter((_, i) => !received[i - (i % 2)]?.startsWith(':'))),
    content: parts.join(''),
  };
}

async function overHttp1(trial: GatewayTrial, name: string, version: '1.0' | '1.1'): Promise<Message> {
  const content = name === 'echo' ? { content: CONTENT } : {};
  const asked = await askAlone(trial, `${name}-${version === '1.0' ? 10 : 11}`, {
    version,
    method: methodOf(name),
    ...content,
  });
  const response = await answerOf(asked);
  if (!response.whole) trial.fail(`${name} over HTTP/${version}: ${describeResponse(response)}`);
  return { status: response.status, fields: compared(response.fields), content: response.content };
}

/** Without what frames, each line as one text; lines of one name keep their order. */
function compared(fields: readonly string[]): readonly string[] {
  return fields
    .flatMap((value, i) => (i % 2 === 1 ? [[fields[i - 1] as string, value] as const] : []))
    .filter(([name]) => !FRAMING.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}: ${value}`);
}
