/** The window of the connection, which no held upload uses up (section 5.5). */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { connectionWindow, count, finish, grantedExactly, initialWindow, pour, upload } from './uploads.ts';

/** Octets that are held on all exchanges together, where their windows allow so many. */
const HELD = 2 ** 22;

/** Above this a server could take the case itself for an attack. */
const MANY = 400;

const held: Handler = async (x, kit) => {
  x.body.manual();
  await kit.gate();
  x.respond(200);
};

export default suite('flow', {
  'connection-credit-comes-on-receipt': {
    requirement: 'MSGI-FLOW-17',
    title: 'Twice the window of the connection goes to one exchange that has credit for it and reads nothing.',
    app: async (x, kit) => {
      x.body.manual();
      x.body.credit(2 ** 23);
      await kit.gate();
      await count(x);
    },
    async run(trial) {
      const peer = await trial.open();
      const octets = 2 * connectionWindow(trial, peer);
      const asked = upload(trial, peer, 'a');
      await trial.waits(asked);
      trial.expected = 'credit of the connection for content that nobody has read';
      await pour(asked, octets);
      trial.release(asked);
      finish(asked);
      await trial.answered(asked, 200, `${octets}`.length);
    },
  },

  'all-held-uploads-keep-no-connection-credit': {
    requirement: 'MSGI-FLOW-18',
    title: 'Uploads that are held on all exchanges at once leave the window of the connection open.',
    app: held,
    async run(trial) {
      const peer = await trial.open();
      const limit = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
      if (limit > MANY) trial.notApplicable(`SETTINGS_MAX_CONCURRENT_STREAMS is ${limit}`);
      const octets = Math.min(initialWindow(trial, peer), Math.ceil(HELD / limit));
      await peer.fence();
      const all = uploads(trial, peer, limit);
      trial.expected = `credit of the connection behind ${octets} octets on each of ${limit} exchanges`;
      for (const one of all) await pour(one, octets);
      await peer.until(() => peer.over || peer.ledger.sendWindow > 0, 'credit of the connection');
      for (const one of all) trial.release(one);
      for (const one of all) await trial.answered(one);
    },
  },

  'dropped-content-is-returned-to-the-connection': {
    requirement: 'MSGI-FLOW-19',
    title: 'Content of stopped requests comes back to the window of the connection, and to no stream.',
    app: async (x, kit) => {
      x.body.stop();
      const out = x.start(200);
      await kit.gate();
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const initial = initialWindow(trial, peer);
      const needed = Math.floor(connectionWindow(trial, peer) / initial) + 1;
      if (needed >= peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS'))
        trial.notApplicable(`the window of the connection is that of ${needed} exchanges`);
      const all = uploads(trial, peer, needed);
      for (const one of all) await trial.waits(one);
      trial.expected = 'credit of the connection for content that was dropped';
      for (const one of all) await pour(one, initial);
      for (const one of all) await grantedExactly(trial, one, 0, 'on a stream whose content was dropped');
      for (const one of all) trial.release(one);
      for (const one of all) await trial.answered(one);
    },
  },
});

function uploads(trial: GatewayTrial, peer: Peer, number: number): readonly Asked[] {
  return Array.from({ length: number }, (_, n) => upload(trial, peer, `x${n}`));
}
