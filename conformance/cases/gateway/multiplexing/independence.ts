/** What one exchange does not do to another one of its connection. */
import { data, windowUpdate } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** Octets that a case sends at most to fill the connection window. */
const MOST = 2 ** 24;

const CHUNK = 16_384;

/** One octet of a window for the end: there are libraries that keep back an empty DATA frame, which needs none. */
const END = 1;

export default suite('multiplexing', {
  'unread-uploads-block-nobody': {
    requirement: 'MSGI-FLOW-16',
    title: 'Content that an application leaves unread takes no credit of the connection from another upload.',
    app: {
      held: async (x, kit) => {
        x.body.manual();
        await kit.gate();
        x.respond(200);
      },
      read: async x => {
        let octets = 0;
        for await (const chunk of x.body) octets += chunk.length;
        x.respond(200, [], `${octets}`);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const credit = peer.ledger.sendWindow;
      if (credit > MOST) trial.notApplicable(`the connection window is ${credit} octets`);
      await fill(trial, peer, credit);
      const read = trial.ask(peer, 'read', { method: 'POST', endStream: false });
      await peer.until(() => peer.over || peer.ledger.sendWindow >= 1000, 'credit for 1000 octets of another exchange');
      peer.send(data(read.stream, new Uint8Array(1000), { endStream: true }));
      await trial.answered(read, 200, 4);
    },
  },

  'a-blocked-response-blocks-nobody': {
    requirement: 'MSGI-LIFE-33',
    title: 'A response that its window holds back does not hold back another one.',
    app: {
      blocked: async (x, kit) => {
        const out = x.start(200);
        kit.report('begun');
        for (let n = 0; n < 64; n += 1) await out.write(new Uint8Array(CHUNK));
        await out.end();
      },
      free: async x => {
        const out = x.start(200);
        await out.write('free');
        await out.end();
      },
    },
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 4 + END]);
      const blocked = trial.ask(peer, 'blocked');
      await trial.report(blocked, 'begun');
      await peer.until(
        () => peer.over || peer.stream(blocked.stream).octets === 4 + END,
        'what the window allows of blocked',
      );
      const free = trial.ask(peer, 'free');
      await trial.answered(free, 200, 4);
      peer.send(windowUpdate(blocked.stream, 64 * CHUNK));
      await trial.answered(blocked, 200, 64 * CHUNK);
    },
  },

  'responses-interleave': {
    requirement: 'MSGI-LIFE-33',
    title: 'What is written to two responses in turn is sent in turn, none of them being ended.',
    app: async (x, kit) => {
      const out = x.start(200);
      for (const gate of ['1', '2', '3']) {
        await kit.gate(gate);
        await out.write(kit.name);
      }
      await kit.gate('end');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const both = [trial.ask(peer, 'a'), trial.ask(peer, 'b')];
      for (const octets of [1, 2, 3]) {
        for (const { key, name, stream } of both) {
          trial.release({ key, name }, `${octets}`);
          const there = (): boolean => peer.over || peer.stream(stream).octets >= octets;
          await peer.until(there, `octet ${octets} of ${name}`);
        }
      }
      for (const one of both) trial.release(one, 'end');
      for (const one of both) await trial.answered(one, 200, 3);
    },
  },

  'a-failure-is-alone': {
    requirement: 'MSGI-LIFE-16',
    title: 'Applications that fail, before the response or within it, leave the other exchanges as they are.',
    app: {
      held: async (x, kit) => {
        await kit.gate();
        x.respond(200, [], kit.name);
      },
      throws: () => {
        throw new Error('on purpose');
      },
      breaks: async x => {
        await x.start(200).write('half');
        throw new Error('on purpose');
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const held = trial.ask(peer, 'held');
      await trial.waits(held);
      await trial.answered(trial.ask(peer, 'throws'), 500);
      const breaks = trial.ask(peer, 'breaks');
      const record = await peer.answer(breaks.stream);
      if (record.gotEnd) trial.fail('the response of an application that failed within it ends as if it were whole');
      trial.release(held);
      await trial.answered(held, 200, 4);
    },
  },
});

/** Uploads that nobody reads, until the connection window that there was is spent. */
async function fill(trial: GatewayTrial, peer: Peer, credit: number): Promise<void> {
  const needed = Math.ceil(credit / peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'));
  if (needed >= peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS'))
    trial.notApplicable(`the window of the connection is that of ${needed} exchanges`);
  for (let left = credit, n = 1; left > 0 && !peer.over; n += 1) {
    const held = trial.ask(peer, `held-${n}`, { method: 'POST', endStream: false });
    let room = Math.min(left, peer.stream(held.stream).sendWindow);
    if (room === 0) trial.notApplicable('the server gives a stream no window at the start');
    left -= room;
    for (; room > 0; room -= Math.min(room, CHUNK)) {
      await peer.until(() => peer.over || peer.ledger.sendWindow > 0, 'credit of the connection');
      peer.send(data(held.stream, new Uint8Array(Math.min(room, CHUNK))));
    }
    await trial.waits(held);
  }
}
