/** Codes that the application gives, and the one that it cannot give (section 4.2, RFC 9113 §8.7). */
import { ERROR_CODE, rstStream } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { laterTurn, outcome } from '../lifecycle/acts.ts';

const { CANCEL, REFUSED_STREAM } = ERROR_CODE;

/** Names of exchanges, and what is given to reset there; none is the default. */
const RESETS: Readonly<Record<string, readonly [number?]>> = {
  default: [],
  zero: [0],
  known: [11],
  unknown: [0x1234],
  largest: [0xffff_ffff],
};

const WRONG: readonly unknown[] = [-1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY, '8', null];

/** Above this a server could take the case itself for an attack. */
const MOST = 400;

const held: Handler = async (x, kit) => {
  await kit.gate();
  x.respond(200);
};

/** No stream that was reset with REFUSED_STREAM is in the log of invocations. */
function refusedUnseen(trial: GatewayTrial, all: readonly Asked[]): number {
  const refused = all.filter(({ peer, stream }) => peer.stream(stream).resets.includes(REFUSED_STREAM));
  const seen = refused.find(one => trial.wasInvoked(one));
  if (seen !== undefined) trial.fail(`the application was invoked on ${seen.name}, which is reset with REFUSED_STREAM`);
  return refused.length;
}

/** One request more than the server allows, and the twins that show what became of it. */
async function beyond(trial: GatewayTrial, peer: Peer): Promise<readonly Asked[]> {
  const limit = peer.ledger.setting('theirs', 'MAX_CONCURRENT_STREAMS');
  if (limit < 1 || limit > MOST) trial.notApplicable(`SETTINGS_MAX_CONCURRENT_STREAMS is ${limit}`);
  await peer.fence();
  const all = Array.from({ length: limit }, (_, n) => trial.ask(peer, `a-${n}`));
  for (const one of all) await trial.waits(one);
  const extra = trial.ask(peer, 'extra', { onPurpose: true });
  await trial.first(
    peer.until(() => peer.over || peer.stream(extra.stream).over, 'the refusal of extra'),
    trial.app.until(() => trial.wasInvoked(extra), 'the refusal of extra'),
  );
  for (const one of [...all, extra]) trial.release(one);
  // A stream error may be taken for one of the connection (RFC 9113 section 5.4.1): nothing is refused then.
  if (peer.over && !trial.wasInvoked(extra))
    trial.notApplicable('the server ends the connection at a request beyond its limit');
  for (const one of all) await trial.answered(one, 200, 0);
  await peer.answer(extra.stream);
  await trial.quietApp(peer);
  return [...all, extra];
}

