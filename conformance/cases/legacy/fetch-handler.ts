/** What handlers `(request) => Response` get beside messages from an adapter. */
import { rstStream } from '../../../wire/index.ts';
import { legacyChapter } from '../../legacy/case.ts';

export default legacyChapter('fetch-handler', {
  'signal-aborts': {
    requirement: 'MSGI-ADAPT-8',
    title: 'The signal of the request aborts when the client resets the stream.',
    interfaces: ['fetch'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const early = await trial.called(peer, 'early');
      peer.send(rstStream(early.stream, 'CANCEL'));
      trial.expected = 'the event "abort"';
      await trial.told(early, 'aborted');
      const whole = await trial.called(peer, 'whole');
      await trial.answers(whole);
      await trial.quietApp(peer);
      if (trial.times(whole, 'aborted') > 0) trial.fail('the signal aborts behind a whole response');
      trial.seen = 'the signal aborts with the stream, and not behind a whole response';
    },
  },

  'exchange-within-reach': {
    requirement: 'MSGI-ADAPT-9',
    title: 'The request has the exchange as the property Symbol.for("msgi.exchange").',
    interfaces: ['fetch'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const { raw } = await trial.echoed(asked);
      const seen = `Symbol.for("msgi.exchange") has the id ${JSON.stringify(raw['exchange'])}`;
      trial.holds(`an exchange with the id ${asked.stream}`, seen, raw['exchange'] === asked.stream);
    },
  },

  'a-request-of-fetch': {
    requirement: 'MSGI-ADAPT-1',
    title: 'The request is a Request, whose URL has the scheme, authority and target of the exchange.',
    interfaces: ['fetch'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.askAt(peer, 'a', '/b%20c?d=%41');
      const { raw } = await trial.echoed(asked);
      const url = `${trial.subject.endpoint.scheme}://${trial.subject.authority}${asked.path}/b%20c?d=%41`;
      trial.expected = `a Request of ${url}`;
      trial.seen = `the URL is ${JSON.stringify(raw['url'])}`;
      if (raw['request'] !== true) trial.fail('the request is no Request');
      if (raw['url'] !== url) trial.fail(trial.seen);
    },
  },
});
