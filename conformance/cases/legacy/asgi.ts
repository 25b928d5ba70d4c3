/** What ASGI promises an application, and what its extensions offer of HTTP/2. */
import { data, rstStream } from '../../../wire/index.ts';
import type { Asked } from '../../gateway/trial.ts';
import { legacyChapter } from '../../legacy/case.ts';
import { hashOf } from '../../legacy/hash.ts';
import { valuesOf } from '../../legacy/saw.ts';
import type { LegacyTrial } from '../../legacy/trial.ts';
import { blocksAreNotHeldBack, hinted, LINK, promisesOf } from './alike.ts';

const ASGI = ['asgi'] as const;

/** Waits for the call; not applicable where the scope does not offer the extension. */
async function offered(trial: LegacyTrial, asked: Asked, extension: string): Promise<void> {
  const { raw } = await trial.saw(asked);
  if ((raw['extensions'] as readonly string[]).includes(extension)) return;
  await trial.answers(asked);
  trial.notApplicable(`the scope does not offer the extension ${extension}`);
}

export default legacyChapter('asgi', {
  scope: {
    requirement: 'asgi/http/scope',
    title: 'The scope has the version, the method in upper case, the scheme, and octets as query and headers.',
    interfaces: ASGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.askAt(peer, 'a', '?q=%41', { method: 'PUT', fields: ['x-list', 'a'] });
      const { raw, fields } = await trial.echoed(asked);
      const { type, asgi, http_version, method, scheme, query_string, octets } = raw;
      const seen = JSON.stringify({ type, asgi, http_version, method, scheme, query_string, octets });
      const wanted = JSON.stringify({
        type: 'http',
        asgi: '3.0',
        http_version: '2',
        method: 'PUT',
        scheme: trial.subject.endpoint.scheme,
        query_string: 'q=%41',
        octets: true,
      });
      trial.holds(`a scope with ${wanted}`, `the scope has ${seen}`, seen === wanted);
      const names = raw['headers'] as readonly string[];
      const wrong = names.find((name, at) => at % 2 === 0 && (name !== name.toLowerCase() || name.startsWith(':')));
      if (wrong !== undefined) trial.fail(`the headers have the name ${wrong}`);
      if (valuesOf({ fields }, 'x-list').join() !== 'a') trial.fail('the field x-list is lost');
    },
  },

  'request-events': {
    requirement: 'asgi/http/request',
    title:
      'The content comes as http.request events, whole and in order, of which the last alone has no more behind it.',
    interfaces: ASGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['content-length', '8004'];
      const asked = trial.ask(peer, 'a', { method: 'POST', fields, endStream: false });
      const parts = ['a'.repeat(4000), 'b', 'c'.repeat(4000)];
      for (const part of parts) peer.send(data(asked.stream, part));
      trial.contentNow(asked, 'end');
      await trial.saw(asked);
      const result = (await trial.does(asked, 'events')) as {
        readonly more: readonly boolean[];
        readonly hash: string;
      };
      await trial.answers(asked);
      const { more, hash } = result;
      trial.expected = 'the octets as they were sent, and more_body true on all events but the last';
      trial.seen = `${more.length} events come, more_body is ${JSON.stringify(more.slice(-3))} at the end`;
      if (more.at(-1) !== false || more.slice(0, -1).includes(false)) trial.fail(trial.seen);
      if (hash !== hashOf(Buffer.from(`${parts.join('')}end`)))
        trial.fail('the events have other octets than were sent');
    },
  },

  'blocks-are-not-held-back': {
    requirement: 'asgi/http/body',
    title: 'A body that is sent reaches the client before the next one is.',
    interfaces: ASGI,
    run: blocksAreNotHeldBack,
  },

  disconnect: {
    requirement: 'asgi/http/disconnect',
    title: 'A call of receive gives http.disconnect when the client resets the stream.',
    interfaces: ASGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.begun(peer);
      trial.act(asked, 'watch');
      peer.send(rstStream(asked.stream, 'CANCEL'));
      trial.expected = 'http.disconnect';
      await trial.told(asked, 'disconnect');
      trial.seen = 'http.disconnect has come';
    },
  },

  push: {
    requirement: 'asgi/http/push',
    title: 'The message http.response.push promises a request, where it is offered.',
    interfaces: ASGI,
    claims: ['push'],
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 1]] });
      const asked = trial.ask(peer, 'a');
      await offered(trial, asked, 'http.response.push');
      const { path } = trial.exchange('twin-1001');
      await trial.does(asked, 'push', { path });
      await trial.answers(asked);
      const paths = promisesOf(peer).map(promise => promise.path);
      trial.holds(`a promise of ${path}`, `promised is ${paths.join() || 'nothing'}`, paths.join() === path);
    },
  },

  'early-hints': {
    requirement: 'asgi/http/early-hint',
    title: 'The message http.response.early_hint sends 103 with its links, where it is offered.',
    interfaces: ASGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await offered(trial, asked, 'http.response.early_hint');
      await trial.does(asked, 'hints', { link: LINK });
      hinted(trial, await trial.answers(asked));
    },
  },

  trailers: {
    requirement: 'asgi/http/trailers',
    also: ['rfc9113/8.1/i3'],
    title: 'Trailers follow the content, where they are offered.',
    interfaces: ASGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { fields: ['te', 'trailers'] });
      await offered(trial, asked, 'http.response.trailers');
      trial.act(asked, 'head', { status: 200, fields: ['trailer', 'x-sum'], trailers: true });
      trial.act(asked, 'block', { text: 'content' });
      trial.act(asked, 'end', { trailers: ['x-sum', 'seven'] });
      const record = await trial.answered(asked, 200, 7);
      trial.expected = 'trailers x-sum: seven';
      trial.seen = `the trailers are ${JSON.stringify(record.trailers)}`;
      if (valuesOf({ fields: record.trailers ?? [] }, 'x-sum').join() !== 'seven') trial.fail(trial.seen);
    },
  },
});
