/** Content of requests, and the credit for it (section 11.4). */
import { data, MAX_WINDOW } from '../../../wire/index.ts';
import type { ProcessCaseBody } from '../../process/case.ts';
import type { Forwarded } from '../../process/trial.ts';

/** Octets of an upload, and of the pieces in which it is sent. */
const UPLOAD = 40_000;
const PIECE = 10_000;

const upload = { method: 'POST', endStream: false } as const;

/** Octets that the server has granted on the stream, by now: its window, and what the client has sent. */
const granted = ({ peer, stream }: Forwarded, sent = 0): number => peer.stream(stream).sendWindow + sent;

export default {
  'content-goes-on-at-once': {
    requirement: 'MSGI-PROC-22',
    title: 'Content goes to the host on receipt, though the host has given no credit.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', upload);
      const octets = Math.min(UPLOAD, x.head.window);
      for (let at = 0; at < octets; at += PIECE)
        peer.send(data(x.stream, new Uint8Array(Math.min(PIECE, octets - at))));
      await x.host.until(() => x.host.content(x.number) >= octets, `${octets} octets of content without credit`);
      peer.send(data(x.stream, new Uint8Array(0), { endStream: true }));
      await trial.message(x, 'END');
      trial.respond(x);
      await trial.answered(x, 200);
      if (x.host.content(x.number) !== octets) trial.fail(`${x.host.content(x.number)} octets come of ${octets}`);
    },
  },

  'the-first-credit-asks-for-100': {
    requirement: 'MSGI-PROC-27',
    title: 'A peer that waits for 100 gets it with the first CREDIT of the host, be it 0, and not before.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', { ...upload, fields: ['expect', '100-continue'] });
      const record = peer.stream(x.stream);
      await trial.quiet(peer);
      if (record.interim.length > 0) trial.fail(`${record.interim[0]} is sent before the first CREDIT`);
      trial.say(x, 'CREDIT', 0);
      await peer.until(() => record.interim.includes(100) || record.over || peer.over, '100 behind the first CREDIT');
      if (!record.interim.includes(100)) trial.fail(`no 100 behind the first CREDIT, but status ${record.status}`);
      peer.send(data(x.stream, new Uint8Array(10), { endStream: true }));
      await trial.message(x, 'END');
      trial.respond(x);
      await trial.answered(x, 200);
    },
  },

  'credit-is-the-window': {
    requirement: 'MSGI-PROC-28',
    title: 'The server grants the peer the octets of a CREDIT, and no others.',
    // Where the library returns windows as a whole, what it grants is not what it was given (section 5.8).
    claims: ['exact-credit'],
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', upload);
      const before = granted(x);
      peer.send(data(x.stream, new Uint8Array(50)));
      await x.host.until(() => x.host.content(x.number) === 50, '50 octets of content');
      await trial.quiet(peer);
      if (granted(x, 50) !== before) trial.fail(`${granted(x, 50) - before} octets are granted without a CREDIT`);
      trial.say(x, 'CREDIT', 1000);
      await peer.until(() => granted(x, 50) >= before + 1000 || peer.over, 'the window of a CREDIT of 1000');
      await trial.quiet(peer);
      trial.seen = `${granted(x, 50) - before} octets are granted for a CREDIT of 1000`;
      if (granted(x, 50) !== before + 1000) trial.fail(trial.seen);
    },
  },

  'credit-stops-at-the-most': {
    requirement: 'MSGI-PROC-25',
    title: 'CREDIT beyond 2^31 − 1 is no violation, and the window stops there.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', upload);
      trial.say(x, 'CREDIT', MAX_WINDOW);
      trial.say(x, 'CREDIT', MAX_WINDOW);
      await trial.quiet(peer);
      if (granted(x) > MAX_WINDOW) trial.fail(`the window of a is ${granted(x)}`);
      peer.send(data(x.stream, new Uint8Array(10), { endStream: true }));
      await x.host.until(() => x.host.of(x.number, 'END').length > 0 || peer.stream(x.stream).over, 'END of a');
      trial.respond(x);
      await trial.answered(x, 200);
    },
  },

  'a-held-exchange-stops-no-other': {
    requirement: 'MSGI-PROC-24',
    title: 'The server reads the pipe on while a response waits for the window of its stream.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const held = await trial.ask(peer, 'held');
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      trial.say(held, 'START', { status: 200, fields: [] });
      if (held.head.room > 0) trial.say(held, 'DATA', new Uint8Array(Math.min(held.head.room, 65_536)));
      const x = await trial.ask(peer, 'a');
      trial.respond(x);
      await trial.answered(x, 200);
      trial.say(held, 'RESET', { code: 8 });
      await trial.reset(held, 8);
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
