/** The end of what a WSGI application returned. */
import { rstStream } from '../../../../wire/index.ts';
import type { Asked } from '../../../gateway/trial.ts';
import { legacyChapter } from '../../../legacy/case.ts';
import type { LegacyTrial } from '../../../legacy/trial.ts';
import { blockTaken } from './block.ts';

const WSGI = ['wsgi'] as const;

/** Waits until `close` of the iterable was called: that happens once, which shows when nothing more can come. */
async function closesOnce(trial: LegacyTrial, asked: Asked, when: string): Promise<void> {
  await trial.told(asked, 'closed');
  await trial.quietApp(asked.peer);
  const count = trial.times(asked, 'closed');
  trial.holds(`one call of close ${when}`, `close is called ${count} times ${when}`, count === 1);
}

/** A response whose client leaves behind the first block. */
async function left(trial: LegacyTrial): Promise<Asked> {
  const peer = await trial.open();
  const asked = await blockTaken(trial, peer);
  peer.send(rstStream(asked.stream, 'CANCEL'));
  await trial.quietApp(peer);
  return asked;
}

export default legacyChapter('wsgi', {
  'close-once': {
    requirement: 'pep3333/close/1',
    adapter: ['MSGI-WSGI-10'],
    title: 'The close of the iterable is called once, at its end and after its failure.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      for (const how of ['end', 'fail'] as const) {
        const asked = await trial.called(peer, how);
        trial.head(asked);
        trial.act(asked, 'block', { text: 'block' });
        trial.act(asked, how);
        await peer.answer(asked.stream);
        await closesOnce(trial, asked, `behind "${how}"`);
      }
    },
  },

  'close-once-when-the-client-leaves': {
    requirement: 'pep3333/close/1',
    adapter: ['MSGI-WSGI-10'],
    title: 'The close of the iterable is called once when the client has left in the middle.',
    interfaces: WSGI,
    async run(trial) {
      const asked = await left(trial);
      trial.act(asked, 'flow', { text: 'x', times: 1000, count: 50 });
      await closesOnce(trial, asked, 'when the client has left');
    },
  },

  'stops-when-the-client-leaves': {
    requirement: 'MSGI-WSGI-15',
    title: 'Nothing is asked of the iterable any more when the exchange has failed.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const asked = await left(trial);
      trial.act(asked, 'block', { text: 'for nobody' });
      await trial.told(asked, 'closed');
      const asks = trial.times(asked, 'asked');
      const seen = `${asks} blocks are asked for, the last ones of a response that nobody takes`;
      trial.holds('two blocks are asked for: the one that came, and the one that was under way', seen, asks <= 2);
    },
  },
});