export default suite('cancellation', {
  'the-code-of-reset-is-sent': {
    requirement: 'MSGI-ERR-9',
    title: 'The member reset sends its code, and CANCEL where it has none.',
    app: (x, kit) => x.reset(...(RESETS[kit.name] ?? [])),
    async run(trial) {
      const peer = await trial.open();
      for (const [name, [code = CANCEL]] of Object.entries(RESETS)) {
        const { stream } = trial.ask(peer, name);
        const { resets, status } = await peer.answer(stream);
        trial.expected = `${name}: RST_STREAM with code ${code}`;
        if (status !== 0) trial.fail(`${name}: status ${status} is sent`);
        if (resets[0] !== code) trial.fail(`${name}: RST_STREAM with code ${resets[0]}, not ${code}`);
      }
      trial.seen = 'each code as it was given';
    },
  },

  'codes-are-checked': {
    requirement: 'MSGI-ERR-10',
    title: 'The members reset and stop throw a TypeError for a code that is not an integer of 0 to 2^32 - 1.',
    app: async (x, kit) => {
      for (const wrong of WRONG) {
        kit.report('reset', await outcome(() => x.reset(wrong as number)));
        kit.report('stop', await outcome(() => x.body.stop(wrong as number)));
      }
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      for (const member of ['reset', 'stop']) {
        for (const [n, value] of WRONG.entries()) {
          const given = await trial.app.report(asked, member, n + 1);
          if (given !== 'TypeError') trial.fail(`${member}(${value}) gives ${given}`);
        }
      }
      await trial.answered(asked, 200, 0);
    },
  },

  'no-application-refuses': {
    requirement: 'MSGI-ERR-11',
    title:
      'A call of reset(7) is a TypeError, and the exchange goes on: REFUSED_STREAM would say that nobody saw the request.',
    app: async (x, kit) => {
      kit.report('given', await outcome(() => x.reset(REFUSED_STREAM)));
      await laterTurn();
      kit.report('state', x.state);
      if (x.state === 'idle') x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'given', 'TypeError');
      await trial.reported(asked, 'state', 'idle');
      await trial.answered(asked, 200, 0);
    },
  },

  'what-was-seen-is-not-refused': {
    requirement: 'MSGI-ERR-12',
    title: 'However an exchange ends, REFUSED_STREAM is not sent for it when its application was invoked.',
    app: {
      throws: () => {
        throw new Error('on purpose');
      },
      returns: x => void x.start(200),
      breaks: async x => {
        await x.start(200).write('half');
        throw new Error('on purpose');
      },
      resets: x => x.reset(),
      stops: x => {
        x.body.stop(REFUSED_STREAM);
        x.respond(200);
      },
      left: async (x, kit) => {
        x.start(200);
        await kit.gate();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const all = ['throws', 'returns', 'breaks', 'resets'].map(name => trial.ask(peer, name));
      const stops = trial.ask(peer, 'stops', { method: 'POST', endStream: false });
      const left = trial.ask(peer, 'left');
      await trial.waits(left);
      peer.send(rstStream(left.stream, REFUSED_STREAM));
      for (const one of [...all, stops]) await peer.answer(one.stream);
      await trial.quietApp(peer);
      trial.release(left);
      await trial.invoked(...all, stops);
      refusedUnseen(trial, [...all, stops, left]);
      trial.seen = 'no REFUSED_STREAM for an application that was invoked';
    },
  },

  'refused-is-unseen': {
    requirement: 'rfc9113/8.7/3',
    title: 'REFUSED_STREAM is not sent for a request that the application has seen.',
    app: held,
    async run(trial) {
      const peer = await trial.open();
      const refused = refusedUnseen(trial, await beyond(trial, peer));
      if (refused === 0) trial.notApplicable('no request was refused with REFUSED_STREAM');
      trial.seen = `${refused} refused with REFUSED_STREAM, and not invoked`;
    },
  },

  'unprocessed-is-unseen': {
    requirement: 'rfc9113/8.7/2',
    title: 'No request above the last stream of the final GOAWAY is in the log of the application.',
    claims: ['drain'],
    alone: {},
    app: held,
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const first = trial.ask(peer, 'a-0');
      await trial.waits(first);
      trial.process.signal('SIGTERM');
      const all = [first];
      const last = (): number => Math.min(...peer.goaways.map(({ lastStream }) => lastStream));
      await peer.until(() => peer.over || peer.goaways.length > 0, 'GOAWAY');
      // Requests go on until the server has said which was the last.
      for (let n = 1; n < 50 && !peer.over && last() > peer.ledger.highestSent; n += 1) {
        const one = trial.ask(peer, `a-${n}`);
        all.push(one);
        trial.release(one);
        const told = (): boolean => peer.over || peer.stream(one.stream).over || last() < one.stream;
        await peer.until(told, `the answer of ${one.name}, or a GOAWAY below it`);
      }
      const late = trial.ask(peer, 'late', { onPurpose: true });
      all.push(late);
      trial.release(first);
      await trial.answered(first, 200, 0);
      // The server stops behind its last exchange: nothing is invoked then.
      await trial.lifespan('stop');
      const unprocessed = all.filter(({ stream }) => stream > last());
      const seen = unprocessed.find(one => trial.wasInvoked(one));
      if (seen !== undefined)
        trial.fail(`GOAWAY says ${last()}, and the application was invoked on stream ${seen.stream}`);
      refusedUnseen(trial, all);
      trial.seen = `${unprocessed.length} requests above stream ${last()}, and none of them invoked`;
    },
  },
});
