/** How pushed exchanges end: by themselves, and never with their parent (section 6.1). */
import { goaway, rstStream } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import type { CaseApp } from '../../../gateway/case.ts';
import { suite } from '../../../gateway/case.ts';
import { promised } from './promised.ts';

/** Tells how it ends, and answers when it may. */
const waits: Handler = async (x, kit) => {
  kit.follow(x);
  await kit.gate();
  if (x.state !== 'dead') x.respond(200, [], kit.name);
};

/** Two promises, then an answer when it may. */
const twoPromises: CaseApp = {
  page: async (x, kit) => {
    for (const name of ['style-1', 'style-2']) x.push({ target: kit.path(name) });
    await kit.gate();
    x.respond(200, [], 'page');
  },
  style: waits,
};

const refusal = (code: number) => ({
  type: 'close',
  complete: false,
  code,
  by: 'peer',
  status: 0,
  sent: 0,
  received: 0,
});

export default suite('push', {
  'outlives-its-parent': {
    requirement: 'MSGI-PUSH-15',
    title: 'A pushed exchange lives on when its parent is answered and settled, and when it is reset.',
    claims: ['push'],
    app: {
      page: async (x, kit) => {
        x.push({ target: kit.path(`style-${kit.name.slice(-1)}`) });
        await kit.gate();
        if (x.state !== 'dead') x.respond(200, [], 'page');
      },
      style: waits,
    },
    async run(trial) {
      const peer = await trial.open();
      const [answered, reset] = [trial.ask(peer, 'page-1'), trial.ask(peer, 'page-2')];
      const styles = [await promised(trial, answered, 'style-1'), await promised(trial, reset, 'style-2')];
      for (const style of styles) await trial.waits(style);
      trial.release(answered);
      await trial.answered(answered, 200, 4);
      await trial.settled(answered);
      peer.send(rstStream(reset.stream));
      await peer.fence();
      trial.release(reset);
      await trial.settled(reset);
      await trial.quietApp(peer);
      for (const style of styles) trial.release(style);
      for (const style of styles) await trial.answered(style, 200, 7);
    },
  },

  'the-peer-refuses': {
    requirement: 'MSGI-PUSH-16',
    title: 'A pushed exchange that the peer resets fails with the code of the peer, and no other one does.',
    claims: ['push'],
    app: twoPromises,
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      const one = await promised(trial, page, 'style-1');
      const two = await promised(trial, page, 'style-2');
      await trial.waits(one);
      await trial.waits(two);
      peer.send(rstStream(one.stream, 'REFUSED_STREAM'));
      await trial.reported(one, 'close', refusal(7));
      peer.send(rstStream(two.stream, 'CANCEL'));
      await trial.reported(two, 'close', refusal(8));
      trial.release(page);
      await trial.answered(page, 200, 4);
    },
  },

  'above-the-last-stream-of-a-goaway': {
    requirement: 'MSGI-PUSH-17',
    title: 'A GOAWAY of the peer fails the pushed exchanges above its last stream with REFUSED_STREAM, and no other.',
    claims: ['push'],
    app: twoPromises,
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const page = trial.ask(peer, 'page');
      const one = await promised(trial, page, 'style-1');
      const two = await promised(trial, page, 'style-2');
      await trial.waits(one);
      await trial.waits(two);
      peer.send(goaway(one.stream));
      await trial.reported(two, 'close', refusal(7));
      trial.release(one);
      await trial.answered(one, 200, 7);
      trial.release(page);
      await trial.answered(page, 200, 4);
    },
  },
});
