/** Room: what the server is ready to hold of a response (section 11.4). */
import { windowUpdate } from '../../../wire/index.ts';
import type { ProcessCaseBody } from '../../process/case.ts';
import type { Forwarded, ProcessTrial } from '../../process/trial.ts';

const INTERNAL_ERROR = 2;

/** Octets of a window that few choose. */
const NARROW = 1000;

/** Octets of one DATA. */
const PIECE = 32_768;

/** A response whose windows are shut, with the room that it was given before that. */
async function shut(trial: ProcessTrial): Promise<Forwarded> {
  await trial.begin();
  const peer = await trial.open({ roomy: true });
  const x = await trial.ask(peer, 'a');
  trial.say(x, 'START', { status: 200, fields: [] });
  await x.host.until(() => room(x) > 0 || x.host.over, 'room of a response whose windows are open');
  await peer.change(['INITIAL_WINDOW_SIZE', 0]);
  // What was given while they were open has come by now.
  await trial.quiet(peer);
  return x;
}

/** Writes so many octets of content. */
function fill(trial: ProcessTrial, x: Forwarded, octets: number): void {
  for (let at = 0; at < octets; at += PIECE) trial.say(x, 'DATA', new Uint8Array(Math.min(PIECE, octets - at)));
}

/** Octets that the host may still write of the exchange. */
const room = ({ host, number }: Forwarded): number => host.room(number);

export default {
  'room-is-held': {
    requirement: 'MSGI-PROC-29',
    title: 'What the host writes within its room arrives whole, though the windows were shut behind the room.',
    async run(trial) {
      const x = await shut(trial);
      const octets = room(x);
      fill(trial, x, octets);
      trial.say(x, 'END', {});
      trial.say(x, 'SETTLED', {});
      await trial.quiet(x.peer);
      const record = x.peer.stream(x.stream);
      if (record.octets > 0) trial.fail(`${record.octets} octets come though the window is shut`);
      x.peer.send(windowUpdate(x.stream, octets));
      await trial.answered(x, 200);
      trial.seen = `${record.octets} octets of ${octets} arrive`;
      if (record.octets !== octets) trial.fail(trial.seen);
    },
  },

  'data-beyond-the-room': {
    requirement: 'MSGI-PROC-54',
    also: ['MSGI-PROC-32'],
    title: 'DATA beyond the room of its exchange resets it with INTERNAL_ERROR by "app".',
    async run(trial) {
      const x = await shut(trial);
      fill(trial, x, room(x));
      await trial.quiet(x.peer);
      if (room(x) > 0) trial.notApplicable('the server gives room while the windows are shut');
      trial.say(x, 'DATA', new Uint8Array(1));
      await trial.told(x, INTERNAL_ERROR, 'app');
      await trial.reset(x, INTERNAL_ERROR);
    },
  },

  'the-first-room-follows-the-windows': {
    requirement: 'MSGI-PROC-30',
    title: 'HEAD gives no more room than the windows let through.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', NARROW]);
      const { head } = await trial.ask(peer, 'a');
      trial.seen = `HEAD gives room for ${head.room} octets where the window of the stream is ${NARROW}`;
      if (head.room > NARROW) trial.fail(trial.seen);
    },
  },

  'room-follows-the-windows': {
    requirement: 'MSGI-PROC-30',
    title: 'The server gives room once the windows let content through, and none while they are shut.',
    async run(trial) {
      const x = await shut(trial);
      const octets = room(x);
      fill(trial, x, octets);
      await trial.quiet(x.peer);
      if (room(x) > 0) trial.fail(`CREDIT of ${room(x)} octets while the windows are shut`);
      x.peer.send(windowUpdate(x.stream, octets + 1000));
      await x.host.until(() => room(x) > 0 || x.host.over, 'room for 1000 octets that the windows let through');
      fill(trial, x, 1);
      trial.say(x, 'END', {});
      trial.say(x, 'SETTLED', {});
      await trial.answered(x, 200);
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
