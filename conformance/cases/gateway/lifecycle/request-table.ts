/** What each member of the source does in each state of the request: the table of section 3.5, cell by cell. */
import type { Exchange, Source } from '../../../../spec/msgi.ts';
import { data } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import { drained, outcome } from './acts.ts';

const HALVES = ['flowing', 'ended', 'stopped', 'failed'] as const;

const CALLS: Readonly<Record<string, (body: Source) => unknown>> = {
  read: body => body.read(),
  iterator: async body => {
    for await (const chunk of body) return chunk;
    return null;
  },
  manual: body => body.manual(),
  credit: body => body.credit(5),
  stop: body => body.stop(3),
  ended: body => body.ended,
  buffered: body => body.buffered,
  window: body => body.window,
  trailers: body => body.trailers,
};

/** What each call gives, by state; "→" where it leads to another one. */
const CELLS: Readonly<Record<string, readonly string[]>> = {
  read: ['an object', 'null', 'ExchangeError', 'ExchangeError'],
  iterator: ['an object', 'null', 'ExchangeError', 'ExchangeError'],
  manual: ['nothing', 'nothing', 'nothing', 'nothing'],
  credit: ['nothing', 'nothing', 'nothing', 'nothing'],
  stop: ['nothing → stopped', 'nothing', 'nothing', 'nothing'],
  ended: ['false', 'true', 'false', 'false'],
  buffered: ['4', '0', '0', '0'],
  window: ['octets', '0', '0', '0'],
  trailers: ['null', 'an object', 'null', 'null'],
};

/** The state is not shown by a member; who reads on sees it. */
const READ: Readonly<Record<string, string>> = {
  flowing: 'an object',
  ended: 'null',
  stopped: 'ExchangeError',
  failed: 'ExchangeError',
};

async function bring(x: Exchange, half: string): Promise<void> {
  if (half === 'ended') await drained(x.body);
  if (half === 'stopped') x.body.stop();
  if (half === 'failed') x.reset();
}

export default suite('lifecycle', {
  'calls-of-the-request': {
    requirement: 'MSGI-LIFE-3',
    title: 'Each member of the source has the effect that the table of the request half states, in each state.',
    app: async (x, kit) => {
      const [half, member] = kit.name.split('-') as [string, string];
      await kit.gate();
      await bring(x, half);
      const gives = await outcome(() => CALLS[member]?.(x.body));
      kit.report('cell', gives);
      if (member !== 'read' && member !== 'iterator') kit.report('read', await outcome(() => x.body.read()));
      if (x.state === 'idle') x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [member, row] of Object.entries(CELLS)) {
        for (const [n, half] of HALVES.entries()) {
          const [gives = '', then = half] = (row[n] as string).split(' → ');
          trial.expected = `${member} of a request that is ${half} gives ${gives}, and leaves it ${then}`;
          const asked = trial.ask(peer, `${half}-${member}`, { method: 'POST', endStream: false });
          peer.send(data(asked.stream, 'four', { endStream: half === 'ended' }));
          await trial.waits(asked);
          // Behind the fence the content has arrived: the twins take its way, through the pipe where there is one.
          await trial.quietApp(peer);
          trial.release(asked);
          const seen = (await trial.report(asked, 'cell')) as string;
          const fits = gives === 'octets' ? /^-?[0-9]+$/.test(seen) : seen === gives;
          if (!fits) trial.fail(`${member} of a request that is ${half} gives ${seen}`);
          if (member === 'read' || member === 'iterator') continue;
          const read = await trial.report(asked, 'read');
          if (read !== READ[then]) trial.fail(`behind ${member} of a request that is ${half}, read gives ${read}`);
        }
      }
      trial.seen = 'each member as its cells say';
    },
  },
});
