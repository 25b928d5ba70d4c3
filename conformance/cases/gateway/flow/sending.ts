/** The sink's window and what is kept behind it (section 5.6). */
import { MAX_WINDOW, rstStream, windowUpdate } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';

/** Larger than the window of the connection at its start. */
const ROOMY = 2 ** 20;

/** Looks in a row, each behind a whole exchange of another connection, that see nothing written: the application waits. */
const STILL = 3;

/** More than the buffers of any transport between the two ends take. */
const BEYOND_EVERY_TRANSPORT = 2 ** 26;

/**
 * Beside what a case needs of a window it gives one octet for the end: an empty DATA frame needs none, but servers stand on
 * libraries that keep it back at a window of 0, and that is not what is judged here.
 */
const END = 1;

/** A connection on which responses begin with a window of so many octets. */
async function narrow(trial: GatewayTrial, octets: number): Promise<Peer> {
  const peer = await trial.open();
  await peer.change(['INITIAL_WINDOW_SIZE', octets]);
  return peer;
}

/** Waits until so many octets of the response are here, and shows that no more come. */
async function arrived(trial: GatewayTrial, { name, peer, stream }: Asked, octets: number): Promise<void> {
  trial.expected = `${octets} octets of ${name}, and no more`;
  await peer.until(() => peer.over || peer.stream(stream).octets >= octets, `octet ${octets} of ${name}`);
  await trial.quietApp(peer);
  const seen = peer.stream(stream).octets;
  if (seen !== octets) trial.fail(`${seen} octets of ${name} come where the windows allow ${octets}`);
}

/** Writes what the field "x-octets" of its request says, at once. */
const writes: Handler = async x => {
  const { fields } = x.request;
  const out = x.start(200);
  await out.write(new Uint8Array(Number(fields[fields.indexOf('x-octets') + 1])));
  await out.end();
};

const asking = (trial: GatewayTrial, peer: Peer, name: string, octets: number): Asked =>
  trial.ask(peer, name, { fields: ['x-octets', `${octets}`] });

