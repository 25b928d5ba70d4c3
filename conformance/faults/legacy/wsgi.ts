/** Hosts of WSGI applications with one deviation each. */
import { FRAME_TYPE, headers, plainBlock } from '../../../wire/index.ts';
import { spoilsResponses } from '../fault.ts';
import { mapLines, readsValues, valuesOf } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { does, environ, retells, tells } from './between.ts';

/** Streams 1 and 3 are those of the positive control. */
const CONTROL = 3;

export default [
  {
    id: 'wsgi/port-is-a-number',
    deviation: 'SERVER_PORT is an int.',
    clause: 'PEP 3333, environ Variables',
    fails: ['wsgi/environ'],
    seen: /SERVER_PORT of environ is of the type int/,
    between: tells('saw', saw => ({ ...saw, kinds: { ...(saw['kinds'] as object), SERVER_PORT: 'int' } })),
  },
  {
    id: 'wsgi/protocol-without-a-digit',
    deviation: 'SERVER_PROTOCOL of HTTP/2 has no digit behind the dot.',
    clause: 'MSGI-WSGI-1',
    fails: ['wsgi/environ-by-the-table'],
    seen: /SERVER_PROTOCOL is "HTTP\/2", not "HTTP\/2\.0"/,
    between: environ(given => ({ ...given, SERVER_PROTOCOL: 'HTTP/2' })),
  },
  {
    id: 'wsgi/decodes-twice',
    deviation: 'The path is decoded twice.',
    clause: 'RFC 3875 §4.1.5',
    fails: ['wsgi/native-strings'],
    seen: /PATH_INFO is ".* "$/,
    wire: readsValues((name, value) => (name === ':path' ? value.replaceAll('%25', '%') : value)),
  },
  {
    id: 'wsgi/cuts-the-query',
    deviation: 'The query ends at the second "?".',
    clause: 'RFC 3875 §4.1.7',
    fails: ['wsgi/query-string'],
    seen: /QUERY_STRING is "a=%26&b"/,
    wire: readsValues((name, value) => (name === ':path' ? value.split('?').slice(0, 2).join('?') : value)),
  },
  {
    id: 'wsgi/keeps-the-last-line',
    deviation: 'Of lines of one field the last one is kept.',
    clause: 'RFC 3875 §4.1.18',
    fails: ['wsgi/fields-of-one-name'],
    seen: /HTTP_X_LIST is "b, c"/,
    between: environ(given => ({ ...given, HTTP_X_LIST: 'b, c' })),
  },
  {
    id: 'wsgi/joins-by-comma-and-space',
    deviation: 'Lines of one field are joined by ", ".',
    clause: 'MSGI-WSGI-4',
    fails: ['wsgi/joined-by-a-comma'],
    seen: /HTTP_X_LIST is "a, b"/,
    between: environ(given => ({ ...given, HTTP_X_LIST: given['HTTP_X_LIST']?.replace(',', ', ') ?? '' })),
  },
  {
    id: 'wsgi/takes-underscores-for-hyphens',
    deviation: 'A field whose name has "_" becomes the variable of the one with "-".',
    clause: 'MSGI-WSGI-2',
    fails: ['wsgi/no-names-with-underscores'],
    seen: /HTTP_X_USER is "forged,checked"/,
    between: environ(given => ({ ...given, HTTP_X_USER: `forged,${given['HTTP_X_USER']}` })),
  },
  {
    id: 'wsgi/shows-the-proxy',
    deviation: 'The field "proxy" becomes HTTP_PROXY.',
    clause: 'MSGI-WSGI-3',
    fails: ['wsgi/no-proxy'],
    seen: /HTTP_PROXY is "http:\/\/other\.example"/,
    between: environ(given => ({ ...given, HTTP_PROXY: 'http://other.example' })),
  },
  {
    id: 'wsgi/no-end-of-input',
    deviation: 'Reading past the end of the content gives what is left in a buffer.',
    clause: 'PEP 3333, Input and Error Streams',
    fails: ['wsgi/input-has-an-end'],
    seen: /there is content behind the end/,
    between: retells('did-2', report => [
      { ...report, data: { error: null, result: { octets: 3, hash: '', text: 'GET', ended: false } } },
    ]),
  },
  {
    id: 'wsgi/lines-with-the-hint-alone',
    deviation: 'The call readlines stops at its hint and loses the rest.',
    clause: 'PEP 3333, Input and Error Streams',
    fails: ['wsgi/input-by-lines'],
    seen: /readline gives \["one\\n"\]/,
    between: tells('did-1', did => ({ ...did, result: ['one\n'] })),
  },
  {
    id: 'wsgi/sends-the-head-at-once',
    deviation: 'The call start_response sends the head.',
    clause: 'PEP 3333, The start_response() Callable',
    fails: ['wsgi/head-waits-for-content'],
    seen: /the head of status 200 is sent with an empty block/,
    // What the server then sends as the real head is no second one: the case has failed by then.
    wire: link => {
      const begun = new Set<number>();
      return {
        toServer: one => {
          const bare = one.type === FRAME_TYPE.HEADERS && one.stream === CONTROL + 2 && !begun.has(one.stream);
          if (bare) {
            begun.add(one.stream);
            link.toClient(headers(one.stream, plainBlock([':status', '200'])));
          }
          return [one];
        },
      };
    },
  },
  {
    id: 'wsgi/no-head-without-content',
    deviation: 'A response without content is answered with the status of the server.',
    clause: 'MSGI-WSGI-7',
    fails: ['wsgi/an-empty-response-has-a-head'],
    seen: /status 200 where 201 is known/,
    wire: spoilsResponses(({ fields }) =>
      mapLines(fields, (name, value) => [name, name === ':status' && value === '201' ? '200' : value]),
    ),
  },
  {
    id: 'wsgi/swallows-exc-info',
    deviation: 'A call of start_response with exc_info does nothing once the head is sent.',
    clause: 'PEP 3333, The start_response() Callable',
    fails: ['wsgi/exc-info-is-raised'],
    seen: /start_response raises nothing/,
    between: tells(/^did-/, did => ({ ...did, error: null })),
  },
  {
    id: 'wsgi/takes-a-second-head',
    deviation: 'A second start_response replaces the head.',
    clause: 'PEP 3333, The start_response() Callable',
    fails: ['wsgi/start-response-twice'],
    grade: 'weak',
    seen: /takes a second head without exc_info/,
    between: tells('did-2', did => ({ ...did, error: null })),
  },
  {
    id: 'wsgi/no-write',
    deviation: 'The call start_response gives None.',
    clause: 'PEP 3333, The start_response() Callable',
    fails: ['wsgi/write-callable'],
    seen: /gives nothing that can be called/,
    between: tells('did-1', did => ({ ...did, result: { callable: false } })),
  },
  {
    id: 'wsgi/closes-twice',
    deviation: 'The method close is called by the iterator’s end and by the end of the request.',
    clause: 'PEP 3333, Specification Details',
    fails: ['wsgi/close-once', 'wsgi/close-once-when-the-client-leaves'],
    seen: /close is called 2 times/,
    between: retells('closed', report => [report, report]),
  },
  {
    id: 'wsgi/goes-on-for-nobody',
    deviation: 'The iterable is asked for more although the client has left.',
    clause: 'MSGI-WSGI-15',
    fails: ['wsgi/stops-when-the-client-leaves'],
    seen: /[34] blocks are asked for/,
    between: retells('closed', report => [{ ...report, name: 'asked' }, report]),
  },
  {
    id: 'wsgi/no-length',
    deviation: 'A response of one block has no content-length.',
    clause: 'MSGI-WSGI-9',
    fails: ['wsgi/length-of-one-block'],
    seen: /content-length is absent for a list of one block/,
    wire: spoilsResponses(({ stream, fields }) =>
      stream <= CONTROL ? fields : mapLines(fields, (name, value) => (name === 'content-length' ? [] : [name, value])),
    ),
  },
  {
    id: 'wsgi/sends-beyond-the-length',
    deviation: 'All content is sent, whatever content-length says.',
    clause: 'PEP 3333, Handling the Content-Length Header',
    fails: ['wsgi/no-more-than-content-length'],
    seen: /content-length 5 comes with 10 octets/,
    between: does((verb, args) => [verb, verb === 'answer' ? { ...args, fields: [] } : args]),
    wire: spoilsResponses(({ stream, fields }) =>
      stream === CONTROL + 2
        ? mapLines(fields, (name, value) => [name, name === 'content-length' ? '5' : value])
        : fields,
    ),
  },
  {
    id: 'wsgi/drops-hop-by-hop',
    deviation: 'A hop-by-hop field of the application is dropped in silence.',
    clause: 'MSGI-WSGI-13',
    fails: ['wsgi/hop-by-hop-is-a-failure'],
    seen: /connection of the application is answered with 200/,
    between: does((verb, args) => [verb, verb === 'answer' ? { ...args, fields: [] } : args]),
  },
  {
    id: 'wsgi/no-continue',
    deviation: 'The server sends no 100 when the application reads.',
    clause: 'PEP 3333, HTTP 1.1 Expect/Continue',
    fails: ['wsgi/expect'],
    grade: 'weak',
    seen: /no 100 comes: the server waits/,
    wire: spoilsResponses(({ fields }) => (valuesOf(fields, ':status')[0] === '100' ? null : fields)),
  },
  {
    id: 'wsgi/informs-without-fields',
    deviation: 'The function msgi.inform sends no fields.',
    clause: 'MSGI-WSGI-1',
    fails: ['wsgi/informs'],
    seen: /status 103 comes first, with link $/,
    wire: spoilsResponses(({ fields }) => mapLines(fields, (name, value) => (name === 'link' ? [] : [name, value]))),
  },
  {
    id: 'wsgi/pushes-nothing',
    deviation: 'The function msgi.push gives false although the client takes promises.',
    clause: 'MSGI-WSGI-1',
    fails: ['wsgi/pushes'],
    seen: /msgi\.push gives .*false/,
    between: tells('did-1', did => ({ ...did, result: { offered: true, result: false } })),
  },
  {
    id: 'wsgi/priority-as-a-number',
    deviation: 'The function msgi.priority gives the urgency alone.',
    clause: 'MSGI-WSGI-1',
    fails: ['wsgi/priority'],
    seen: /msgi\.priority gives .*"result":1/,
    between: tells('did-1', did => ({ ...did, result: { offered: true, result: 1 } })),
  },
] satisfies readonly GatewayFault[];
