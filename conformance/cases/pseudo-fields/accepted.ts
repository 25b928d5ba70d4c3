/** Requests that are sound although they look otherwise than most (RFC 9113 §8.3.1). */
import { chapter } from '../../case.ts';
import { describeAnswer } from '../../trial.ts';
import { parts, replaced, whole, without } from '../messages/malformed-get.ts';

export default chapter('pseudo-fields', {
  'host-in-place-of-authority': {
    requirement: 'rfc9113/8.3.1/i4',
    title: 'A request with Host and without :authority is not malformed.',
    async run(trial) {
      const peer = await trial.open();
      const { pseudo, regular } = parts(peer);
      const frame = whole(peer, [...without(pseudo, ':authority'), 'host', trial.subject.authority, ...regular]);
      trial.expected = `a final response on stream ${frame.stream}`;
      peer.send(frame);
      const record = await peer.answer(frame.stream);
      trial.seen = describeAnswer(record, peer);
      if (record.status === 0) trial.fail(`a sound request is refused: ${trial.seen}`);
      if (record.status >= 400) trial.weak(`${trial.seen}, although :authority is not compulsory`);
    },
  },

  'options-asterisk': {
    requirement: 'rfc9113/8.3.1/14',
    title: 'OPTIONS with ":path: *" is answered, and the connection still serves.',
    async run(trial) {
      const peer = await trial.open();
      const { pseudo, regular } = parts(peer);
      const asterisk = replaced(
        replaced(pseudo, ':method', () => 'OPTIONS'),
        ':path',
        () => '*',
      );
      const frame = whole(peer, [...asterisk, ...regular]);
      trial.expected = `a final response on stream ${frame.stream}`;
      peer.send(frame);
      const record = await peer.answer(frame.stream);
      const seen = describeAnswer(record, peer);
      if (record.status === 0) trial.fail(`a sound request is refused: ${seen}`);
      await trial.control(peer);
      trial.seen = seen;
    },
  },

  'path-of-slash': {
    requirement: 'rfc9113/8.3.1/13',
    title: 'A request for "/" is answered.',
    async run(trial) {
      const peer = await trial.open();
      trial.expected = 'a final response to a request for "/"';
      const record = await peer.answer(peer.ask({ path: '/' }));
      const seen = describeAnswer(record, peer);
      if (record.status === 0) trial.fail(`a request for "/" is refused: ${seen}`);
      await trial.control(peer);
      trial.seen = seen;
    },
  },
});
