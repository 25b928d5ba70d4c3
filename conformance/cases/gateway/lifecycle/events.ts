/** What happens to an exchange in each state: the events of the tables of section 3.1. */
import { data, goaway, headers, plainBlock, rstStream, windowUpdate } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { brought, drained, framesOf, left, STATES, type State, tight, told } from './acts.ts';

interface Event {
  /** What the client does; the handler does the others by their name. */
  readonly act?: (peer: Peer, asked: Asked) => void;
  /** State, then code and party of the close where the event ends the exchange; of idle, open, done, dead in this order. */
  readonly leads: readonly string[];
}

/** A dead exchange was reset by its application. */
const DEAD = 'dead, 8 by app';

const EVENTS: Readonly<Record<string, Event>> = {
  fulfils: { leads: ['done, 0 by app', 'dead, 2 by app', 'done', DEAD] },
  rejects: { leads: ['done, 0 by app', 'dead, 2 by app', 'done', DEAD] },
  reset: {
    act: (peer, { stream }) => peer.send(rstStream(stream, 'ENHANCE_YOUR_CALM')),
    leads: ['dead, 11 by peer', 'dead, 11 by peer', 'done, 11 by peer', DEAD],
  },
  malformed: {
    act: (peer, { stream }) => peer.violate(headers(stream, plainBlock([':path', '/']), { endStream: true })),
    leads: ['dead, 1 by peer', 'dead, 1 by peer', 'done, 1 by peer', DEAD],
  },
  deadline: { leads: ['dead, 8 by server', 'dead, 8 by server', 'done, 8 by server', DEAD] },
  ended: {
    act: (peer, { stream }) => peer.send(data(stream, '', { endStream: true })),
    leads: ['idle', 'open', 'done', DEAD],
  },
  windows: {
    act: (peer, { stream }) => peer.send(windowUpdate(stream, 1)),
    leads: ['idle', 'open', 'done', DEAD],
  },
};

/** "done-rejects": the state to be in, and what is to come. The promise settles by the handler; the client does the rest. */
const meets: Handler = async (x, kit) => {
  const [state, event] = kit.name.split('-') as [State, string];
  let sum = '';
  x.watch(notice => {
    if (notice.type !== 'close') return;
    sum = `, ${notice.code} by ${notice.by}`;
    kit.report('closed');
  });
  const out = brought(x, state);
  kit.report('ready');
  const look = kit.gate('look').then(() => kit.report('seen', `${x.state}${sum}`));
  if (event === 'fulfils') return;
  if (event === 'rejects') throw new Error('on purpose');
  if (event === 'deadline') x.deadline(1);
  await look;
  left(x, out);
};

/** The handler has come to the state, the event has happened, and what it does has been done. */
async function happened(trial: GatewayTrial, peer: Peer, state: State, name: string): Promise<Asked> {
  const asked = trial.ask(peer, `${state}-${name}`, { method: 'POST', endStream: false });
  await trial.report(asked, 'ready');
  const { act, leads } = EVENTS[name] as Event;
  const dead = state === 'dead';
  // On an exchange that the server has reset the client says nothing more.
  if (!dead) act?.(peer, asked);
  if (leads[STATES.indexOf(state)]?.includes('by')) await told(trial, asked, 'closed');
  return asked;
}

async function compare(trial: GatewayTrial, asked: Asked, what: string, wanted: Json): Promise<void> {
  trial.expected = `${what}: ${wanted}`;
  trial.release(asked, 'look');
  const seen = await told(trial, asked, 'seen');
  if (seen !== wanted) trial.fail(`${what}: ${seen}, not ${wanted}`);
}

export default suite('lifecycle', {
  'events-of-the-response': {
    requirement: 'MSGI-LIFE-3',
    title: 'Each event leads from each state of the response where the table says, with code and party of the close.',
    app: meets,
    async run(trial) {
      const peer = await tight(trial);
      // All of them at once, for the deadlines take their time.
      const all: { readonly asked: Asked; readonly state: State; readonly event: string }[] = [];
      const makes = Object.keys(EVENTS).flatMap(event => STATES.map(state => ({ state, event })));
      for (const one of makes.filter(({ event }) => event === 'deadline')) {
        const asked = trial.ask(peer, `${one.state}-${one.event}`, { method: 'POST', endStream: false });
        all.push({ ...one, asked });
      }
      for (const one of makes.filter(({ event }) => event !== 'deadline'))
        all.push({ ...one, asked: await happened(trial, peer, one.state, one.event) });
      await trial.quietApp(peer);
      for (const { asked, state, event } of all) {
        const wanted = EVENTS[event]?.leads[STATES.indexOf(state)] as string;
        if (wanted.includes('by')) await told(trial, asked, 'closed');
        await compare(trial, asked, `${event} in ${state}`, wanted);
      }
      trial.seen = 'each event as its cells say';
    },
  },

  'a-lost-connection': {
    requirement: 'MSGI-LIFE-3',
    title: 'A lost connection kills what is idle and open, fails what is done, and leaves what is dead.',
    app: meets,
    async run(trial) {
      const peer = await tight(trial);
      const all: Asked[] = [];
      for (const state of STATES) {
        const asked = trial.ask(peer, `${state}-lost`);
        await trial.report(asked, 'ready');
        all.push(asked);
      }
      peer.lose();
      const wanted = ['dead, 8 by transport', 'dead, 8 by transport', 'done, 8 by transport', DEAD];
      for (const [n, asked] of all.entries()) {
        await told(trial, asked, 'closed');
        await compare(trial, asked, `a lost connection in ${STATES[n]}`, wanted[n] as string);
      }
    },
  },

  'goaway-of-the-client': {
    requirement: 'MSGI-LIFE-3',
    title: 'GOAWAY of the client leaves every state as it is, and nothing is promised from then on.',
    app: async (x, kit) => {
      const state = kit.name as State;
      const out = brought(x, state);
      if (state === 'idle') await drained(x.body);
      await kit.gate();
      x.push({ target: kit.path('pushed') });
      kit.report('seen', x.state);
      left(x, out);
    },
    async run(trial) {
      const peer = await tight(trial);
      // The server may answer with a GOAWAY of its own.
      peer.drains = true;
      const all = STATES.map(state => trial.ask(peer, state, { method: 'POST', endStream: false }));
      const [idle] = all as [Asked, ...Asked[]];
      await trial.invoked(...all);
      for (const one of all.slice(1)) await trial.waits(one);
      // What is under way goes on (RFC 9113 §6.8), and who reads its end has the GOAWAY before it.
      peer.send(goaway(0), data(idle.stream, '', { endStream: true }));
      await trial.waits(idle);
      for (const one of [...all.slice(1), idle]) {
        trial.release(one);
        await trial.reported(one, 'seen', one.name);
      }
      await trial.answered(idle, 204, 0);
      // What push gives is left to the frames: a host may learn later that no promise was made (MSGI-PROC-34).
      const promised = all.find(one => framesOf(one).includes('PUSH_PROMISE'));
      if (promised !== undefined) trial.fail(`PUSH_PROMISE is sent for ${promised.name}, behind GOAWAY`);
      trial.seen = 'no PUSH_PROMISE';
    },
  },
});
