/** Frames by which a host breaks the pipe: what follows cannot be trusted to be frames (MSGI-PROC-9). */
import type { ProcessCaseBody } from '../../process/case.ts';
import { type HostEnd, octetOf } from '../../process/host-end.ts';
import type { Forwarded } from '../../process/trial.ts';

const NONE = new Uint8Array(0);

/** Octets of payload that the kit is ready to write. */
const MOST = 2 ** 24;

const text = (value: string): Uint8Array => Uint8Array.from(value, character => character.charCodeAt(0));

/** The server closes the pipe on what `violate` writes. */
function closes(what: string, violate: (host: HostEnd, x: Forwarded) => void): ProcessCaseBody {
  return {
    requirement: 'MSGI-PROC-9',
    title: `The server closes the pipe on ${what}.`,
    fresh: true,
    async run(trial) {
      const host = await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      await trial.quiet(peer);
      violate(host, x);
      await host.ended();
      trial.seen = 'the pipe is closed';
    },
  };
}

export default {
  'too-long-a-payload': {
    fresh: true,
    requirement: 'MSGI-PROC-9',
    title: 'The server closes the pipe on a payload that is longer than it has announced.',
    async run(trial) {
      const host = await trial.begin();
      const { payload } = await host.message(0, 'HELLO');
      if (payload > MOST) trial.notApplicable(`the server takes payloads of ${payload} octets`);
      const x = await trial.ask(await trial.open(), 'a');
      trial.say(x, 'START', { status: 200, fields: [] });
      host.violate({ type: octetOf('DATA'), number: x.number, payload: new Uint8Array(payload + 1) });
      await host.ended();
      trial.seen = 'the pipe is closed';
    },
  },

  'a-type-of-the-servers': closes('a type that is for servers to write', (host, { number }) =>
    host.violate({ type: octetOf('SENT'), number, payload: NONE }),
  ),

  'a-number-never-given': closes('a number that was never given', (host, { number }) =>
    host.send('STOP', number + 2000, { code: 0 }),
  ),

  'a-number-of-the-wrong-kind': closes('a frame of exchanges for a connection', (host, { head }) =>
    host.send('STOP', head.connection, { code: 0 }),
  ),

  'no-json': closes('a payload that is no JSON', (host, { number }) =>
    host.violate({ type: octetOf('STOP'), number, payload: text('{"code":') }),
  ),

  'a-key-twice': closes('a payload with a key twice', (host, { number }) =>
    host.violate({ type: octetOf('STOP'), number, payload: text('{"code":0,"code":0}') }),
  ),

  'a-key-that-is-not-named': closes('a payload with a key that its type does not have', (host, { number }) =>
    host.violate({ type: octetOf('STOP'), number, payload: text('{"code":0,"why":1}') }),
  ),

  'credit-of-three-octets': closes('a CREDIT that has not four octets', (host, { number }) =>
    host.violate({ type: octetOf('CREDIT'), number, payload: new Uint8Array(3) }),
  ),
} satisfies Readonly<Record<string, ProcessCaseBody>>;
