/** Requests that nobody wants to the end: stop, and what the client is told (section 3.5, RFC 9113 §8.1). */
import { data, errorName } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { describeAnswer } from '../../../trial.ts';
import { errorOf, laterTurn, told } from './acts.ts';

const upload = { method: 'POST', endStream: false } as const;

/** Above this a case does not fill the connection window: octets, and exchanges one after the other. */
const MOST = 2 ** 24;
const MOST_EXCHANGES = 400;

/** The whole answer, then RST_STREAM with NO_ERROR. */
async function answeredThenStopped(trial: GatewayTrial, asked: Asked, status: number): Promise<void> {
  const record = await trial.answered(asked, status);
  trial.expected = `${asked.name}: RST_STREAM NO_ERROR behind the response`;
  await asked.peer.until(
    () => asked.peer.over || record.resets.length > 0,
    `RST_STREAM behind the response of ${asked.name}`,
  );
  if (record.resets[0] !== 0) trial.fail(`${asked.name}: RST_STREAM with code ${record.resets[0]} behind the response`);
  trial.seen = trial.expected;
}

export default suite('lifecycle', {
  'unwanted-content-costs-nobody': {
    requirement: 'MSGI-LIFE-42',
    title: 'Content for requests that are stopped is dropped, and its octets are given back to the connection.',
    app: async (x, kit) => {
      x.body.stop();
      await kit.gate();
      kit.report('buffered', x.body.buffered);
      x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      const credit = peer.ledger.sendWindow;
      if (credit > MOST) trial.notApplicable(`the connection window is ${credit} octets`);
      const needed = Math.ceil((2 * credit) / peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE'));
      if (needed > MOST_EXCHANGES)
        trial.notApplicable(`the window of the connection, twice, is that of ${needed} exchanges`);
      // More than the window there was: it ends, or it is given back.
      for (let sent = 0, n = 0; sent < 2 * credit; n += 1) {
        const asked = trial.ask(peer, `a-${n}`, upload);
        await trial.waits(asked);
        const room = peer.stream(asked.stream).sendWindow;
        for (let left = room; left > 0 && !peer.over; ) {
          await peer.until(() => peer.over || peer.ledger.sendWindow > 0, 'credit of the connection');
          const octets = Math.min(left, 16_384, peer.ledger.sendWindow);
          peer.send(data(asked.stream, new Uint8Array(octets)));
          left -= octets;
          sent += octets;
        }
        await trial.quietApp(peer);
        trial.release(asked);
        await trial.reported(asked, 'buffered', 0);
        await trial.answered(asked, 204, 0);
      }
      trial.seen = `more than ${credit} octets of unwanted content are taken`;
    },
  },

  'stop-is-no-failure': {
    requirement: 'MSGI-LIFE-43',
    title: 'The error of a stopped request has the code of stop, 0 by default, by app, and the exchange goes on.',
    app: async (x, kit) => {
      kit.follow(x);
      if (kit.name === 'coded') x.body.stop(5);
      else x.body.stop();
      const { name, code = null, by = null } = reportedError(await errorOf(() => x.body.read()));
      kit.report('read', [name, code, by]);
      await laterTurn();
      kit.report('goes on', [x.state, x.signal.aborted]);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [name, code] of Object.entries({ plain: 0, coded: 5 })) {
        const asked = trial.ask(peer, name, upload);
        await trial.reported(asked, 'read', ['ExchangeError', code, 'app']);
        await trial.reported(asked, 'goes on', ['idle', false]);
        await trial.answered(asked, 200, 0);
        // It is none in the sum of the exchange, either (MSGI-NOTE-10).
        const close = { type: 'close', complete: true, code: 0, by: 'app', status: 200, sent: 0, received: 0 };
        await trial.reported(asked, 'close', close);
      }
    },
  },

  'settling-stops-the-request': {
    requirement: 'MSGI-LIFE-44',
    title: 'The request is stopped when the application settles.',
    app: (x, kit) => {
      kit.follow(x);
      x.respond(200);
      kit.gate().then(async () => {
        const { name, code = null, by = null } = reportedError(await errorOf(() => x.body.read()));
        kit.report('read', [name, code, by]);
      });
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await trial.settled(asked);
      await trial.answered(asked, 200, 0);
      await trial.quietApp(peer);
      trial.release(asked);
      // A stream that is still open keeps the read waiting: the client says no more.
      peer.send(...(peer.stream(asked.stream).resets.length > 0 ? [] : [data(asked.stream, 'four')]));
      await told(trial, asked, 'read');
      await trial.reported(asked, 'read', ['ExchangeError', 0, 'app']);
    },
  },

  'told-to-stop-with-no-error': {
    requirement: 'MSGI-LIFE-45',
    title: 'A stopped request is reset with NO_ERROR when the response is complete, whatever the code of stop.',
    app: async (x, kit) => {
      if (kit.name === 'coded') x.body.stop(5);
      if (kit.name === 'plain') x.body.stop();
      x.respond(200, [], 'whole');
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['coded', 'plain', 'settled'])
        await answeredThenStopped(trial, trial.ask(peer, name, upload), 200);
    },
  },

  'not-reset-before-the-response': {
    requirement: 'MSGI-LIFE-46',
    title: 'The stream of a stopped request is not reset before the response is complete.',
    app: async (x, kit) => {
      x.body.stop();
      const out = x.start(200);
      await out.write('half');
      await kit.gate();
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await trial.waits(asked);
      await trial.quietApp(peer);
      const record = peer.stream(asked.stream);
      if (record.resets.length > 0)
        trial.fail(`RST_STREAM ${errorName(record.resets[0] ?? 0)} before the response is complete`);
      trial.release(asked);
      await answeredThenStopped(trial, asked, 200);
    },
  },

  'early-answer': {
    requirement: 'rfc9113/8.1/6',
    title: 'An answer to an unfinished upload comes whole, and what stops the upload behind it is NO_ERROR.',
    app: x => x.respond(413, [], 'too large'),
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      const record = await trial.answered(asked, 413, 9);
      await trial.quietApp(peer);
      if (record.resets.some(code => code !== 0))
        trial.weak(`the upload is stopped with code ${record.resets[0]} behind the response`);
      if (record.resets.length === 0) peer.send(data(asked.stream, '', { endStream: true }));
      await trial.answered(trial.ask(peer, 'b'), 413, 9);
      trial.seen = describeAnswer(record, peer);
    },
  },
});
