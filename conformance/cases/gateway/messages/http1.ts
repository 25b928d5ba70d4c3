/** Heads and fields of HTTP/1.x (sections 2.1 to 2.3). */
import { authorityOf } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import type { Http1Peer } from '../../../peer/http1.ts';

/** The lines of a request without content, the connection to close behind it. */
export const request = (...lines: readonly string[]): string =>
  `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;

/** One request on a connection of its own, to the end of the answer. */
export async function asked(trial: GatewayTrial, text: string): Promise<Http1Peer> {
  const peer = await trial.http1();
  peer.write(text);
  await peer.ended('the end of the answer');
  return peer;
}

const WITHOUT_PATH = 'messages/absolute-form-without-a-path';

export default suite('messages', {
  'absolute-form': {
    requirement: 'MSGI-HEAD-3',
    title: 'A target in absolute form gives path, query and authority, whatever host says.',
    claims: ['http1'],
    app: (x, kit) => {
      const { authority, base, target, fields } = x.request;
      kit.report('path', base + target);
      kit.report('authority', authority);
      kit.report('host', fields.includes('host'));
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      const { authority } = trial.subject;
      const a = trial.exchange('a');
      await asked(trial, request(`GET http://${authority}${a.path}//b?c=%2f HTTP/1.1`, 'Host: other.invalid'));
      await trial.reported(a, 'path', `${a.path}//b?c=%2f`);
      await trial.reported(a, 'authority', authority);
      await trial.reported(a, 'host', false);
    },
  },

  'absolute-form-without-a-path': {
    requirement: 'MSGI-HEAD-4',
    title: 'A target in absolute form without a path is "/", or "*" of OPTIONS, with the query behind it.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('target', x.request.base + x.request.target);
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      const wanted = {
        get: ['GET', '', '/'],
        'get-query': ['GET', '?a=/b', '/?a=/b'],
        options: ['OPTIONS', '', '*'],
        'options-query': ['OPTIONS', '?a', '/?a'],
      } as const;
      for (const [name, [method, query, target]] of Object.entries(wanted)) {
        const exchange = trial.exchange(name);
        const authority = authorityOf(WITHOUT_PATH, exchange.key);
        await asked(trial, request(`${method} http://${authority}${query} HTTP/1.1`, `Host: ${authority}`));
        await trial.reported(exchange, 'target', target);
      }
    },
  },

  'fields-of-a-hop': {
    requirement: 'MSGI-FIELD-6',
    title: 'Connection-specific fields of HTTP/1.x, and those that connection names, are taken out.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('fields', [...x.request.fields]);
      kit.report('trailers', x.caps.trailers);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const a = trial.exchange('a');
      const hop = [
        'Connection: X-Hop, TE',
        'X-Hop: 1',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: close',
        'TE: trailers',
      ];
      await asked(
        trial,
        request(`GET ${a.path} HTTP/1.1`, `Host: ${trial.subject.authority}`, 'X-A:  1 ', ...hop, 'X-B: 2'),
      );
      await trial.reported(a, 'fields', ['x-a', '1', 'x-b', '2']);
      await trial.reported(a, 'trailers', true);
      const b = trial.ask(peer, 'b', { fields: ['te', 'trailers'] });
      await trial.reported(b, 'fields', [...trial.subject.fields, 'te', 'trailers']);
    },
  },

  'one-framing-over-http1': {
    requirement: 'MSGI-HEAD-14',
    title: 'A request of HTTP/1.1 with two ways to find its end is refused with 400, and its connection ends.',
    claims: ['http1'],
    app: x => x.respond(200),
    async run(trial) {
      const peer = await trial.open();
      const framings = {
        differ: ['Content-Length: 5', 'Content-Length: 6'],
        coded: ['Content-Length: 5', 'Transfer-Encoding: chunked'],
        word: ['Content-Length: five'],
      };
      for (const [name, lines] of Object.entries(framings)) {
        const { path } = trial.exchange(name);
        const plain = await trial.http1();
        plain.write(`${[`POST ${path} HTTP/1.1`, `Host: ${trial.subject.authority}`, ...lines].join('\r\n')}\r\n\r\n`);
        trial.expected = `${name} is refused with 400, and the connection ends`;
        const answer = await plain.read(/^HTTP\/1\.[01] ([0-9]{3})/, 'the refusal');
        trial.seen = `${name}: status ${answer?.[1] ?? 'none'}`;
        if (answer?.[1] !== '400') trial.fail(trial.seen);
        await plain.ended();
        await trial.notInvoked(peer, trial.exchange(name));
      }
    },
  },
});
