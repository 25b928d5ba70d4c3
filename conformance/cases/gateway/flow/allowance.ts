/** The allowance, as the application sees it and as it binds the client (sections 5.1 to 5.3). */
import { data, settingsAck } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { count, finish, initialWindow, pour, take, upload } from './uploads.ts';

/** One octet of content and all the padding that a frame can have: with the octet that counts it, 257. */
const PADDED = 257;

const seen = ({ body }: Parameters<Handler>[0]): readonly [number, number] => [body.window, body.buffered];

export default suite('flow', {
  'the-initial-window-is-an-option': {
    requirement: 'MSGI-FLOW-11',
    title: 'The initial window that the listener is told is advertised, and is the allowance of an exchange.',
    alone: { initial_window: 1000 },
    app: (x, kit) => {
      kit.report('window', x.body.window);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const advertised = peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE');
      if (advertised !== 1000) trial.fail(`SETTINGS_INITIAL_WINDOW_SIZE is ${advertised}, not 1000`);
      await trial.reported(upload(trial, peer, 'a'), 'window', 1000);
    },
  },

  'content-before-the-acknowledgement-is-taken': {
    requirement: 'MSGI-FLOW-12',
    title: 'What a client sends that does not know the initial window yet is taken, and the allowance is below zero.',
    alone: { initial_window: 1024 },
    app: async (x, kit) => {
      x.body.manual();
      // Content may have come before the application was called.
      kit.report('begun', x.body.window + x.body.buffered);
      await kit.gate('sent');
      kit.report('sent', seen(x));
      await kit.gate('acknowledged');
      kit.report('acknowledged', seen(x));
      await take(x, 65_535);
      x.body.credit(65_535);
      kit.report('credited', seen(x));
      await count(x);
    },
    async run(trial) {
      await trial.open();
      const peer = await trial.dial();
      peer.stopReplies();
      peer.preface();
      const asked = upload(trial, peer, 'a');
      await pour(asked, 65_535);
      await trial.handshaken(peer);
      await trial.reported(asked, 'begun', 1024);
      await trial.quietApp(peer);
      const { resets } = peer.stream(asked.stream);
      if (resets.length > 0) trial.fail(`the stream is reset (code ${resets[0]}) for what it did not know`);
      trial.release(asked, 'sent');
      await trial.reported(asked, 'sent', [1024 - 65_535, 65_535]);
      peer.send(settingsAck());
      await trial.quietApp(peer);
      trial.release(asked, 'acknowledged');
      await trial.reported(asked, 'acknowledged', [1024 - 65_535, 65_535]);
      await trial.reported(asked, 'credited', [1024, 0]);
      await pour(asked, 1024);
      finish(asked);
      await trial.answered(asked, 200, 4);
    },
  },

  'content-beyond-the-allowance-fails': {
    requirement: 'MSGI-FLOW-13',
    also: ['MSGI-FLOW-28'],
    title: 'One octet beyond the allowance fails the exchange with FLOW_CONTROL_ERROR by the peer.',
    claims: ['exact-credit'],
    app: async (x, kit) => {
      kit.follow(x);
      x.body.manual();
      await kit.gate();
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = upload(trial, peer, 'a');
      await trial.waits(asked);
      await pour(asked, initialWindow(trial, peer));
      await trial.quietApp(peer);
      if (trial.app.reports(asked, 'aborted').length > 0) trial.fail('the exchange fails within its allowance');
      peer.violate(data(asked.stream, 'x'));
      trial.expected = 'the exchange fails with code 3 by peer';
      const { code, by } = (await trial.report(asked, 'aborted')) as { readonly code: number; readonly by: string };
      trial.seen = `the exchange fails with code ${code} by ${by}`;
      if (code !== 3 || by !== 'peer') trial.fail(trial.seen);
    },
  },

  'padding-is-returned': {
    requirement: 'MSGI-FLOW-14',
    title: 'Padding comes back to both windows while the content beside it is unread.',
    app: async (x, kit) => {
      x.body.manual();
      await kit.gate();
      await count(x);
    },
    async run(trial) {
      const peer = await trial.open();
      const frames = Math.ceil((1.1 * initialWindow(trial, peer)) / PADDED);
      const asked = upload(trial, peer, 'a');
      const { stream } = asked;
      trial.expected = 'more padding than the window goes through';
      const room = (): boolean => Math.min(peer.stream(stream).sendWindow, peer.ledger.sendWindow) >= PADDED;
      for (let frame = 0; frame < frames && !peer.over; frame += 1) {
        await peer.until(() => peer.over || room(), 'credit for padding');
        peer.send(data(stream, 'x', { padding: 255 }));
      }
      trial.release(asked);
      finish(asked);
      await trial.answered(asked, 200, `${frames}`.length);
    },
  },

  'window-and-buffered-are-counted': {
    requirement: 'MSGI-FLOW-15',
    title: 'The allowance falls as content arrives, whether it is read or not; buffered is what has not been read.',
    app: async (x, kit) => {
      x.body.manual();
      kit.report('begun', seen(x));
      await kit.gate('arrived');
      kit.report('arrived', seen(x));
      await take(x, 600);
      kit.report('read', seen(x));
      x.body.credit(200);
      kit.report('credited', seen(x));
      await count(x);
    },
    async run(trial) {
      const peer = await trial.open();
      const initial = initialWindow(trial, peer);
      const asked = upload(trial, peer, 'a');
      await trial.reported(asked, 'begun', [initial, 0]);
      await pour(asked, 600);
      await trial.quietApp(peer);
      trial.release(asked, 'arrived');
      await trial.reported(asked, 'arrived', [initial - 600, 600]);
      await trial.reported(asked, 'read', [initial - 600, 0]);
      await trial.reported(asked, 'credited', [initial - 400, 0]);
      finish(asked);
      await trial.answered(asked, 200, 1);
    },
  },
});
