/** Responses of HTTP/1.x as the kit reads them: whole, cut short, and one behind another. */
import { test } from 'tap';
import { readResponse } from '../peer/http1-response.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n';

test('the end of a response is told by its framing', async t => {
  const read = (text: string, ended = false, method = 'GET') => readResponse(text, 0, method, ended);
  t.equal(read('HTTP/1.1 200 OK\r\n'), null, 'no whole head');
  t.match(read('HTTP/1.1 200 OK\r\nA: 1\r\n\r\n'), {
    version: '1.1',
    status: 200,
    fields: ['a', '1'],
    framing: 'close',
  });
  t.equal(read('HTTP/1.0 200 OK\r\n\r\nhalf')?.whole, false);
  t.match(read('HTTP/1.0 200 OK\r\n\r\nall', true), { content: 'all', whole: true });
  t.match(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', true), {
    content: 'hel',
    framing: 'length',
    whole: false,
  });
  t.match(read(CHUNKED, true), { content: 'one', framing: 'chunked', whole: false });
  t.match(read(`${CHUNKED}0\r\n`), { whole: false });
  t.match(read(`${CHUNKED}0\r\n\r\n`), { content: 'one', trailers: [], whole: true });
  t.match(read(`${CHUNKED}0\r\nX-End: 1\r\n\r\n`), { trailers: ['x-end', '1'], whole: true });
  t.match(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', false, 'HEAD'), { framing: 'none', whole: true });
  t.match(read('HTTP/1.1 204 No Content\r\n\r\n'), { framing: 'none', whole: true });
});

test('responses stand one behind another', async t => {
  const text =
    'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 404 Not Found\r\n\r\n';
  const first = readResponse(text, 0, 'GET', false);
  t.equal(first?.status, 102);
  const second = readResponse(text, first?.end ?? 0, 'GET', false);
  t.match(second, { status: 200, content: 'ok' });
  t.equal(readResponse(text, second?.end ?? 0, 'GET', false)?.status, 404);
});
