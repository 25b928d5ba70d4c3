/** The order of what an application gives, and errors that nobody awaits (section 3.3). */
import { rstStream, windowUpdate } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import { describe } from '../../../gateway/events.ts';
import { contentOf, framesOf, tight, WINDOW } from './acts.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export default suite('lifecycle', {
  'sent-in-order': {
    requirement: 'MSGI-LIFE-31',
    title: 'An informational response, head, content and trailers are sent in the order of the calls.',
    app: async (x, kit) => {
      const informed = [x.inform(103, ['link', '</a>']), x.inform(102)].filter(Boolean).length;
      kit.report('given', [informed, x.caps.trailers]);
      const out = x.start(200);
      await out.write('content');
      await out.end(['x-sum', '1']);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      const [informed, trailers] = (await trial.report(asked, 'given')) as [number, boolean];
      const { interim, trailers: seen } = await trial.answered(asked, 200, 7);
      if (interim.join() !== [103, 102].slice(0, informed).join())
        trial.fail(`the informational responses before the head are ${interim.join(', ') || 'none'}`);
      const frames = framesOf(asked).filter((type, n, all) => type !== all[n - 1] || type !== 'DATA');
      trial.seen = frames.join(', ');
      const last = trailers ? 'HEADERS' : 'DATA';
      if (frames.at(-1) !== last || (trailers && seen?.join() !== 'x-sum,1')) trial.fail(`the order is ${trial.seen}`);
    },
  },

  'promised-in-order': {
    requirement: 'MSGI-LIFE-31',
    title: 'A promise is sent before the head that is given after it.',
    claims: ['push'],
    app: {
      a: async (x, kit) => {
        kit.report('promised', x.push({ target: kit.path('b') }));
        const out = x.start(200);
        await out.write('content');
        await out.end();
      },
      b: x => x.respond(200),
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'promised', true);
      await trial.answered(asked, 200, 7);
      await trial.quietApp(peer);
      const [first] = framesOf(asked);
      if (first !== 'PUSH_PROMISE') trial.fail(`${first} is sent before the promise`);
    },
  },

  'writes-keep-their-order': {
    requirement: 'MSGI-LIFE-32',
    title: 'Writes that are not awaited are sent in their order, also those that had to wait.',
    app: async x => {
      const out = x.start(200);
      for (const letter of LETTERS) out.write(letter);
      await out.end();
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await peer.until(() => peer.over || peer.stream(asked.stream).octets >= WINDOW, `${WINDOW} octets of a`);
      peer.send(windowUpdate(asked.stream, 1000));
      await trial.answered(asked, 200, LETTERS.length);
      const content = contentOf(asked);
      if (content !== LETTERS) trial.fail(`the content is ${content}`);
      trial.seen = content;
    },
  },

  'errors-that-nobody-awaits': {
    requirement: 'MSGI-LIFE-34',
    title: 'The error of an exchange that nobody awaits is no unhandled rejection.',
    // Rejections carry no key: a case beside this one would hear them.
    alone: {},
    app: async (x, kit) => {
      const out = x.start(200);
      x.body.read();
      out.write(new Uint8Array(2 ** 20));
      out.write('octets');
      out.ready();
      if (kit.name === 'ended') out.end();
      await kit.gate();
      x.body.read();
      if (kit.name === 'ended') return;
      out.write('octets');
      out.ready();
      out.end();
    },
    async run(trial) {
      const peer = await tight(trial);
      for (const name of ['open', 'ended']) {
        const asked = trial.ask(peer, name, { method: 'POST', endStream: false });
        await trial.waits(asked);
        peer.send(rstStream(asked.stream, 'CANCEL'));
        await peer.fence();
        trial.release(asked);
        await trial.settled(asked);
        await trial.quietApp(peer);
      }
      for (const { error } of trial.app.all.filter(one => one.event === 'unhandled'))
        trial.fail(`an unhandled rejection: ${describe(error)}`);
      trial.seen = 'no unhandled rejection';
    },
  },
});
