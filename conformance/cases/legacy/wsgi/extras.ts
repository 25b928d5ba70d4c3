/** What adapters for WSGI offer beyond PEP 3333: the functions of the environ. */
import type { Json } from '../../../application/messages.ts';
import type { Asked } from '../../../gateway/trial.ts';
import { legacyChapter } from '../../../legacy/case.ts';
import type { LegacyTrial } from '../../../legacy/trial.ts';
import { hinted, LINK, promisesOf } from '../alike.ts';

const WSGI = ['wsgi'] as const;

/** The application calls a function of its environ, which gives that, and answers. */
async function gives(
  trial: LegacyTrial,
  asked: Asked,
  key: string,
  args: readonly Json[],
  result: Json,
): Promise<void> {
  const called = JSON.stringify(await trial.does(asked, 'call', { key, args }));
  await trial.answers(asked);
  const wanted = JSON.stringify({ offered: true, result });
  trial.holds(`${key} gives ${wanted}`, `${key} gives ${called}`, called === wanted);
}

export default legacyChapter('wsgi', {
  informs: {
    requirement: 'MSGI-WSGI-1',
    title: 'The function msgi.inform sends an informational response.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer);
      await gives(trial, asked, 'msgi.inform', [103, [['link', LINK]]], true);
      hinted(trial, peer.stream(asked.stream));
    },
  },

  pushes: {
    requirement: 'MSGI-WSGI-1',
    title: 'The function msgi.push promises a request.',
    interfaces: WSGI,
    claims: ['adapter', 'push'],
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 1]] });
      const { path } = trial.exchange('pushed');
      await gives(trial, await trial.called(peer), 'msgi.push', [path], true);
      const paths = promisesOf(peer).map(promise => promise.path);
      trial.holds(`a promise of ${path}`, `promised is ${paths.join() || 'nothing'}`, paths.join() === path);
    },
  },

  priority: {
    requirement: 'MSGI-WSGI-1',
    title: 'The function msgi.priority gives the urgency and whether the response is incremental.',
    interfaces: WSGI,
    claims: ['adapter'],
    async run(trial) {
      const asked = await trial.called(await trial.open(), 'a', { fields: ['priority', 'u=1, i'] });
      await gives(trial, asked, 'msgi.priority', [], [1, true]);
    },
  },
});
