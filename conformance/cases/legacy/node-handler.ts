/** What handlers `(request, response)` of node:http have beside messages. */
import { rstStream } from '../../../wire/index.ts';
import type { Asked } from '../../gateway/trial.ts';
import { legacyChapter } from '../../legacy/case.ts';
import { valuesOf } from '../../legacy/saw.ts';
import { describeAnswer } from '../../trial.ts';
import { EXPECTS, hinted, LINK, promisesOf } from './alike.ts';

export default legacyChapter('node-handler', {
  'inherits-of-node': {
    requirement: 'MSGI-ADAPT-10',
    title: 'Request and response inherit from http.IncomingMessage and http.ServerResponse.',
    interfaces: ['node'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const { raw } = await trial.echo(peer, 'a');
      trial.expected = 'request instanceof IncomingMessage, response instanceof ServerResponse';
      if (raw['inherits'] !== true) trial.fail('request or response does not inherit from the classes of node:http');
    },
  },

  'content-without-a-length': {
    requirement: 'MSGI-ADAPT-16',
    title: 'A request with content and no content-length has transfer-encoding: chunked, one without content has not.',
    interfaces: ['node'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const [full, bare] = [trial.ask(peer, 'a', { method: 'POST', endStream: false }), trial.ask(peer, 'b')];
      const coding = async (asked: Asked): Promise<unknown> => {
        const { raw } = await trial.saw(asked);
        return (raw['headers'] as Readonly<Record<string, unknown>>)['transfer-encoding'];
      };
      trial.expected = 'transfer-encoding: chunked where content is to come, and nowhere else';
      const [shown, none] = [await coding(full), await coding(bare)];
      if (shown !== 'chunked') trial.fail(`with content to come transfer-encoding is ${shown ?? 'absent'}`);
      if (none !== undefined) trial.fail(`without content transfer-encoding is ${none}`);
      trial.seen = trial.expected;
    },
  },

  'continue-when-the-handler-says': {
    requirement: 'rfc9113/8.1/i6',
    adapter: ['MSGI-ADAPT-11'],
    title: 'The call writeContinue sends 100, and the content comes behind it.',
    interfaces: ['node'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer, 'a', EXPECTS);
      await trial.does(asked, 'continue');
      const record = peer.stream(asked.stream);
      trial.expected = 'one 100 without END_STREAM, then the answer';
      await peer.until(() => record.interim.length > 0 || record.over || peer.over, 'the 100');
      if (record.interim[0] !== 100) trial.fail(`writeContinue sends no 100: ${describeAnswer(record, peer)}`);
      trial.contentNow(asked, 'hello');
      const read = await trial.reads(asked);
      if (read.text !== 'hello') trial.fail(`behind the 100 the handler reads ${JSON.stringify(read.text)}`);
      await trial.answers(asked, { text: 'thanks' });
      await trial.answered(asked, 200, 6);
      if (record.interim.length !== 1) trial.fail(`there are ${record.interim.length} informational responses`);
    },
  },

  'early-hints': {
    requirement: 'rfc9113/8.1/i2',
    also: ['rfc9113/8.1/1'],
    adapter: ['MSGI-ADAPT-11'],
    title: 'The call writeEarlyHints sends 103 with its links, before the response.',
    interfaces: ['node'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer);
      await trial.does(asked, 'hints', { link: LINK });
      const record = peer.stream(asked.stream);
      trial.expected = 'informational 103 while the application goes on';
      await peer.until(() => record.interim.length > 0 || record.over || peer.over, 'the 103');
      hinted(trial, record);
      await trial.answers(asked);
      await trial.answered(asked, 200, 0);
    },
  },

  trailers: {
    requirement: 'rfc9113/8.1/i3',
    adapter: ['MSGI-ADAPT-11'],
    title: 'The call addTrailers sends a trailer section behind the content.',
    interfaces: ['node'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer, 'a', { fields: ['te', 'trailers'] });
      trial.head(asked, { fields: ['trailer', 'x-sum'] });
      trial.act(asked, 'block', { text: 'content' });
      trial.act(asked, 'end', { trailers: ['x-sum', 'seven'] });
      const record = await trial.answered(asked, 200, 7);
      trial.expected = 'trailers x-sum: seven';
      if (valuesOf({ fields: record.trailers ?? [] }, 'x-sum').join() !== 'seven')
        trial.fail(`the trailers are ${JSON.stringify(record.trailers)}`);
    },
  },

  'events-of-a-lost-client': {
    requirement: 'MSGI-ADAPT-11',
    title: 'The request has the event "aborted" and the response "close" when the client resets the stream.',
    interfaces: ['node'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer, 'a', { method: 'POST', endStream: false });
      peer.send(rstStream(asked.stream, 'CANCEL'));
      trial.expected = '"aborted" and "close", with the response not finished';
      await trial.told(asked, 'aborted');
      const finished = await trial.told(asked, 'close');
      if (finished !== false) trial.fail('"close" comes with a response that counts as finished');
      trial.seen = '"aborted" and "close" have come';
    },
  },

  'the-socket-is-out-of-reach': {
    requirement: 'MSGI-ADAPT-12',
    title: 'What a handler writes to request.socket never reaches the transport.',
    interfaces: ['node'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer);
      const { result, error } = await trial.did(asked, 'socket');
      trial.expected = 'the write is refused, and the connection goes on';
      const refused = error !== null || (result as { readonly refused: boolean }).refused;
      if (!peer.over) await peer.fence();
      if (peer.over) trial.fail('writing to request.socket ends the connection');
      if (!refused) trial.fail('request.socket takes what is written to it');
      trial.seen = 'the write is refused, and the connection goes on';
    },
  },

  'fails-at-once': {
    requirement: 'MSGI-ADAPT-7',
    title: 'A handler that throws when it is called is answered with 500.',
    interfaces: ['node'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      await trial.answered(trial.ask(peer, 'throws'), 500);
    },
  },

  push: {
    requirement: 'rfc9113/8.4.1/1',
    title: 'The call createPushResponse promises a request, and what is given to it comes on the promised stream.',
    interfaces: ['node'],
    claims: ['push'],
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 1]] });
      const asked = await trial.called(peer);
      const { path } = trial.exchange('pushed');
      trial.expected = `a promise of ${path}, and its response of 6 octets`;
      const result = (await trial.does(asked, 'push', { path })) as {
        readonly offered: boolean;
        readonly error?: string;
      };
      if (!result.offered) trial.fail('the response has no createPushResponse');
      if (result.error) trial.fail(`createPushResponse fails: ${result.error}`);
      await trial.answers(asked);
      const [promise] = promisesOf(peer);
      if (promise === undefined) return trial.fail('there is no promise');
      if (promise.path !== path) trial.fail(`the promise is of ${promise.path}`);
      const record = await peer.answer(promise.stream);
      if (record.status !== 200 || record.octets !== 6)
        trial.fail(`the promise is answered with ${describeAnswer(record, peer)}`);
      trial.seen = 'the promise and its response have come';
    },
  },
});
