/** The limit of concurrent exchanges (section 1.5). */
import { ERROR_CODE, rstStream } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** Above this a server could take the case itself for an attack. */
const MOST = 400;

/** Requests that may be refused before the server has heard of the end of an application. */
const TRIES = 4;

const held: Handler = async (x, kit) => {
  await kit.gate();
  x.respond(200, [], 'held');
};

export default suite('multiplexing', {
  'refused-beyond-the-limit': {
    requirement: 'MSGI-MODEL-12',
    title: 'A request beyond the limit is refused with REFUSED_STREAM, and the application is not called on it.',
    app: held,
    async run(trial) {
      const peer = await trial.open();
      const [first, ...rest] = await full(trial, peer);
      const extra = trial.ask(peer, 'extra', { onPurpose: true });
      await trial.refused(extra);
      for (const one of [first, ...rest]) trial.release(one);
      for (const one of [first, ...rest]) await trial.answered(one, 200, 4);
      await trial.notInvoked(peer, extra);
    },
  },

  'failed-applications-count-until-they-settle': {
    requirement: 'MSGI-MODEL-11',
    title: 'An exchange that the client resets counts against the limit until its application has settled.',
    app: (x, kit) => {
      kit.follow(x);
      return held(x, kit);
    },
    async run(trial) {
      const peer = await trial.open();
      const [first] = await full(trial, peer);
      peer.send(rstStream(first.stream, 'CANCEL'));
      await trial.report(first, 'aborted');
      await peer.fence();
      await trial.refused(trial.ask(peer, 'too-early'));
      trial.release(first);
      await trial.settled(first);
      const aside = await trial.open();
      let next = await behind(trial, peer, aside, 1);
      for (let n = 2; n <= TRIES && refused(next); n += 1) next = await behind(trial, peer, aside, n);
      if (refused(next)) trial.fail('a request is refused where an application that failed has settled');
      trial.release(next);
      await trial.answered(next, 200, 4);
    },
  },

  'applications-that-work-on-do-not-count': {
    requirement: 'MSGI-MODEL-13',
    title: 'Applications that work on after whole responses take nothing of the limit.',
    app: async (x, kit) => {
      x.respond(200, [], 'held');
      await kit.gate();
    },
    async run(trial) {
      const peer = await trial.open();
      for (const one of await full(trial, peer)) await trial.answered(one, 200, 4);
      await trial.answered(trial.ask(peer, 'next'), 200, 4);
    },
  },
});

const refused = ({ peer, stream }: Asked): boolean => peer.stream(stream).resets.includes(ERROR_CODE.REFUSED_STREAM);

/**
 * Asks once more behind whole exchanges of another connection, where there is room: behind a pipe, or in another thread, a
 * server hears of the end of an application a moment after the kit.
 */
async function behind(trial: GatewayTrial, peer: Peer, aside: Peer, n: number): Promise<Asked> {
  await trial.quietApp(aside);
  const next = trial.ask(peer, `next-${n}`);
  const record = peer.stream(next.stream);
  await trial.first(
    trial.waits(next),
    peer.until(() => record.over || peer.over, `the application of ${next.name} to be called, or its refusal`),
  );
  return next;
}

/** As many exchanges as the server allows, each at its gate. */
async function full(trial: GatewayTrial, peer: Peer): Promise<readonly [Asked, ...Asked[]]> {
  const limit = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
  if (limit < 1 || limit > MOST) trial.notApplicable(`SETTINGS_MAX_CONCURRENT_STREAMS is ${limit}`);
  await peer.fence();
  const first = trial.ask(peer, 'x0');
  const rest = Array.from({ length: limit - 1 }, (_, n) => trial.ask(peer, `x${n + 1}`));
  for (const one of [first, ...rest]) await trial.waits(one);
  return [first, ...rest];
}
