/** Servers that push more than anybody takes. */
import { FRAME_TYPE, SETTING, settings } from '../../../wire/index.ts';
import { alters } from '../fault.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { GROWN, keeps, ofType } from './servers.ts';

export default [
  {
    id: 'abuse/promises-what-nobody-allows',
    deviation: 'The server does not heed how many promised streams the client allows.',
    clause: 'RFC 9113 §5.1.2',
    fails: ['abuse/promises-beyond-the-limit'],
    seen: /^the application runs \d+ times at once for promises, where 10 streams are allowed/,
    wire: alters((next, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings(payload.entries.filter(([id]) => id !== SETTING.MAX_CONCURRENT_STREAMS))
        : next,
    ),
  },
  {
    id: 'abuse/makes-all-that-it-promises',
    deviation:
      'The server makes the whole of each response that it promises, 3 MiB, before the client takes any of it.',
    clause: 'MSGI-FLOW-22',
    fails: ['abuse/pushed-content-never-taken'],
    seen: GROWN,
    server: keeps(ofType(FRAME_TYPE.PUSH_PROMISE), 3 * 2 ** 20, 'toClient'),
  },
] satisfies readonly GatewayFault[];
