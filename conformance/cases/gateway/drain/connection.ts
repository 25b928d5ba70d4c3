/** The drain of one connection by the application (section 10.2). */
import { data, ping } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** The last stream of a GOAWAY that names none (RFC 9113 §6.8). */
const MAX_STREAM_ID = 2 ** 31 - 1;

/** The limit of MSGI-SPAN-9, milliseconds, and the least of it by a coarse clock. */
const LIMIT = 1000;
const LEAST = 980;

/** Tries in which a request is sent before the last GOAWAY: on a slow machine a second passes sooner. */
const TRIES = 3;

const drains: Handler = (x, kit) => {
  kit.report('before', x.connection.draining);
  x.connection.drain();
  kit.report('after', x.connection.draining);
  x.respond(200);
};

const held: Handler = async (x, kit) => {
  kit.follow(x);
  x.watch(({ type }) => {
    if (type === 'drain') kit.report('draining', x.connection.draining);
  });
  await kit.gate();
  x.respond(200);
};

export default suite('drain', {
  'every-exchange-of-the-connection-is-told': {
    requirement: 'MSGI-SPAN-8',
    also: ['MSGI-SPAN-14'],
    title:
      'A connection.drain() tells every exchange of the connection, and neither the application nor another connection.',
    app: { held, drains },
    async run(trial) {
      const { peer, held } = await draining(trial, 'held-1', 'held-2');
      const other = await trial.open();
      const elsewhere = trial.ask(other, 'held-3');
      await trial.waits(elsewhere);
      await trial.answered(trial.ask(peer, 'drains'), 200, 0);
      for (const asked of held) await trial.report(asked, 'drain');
      await trial.quietApp(other);
      if (trial.app.reports(elsewhere, 'drain').length > 0) trial.fail('an exchange of another connection is told');
      const told = trial.app.all.some(message => message.event === 'lifespan' && message.member === 'drain');
      if (told) trial.fail('the application is told');
      trial.seen = 'two exchanges of the connection are told, and nobody else';
    },
  },

  'draining-from-the-begin': {
    requirement: 'MSGI-SPAN-16',
    title:
      'The member connection.draining is false before drain() and true behind it, for every exchange of the connection.',
    app: { held, drains },
    async run(trial) {
      const { peer, held } = await draining(trial, 'held');
      const asked = trial.ask(peer, 'drains');
      await trial.reported(asked, 'before', false);
      await trial.reported(asked, 'after', true);
      for (const one of held) await trial.reported(one, 'draining', true);
    },
  },

  'a-second-drain-does-nothing': {
    requirement: 'MSGI-SPAN-17',
    title: 'A second drain() of a connection tells nobody and sends nothing.',
    app: {
      held,
      drains: x => {
        x.connection.drain();
        x.connection.drain();
        x.respond(200);
      },
    },
    async run(trial) {
      const { peer, held } = await draining(trial, 'held');
      await trial.answered(trial.ask(peer, 'drains'), 200, 0);
      for (const one of held) {
        trial.release(one);
        await trial.answered(one, 200, 0);
        await trial.settled(one);
        const notices = trial.app.reports(one, 'drain').length;
        if (notices !== 1) trial.fail(`${one.name} is told ${notices} times`);
      }
      await peer.until(() => peer.end !== null, 'the end of the connection');
      const ids = peer.goaways.map(({ lastStream }) => lastStream);
      const first = ids.filter(id => id === MAX_STREAM_ID).length;
      if (first !== 1) trial.fail(`${first} GOAWAY frames that name no stream`);
      trial.seen = `one notice, and GOAWAY with the last streams ${ids.join(' and ')}`;
    },
  },

  'goaway-ping-goaway': {
    requirement: 'MSGI-SPAN-9',
    title: 'A drain is GOAWAY with 2^31-1, then PING; the last GOAWAY comes behind the acknowledgement.',
    app: { held, drains },
    async run(trial) {
      const { peer, held } = await draining(trial, 'held-1', 'held-2');
      peer.stopReplies();
      const since = await announced(trial, peer);
      const [first] = peer.goaways;
      if (first?.lastStream !== MAX_STREAM_ID || first.code !== 'NO_ERROR')
        trial.fail(`the first GOAWAY has last stream ${first?.lastStream} and ${first?.code}`);
      const [between, behind] = held as readonly [Asked, Asked];
      trial.release(between);
      await trial.answered(between, 200, 0);
      if (peer.goaways.length > 1 && trial.ms - since < LEAST)
        trial.fail('the last GOAWAY comes before the acknowledgement of PING');
      peer.send(...pings(peer).map(opaque => ping(opaque, true)));
      await final(peer);
      const { lastStream = 0, code } = peer.goaways[1] ?? {};
      if (lastStream < behind.stream || lastStream === MAX_STREAM_ID || code !== 'NO_ERROR')
        trial.fail(`the last GOAWAY has last stream ${lastStream} and ${code}`);
      trial.release(behind);
      await trial.answered(behind, 200, 0);
      await peer.until(() => peer.end !== null, 'the end of a connection without exchanges');
      trial.seen = `GOAWAY ${MAX_STREAM_ID}, PING, its acknowledgement, GOAWAY ${lastStream}, then the end`;
    },
  },

  'last-goaway-without-an-acknowledgement': {
    requirement: 'MSGI-SPAN-9',
    title: 'Without an acknowledgement of the PING the last GOAWAY of a drain comes after 1,000 ms.',
    app: { held, drains },
    async run(trial) {
      const { peer } = await draining(trial, 'held');
      peer.stopReplies();
      const since = await announced(trial, peer);
      await trial.idle(final(peer));
      const waited = Math.round(trial.ms - since);
      if (waited < LEAST)
        trial.fail(`the last GOAWAY comes ${waited} ms behind the request to drain, without an acknowledgement`);
      trial.seen = `the last GOAWAY comes at the limit of ${LIMIT} ms`;
    },
  },

  'requests-before-the-last-goaway-are-served': {
    requirement: 'MSGI-SPAN-10',
    title: 'A request that comes between the two GOAWAY frames of a drain is served, and told at once.',
    app: { held, drains, late: held },
    async run(trial) {
      let late = await between(trial, 1);
      for (let n = 2; n <= TRIES && passedOver(late); n += 1) late = await between(trial, n);
      if (passedOver(late)) trial.fail(`the last GOAWAY is below a request behind the first, ${TRIES} times`);
      trial.release(late);
      await trial.answered(late, 200, 0);
    },
  },

  'exchanges-go-on': {
    requirement: 'MSGI-SPAN-11',
    title: 'An exchange goes on in both directions while its connection drains.',
    app: {
      drains,
      upload: async (x, kit) => {
        const out = x.start(200);
        await out.write('begun');
        kit.report('begun');
        for await (const chunk of x.body) await out.write(chunk);
        await out.end();
      },
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const upload = trial.ask(peer, 'upload', { method: 'POST', endStream: false });
      await trial.report(upload, 'begun');
      await trial.answered(trial.ask(peer, 'drains'), 200, 0);
      await final(peer);
      peer.send(data(upload.stream, new Uint8Array(1000), { endStream: true }));
      await trial.answered(upload, 200, 1005);
    },
  },
});

