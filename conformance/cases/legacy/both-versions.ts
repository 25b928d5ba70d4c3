/** The same answer over HTTP/1.1 and HTTP/2: each probe is driven over both. */
import { legacyChapter } from '../../legacy/case.ts';
import { inBlocks, sameOverBoth, whole } from '../../legacy/versions.ts';

const ALL = ['node', 'fetch', 'wsgi', 'asgi'] as const;

/** What all of them are about. */
const COMMON = {
  requirement: 'rfc9110/6/i1',
  adapter: ['MSGI-ADAPT-1'],
  interfaces: ALL,
  claims: ['http1'],
} as const;

export default legacyChapter('legacy', {
  'the-same-on-both-versions': {
    ...COMMON,
    title: 'A request and its response are the same over HTTP/1.1 and HTTP/2.',
    async run(trial) {
      const fields = ['x-one', 'first', 'cookie', 'a=b; c=d', 'content-type', 'text/x-kit', 'x-empty', ''];
      const response = { status: 202, fields: ['x-answer', '1', 'content-type', 'text/plain'], text: 'as it is' };
      trial.expected =
        'the same method, target, host, fields and content of the request; status, fields and content of the response';
      const request = { fields, content: 'of the request' };
      await sameOverBoth(trial, 'same', '/x%20y/z?q=%41', request, whole(response));
      trial.seen = 'nothing differs over HTTP/1.1 and HTTP/2';
    },
  },

  'no-content-on-both-versions': {
    ...COMMON,
    title: 'Responses without content are the same over HTTP/1.1 and HTTP/2: to HEAD, with 204, with 304.',
    async run(trial) {
      trial.expected = 'the same status and fields, no content, and the end of each response';
      for (const [name, method, status] of [
        ['head', 'HEAD', 203],
        ['empty', 'GET', 204],
        ['known', 'GET', 304],
      ] as const) {
        const fields = ['x-answer', name, 'etag', '"1"'];
        await sameOverBoth(trial, name, '?q', { method, fields: ['x-one', 'first'] }, whole({ status, fields }));
      }
      trial.seen = 'nothing differs over HTTP/1.1 and HTTP/2';
    },
  },

  'blocks-on-both-versions': {
    ...COMMON,
    title: 'A response that is made block by block, without a length, comes whole over HTTP/1.1 and HTTP/2.',
    async run(trial) {
      const head = { status: 200, fields: ['content-type', 'text/plain', 'x-answer', 'blocks'] };
      const blocks = ['the first;', 'x'.repeat(5000), '0\r\n\r\n', 'the last'];
      trial.expected = 'all blocks, and the end';
      await sameOverBoth(trial, 'blocks', '', { method: 'GET', fields: [] }, inBlocks(head, blocks));
      trial.seen = `${blocks.join('').length} octets over either`;
    },
  },

  'lines-on-both-versions': {
    ...COMMON,
    title: 'Lines of one name, in a request and in its response, are the same over HTTP/1.1 and HTTP/2.',
    async run(trial) {
      const fields = ['x-many', 'a', 'x-between', '1', 'x-many', 'b', 'x-many', 'c, d'];
      const answer = [
        'set-cookie',
        'a=1; Path=/',
        'x-answer',
        '1',
        'set-cookie',
        'b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      ];
      trial.expected = 'the same lines, or one that joins them, over either';
      await sameOverBoth(trial, 'lines', '', { method: 'GET', fields }, whole({ fields: answer, text: 'ok' }));
      trial.seen = 'nothing differs over HTTP/1.1 and HTTP/2';
    },
  },
});
