/** What reading grants, and what it does not (section 5.1). */
import { data, settingsAck } from '../../../../wire/index.ts';
import { suite } from '../../../gateway/case.ts';
import { count, finish, granted, grantedExactly, initialWindow, pour, take, upload } from './uploads.ts';

export default suite('flow', {
  'reading-grants': {
    requirement: 'MSGI-FLOW-1',
    title: 'An upload of three windows goes through as the application reads it.',
    app: count,
    async run(trial) {
      const peer = await trial.open();
      const octets = 3 * initialWindow(trial, peer);
      const asked = upload(trial, peer, 'a');
      trial.expected = 'credit for what the application reads';
      await pour(asked, octets);
      finish(asked);
      await trial.answered(asked, 200, `${octets}`.length);
    },
  },

  'half-a-window-is-withheld-at-most': {
    requirement: 'MSGI-FLOW-2',
    title: 'At least half of the initial window is open whenever everything has been read.',
    app: count,
    async run(trial) {
      const peer = await trial.open();
      const initial = initialWindow(trial, peer);
      const asked = upload(trial, peer, 'a');
      const { stream } = asked;
      trial.expected = 'credit that leaves half of the initial window withheld at most';
      for (let quarter = 0; quarter < 8; quarter += 1) {
        await pour(asked, Math.floor(initial / 4));
        const open = (): boolean => peer.over || peer.stream(stream).sendWindow >= initial / 2;
        await peer.until(open, 'half of the initial window to be open again');
      }
      finish(asked);
      await trial.answered(asked);
    },
  },

  'a-read-that-waits-opens-a-shut-window': {
    requirement: 'MSGI-FLOW-3',
    title:
      'Where the initial window is 0 a read that waits makes the server grant, the client knowing of SETTINGS or not.',
    claims: ['exact-credit'],
    alone: { initial_window: 0 },
    app: async (x, kit) => {
      kit.report('window', x.body.window);
      await count(x);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.reported(asked, 'window', 0);
      const { stream } = asked;
      const open = (): boolean => peer.over || peer.stream(stream).sendWindow > 0;
      await peer.until(open, 'credit for a read that waits');
      const chunk = peer.stream(stream).sendWindow;
      await pour(asked, chunk + 1);
      finish(asked);
      await trial.answered(asked, 200, `${chunk + 1}`.length);

      const early = await trial.dial();
      early.stopReplies();
      early.preface();
      const first = upload(trial, early, 'b');
      await trial.handshaken(early);
      await trial.reported(first, 'window', 0);
      const opened = (): boolean => early.over || granted(first) > 0;
      await early.until(opened, 'credit for a read that waits, SETTINGS not being acknowledged');
      early.send(settingsAck());
      await pour(first, 1);
      finish(first);
      await trial.answered(first, 200, 1);
    },
  },

  'unread-content-grants-nothing': {
    requirement: 'MSGI-FLOW-4',
    title: 'Content that the application has not read brings no credit, however long it waits.',
    claims: ['exact-credit'],
    app: async (x, kit) => {
      await kit.gate();
      await count(x);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.waits(asked);
      await pour(asked, initialWindow(trial, peer));
      await grantedExactly(trial, asked, 0, 'for content that nobody has read');
      trial.release(asked);
      finish(asked);
      await trial.answered(asked);
    },
  },

  'manual-mode-grants-nothing': {
    requirement: 'MSGI-FLOW-5',
    title: 'In manual mode neither reading nor a read that waits brings credit.',
    claims: ['exact-credit'],
    app: async (x, kit) => {
      x.body.manual();
      await take(x, x.body.window);
      const rest = x.body.read();
      kit.report('read');
      await rest;
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await pour(asked, initialWindow(trial, peer));
      await trial.report(asked, 'read');
      await grantedExactly(trial, asked, 0, 'in manual mode');
      peer.send(data(asked.stream, '', { endStream: true }));
      await trial.answered(asked);
    },
  },
});
