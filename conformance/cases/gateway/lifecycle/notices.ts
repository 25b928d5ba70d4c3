/** Notices: to whom, when, and in which order (section 3.7). */
import { data, priorityUpdate, windowUpdate } from '../../../../wire/index.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { brought, laterTurn, left, outcome, STATES, type State, tight, told } from './acts.ts';

/** The notices that were reported of the exchange, by type, in order. */
function typesOf(trial: GatewayTrial, asked: Asked): readonly Json[] {
  return trial.app.reports(asked, 'notice');
}

export default suite('lifecycle', {
  'no-notice-inside-a-call': {
    requirement: 'MSGI-NOTE-1',
    title: 'No listener is called inside a call of the application, whatever notice the call brings.',
    app: async (x, kit) => {
      let inside = false;
      x.watch(({ type }) => kit.report(type, inside));
      const call = (act: () => unknown): void => {
        inside = true;
        act();
        inside = false;
      };
      if (kit.name === 'drain') call(() => x.connection.drain());
      if (kit.name === 'reset') call(() => x.reset());
      else call(() => x.respond(200));
      await laterTurn();
      call(() => x.watch(({ type }) => kit.report(`late ${type}`, inside)));
    },
    async run(trial) {
      for (const name of ['respond', 'reset', 'drain']) {
        const peer = await trial.open();
        peer.drains = true;
        const asked = trial.ask(peer, name);
        const types = name === 'drain' ? ['drain', 'close'] : ['close'];
        for (const type of [...types, ...types.map(each => `late ${each}`)]) {
          const inside = await told(trial, asked, type);
          if (inside !== false) trial.fail(`the ${type} of ${name} is given inside the call`);
        }
      }
      trial.seen = 'each notice comes after the call';
    },
  },

  'a-listener-is-a-function': {
    requirement: 'MSGI-NOTE-12',
    title: 'The member watch throws a TypeError for a listener that is no function, in every state.',
    app: async (x, kit) => {
      const out = brought(x, kit.name as State);
      const given: Json[] = [];
      for (const wrong of [undefined, null, {}, 'close']) given.push(await outcome(() => x.watch(wrong as never)));
      kit.report('given', given);
      left(x, out);
    },
    async run(trial) {
      const peer = await tight(trial);
      for (const state of STATES)
        await trial.reported(trial.ask(peer, state), 'given', ['TypeError', 'TypeError', 'TypeError', 'TypeError']);
    },
  },

  'listeners-in-order': {
    requirement: 'MSGI-NOTE-2',
    title: 'Listeners are called in the order in which they were added, and told in the order of the events.',
    app: async (x, kit) => {
      for (const name of ['first', 'second', 'third']) x.watch(({ type }) => kit.report('notice', `${type} ${name}`));
      x.connection.drain();
      await kit.gate();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const asked = trial.ask(peer, 'a');
      await trial.waits(asked);
      trial.release(asked);
      await trial.answered(asked, 200, 0);
      const wanted = ['drain', 'close'].flatMap(type => ['first', 'second', 'third'].map(name => `${type} ${name}`));
      await trial.app.report(asked, 'notice', wanted.length);
      const seen = typesOf(trial, asked);
      if (seen.join() !== wanted.join()) trial.fail(`the order is ${seen.join(', ')}`);
      trial.seen = seen.join(', ');
    },
  },

  'a-listener-that-throws': {
    requirement: 'MSGI-NOTE-3',
    title: 'A listener that throws changes nothing for the next one, nor for the exchanges.',
    app: async (x, kit) => {
      x.watch(() => {
        throw new Error('on purpose');
      });
      x.watch(({ type }) => kit.report('notice', type));
      x.connection.drain();
      await kit.gate();
      x.respond(200, [], 'whole');
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const asked = trial.ask(peer, 'a');
      await trial.waits(asked);
      trial.release(asked);
      await trial.answered(asked, 200, 5);
      await trial.app.report(asked, 'notice', 2);
      await trial.answered(trial.ask(await trial.open(), 'twin-9'), 200, 0);
      trial.seen = typesOf(trial, asked).join(', ');
    },
  },

  'late-listeners-are-told': {
    requirement: 'MSGI-NOTE-4',
    title: 'A listener that is added late is given the drain and the close that have happened, in a later turn.',
    app: async (x, kit) => {
      x.connection.drain();
      x.watch(({ type }) => kit.report(type));
      x.respond(200);
      await kit.gate();
      let early = 0;
      let turned = false;
      x.watch(({ type }) => {
        if (!turned) early += 1;
        kit.report('notice', type);
      });
      // As many promise reactions as one turn may set off.
      for (let n = 0; n < 10; n += 1) await Promise.resolve();
      turned = true;
      kit.report('early', early);
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const asked = trial.ask(peer, 'a');
      await trial.report(asked, 'close');
      trial.release(asked);
      await trial.app.report(asked, 'notice', 2);
      const seen = typesOf(trial, asked);
      if (seen.join() !== 'drain,close') trial.fail(`a late listener is given ${seen.join(', ')}`);
      await trial.reported(asked, 'early', 0);
    },
  },

  'one-close-and-nothing-behind': {
    requirement: 'MSGI-NOTE-5',
    title: 'Each listener is given close exactly once, when the exchange is closed, and nothing after it.',
    app: async (x, kit) => {
      for (const name of ['first', 'second']) x.watch(({ type }) => kit.report('notice', `${name} ${type}`));
      await kit.gate('answer');
      x.respond(200);
      await kit.gate('drain');
      x.connection.drain();
      x.reset();
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      trial.release(asked, 'answer');
      await trial.answered(asked, 200, 0);
      await trial.quietApp(peer);
      // Half of it is open.
      if (typesOf(trial, asked).length > 0) trial.fail('close is given before the request is over');
      peer.send(data(asked.stream, '', { endStream: true }));
      // Content that nobody reads is part of the request: none is there.
      await trial.app.until(() => typesOf(trial, asked).length >= 2, 'close of both listeners of a');
      await trial.quietApp(peer);
      trial.release(asked, 'drain');
      await trial.settled(asked);
      await trial.quietApp(await trial.open());
      const seen = typesOf(trial, asked);
      if (seen.join() !== 'first close,second close') trial.fail(`the notices are ${seen.join(', ')}`);
      trial.seen = seen.join(', ');
    },
  },

  'who-has-left-is-not-called': {
    requirement: 'MSGI-NOTE-6',
    title: 'A listener is not called after it has been removed, and removing it twice has no effect.',
    app: async (x, kit) => {
      const before = x.watch(() => kit.report('removed'));
      let during = (): void => {};
      x.watch(() => during());
      during = x.watch(() => kit.report('removed by another'));
      x.watch(({ type }) => kit.report(type));
      before();
      before();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.report(asked, 'close');
      await trial.quietApp(peer);
      for (const name of ['removed', 'removed by another'])
        if (trial.app.reports(asked, name).length > 0) trial.fail(`a listener that was ${name} is called`);
      trial.seen = 'close is given to the listener that stayed';
    },
  },

  'priority-when-it-changes': {
    requirement: 'MSGI-NOTE-7',
    title: 'The notice "priority" comes when what the client asks for has changed, and only then.',
    app: async (x, kit) => {
      x.watch(notice => {
        if (notice.type === 'priority') kit.report('notice', notice.priority.urgency);
      });
      x.prioritize(6, true);
      await kit.gate();
      kit.report('scheme', x.priority.scheme);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      await trial.waits(asked);
      await peer.change(['INITIAL_WINDOW_SIZE', 1000]);
      peer.send(windowUpdate(asked.stream, 1000), data(asked.stream, 'four'));
      await trial.quietApp(peer);
      if (typesOf(trial, asked).length > 0)
        trial.fail(`the notice comes with urgency ${typesOf(trial, asked)[0]}, unchanged`);
      peer.send(priorityUpdate(asked.stream, 'u=1'), priorityUpdate(asked.stream, 'u=1'));
      await trial.quietApp(peer);
      trial.release(asked);
      // Where a client can ask for nothing, nothing changes.
      const scheme = await trial.report(asked, 'scheme');
      const seen = typesOf(trial, asked);
      if (seen.join() !== (scheme === 'urgency' ? '1' : '')) trial.fail(`the notices have urgency ${seen.join(', ')}`);
      await trial.answered(asked, 200, 0);
      trial.seen = `scheme "${scheme}": ${seen.length} notices`;
    },
  },

  'one-drain': {
    requirement: 'MSGI-NOTE-8',
    title: 'Each listener is given drain once at most, however often the connection is drained.',
    app: async (x, kit) => {
      x.watch(({ type }) => kit.report('notice', type));
      x.connection.drain();
      await kit.gate();
      x.connection.drain();
      await laterTurn();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const asked = trial.ask(peer, 'a');
      await trial.waits(asked);
      await trial.app.until(() => typesOf(trial, asked).length > 0, 'the notice drain of a');
      trial.release(asked);
      await trial.answered(asked, 200, 0);
      await trial.app.until(() => typesOf(trial, asked).includes('close'), 'the close of a');
      const seen = typesOf(trial, asked);
      if (seen.join() !== 'drain,close') trial.fail(`the notices are ${seen.join(', ')}`);
      trial.seen = seen.join(', ');
    },
  },
});
