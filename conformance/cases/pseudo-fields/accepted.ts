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
      const record = await peer.wholeAnswer(frame.stream);
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
      const record = await peer.wholeAnswer(frame.stream);
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
      const record = await peer.wholeAnswer(peer.ask({ path: '/' }));
      const seen = describeAnswer(record, peer);
      if (record.status === 0) trial.fail(`a request for "/" is refused: ${seen}`);
      await trial.control(peer);
      trial.seen = seen;
    },
  },

  'host-is-compared-by-scheme': {
    requirement: 'rfc9113/8.3.1/6',
    disputed:
      'servers other than origins compare Host and :authority by what the scheme makes of them, origins as they like (RFC ' +
      '9113 §8.3.1): no wire tells which of them a server is',
    title: "A Host that differs from :authority by the scheme's default port or by its letters' case is the same.",
    async run(trial) {
      const peer = await trial.open();
      const port = trial.subject.endpoint.scheme === 'https' ? 443 : 80;
      const name = 'name.invalid';
      const answer = async (authority: string, host: string): Promise<number> => {
        const { pseudo, regular } = parts(peer);
        const frame = whole(peer, [...replaced(pseudo, ':authority', () => authority), 'host', host, ...regular]);
        peer.send(frame);
        return (await peer.wholeAnswer(frame.stream)).status;
      };
      const control = await answer(name, name);
      if (control === 0 || control >= 400) trial.notApplicable(`a request for ${name} is refused: status ${control}`);
      trial.expected = `status ${control}, as where Host and :authority are the same`;
      for (const [authority, host] of [
        [`${name}:${port}`, name],
        [name, `${name}:${port}`],
        [name, name.toUpperCase()],
      ] as const) {
        const status = await answer(authority, host);
        if (status !== control) trial.weak(`status ${status} for :authority ${authority} and host ${host}`);
        if (peer.over) return;
      }
      trial.seen = `status ${control} for each of three pairs`;
    },
  },
});
