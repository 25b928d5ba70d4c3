/** Answers to HEAD (RFC 9113 §8.1.1, RFC 9110 §8.6 and §9.3.2). */
import { chapter } from '../../case.ts';
import { served } from '../../expect.ts';
import type { StreamRecord } from '../../peer/stream.ts';
import { describeAnswer } from '../../trial.ts';

const lengthOf = ({ fields }: StreamRecord): string | undefined => {
  const at = fields.findIndex((name, i) => i % 2 === 0 && name === 'content-length');
  return at < 0 ? undefined : fields[at + 1];
};

export default chapter('messages', {
  'head-says-the-length-of-get': {
    requirement: 'rfc9113/8.1.1/i8',
    also: ['rfc9110/8.6/4'],
    title: 'The content-length of an answer to HEAD, if there is one, is that of the answer to GET.',
    async run(trial) {
      const peer = await trial.open();
      const get = await served(trial, peer);
      const head = await peer.answer(peer.ask({ method: 'HEAD' }));
      const again = await served(trial, peer);
      const length = lengthOf(get);
      trial.expected = `no content-length in the answer to HEAD, or ${length}`;
      if (length === undefined || length !== lengthOf(again) || head.status !== get.status)
        trial.notApplicable('two answers to GET and one to HEAD do not agree on a content-length and a status');
      trial.seen = `content-length ${lengthOf(head) ?? 'is left out'}`;
      if ((lengthOf(head) ?? length) !== length)
        trial.fail(`the answer to HEAD has content-length ${lengthOf(head)} where that to GET has ${length}`);
    },
  },

  'head-of-another-resource-has-no-content': {
    requirement: 'rfc9113/8.1.1/i8',
    also: ['rfc9110/9.3.2/1'],
    title: 'An answer to HEAD has no content, whatever its status.',
    needs: ['other'],
    async run(trial) {
      const peer = await trial.open();
      const { path } = trial.resource('other');
      const record = peer.stream(peer.ask({ method: 'HEAD', path }));
      trial.expected = 'a final response without content';
      // Content that a window holds back has no end, so that the first octet of it must do.
      await peer.until(() => record.over || record.octets > 0 || peer.over, 'the answer to HEAD');
      trial.seen = describeAnswer(record, peer);
      if (record.octets > 0) trial.fail(`the answer to HEAD has content: ${trial.seen}`);
      if (record.status === 0 || !record.gotEnd) trial.fail(`no response: ${trial.seen}`);
    },
  },
});
