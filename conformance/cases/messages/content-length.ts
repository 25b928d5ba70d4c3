/** content-length against what comes (RFC 9113 §8.1.1). */
import { data } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { malformed, served } from '../../expect.ts';
import { refusesFields } from './malformed-get.ts';
import { accepted, hold, openUpload, soundTrailers } from './upload.ts';

const FIVE = ['content-length', '5'];

export default chapter('messages', {
  'content-length-without-content': refusesFields(
    'rfc9113/8.1.1/3',
    'A request that ends with its HEADERS although content-length says 5 is malformed.',
    ...FIVE,
  ),

  'content-short-of-length': {
    requirement: 'rfc9113/8.1.1/3',
    title: 'A request with 4 octets of content is malformed where content-length says 5.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { fields: FIVE });
      const stream = await hold(trial, peer, FIVE);
      await malformed(trial, peer, stream, data(stream, 'hell', { endStream: true }));
    },
  },

  'content-beyond-length': {
    requirement: 'rfc9113/8.1.1/3',
    title: 'A request with 6 octets of content is malformed where content-length says 5.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { fields: FIVE });
      const stream = await hold(trial, peer, FIVE);
      await malformed(trial, peer, stream, data(stream, 'hello!', { endStream: true }));
    },
  },

  'content-beyond-length-in-several-frames': {
    requirement: 'rfc9113/8.1.1/3',
    title: 'The content of all DATA frames together is held against content-length.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { fields: FIVE });
      const stream = await hold(trial, peer, FIVE, 'hel');
      await malformed(trial, peer, stream, data(stream, 'lo!', { endStream: true }));
    },
  },

  'content-short-of-length-before-trailers': {
    requirement: 'rfc9113/8.1.1/3',
    title: 'Content is held against content-length where trailers end the request, too.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { fields: FIVE, trailers: true });
      const stream = await hold(trial, peer, FIVE, 'hell');
      await malformed(trial, peer, stream, soundTrailers(stream));
    },
  },

  'content-lengths-0-and-5': refusesFields(
    'rfc9113/8.1.1/i4',
    'A request without content is malformed where content-length says 0 and then 5.',
    ...['content-length', '0'],
    ...FIVE,
  ),

  'content-lengths-5-and-0': refusesFields(
    'rfc9113/8.1.1/i4',
    'A request without content is malformed where content-length says 5 and then 0.',
    ...FIVE,
    ...['content-length', '0'],
  ),

  'content-length-of-2-to-the-32': refusesFields(
    'rfc9113/8.1.1/i4',
    'A content-length that is 0 modulo 2^32 is not 0.',
    ...['content-length', '4294967296'],
  ),

  'content-length-of-2-to-the-64': refusesFields(
    'rfc9113/8.1.1/i4',
    'A content-length that is 0 modulo 2^64 is not 0.',
    ...['content-length', '18446744073709551616'],
  ),

  'content-length-of-40-digits': refusesFields(
    'rfc9113/8.1.1/i4',
    'A content-length of 40 digits that is 0 modulo 2^64 is not 0.',
    ...['content-length', '1844674407370955161600000000000000000000'],
  ),

  'padding-is-no-content': {
    requirement: 'rfc9113/8.1.1/i7',
    title: 'Padding of DATA does not count against content-length.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { fields: FIVE });
      const stream = await hold(trial, peer, FIVE);
      await accepted(trial, peer, stream, data(stream, 'hello', { padding: 20, endStream: true }));
    },
  },

  'empty-data-is-no-content': {
    requirement: 'rfc9113/8.1.1/i7',
    title: 'An empty DATA frame may end content that has the length announced.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { fields: FIVE });
      const stream = peer.ask({ method: 'POST', path: trial.upload.path, fields: FIVE, endStream: false });
      const content = [...'hello'].map(octet => data(stream, octet));
      await accepted(trial, peer, stream, ...content, data(stream, '', { endStream: true }));
    },
  },

  'content-length-0-before-empty-data': {
    requirement: 'rfc9113/8.1.1/i7',
    title: 'A content-length of 0 agrees with an empty DATA frame.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { content: '' });
      const fields = ['content-length', '0'];
      const stream = peer.ask({ method: 'POST', path: trial.upload.path, fields, endStream: false });
      await accepted(trial, peer, stream, data(stream, '', { endStream: true }));
    },
  },

  'trailers-are-no-content': {
    requirement: 'rfc9113/8.1.1/i7',
    title: 'Trailers do not count against content-length.',
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { trailers: true });
      const stream = peer.ask({ method: 'POST', path: trial.upload.path, fields: FIVE, endStream: false });
      await accepted(trial, peer, stream, data(stream, 'hello'), soundTrailers(stream));
    },
  },

  'content-length-0-without-content': {
    requirement: 'rfc9113/8.1.1/i7',
    title: 'A GET without content may say so by a content-length of 0.',
    async run(trial) {
      const peer = await trial.open();
      await served(trial, peer, { fields: ['content-length', '0'] });
    },
  },
});
