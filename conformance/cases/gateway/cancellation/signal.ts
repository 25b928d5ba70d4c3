/** The signal of an exchange (section 3.6). */
import { data, headers, plainBlock, rstStream } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked } from '../../../gateway/trial.ts';
import { drained, laterTurn } from '../lifecycle/acts.ts';

const upload = { method: 'POST', endStream: false } as const;

/** What fails an exchange from outside; the handler does the others by their name. */
export const CAUSES: Readonly<
  Record<string, { act?(asked: Asked): void; readonly code: number; readonly by: string }>
> = {
  reset: { act: ({ peer, stream }) => peer.send(rstStream(stream, 11)), code: 11, by: 'peer' },
  malformed: {
    act: ({ peer, stream }) => peer.violate(headers(stream, plainBlock([':path', '/']), { endStream: true })),
    code: 1,
    by: 'peer',
  },
  lost: { act: ({ peer }) => peer.lose(), code: 8, by: 'transport' },
  app: { code: 5, by: 'app' },
  limit: { code: 8, by: 'server' },
};

export default suite('cancellation', {
  'aborts-when-it-fails': {
    requirement: 'MSGI-LIFE-48',
    title: 'The member signal aborts with the error of the exchange when that fails before its response is complete.',
    app: async (x, kit) => {
      const { signal } = x;
      signal.addEventListener('abort', () => {
        const { name, code = null, by = null } = reportedError(signal.reason);
        kit.report('aborted', [name, code, by]);
      });
      kit.report('aborted at first', signal.aborted);
      if (kit.name === 'app') x.reset(5);
      if (kit.name === 'limit') x.deadline(1);
      await kit.gate();
    },
    async run(trial) {
      for (const [name, { act, code, by }] of Object.entries(CAUSES)) {
        const peer = await trial.open();
        const asked = trial.ask(peer, name, upload);
        await trial.reported(asked, 'aborted at first', false);
        act?.(asked);
        await trial.reported(asked, 'aborted', ['ExchangeError', code, by]);
      }
    },
  },

  'no-abort-behind-the-response': {
    requirement: 'MSGI-LIFE-49',
    title: 'The member signal does not abort when the response is complete, whatever becomes of the request.',
    app: async (x, kit) => {
      x.signal.addEventListener('abort', () => kit.report('aborted'));
      x.watch(({ type }) => kit.report(type));
      await x.start(202).end();
      await kit.gate();
      await drained(x.body).catch(() => {});
      await laterTurn();
      kit.report('signal', x.signal.aborted);
    },
    async run(trial) {
      const peer = await trial.open();
      const [ends, breaks] = [trial.ask(peer, 'ends', upload), trial.ask(peer, 'breaks', upload)];
      await trial.waits(ends);
      await trial.waits(breaks);
      peer.send(data(ends.stream, '', { endStream: true }), rstStream(breaks.stream, 'CANCEL'));
      await trial.quietApp(peer);
      for (const one of [ends, breaks]) {
        trial.release(one);
        await trial.report(one, 'close');
        await trial.reported(one, 'signal', false);
        if (trial.app.reports(one, 'aborted').length > 0) trial.fail(`signal of ${one.name} aborts`);
      }
    },
  },

  'aborted-when-asked-for-late': {
    requirement: 'MSGI-LIFE-50',
    title: 'A signal that is first asked for after the failure is aborted already.',
    app: async (x, kit) => {
      x.watch(({ type }) => kit.report(type));
      await kit.gate();
      const { aborted, reason } = x.signal;
      const { name, code = null, by = null } = reportedError(reason);
      kit.report('signal', [aborted, name, code, by]);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.waits(asked);
      peer.send(rstStream(asked.stream, 11));
      await trial.report(asked, 'close');
      trial.release(asked);
      await trial.reported(asked, 'signal', [true, 'ExchangeError', 11, 'peer']);
    },
  },

  'no-abort-inside-a-call': {
    requirement: 'MSGI-LIFE-56',
    title: 'No listener of signal runs inside a call: it comes at the end of the turn, or when signal is read.',
    app: async (x, kit) => {
      const { signal } = x;
      let inside = false;
      let ran = false;
      signal.addEventListener('abort', () => {
        ran = true;
        kit.report('inside', inside);
      });
      inside = true;
      x.reset();
      inside = false;
      kit.report('ran in the call', ran);
      if (kit.name === 'read') kit.report('read', x.signal.aborted);
      await laterTurn();
      kit.report('in the end', signal.aborted);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['unread', 'read']) {
        const asked = trial.ask(peer, name);
        await trial.reported(asked, 'in the end', true);
        await trial.reported(asked, 'inside', false);
        await trial.reported(asked, 'ran in the call', false);
        if (name === 'read') await trial.reported(asked, 'read', true);
      }
    },
  },
});
