/** What an exchange says that it can do (section 9.1). */
import { suite } from '../../../gateway/case.ts';
import { answerOf, askAlone } from '../../../gateway/plain.ts';
import { fieldValue } from '../../../peer/stream.ts';

const INTERNAL = 0xb;

export default suite('degrade', {
  'caps-follow-the-peer': {
    requirement: 'MSGI-CAPS-2',
    title: 'The key push of caps becomes false when the peer switches push off.',
    claims: ['push'],
    app: async (x, kit) => {
      kit.report('before', x.caps.push);
      await kit.gate();
      kit.report('after', x.caps.push);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'before', true);
      await peer.change(['ENABLE_PUSH', 0]);
      trial.release(asked);
      trial.expected = `caps.push is false behind the acknowledgement${trial.piped ? ', or that of HEAD' : ''}`;
      const after = await trial.report(asked, 'after');
      trial.seen = `caps.push is ${JSON.stringify(after)} when the peer has switched push off`;
      // A host is told of no change.
      if (after !== false && !trial.piped) trial.fail(trial.seen);
    },
  },

  'caps-are-kept': {
    requirement: 'MSGI-CAPS-3',
    adapter: ['MSGI-ADAPT-2'],
    title: 'What caps says of informational responses, trailers and codes is what the peer sees.',
    app: {
      sends: async (x, kit) => {
        const { inform, trailers } = x.caps;
        kit.report('caps', { inform, trailers });
        x.inform(102);
        const out = x.start(200);
        await out.write('content');
        await out.end(['x-kit', 'trailer']);
      },
      resets: (x, kit) => {
        kit.report('reset', x.caps.reset);
        x.reset(INTERNAL);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const sends = trial.ask(peer, 'sends');
      const caps = await trial.report(sends, 'caps');
      const record = await trial.answered(sends, 200, 7);
      const seen = {
        inform: record.interim.includes(102),
        trailers: fieldValue(record.trailers ?? [], 'x-kit') === 'trailer',
      };
      if (JSON.stringify(seen) !== JSON.stringify(caps))
        trial.fail(`caps is ${JSON.stringify(caps)}, and the peer sees ${JSON.stringify(seen)}`);
      const resets = trial.ask(peer, 'resets');
      const reset = await trial.report(resets, 'reset');
      const { resets: codes } = await peer.answer(resets.stream);
      if ((reset === 'code') !== (codes[0] === INTERNAL))
        trial.fail(`caps.reset is ${JSON.stringify(reset)}, and reset(${INTERNAL}) has the code ${codes[0] ?? 'none'}`);
      trial.seen = `caps is ${JSON.stringify(caps)}, reset ${JSON.stringify(reset)}, and the peer sees that`;
    },
  },

  'duplex-by-version': {
    requirement: 'MSGI-CAPS-4',
    title: 'The key duplex of caps is true over HTTP/2 and false over HTTP/1.0.',
    claims: ['http1'],
    app: (x, kit) => {
      kit.report('duplex', x.caps.duplex);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      await trial.reported(trial.ask(peer, 'two'), 'duplex', true);
      await trial.reported(await askAlone(trial, 'one', { version: '1.0' }), 'duplex', false);
      const option = await trial.report(await askAlone(trial, 'option'), 'duplex');
      if (typeof option !== 'boolean') trial.fail(`duplex over HTTP/1.1 is ${JSON.stringify(option)}`);
    },
  },

  'no-promise-and-one-exchange-on-http1': {
    requirement: 'MSGI-VER-1',
    title: 'Over HTTP/1 caps says that nothing is pushed, promised or beside it, and push gives false.',
    claims: ['http1'],
    app: (x, kit) => {
      const { multiplex, push, credit, reset, tunnel } = x.caps;
      kit.report('caps', { multiplex, push, credit, reset, tunnel });
      kit.report('tree', x.connection.tree === null);
      kit.report('pushed', x.push({ target: kit.path('b') }));
      x.respond(200);
    },
    async run(trial) {
      await trial.open();
      for (const version of ['1.0', '1.1'] as const) {
        const asked = await askAlone(trial, version === '1.0' ? 'old' : 'new', { version });
        const wanted = { multiplex: false, push: false, credit: 'coarse', reset: 'close', tunnel: false };
        await trial.reported(asked, 'caps', wanted);
        await trial.reported(asked, 'tree', true);
        await trial.reported(asked, 'pushed', false);
        const { status } = await answerOf(asked);
        if (status !== 200) trial.fail(`status ${status} over HTTP/${version}`);
      }
    },
  },
});
