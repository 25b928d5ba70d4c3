/** The order of content on the wire (section 7.4), under contention that is seen first (KIT rule 4). */
import { contend, credit, openStreams, SLACK, servedInOrder, servedTogether } from '../../../contention.ts';
import type { CaseApp } from '../../../gateway/case.ts';
import { suite } from '../../../gateway/case.ts';
import type { AskOptions, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

const LARGE = new Uint8Array(1_048_576);

const app: CaseApp = {
  filler: x => x.respond(200, [], LARGE),
  plain: x => x.respond(200, [], LARGE),
  urgent: x => {
    x.prioritize(0);
    x.respond(200, [], LARGE);
  },
};

/** Streams that wait with their content, of handlers by name. */
async function waiting(
  trial: GatewayTrial,
  peer: Peer,
  ...asked: readonly (readonly [string, AskOptions])[]
): Promise<readonly number[]> {
  const large = (): number => trial.ask(peer, 'filler').stream;
  const ask = (): number[] => asked.map(([name, options]) => trial.ask(peer, name, options).stream);
  const streams = await contend(peer, large, asked.length, ask);
  await openStreams(peer);
  return streams;
}

/** A signal of the tree, for a server that goes by it only where it is used. */
const ROOT = { dependency: 0, weight: 16 };

const wants = (value: string): AskOptions => ({ fields: ['priority', value] });

export default suite('priority', {
  'word-of-the-application-wins': {
    requirement: 'MSGI-PRIO-16',
    claims: ['priority-urgency'],
    title:
      'An exchange is scheduled by the last prioritize, where the server schedules by what the peer asks otherwise.',
    app,
    async run(trial) {
      const control = await trial.open();
      const asked = await waiting(trial, control, ['plain-1', wants('u=5')], ['plain-2', wants('u=1')]);
      const [, second = 0] = await credit(control, asked, 6);
      if (second < 5 * SLACK) trial.notApplicable('the server does not order by what the peer asks');
      const peer = await trial.open();
      const told = await waiting(trial, peer, ['urgent', wants('u=5')], ['plain-3', wants('u=1')]);
      const [first = 0, other = 0] = await credit(peer, told, 6);
      trial.expected = 'content of the exchange that the application has made urgent, before that of the other';
      trial.seen = `${first} octets of the exchange with prioritize(0), ${other} of that with u=1`;
      if (other > SLACK) trial.fail(trial.seen);
    },
  },

  'more-urgent-first': {
    requirement: 'MSGI-PRIO-18',
    claims: ['priority-urgency'],
    title: 'Content of more urgent exchanges goes before that of less urgent ones.',
    app,
    async run(trial) {
      const peer = await trial.open();
      const asked = [7, 4, 2, 0].map((urgency): readonly [string, AskOptions] => [
        `plain-${urgency}`,
        wants(`u=${urgency}`),
      ]);
      const streams = await waiting(trial, peer, ...asked);
      await servedInOrder(trial, peer, streams.toReversed());
    },
  },

  'parents-first': {
    requirement: 'MSGI-PRIO-18',
    claims: ['priority-tree'],
    title: 'Content of an exchange goes before that of the exchanges which depend on it.',
    app,
    async run(trial) {
      const peer = await trial.open();
      const next = peer.nextStream() + 4;
      const streams = await waiting(
        trial,
        peer,
        ['plain-1', { priority: { dependency: next + 2, weight: 256 } }],
        ['plain-2', { priority: { dependency: 0, weight: 1 } }],
      );
      if (streams[0] !== next) throw new RangeError(`stream ${streams[0]} is not ${next}`);
      await servedInOrder(trial, peer, streams.toReversed());
    },
  },

  'pushed-behind-its-parent': {
    requirement: 'rfc7540/5.3.5/i2',
    claims: ['priority-tree', 'push'],
    title: 'Content of a pushed response goes behind that of the response which it belongs to.',
    app: {
      ...app,
      parent: (x, kit) => {
        x.push({ target: kit.path('plain') });
        x.respond(200, [], LARGE);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      const large = (): number => trial.ask(peer, 'filler').stream;
      // An octet of the connection's window is left for the pushed response.
      const [parent = 0] = await contend(peer, large, 2, () => [trial.ask(peer, 'parent', { priority: ROOT }).stream]);
      const pushed = (): number => peer.ledger.highestPromised;
      const waits = (): boolean => (peer.ledger.stream(pushed())?.octets ?? 0) > 0;
      await peer.until(() => waits() || peer.over, 'content of the pushed response');
      await openStreams(peer);
      await servedInOrder(trial, peer, [parent, pushed()]);
    },
  },

  'one-after-the-other': {
    requirement: 'MSGI-PRIO-19',
    claims: ['priority-urgency'],
    title: 'Exchanges of one urgency that are not incremental go one after the other.',
    app,
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, ['plain-1', wants('u=2')], ['plain-2', wants('u=2')]);
      const [first = 0, second = 0] = await credit(peer, streams, 6);
      trial.expected = 'content of one of the two exchanges, and of the other no more than a frame';
      trial.seen = `${first} and ${second} octets`;
      if (Math.min(first, second) > SLACK) trial.weak(`${trial.seen}: the two share the connection`);
    },
  },

  'incremental-ones-share': {
    requirement: 'MSGI-PRIO-19',
    claims: ['priority-urgency'],
    title: 'Incremental exchanges of one urgency share the connection.',
    app,
    async run(trial) {
      const peer = await trial.open();
      const asked = [1, 2, 3].map((n): readonly [string, AskOptions] => [`plain-${n}`, wants('u=2, i')]);
      await servedTogether(trial, peer, await waiting(trial, peer, ...asked));
    },
  },

  'nobody-starves': {
    requirement: 'MSGI-PRIO-20',
    claims: ['priority-urgency'],
    title: 'An exchange of urgency 7 makes progress beside one of urgency 0 that has always content.',
    app: {
      filler: x => x.respond(200, [], LARGE),
      endless: async x => {
        const out = x.start(200);
        const chunk = LARGE.subarray(0, 65_536);
        while ((await out.ready()) > 0) await out.write(chunk);
      },
      low: x => x.respond(200, [], LARGE.subarray(0, 65_536)),
    },
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, ['low', wants('u=7')], ['endless', wants('u=0')]);
      let octets = 0;
      for (let mebibyte = 0; mebibyte < 4 && octets === 0; mebibyte += 1) {
        [octets = 0] = await credit(peer, streams, 16, 65_536);
      }
      trial.expected = 'content of urgency 7 before the other has got 4 MiB';
      trial.seen = `${octets} octets of urgency 7 beside an endless response of urgency 0`;
      // The text has no number: who needs more credit than this may be within its bound.
      if (octets === 0) trial.weak(trial.seen);
    },
  },

  'equal-shares-in-silence': {
    requirement: 'MSGI-PRIO-22',
    title: 'Exchanges share the connection where nobody has said anything about priority.',
    app,
    async run(trial) {
      const peer = await trial.open();
      await servedTogether(trial, peer, await waiting(trial, peer, ['plain-1', {}], ['plain-2', {}]));
    },
  },
});
