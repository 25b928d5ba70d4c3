/** Servers that wait for ever, or for everybody. */
import type { Source } from '../../../spec/msgi.ts';
import { FLAG, FRAME_TYPE, MAX_WINDOW } from '../../../wire/index.ts';
import type { FaultyServer, GatewayFault } from '../gateway/fault.ts';
import { ForwardedSource, facing, withMembers } from '../gateway/wrap.ts';
import { busyWith, endsOf, UNANSWERED, UNSERVED } from './servers.ts';

/** Connections that there are places for. */
const PLACES = 120;

function crowded(): FaultyServer {
  let taken = 0;
  const wire: FaultyServer['wire'] = () => {
    taken += 1;
    return {};
  };
  return { wire, refuses: () => taken >= PLACES };
}

/** A reader hears of content, and of no loss. */
class Patient extends ForwardedSource {
  override read(): ReturnType<Source['read']> {
    return Promise.resolve(super.read()).catch(() => new Promise<null>(() => {}));
  }
}

export default [
  {
    id: 'abuse/gives-no-place-back',
    deviation: 'The server has 120 places for connections, and gives back none of them.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/half-a-preface', 'abuse/half-a-frame', 'abuse/gone-without-a-word'],
    seen: UNSERVED,
    server: crowded,
  },
  {
    id: 'abuse/waits-for-a-field-block',
    deviation: 'The server has twenty threads that read, and each waits for the end of a field block.',
    clause: 'RFC 9113 §10.5',
    fails: ['abuse/half-a-field-block'],
    seen: UNANSWERED,
    waits: true,
    server: busyWith(({ type, flags }) => type === FRAME_TYPE.HEADERS && (flags & FLAG.END_HEADERS) === 0, 20),
  },
  {
    id: 'abuse/lets-readers-wait',
    deviation: 'The server does not tell a reader of content that the request is lost.',
    clause: 'MSGI-LIFE-48',
    fails: ['abuse/half-a-body'],
    seen: /\d+ of \d+ invocations go on although nobody waits/,
    waits: true,
    wrap: facing(x => withMembers(x, { body: new Patient(x.body) })),
  },
  {
    id: 'abuse/counts-beyond-the-last-stream',
    deviation: 'The server adds two to the last stream, and ends with the overflow.',
    clause: 'RFC 9113 §5.1.1',
    fails: ['abuse/last-stream-used'],
    seen: UNSERVED,
    server: endsOf(({ stream }) => stream === MAX_WINDOW, 0),
  },
  {
    id: 'abuse/reads-behind-the-frame',
    deviation: 'The server reads a code of four octets of every RST_STREAM, and ends where there are fewer.',
    clause: 'RFC 9113 §6.4',
    fails: ['abuse/lengths-of-everything'],
    seen: UNSERVED,
    server: endsOf(({ type, payload }) => type === FRAME_TYPE.RST_STREAM && payload.length < 4, 0),
  },
] satisfies readonly GatewayFault[];
