/** Between done and complete: what is dropped, and what the promise of end tells (section 3.1). */
import { data, errorName, rstStream, windowUpdate } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { drained, errorOf, outcome, tight, WINDOW, WRITTEN } from './acts.ts';

/** Octets above what servers hold for one response. */
const MUCH = 2 ** 20;

const seenOf = async (call: () => unknown): Promise<(string | number | null)[]> => {
  const { name, code = null, by = null } = reportedError(await errorOf(call));
  return [name, code, by];
};

/** What the window allows has come. */
async function blocked(trial: GatewayTrial, { peer, stream, name }: Asked): Promise<void> {
  const there = (): boolean => peer.over || peer.stream(stream).octets >= WINDOW;
  await peer.until(there, `${WINDOW} octets of ${name}`);
  trial.seen = `${WINDOW} octets of ${name}`;
}

/** RST_STREAM with the code, and no more content than the window allowed before it, whatever it allows then. */
async function cutWith(trial: GatewayTrial, { peer, stream, name }: Asked, code: number): Promise<void> {
  trial.expected = `${name} is cut after ${WINDOW} octets by RST_STREAM with code ${code}`;
  const record = await peer.answer(stream);
  if (record.gotEnd) trial.fail(`${name}: the response is sent to its end`);
  if (record.resets[0] !== code) trial.fail(`${name}: RST_STREAM with code ${record.resets[0]}`);
  peer.send(windowUpdate(stream, 1000));
  await trial.quietApp(peer);
  if (record.octets !== WINDOW)
    trial.fail(`${name}: ${record.octets} octets where ${WINDOW} were sent before the failure`);
  trial.seen = `RST_STREAM with code ${code} after ${WINDOW} octets`;
}

export default suite('lifecycle', {
  'what-waits-is-dropped': {
    requirement: 'MSGI-LIFE-12',
    title: 'Content that waits when the exchange fails is never sent.',
    app: async (x, kit) => {
      x.start(200).write(new Uint8Array(WRITTEN));
      await kit.gate();
      x.reset(5);
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await blocked(trial, asked);
      trial.release(asked);
      await cutWith(trial, asked, 5);
    },
  },

  'reset-in-done-drops': {
    requirement: 'MSGI-LIFE-20',
    title: 'The member reset in done drops what is not sent, and fails the exchange with its code.',
    app: async (x, kit) => {
      kit.follow(x);
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      const end = out.end();
      await kit.gate();
      x.reset(13);
      kit.report('end', await seenOf(() => end));
      kit.report('state', x.state);
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await blocked(trial, asked);
      await trial.waits(asked);
      trial.release(asked);
      await trial.reported(asked, 'end', ['ExchangeError', 13, 'app']);
      await trial.reported(asked, 'state', 'done');
      await cutWith(trial, asked, 13);
    },
  },

  'reset-behind-the-response': {
    requirement: 'MSGI-LIFE-21',
    title: 'The member reset behind a complete response fails the request half alone, and the client is sent the code.',
    app: async (x, kit) => {
      kit.follow(x);
      await x.start(202).end();
      x.reset(5);
      kit.report('read', await seenOf(() => x.body.read()));
      kit.report('aborted', x.signal.aborted);
      kit.report('state', x.state);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      await trial.reported(asked, 'read', ['ExchangeError', 5, 'app']);
      await trial.reported(asked, 'aborted', false);
      await trial.reported(asked, 'state', 'done');
      const close = { type: 'close', complete: true, code: 5, by: 'app', status: 202, sent: 0, received: 0 };
      await trial.reported(asked, 'close', close);
      const record = await trial.answered(asked, 202, 0);
      trial.expected = 'RST_STREAM with code 5 behind the response';
      await peer.until(() => peer.over || record.resets.length > 0, 'RST_STREAM behind the response');
      if (record.resets[0] !== 5) trial.fail(`RST_STREAM with code ${record.resets[0]} where reset(5) was called`);
    },
  },

  'end-settles-when-complete': {
    requirement: 'MSGI-LIFE-22',
    title: 'The promise of end settles when the response is complete, and not before.',
    app: async (x, kit) => {
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      const end = out.end();
      kit.report('state', x.state);
      await end;
      kit.report('complete');
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'state', 'done');
      await blocked(trial, asked);
      await trial.quietApp(peer);
      if (trial.app.reports(asked, 'complete').length > 0)
        trial.fail(`end settles when ${WINDOW} octets of ${WRITTEN} have been sent`);
      peer.send(windowUpdate(asked.stream, 1000));
      await trial.answered(asked, 200, WRITTEN);
      await trial.report(asked, 'complete');
    },
  },

  'end-rejects-when-it-fails': {
    requirement: 'MSGI-LIFE-23',
    title: 'The promise of end rejects when the exchange fails before its response is complete.',
    app: async (x, kit) => {
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      kit.report('end', await seenOf(() => out.end()));
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await blocked(trial, asked);
      peer.send(rstStream(asked.stream, 'CANCEL'));
      await trial.reported(asked, 'end', ['ExchangeError', 8, 'peer']);
    },
  },

  'ready-is-0-at-the-end': {
    requirement: 'MSGI-LIFE-24',
    title: 'A ready that waits when end is called gives 0, and so does every later one.',
    app: async (x, kit) => {
      const out = x.start(200);
      // More than any room that a server may have of its own: ready waits.
      out.write(new Uint8Array(MUCH));
      let given: unknown = 'nothing yet';
      const waits = outcome(() => out.ready()).then(what => {
        given = what;
      });
      await kit.gate();
      kit.report('before', `${given}`);
      out.end();
      await waits;
      kit.report('waiting', `${given}`);
      kit.report('later', await outcome(() => out.ready()));
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = trial.ask(peer, 'a');
      await blocked(trial, asked);
      await trial.waits(asked);
      trial.release(asked);
      await trial.reported(asked, 'before', 'nothing yet');
      await trial.reported(asked, 'waiting', '0');
      await trial.reported(asked, 'later', '0');
    },
  },

  'the-request-goes-on': {
    requirement: 'MSGI-LIFE-25',
    title: 'An upload goes on behind a complete response, and is read to its end.',
    app: async (x, kit) => {
      await x.start(202).end();
      kit.report('octets', await drained(x.body));
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      await trial.answered(asked, 202, 0);
      await trial.quietApp(peer);
      const { resets } = peer.stream(asked.stream);
      if (resets.length > 0) trial.fail(`the upload is given up with RST_STREAM ${errorName(resets[0] ?? 0)}`);
      peer.send(data(asked.stream, new Uint8Array(7)));
      peer.send(data(asked.stream, new Uint8Array(5), { endStream: true }));
      await trial.reported(asked, 'octets', 12);
    },
  },

  'who-waits-for-100-is-not-asked': {
    requirement: 'MSGI-LIFE-26',
    title: 'A response without 100 to a client that waits for it stops the request.',
    app: async (x, kit) => {
      x.respond(413);
      kit.report('read', await seenOf(() => x.body.read()));
    },
    async run(trial) {
      const peer = await trial.open();
      const waits = { method: 'POST', endStream: false, fields: ['expect', '100-continue'] };
      const asked = trial.ask(peer, 'a', waits);
      await trial.reported(asked, 'read', ['ExchangeError', 0, 'app']);
      const { interim } = await trial.answered(asked, 413, 0);
      if (interim.length > 0) trial.fail(`${interim.join(', ')} is sent to a request that is refused`);
    },
  },
});
