/** Fields that speak of one connection, and Cookie (RFC 9113 §8.2.2 and §8.2.3). */
import { chapter } from '../../case.ts';
import { served } from '../../expect.ts';
import { refusesFields } from '../messages/malformed-get.ts';

export default chapter('fields', {
  'connection-keep-alive': refusesFields(
    'rfc9113/8.2.2/2',
    'A request with "connection: keep-alive" is malformed.',
    ...['connection', 'keep-alive'],
  ),

  'connection-close': refusesFields(
    'rfc9113/8.2.2/2',
    'A request with "connection: close" is malformed.',
    ...['connection', 'close'],
  ),

  'connection-naming-a-field': refusesFields(
    'rfc9113/8.2.2/2',
    'A request with a Connection field that names another field is malformed.',
    ...['connection', 'x-a', 'x-a', 'b'],
  ),

  'connection-empty': refusesFields(
    'rfc9113/8.2.2/2',
    'A request with an empty Connection field is malformed.',
    ...['connection', ''],
  ),

  'proxy-connection': refusesFields(
    'rfc9113/8.2.2/i1',
    'A request with a Proxy-Connection field is malformed.',
    ...['proxy-connection', 'keep-alive'],
  ),

  'keep-alive': refusesFields(
    'rfc9113/8.2.2/i1',
    'A request with a Keep-Alive field is malformed.',
    ...['keep-alive', 'timeout=5'],
  ),

  'transfer-encoding-chunked': refusesFields(
    'rfc9113/8.2.2/i1',
    'A request with "transfer-encoding: chunked" is malformed.',
    ...['transfer-encoding', 'chunked'],
  ),

  'transfer-encoding-identity': refusesFields(
    'rfc9113/8.2.2/i1',
    'A request with "transfer-encoding: identity" is malformed.',
    ...['transfer-encoding', 'identity'],
  ),

  upgrade: refusesFields('rfc9113/8.2.2/i1', 'A request with an Upgrade field is malformed.', ...['upgrade', 'h2c']),

  'te-gzip': refusesFields('rfc9113/8.2.2/4', 'A request with "te: gzip" is malformed.', ...['te', 'gzip']),

  'te-chunked': refusesFields('rfc9113/8.2.2/4', 'A request with "te: chunked" is malformed.', ...['te', 'chunked']),

  'te-trailers-and-more': refusesFields(
    'rfc9113/8.2.2/4',
    'A request with a TE field that says trailers and something else is malformed.',
    ...['te', 'trailers, deflate'],
  ),

  'te-in-two-lines': refusesFields(
    'rfc9113/8.2.2/4',
    'A request with a second TE field line that does not say trailers is malformed.',
    ...['te', 'trailers', 'te', 'gzip'],
  ),

  'te-trailers': {
    requirement: 'rfc9113/8.2.2/3',
    title: 'A request with "te: trailers" is served.',
    async run(trial) {
      const peer = await trial.open();
      await served(trial, peer, { fields: ['te', 'trailers'] });
    },
  },

  'cookie-crumbs': {
    requirement: 'rfc9113/8.2.3/1',
    title: 'A request with its Cookie split into several fields is served.',
    async run(trial) {
      const peer = await trial.open();
      await served(trial, peer, { fields: ['cookie', 'a=b', 'cookie', 'c=d; e=f', 'cookie', 'g=h'] });
    },
  },
});
