/** The response of a WSGI application: its head, its blocks and its length. */
import { contentOf } from '../../../gateway/requests.ts';
import type { Asked } from '../../../gateway/trial.ts';
import { legacyChapter } from '../../../legacy/case.ts';
import { valuesOf } from '../../../legacy/saw.ts';
import type { LegacyTrial } from '../../../legacy/trial.ts';
import { describeAnswer } from '../../../trial.ts';
import { blocksAreNotHeldBack } from '../alike.ts';
import { blockTaken } from './block.ts';

const WSGI = ['wsgi'] as const;

/** What the probe has caught where it gives exc_info. */
const RAISED = 'ValueError';

const textOf = (asked: Asked): string => Buffer.from(contentOf(asked)).toString('latin1');

/** Calls start_response; whether it gives something that can be called. */
async function starts(trial: LegacyTrial, asked: Asked): Promise<boolean> {
  const { callable } = (await trial.does(asked, 'start', { status: 200, fields: [] })) as {
    readonly callable: boolean;
  };
  return callable;
}

export default legacyChapter('wsgi', {
  'head-waits-for-content': {
    requirement: 'pep3333/start-response/1',
    adapter: ['MSGI-WSGI-7', 'MSGI-WSGI-11'],
    title: 'The head waits for a block that is not empty: start_response with exc_info replaces it until then.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer);
      trial.head(asked, { status: 200, fields: ['x-head', 'first'] });
      await trial.does(asked, 'block');
      await trial.quietApp(peer);
      const record = peer.stream(asked.stream);
      trial.expected = 'status 503, which replaces 200 before the first block with content';
      if (record.status !== 0) trial.fail(`the head of status ${record.status} is sent with an empty block`);
      const { error } = await trial.did(asked, 'start', { status: 503, fields: ['x-head', 'second'], exc_info: true });
      // PEP 3333 only recommends that it replaces a head which is still there.
      if (error?.name === RAISED && !trial.subject.claims.has('adapter'))
        return trial.weak('start_response raises exc_info although the head is not sent');
      if (error !== null)
        trial.fail(`the head is taken for sent: start_response raises ${error.name}: ${error.message}`);
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
      const asked = await trial.called(await trial.open());
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
      const asked = await blockTaken(trial, peer);
      const { error } = await trial.did(asked, 'start', { status: 500, fields: [], exc_info: true });
      trial.act(asked, 'end');
      const { status } = await peer.answer(asked.stream);
      if (error === null && status === 500)
        trial.notApplicable('the server still has the head: wsgi/blocks-are-not-held-back is about that');
      const seen = `start_response raises ${error === null ? 'nothing' : error.name}`;
      // The error is a MUST of PEP 3333, that it is the one of exc_info a SHOULD.
      if (error !== null && error.name !== RAISED && !trial.subject.claims.has('adapter')) return trial.weak(seen);
      trial.holds(`${RAISED}, which exc_info holds`, seen, error?.name === RAISED);
    },
  },

  'start-response-twice': {
    requirement: 'pep3333/start-response/4',
    title: 'A second start_response without exc_info raises an error.',
    interfaces: WSGI,
    async run(trial) {
      const asked = await trial.called(await trial.open());
      await starts(trial, asked);
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
      const asked = await trial.called(await trial.open());
      if (!(await starts(trial, asked))) trial.fail('start_response gives nothing that can be called');
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
    run: blocksAreNotHeldBack,
  },

  'writes-are-not-held-back': {
    requirement: 'pep3333/buffering/1',
    title: 'What is written reaches the client before the application returns.',
    interfaces: WSGI,
    async run(trial) {
      const asked = await trial.called(await trial.open());
      const callable = await starts(trial, asked);
      if (callable) {
        trial.act(asked, 'write', { text: 'block' });
        await trial.arrived(asked, 5);
      }
      trial.act(asked, 'return', { blocks: [], kind: 'list' });
      if (!callable)
        trial.notApplicable('start_response gives nothing that can be called: wsgi/write-callable is about that');
      await trial.answered(asked, 200, 5);
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
        const asked = await trial.called(peer, kind);
        await starts(trial, asked);
        trial.act(asked, 'return', { blocks: ['seven..'], kind });
        const length = valuesOf(await trial.answered(asked, 200, 7), 'content-length').join();
        const seen = `content-length is ${length || 'absent'} for a ${kind} of one block`;
        trial.holds(`content-length: 7 for a ${kind} of one block`, seen, length === '7');
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
      const asked = await trial.called(peer);
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
        const asked = await trial.called(peer, name);
        const record = await trial.tries(asked, { fields: [name, 'x'], text: 'ok' });
        trial.expected = `an error from start_response, or 500, with ${name}`;
        if (record !== null && record.status !== 500 && record.resets.length === 0)
          trial.fail(`${name} of the application is answered with ${record.status}`);
      }
      trial.seen = 'each is a failure';
    },
  },
});
