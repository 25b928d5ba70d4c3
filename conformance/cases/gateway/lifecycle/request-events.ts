/** What happens to a request in each state: the events of the table of section 3.5. */
import { data, headers, plainBlock, rstStream } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { drained, errorOf } from './acts.ts';

const HALVES = ['flowing', 'stopped', 'failed'] as const;

/** Octets that the case sends at most to fill a window. */
const MOST = 2 ** 22;

/** The allowance binds the client, and is filled in a moment. */
function fillable({ subject }: GatewayTrial, { ledger }: Peer): boolean {
  const octets = Math.min(ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'), ledger.sendWindow);
  return subject.claims.has('exact-credit') && octets <= MOST;
}

/** What the client does to a request of which four octets are there, and what reading gives then. */
const EVENTS: Readonly<
  Record<string, { act(asked: Asked): void; readonly flowing: string; readonly stopped?: string }>
> = {
  content: { act: ({ peer, stream }) => peer.send(data(stream, 'more', { endStream: true })), flowing: '8 octets' },
  beyond: {
    act: ({ peer, stream }) => {
      for (let left = peer.stream(stream).sendWindow; left > 0 && peer.ledger.sendWindow > 0; ) {
        const octets = Math.min(left, 16_384, peer.ledger.sendWindow);
        peer.send(data(stream, new Uint8Array(octets)));
        left -= octets;
      }
      peer.violate(data(stream, new Uint8Array(1)));
    },
    flowing: 'ExchangeError 3 by peer',
  },
  end: { act: ({ peer, stream }) => peer.send(data(stream, '', { endStream: true })), flowing: '4 octets' },
  malformed: {
    act: ({ peer, stream }) => peer.violate(headers(stream, plainBlock([':path', '/']), { endStream: true })),
    flowing: 'ExchangeError 1 by peer',
    stopped: 'ExchangeError 0 by app',
  },
  reset: { act: ({ peer, stream }) => peer.send(rstStream(stream, 11)), flowing: 'ExchangeError 11 by peer' },
};

export default suite('lifecycle', {
  'events-of-the-request': {
    requirement: 'MSGI-LIFE-3',
    title: 'Each event of a request leaves reading as the table says: whole, cut, stopped or failed.',
    app: async (x, kit) => {
      const [half] = kit.name.split('-') as [string];
      if (half === 'stopped') x.body.stop();
      if (half === 'failed') x.reset(5);
      await kit.gate();
      let octets = 0;
      const { name, code, by } = reportedError(
        await errorOf(async () => {
          octets = await drained(x.body);
        }),
      );
      kit.report('read', code === undefined ? `${octets} octets` : `${name} ${code} by ${by}`);
      kit.report('state', x.state);
      if (x.state === 'idle') x.respond(204);
    },
    async run(trial) {
      for (const [event, { act, flowing, stopped = 'ExchangeError 0 by app' }] of Object.entries(EVENTS)) {
        const peer = await trial.open();
        for (const half of HALVES) {
          // A stream that was reset is closed, and who sends beyond its window spends that of the connection.
          if (half === 'failed' && event !== 'content' && event !== 'end') continue;
          if (half === 'stopped' && event === 'beyond') continue;
          // With coarse credit nothing is beyond the allowance (section 5.8).
          if (event === 'beyond' && !fillable(trial, peer)) continue;
          const asked = trial.ask(peer, `${half}-${event}`, { method: 'POST', endStream: false });
          peer.send(data(asked.stream, 'four'));
          await trial.waits(asked);
          act(asked);
          await trial.quietApp(peer);
          trial.release(asked);
          const wanted = { flowing, stopped, failed: 'ExchangeError 5 by app' }[half];
          trial.expected = `${event} of a request that is ${half}: ${wanted}`;
          const read = await trial.report(asked, 'read');
          if (read !== wanted)
            trial.fail(`${event} of a request that is ${half}: reading gives ${read}, not ${wanted}`);
          const malformed = event === 'malformed' || event === 'reset';
          const dead = half === 'failed' || malformed || (half === 'flowing' && flowing.startsWith('E'));
          await trial.reported(asked, 'state', dead ? 'dead' : 'idle');
        }
      }
    },
  },
});
