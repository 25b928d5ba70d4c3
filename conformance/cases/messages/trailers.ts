/** Trailers of requests (RFC 9113 §8.1). */
import { data, headers, plainBlock } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { malformed } from '../../expect.ts';
import { describeAnswer } from '../../trial.ts';
import { hold, openUpload, refusesTrailers, soundTrailers } from './upload.ts';

export default chapter('messages', {
  'trailers-end-a-request': {
    requirement: 'rfc9113/8.1/i1',
    title: 'A POST that trailers end is answered.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial);
      const stream = await hold(trial, peer, [], 'hello');
      trial.expected = `a final response on stream ${stream}`;
      peer.send(soundTrailers(stream));
      const record = await peer.answer(stream);
      if (record.status === 0 || !record.gotEnd) trial.fail(`no response: ${describeAnswer(record, peer)}`);
      trial.seen = `status ${record.status} on stream ${stream}`;
    },
  },

  'trailers-without-end-stream': {
    requirement: 'rfc9113/8.1/5',
    title: 'A second HEADERS without END_STREAM makes a request malformed.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { trailers: true });
      const stream = await hold(trial, peer, [], 'hello');
      const record = peer.stream(stream);
      await peer.fence(headers(stream, plainBlock(['x-a', 'b'])));
      const end = record.over || peer.over ? [] : [data(stream, '', { endStream: true })];
      await malformed(trial, peer, stream, ...end);
    },
  },

  'method-in-trailers': refusesTrailers(
    'rfc9113/8.1/4',
    ['rfc9113/8.3/4'],
    'A request pseudo-field in its trailers makes a request malformed.',
    ...[':method', 'POST'],
  ),

  'path-in-trailers': refusesTrailers(
    'rfc9113/8.1/4',
    ['rfc9113/8.3/4'],
    'A :path in its trailers makes a request malformed.',
    ...[':path', '/'],
  ),

  'scheme-in-trailers': refusesTrailers(
    'rfc9113/8.1/4',
    ['rfc9113/8.3/4'],
    'A :scheme in its trailers makes a request malformed.',
    ...[':scheme', 'https'],
  ),

  'authority-in-trailers': refusesTrailers(
    'rfc9113/8.1/4',
    ['rfc9113/8.3/4'],
    'An :authority in its trailers makes a request malformed.',
    ...[':authority', 'localhost'],
  ),

  'status-in-trailers': refusesTrailers(
    'rfc9113/8.1/4',
    ['rfc9113/8.3/4'],
    'A :status in its trailers makes a request malformed.',
    ...[':status', '200'],
  ),

  'unknown-pseudo-field-in-trailers': refusesTrailers(
    'rfc9113/8.1/4',
    ['rfc9113/8.3/4'],
    'An undefined pseudo-field in its trailers makes a request malformed.',
    ...[':foo', 'bar'],
  ),
});