export default suite('flow', {
  'window-is-what-may-go': {
    requirement: 'MSGI-FLOW-20',
    title: 'The window of a sink is that of its stream, and 0 with content that waits.',
    app: async (x, kit) => {
      const out = x.start(200);
      await out.ready();
      kit.report('open', out.window);
      await out.write(new Uint8Array(7));
      await kit.gate('7');
      kit.report('rest', out.window);
      await out.write(new Uint8Array(5));
      await kit.gate('12');
      kit.report('shut', out.window);
      await out.end();
    },
    async run(trial) {
      const peer = await narrow(trial, 10);
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'open', 10);
      await arrived(trial, asked, 7);
      trial.release(asked, '7');
      await trial.reported(asked, 'rest', 3);
      await arrived(trial, asked, 10);
      trial.release(asked, '12');
      await trial.reported(asked, 'shut', 0);
      peer.send(windowUpdate(asked.stream, 2 + END));
      await trial.answered(asked, 200, 12);
    },
  },

  'the-window-of-the-connection-counts': {
    requirement: 'MSGI-FLOW-20',
    title: 'The window of a sink is 0 while that of the connection is, and what the connection has left after it.',
    app: {
      greedy: writes,
      waits: async (x, kit) => {
        const out = x.start(200);
        kit.report('shut', out.window);
        const octets = await out.ready();
        kit.report('ready', octets);
        await out.write(new Uint8Array(octets));
        await out.end();
      },
    },
    async run(trial) {
      const peer = await narrow(trial, ROOMY);
      const { receiveWindow } = peer.ledger;
      await arrived(trial, asking(trial, peer, 'greedy', receiveWindow), receiveWindow);
      const waits = trial.ask(peer, 'waits');
      await trial.reported(waits, 'shut', 0);
      await trial.quietApp(peer);
      if (trial.app.reports(waits, 'ready').length > 0) trial.fail('ready settles while the connection has no window');
      peer.send(windowUpdate(0, 7));
      await trial.reported(waits, 'ready', 7);
      peer.send(windowUpdate(0, END));
      await trial.answered(waits, 200, 7);
    },
  },

  'a-client-that-does-not-read-leaves-no-window': {
    requirement: 'MSGI-FLOW-20',
    title: 'The window of a sink is 0 while the transport takes nothing, however open the windows of the client are.',
    app: async (x, kit) => {
      const out = x.start(200);
      let octets = 0;
      while (octets < BEYOND_EVERY_TRANSPORT) {
        const chunk = new Uint8Array(Math.min(await out.ready(), 65_536));
        void Promise.resolve(out.write(chunk)).catch(() => {});
        octets += chunk.length;
        kit.report('written', [octets, out.window]);
      }
      kit.report('open', octets);
    },
    async run(trial) {
      const [peer, aside] = [await trial.open({ roomy: true }), await trial.open()];
      await peer.change(['INITIAL_WINDOW_SIZE', MAX_WINDOW]);
      peer.stall();
      const asked = trial.ask(peer, 'a');
      trial.expected = 'a window of 0 once the transport takes no more';
      await trial.report(asked, 'written');
      const told = (): number => trial.app.of(asked, 'report').length;
      for (let still = 0, before = 0; still < STILL; still = told() === before ? still + 1 : 0) {
        before = told();
        await trial.quietApp(aside);
      }
      if (trial.app.reports(asked, 'open').length > 0)
        trial.fail(`${BEYOND_EVERY_TRANSPORT} octets are taken for a client that does not read`);
      const [octets, window] = trial.app.reports(asked, 'written').at(-1) as readonly [number, number];
      trial.seen = `the window of a is ${window} after ${octets} octets, and ready waits`;
      if (window !== 0) trial.fail(trial.seen);
      peer.send(rstStream(asked.stream));
      peer.resume();
    },
  },

  'a-window-below-zero-is-0': {
    requirement: 'MSGI-FLOW-20',
    title:
      'The window of a sink is 0 where SETTINGS has taken that of its stream below zero, until that is made up for.',
    app: async (x, kit) => {
      const out = x.start(200);
      await out.write(new Uint8Array(100));
      await kit.gate('below');
      kit.report('below', out.window);
      await kit.gate('at');
      kit.report('at', out.window);
      kit.report('above', await out.ready());
      await out.end();
    },
    async run(trial) {
      const peer = await narrow(trial, 100);
      const asked = trial.ask(peer, 'a');
      await arrived(trial, asked, 100);
      await peer.change(['INITIAL_WINDOW_SIZE', 10]);
      await trial.quietApp(peer);
      trial.release(asked, 'below');
      await trial.reported(asked, 'below', 0);
      peer.send(windowUpdate(asked.stream, 90));
      await trial.quietApp(peer);
      trial.release(asked, 'at');
      await trial.reported(asked, 'at', 0);
      peer.send(windowUpdate(asked.stream, 1));
      await trial.reported(asked, 'above', 1);
      await trial.answered(asked, 200, 100);
    },
  },

  'buffered-is-what-waits': {
    requirement: 'MSGI-FLOW-21',
    title: 'Buffered is what has been written and has not gone, and falls as it goes.',
    app: async (x, kit) => {
      const out = x.start(200);
      await out.ready();
      out.write(new Uint8Array(10));
      await kit.gate('waits');
      kit.report('waits', out.buffered);
      await kit.gate('gone');
      kit.report('gone', out.buffered);
      await out.end();
    },
    async run(trial) {
      const peer = await narrow(trial, 4);
      const asked = trial.ask(peer, 'a');
      await arrived(trial, asked, 4);
      trial.release(asked, 'waits');
      await trial.reported(asked, 'waits', 6);
      peer.send(windowUpdate(asked.stream, 6 + END));
      await arrived(trial, asked, 10);
      trial.release(asked, 'gone');
      await trial.reported(asked, 'gone', 0);
      await trial.answered(asked, 200, 10);
    },
  },

  'ready-waits-for-the-window': {
    requirement: 'MSGI-FLOW-23',
    title: 'Ready waits for a window above 0, settles with it, and reserves nothing.',
    app: async (x, kit) => {
      const out = x.start(200);
      const first = await out.ready();
      kit.report('ready', [first, out.window, await out.ready()]);
      await out.write(new Uint8Array(first));
      await out.end();
    },
    async run(trial) {
      const peer = await narrow(trial, 0);
      const asked = trial.ask(peer, 'a');
      await trial.invoked(asked);
      await trial.quietApp(peer);
      if (trial.app.reports(asked, 'ready').length > 0) trial.fail('ready settles while the stream has no window');
      peer.send(windowUpdate(asked.stream, 10));
      await trial.reported(asked, 'ready', [10, 10, 10]);
      peer.send(windowUpdate(asked.stream, END));
      await trial.answered(asked, 200, 10);
    },
  },

  'a-shut-sink-shuts-no-other': {
    requirement: 'MSGI-FLOW-24',
    title: 'Content behind an open window goes out past that of an earlier exchange whose window is shut.',
    app: writes,
    async run(trial) {
      const peer = await narrow(trial, 0);
      const shut = asking(trial, peer, 'shut', 10);
      const open = asking(trial, peer, 'open', 10);
      await trial.invoked(shut, open);
      await trial.quietApp(peer);
      peer.send(windowUpdate(open.stream, 10 + END));
      await trial.answered(open, 200, 10);
      peer.send(windowUpdate(shut.stream, 10 + END));
      await trial.answered(shut, 200, 10);
    },
  },

  'content-keeps-to-both-windows': {
    requirement: 'MSGI-FLOW-26',
    title: 'What is written goes out as far as the windows of stream and connection allow, and no further.',
    app: writes,
    async run(trial) {
      const peer = await narrow(trial, 10);
      const stream = asking(trial, peer, 'stream', 100);
      await arrived(trial, stream, 10);
      peer.send(windowUpdate(stream.stream, 90 + END));
      await trial.answered(stream, 200, 100);
      const { receiveWindow } = peer.ledger;
      const connection = asking(trial, peer, 'connection', receiveWindow + 5);
      peer.send(windowUpdate(connection.stream, ROOMY));
      await arrived(trial, connection, receiveWindow);
      peer.send(windowUpdate(0, 5 + END));
      await trial.answered(connection, 200, receiveWindow + 5);
    },
  },
});