interface Draining {
  readonly peer: Peer;
  readonly held: readonly Asked[];
}

/** A connection whose GOAWAY ends nothing for the kit, with exchanges that are held. */
async function draining(trial: GatewayTrial, ...names: readonly string[]): Promise<Draining> {
  const peer = await trial.open();
  peer.drains = true;
  const held = names.map(name => trial.ask(peer, name));
  for (const asked of held) await trial.waits(asked);
  return { peer, held };
}

/** Lets the application drain, and waits for GOAWAY and the PING behind it. Gives the moment before the drain began. */
async function announced(trial: GatewayTrial, peer: Peer): Promise<number> {
  const since = trial.ms;
  await trial.answered(trial.ask(peer, 'drains'), 200, 0);
  await peer.until(() => peer.over || peer.goaways.length > 1 || pings(peer).length > 0, 'GOAWAY, and PING behind it');
  // The acknowledgement of one before it would not tell that GOAWAY has been read.
  if (pings(peer).length === 0) trial.fail('no PING comes behind the first GOAWAY');
  return since;
}

/** Octets of the PINGs behind the first GOAWAY: a server may send others, for ends of its own. */
function pings({ received }: Peer): readonly Uint8Array[] {
  const first = received.findIndex(({ payload }) => payload.type === 'GOAWAY');
  if (first < 0) return [];
  return received
    .slice(first)
    .flatMap(({ payload }) => (payload.type === 'PING' && !payload.ack ? [payload.opaque] : []));
}

/** A request behind the first GOAWAY of a connection, once it is told, over, or said to be beyond the last one. */
async function between(trial: GatewayTrial, n: number): Promise<Asked> {
  const { peer } = await draining(trial, `held-${n}`);
  peer.stopReplies();
  await announced(trial, peer);
  const late = trial.ask(peer, `late-${n}`, { onPurpose: true });
  await trial.first(
    trial.report(late, 'drain').then(() => {}),
    peer.until(() => peer.over || peer.stream(late.stream).over || passedOver(late), `the answer of ${late.name}`),
  );
  return late;
}

/** The last GOAWAY came sooner than the request, or so it says. */
function passedOver({ peer, stream }: Asked): boolean {
  const [, last] = peer.goaways;
  return last !== undefined && last.lastStream < stream;
}

/** Waits for the second GOAWAY. */
function final(peer: Peer): Promise<void> {
  return peer.until(() => peer.over || peer.goaways.length > 1, 'the last GOAWAY');
}
