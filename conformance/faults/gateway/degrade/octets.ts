/** Servers that are wrong in what they send over HTTP/1. */
import type { GatewayFault, Http1Filters } from '../fault.ts';

/** The server's octets as `change` makes them. */
const sends =
  (change: (text: string) => string): (() => Http1Filters) =>
  () => ({ toClient: change });

/** Behind the end of the server there is still something for the client: what makes the response look whole. */
const completes = (last: (text: string) => string, hidesReset = false): (() => Http1Filters) => {
  return () => {
    let seen = '';
    return {
      toClient: text => {
        seen += text;
        return text;
      },
      last: () => last(seen),
      ...(hidesReset ? { hidesReset: true as const } : {}),
    };
  };
};

export default [
  {
    id: 'degrade/informs-on-http10',
    deviation: 'The server sends informational responses to HTTP/1.0 as well.',
    clause: 'MSGI-VER-1',
    fails: ['degrade/informs-by-version'],
    seen: /informational responses over HTTP\/1\.0: 102/,
    http1: () => {
      let old = false;
      return {
        toServer: text => {
          old ||= text.includes(' HTTP/1.0\r\n');
          return text;
        },
        toClient: text => (old && text.startsWith('HTTP/1.1 200') ? `HTTP/1.1 102 Processing\r\n\r\n${text}` : text),
      };
    },
  },
  {
    id: 'degrade/early-hints-unasked',
    deviation: 'The server sends 103 over HTTP/1.1 without being allowed to.',
    clause: 'MSGI-VER-7',
    fails: ['degrade/no-early-hints-on-http1'],
    seen: /103 is sent over HTTP\/1\.1/,
    http1: sends(text => (text.startsWith('HTTP/1.1 200') ? `HTTP/1.1 103 Early Hints\r\n\r\n${text}` : text)),
  },
  {
    id: 'degrade/last-chunk-behind-a-failure',
    deviation: 'The server ends the chunks of an exchange that has failed as if they were whole.',
    clause: 'MSGI-VER-4',
    fails: ['degrade/no-last-chunk-behind-a-failure'],
    seen: /4 octets \(chunked\), whole/,
    http1: completes(() => '0\r\n\r\n'),
  },
  {
    id: 'degrade/fills-up-to-the-length',
    deviation: 'The server fills the content of an exchange that has failed up to its length.',
    clause: 'MSGI-VER-4',
    fails: ['degrade/short-of-the-length-behind-a-failure'],
    seen: /100 octets \(content-length\), whole/,
    http1: completes(seen => '\0'.repeat(seen.includes('content-length: 100') ? 96 : 0)),
  },
  {
    id: 'degrade/ends-as-whole-on-http10',
    deviation: 'The server ends the connection of a failed HTTP/1.0 exchange as behind a whole response.',
    clause: 'MSGI-VER-5',
    fails: ['degrade/a-reset-where-the-end-would-delimit'],
    seen: /throws: the connection ends \(FIN\), as a whole response does/,
    http1: completes(() => '', true),
  },
  {
    id: 'degrade/end-taken-for-loss',
    deviation: 'The server takes the end of the client’s direction for the loss of the connection.',
    clause: 'MSGI-VER-6',
    fails: ['degrade/the-end-of-a-direction-cancels-nothing'],
    seen: /the connection ends \(FIN\) without a response/,
    http1: () => ({ takesEndForLoss: true }),
  },
  {
    id: 'degrade/refuses-unlisted-upgrades',
    deviation: 'The server answers 501 to an upgrade that is not listed.',
    clause: 'MSGI-TUN-4',
    fails: ['degrade/an-unlisted-upgrade-is-none'],
    seen: /status 501, where the request without upgrade gets 200/,
    http1: () => ({
      toServer: (_, answer) => {
        answer('HTTP/1.1 501 Not Implemented\r\ncontent-length: 0\r\n\r\n');
        return '';
      },
    }),
  },
  {
    id: 'degrade/serves-behind-a-refusal',
    deviation: 'The server takes what follows on a refused tunnel for a request.',
    clause: 'MSGI-TUN-8',
    fails: ['degrade/a-refused-tunnel-closes'],
    seen: /behind the refusal comes "HTTP\/1\.1 400/,
    http1: completes(() => 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
  },
  {
    id: 'degrade/opens-with-200',
    deviation: 'The server answers an upgrade with 200.',
    clause: 'MSGI-TUN-14',
    fails: ['degrade/an-upgrade-is-answered-with-101'],
    seen: /status 200 with connection/,
    http1: sends(text => text.replace('HTTP/1.1 101 Switching Protocols', 'HTTP/1.1 200 OK\r\ncontent-length: 0')),
  },
  {
    id: 'degrade/opens-without-the-fields',
    deviation: 'The server answers an upgrade without the fields of the application.',
    clause: 'MSGI-TUN-14',
    fails: ['degrade/an-upgrade-is-answered-with-101'],
    seen: /x-kit: upgrade; websocket; $/,
    http1: sends(text => text.replace('x-kit: yes\r\n', '')),
  },
  {
    id: 'degrade/wrong-accept',
    deviation: 'The server answers every key with the same sec-websocket-accept.',
    clause: 'MSGI-TUN-15',
    fails: ['degrade/the-key-is-the-servers'],
    seen: /sec-websocket-accept is .*, not/,
    http1: sends(text => text.replace(/(sec-websocket-accept: )[^\r]+/i, '$1AAAAAAAAAAAAAAAAAAAAAAAAAAA=')),
  },
] satisfies readonly GatewayFault[];
