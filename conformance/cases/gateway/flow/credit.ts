/** `manual` and `credit` (section 5.1). */
import { data, MAX_WINDOW } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import { finish, granted, grantedExactly, initialWindow, pour, take, upload } from './uploads.ts';

/** "taken", or the name of what was thrown. */
function outcome(call: () => void): string {
  try {
    call();
    return 'taken';
  } catch (error) {
    return (error as Error).name;
  }
}

/** No octets: not all of them of the declared type. */
const NO_CREDIT: readonly unknown[] = [-1, 0.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined];

export default suite('flow', {
  'manual-grants-what-was-withheld': {
    requirement: 'MSGI-FLOW-6',
    title: 'When manual is called what was read before has been granted, to the octet.',
    claims: ['exact-credit'],
    app: async (x, kit) => {
      await take(x, 10);
      x.body.manual();
      await kit.gate();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await pour(asked, 10);
      await trial.waits(asked);
      trial.expected = 'credit for the 10 octets that were read before manual';
      await peer.until(() => peer.over || granted(asked) >= 10, 'credit for what was withheld');
      await grantedExactly(trial, asked, 10, 'for what was read before manual');
      trial.release(asked);
      await trial.answered(asked);
    },
  },

  'credit-raises-the-allowance': {
    requirement: 'MSGI-FLOW-7',
    title: 'Credit raises the allowance by its octets at once, in either mode.',
    app: async (x, kit) => {
      const { body } = x;
      const before = body.window;
      body.credit(1000);
      kit.report('automatic', body.window - before);
      body.manual();
      body.credit(2345);
      body.credit(0);
      kit.report('manual', body.window - before);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.reported(asked, 'automatic', 1000);
      await trial.reported(asked, 'manual', 3345);
      await trial.answered(asked);
    },
  },

  'credit-reaches-the-client-to-the-octet': {
    requirement: 'MSGI-FLOW-7',
    title: 'The client is granted the octets of credit and no others, in either mode.',
    claims: ['exact-credit'],
    app: async (x, kit) => {
      x.body.credit(1000);
      await kit.gate('automatic');
      x.body.manual();
      x.body.credit(2344);
      x.body.credit(1);
      await kit.gate('manual');
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.waits(asked, 'automatic');
      await peer.until(() => peer.over || granted(asked) >= 1000, 'credit of 1000 octets in automatic mode');
      await grantedExactly(trial, asked, 1000, 'by credit in automatic mode');
      trial.release(asked, 'automatic');
      await trial.waits(asked, 'manual');
      await peer.until(() => peer.over || granted(asked) >= 3345, 'credit of 2345 octets in manual mode');
      await grantedExactly(trial, asked, 3345, 'by credit in both modes');
      trial.release(asked, 'manual');
      await trial.answered(asked);
    },
  },

  'credit-takes-octets-only': {
    requirement: 'MSGI-FLOW-8',
    title: 'Credit that is no integer of 0 to 2^31-1 is a TypeError and grants nothing.',
    app: (x, kit) => {
      const { body } = x;
      body.manual();
      const before = body.window;
      const outcomes = NO_CREDIT.map(octets => outcome(() => body.credit(octets as number)));
      kit.report('outcomes', [...new Set(outcomes)]);
      kit.report('granted', body.window - before);
      kit.report('bounds', [outcome(() => body.credit(0)), outcome(() => body.credit(MAX_WINDOW))]);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.reported(asked, 'outcomes', ['TypeError']);
      await trial.reported(asked, 'granted', 0);
      await trial.reported(asked, 'bounds', ['taken', 'taken']);
      await trial.answered(asked);
    },
  },

  'the-allowance-stops-at-its-most': {
    requirement: 'MSGI-FLOW-9',
    title: 'Credit beyond an allowance of 2^31-1 is taken and leaves it there, for the client as well.',
    app: async (x, kit) => {
      const { body } = x;
      body.manual();
      kit.report('first', [
        outcome(() => body.credit(MAX_WINDOW)),
        outcome(() => body.credit(MAX_WINDOW)),
        body.window,
      ]);
      await take(x, 10);
      kit.report('again', [outcome(() => body.credit(MAX_WINDOW)), body.window]);
      await kit.gate();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.reported(asked, 'first', ['taken', 'taken', MAX_WINDOW]);
      await pour(asked, 10);
      await trial.reported(asked, 'again', ['taken', MAX_WINDOW]);
      await trial.quietApp(peer);
      const { sendWindow } = peer.stream(asked.stream);
      if (sendWindow > MAX_WINDOW) trial.fail(`the client has been granted a window of ${sendWindow} octets`);
      trial.release(asked);
      await trial.answered(asked);
    },
  },

  'credit-behind-the-end-is-nothing': {
    requirement: 'MSGI-FLOW-10',
    title:
      'On a request that has ended or is stopped credit and manual do nothing, also while content waits to be read.',
    app: async (x, kit) => {
      if (kit.name === 'stopped') x.body.stop();
      await kit.gate();
      const calls = [outcome(() => x.body.credit(1000)), outcome(() => x.body.manual()), x.body.window];
      kit.report('calls', calls);
      await kit.gate('end');
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const ended = trial.ask(peer, 'ended');
      const [unread, stopped] = [upload(trial, peer, 'unread'), upload(trial, peer, 'stopped')];
      peer.send(data(unread.stream, new Uint8Array(10), { endStream: true }));
      for (const one of [ended, unread, stopped]) await trial.waits(one);
      await trial.quietApp(peer);
      for (const one of [ended, unread, stopped]) {
        trial.release(one);
        await trial.reported(one, 'calls', ['taken', 'taken', 0]);
        await grantedExactly(trial, one, 0, `on ${one.name}`);
        trial.release(one, 'end');
        await trial.answered(one);
      }
    },
  },

  'credit-is-exact-where-that-is-claimed': {
    requirement: 'MSGI-CAPS-3',
    title:
      'Credit of an exchange over HTTP/2 is "exact" where the target claims "exact-credit", and "coarse" where not.',
    app: (x, kit) => {
      kit.report('credit', x.caps.credit);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const claimed = trial.subject.claims.has('exact-credit') ? 'exact' : 'coarse';
      await trial.reported(trial.ask(peer, 'a'), 'credit', claimed);
    },
  },

  'a-window-beyond-the-allowance-at-most': {
    requirement: 'MSGI-FLOW-31',
    title: 'A client sends one initial window beyond the allowance of a held upload at most, however credit is kept.',
    app: async (x, kit) => {
      x.body.manual();
      x.body.credit(1);
      await kit.gate();
      while ((await x.body.read()) !== null);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const initial = initialWindow(trial, peer);
      const asked = upload(trial, peer, 'a');
      await trial.waits(asked);
      let sent = 0;
      for (let room = initial; room > 0 && !peer.over; room = peer.stream(asked.stream).sendWindow) {
        const size = Math.min(room, 2 * initial + 2 - sent);
        await pour(asked, size);
        sent += size;
        if (sent > 2 * initial + 1)
          trial.fail(`${sent} octets go to a held upload with an allowance of ${initial + 1}`);
        await trial.quietApp(peer);
      }
      trial.seen = `${sent} octets go to a held upload with an allowance of ${initial + 1}`;
      trial.release(asked);
      finish(asked);
      await trial.answered(asked);
    },
  },
});
