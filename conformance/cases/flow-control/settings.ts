/** SETTINGS and the windows (RFC 9113 §6.9.2), and when settings bind (§6.5, §6.5.3). */
import { MAX_WINDOW, settings, windowUpdate } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { connectionError } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeEnd, type Trial } from '../../trial.ts';
import { askLarge, goesOn, moved, standstill } from './windows.ts';

const EQUAL_SETTINGS =
  'values are processed in their order (RFC 9113 §6.5.3) against the same setting several times in a frame as a sign of abuse, which a connection error may answer (§10.5)';

/** One SETTINGS frame with two values of INITIAL_WINDOW_SIZE; false where the server takes it for abuse. */
async function changedTwice(trial: Trial, peer: Peer, first: number, last: number): Promise<boolean> {
  await peer.change(['INITIAL_WINDOW_SIZE', first], ['INITIAL_WINDOW_SIZE', last]);
  if (peer.over) trial.weak(`the frame is refused: ${describeEnd(peer)}`);
  return !peer.over;
}

export const initialWindows: Readonly<Record<string, CaseBody>> = {
  'raised-setting-grows-running-windows': {
    requirement: 'rfc9113/6.9.2/1',
    also: ['rfc9113/6.9.1/1'],
    title: 'A raised INITIAL_WINDOW_SIZE grows the windows of running streams by the difference.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [plain = 0, credited = 0] = askLarge(trial, peer, 2);
      peer.send(windowUpdate(credited, 500));
      await standstill(trial, peer, credited);
      for (const initial of [5000, 20_000]) {
        await peer.change(['INITIAL_WINDOW_SIZE', initial]);
        await standstill(trial, peer, plain, credited);
      }
      // No WINDOW_UPDATE: a server that does not shift its windows stays where it is.
      const before = [plain, credited].map(id => peer.stream(id).octets);
      await peer.change(['INITIAL_WINDOW_SIZE', 100_000]);
      await moved(trial, peer, [plain, credited], before);
    },
  },

  'lowered-setting-shrinks-running-windows': {
    requirement: 'rfc9113/6.9.2/1',
    also: ['rfc9113/6.9.1/1'],
    title: 'A lowered INITIAL_WINDOW_SIZE shrinks the windows of running streams by the difference.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 2 ** 20]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      const spent = 2 ** 20 - peer.stream(stream).receiveWindow;
      await peer.change(['INITIAL_WINDOW_SIZE', spent + 1000]);
      peer.send(windowUpdate(0, 65_535));
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'negative-window-is-paid-back': {
    requirement: 'rfc9113/6.9.2/2',
    also: ['rfc9113/6.9.2/3', 'rfc9113/6.9.1/1'],
    title: 'A window below zero is kept track of: nothing is sent until credit has made it positive.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 3000]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      peer.send(windowUpdate(stream, 2999));
      await peer.fence();
      peer.send(windowUpdate(stream, 1));
      await peer.fence();
      // The response shows itself with the next octets, and how many it takes itself to be allowed.
      peer.send(windowUpdate(stream, 1000));
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'settings-leave-connection-window': {
    requirement: 'rfc9113/6.9.2/i1',
    also: ['rfc9113/6.9.1/1'],
    title: 'INITIAL_WINDOW_SIZE never changes the connection window.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 1_000_000]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await peer.change(['INITIAL_WINDOW_SIZE', 2_000_000]);
      await peer.fence();
      peer.send(windowUpdate(0, 1000));
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'stream-window-overflow-by-settings': {
    requirement: 'rfc9113/6.9.2/4',
    title: 'An INITIAL_WINDOW_SIZE that lifts a running stream window above 2^31-1 is a connection error.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [stream = 0] = askLarge(trial, peer, 1);
      peer.send(windowUpdate(stream, MAX_WINDOW));
      await standstill(trial, peer, stream);
      await connectionError(trial, peer, 'FLOW_CONTROL_ERROR', settings([['INITIAL_WINDOW_SIZE', MAX_WINDOW]]));
    },
  },

  'settings-bind-from-acknowledgement': {
    requirement: 'rfc9113/6.5.3/1',
    also: ['rfc9113/6.9.1/1', 'rfc9113/4.1/1'],
    title: 'Settings are in force for running responses once they are acknowledged.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['MAX_FRAME_SIZE', 32_768], ['INITIAL_WINDOW_SIZE', 1000]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await peer.change(['MAX_FRAME_SIZE', 16_384], ['INITIAL_WINDOW_SIZE', 50_000]);
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'last-of-equal-settings-lowers': {
    requirement: 'rfc9113/6.5.3/2',
    also: ['rfc9113/6.9.1/1'],
    title: 'Where a SETTINGS frame names a setting twice the last value counts, a lower one too.',
    needs: ['large'],
    disputed: EQUAL_SETTINGS,
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      if (!(await changedTwice(trial, peer, 60_000, 1000))) return;
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'last-of-equal-settings-raises': {
    requirement: 'rfc9113/6.5.3/2',
    also: ['rfc9113/6.9.1/1'],
    title: 'Where a SETTINGS frame names a setting twice the last value counts, a higher one too.',
    needs: ['large'],
    disputed: EQUAL_SETTINGS,
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      if (!(await changedTwice(trial, peer, 1000, 100_000))) return;
      await moved(trial, peer, askLarge(trial, peer, 1), [1000]);
    },
  },

  'all-six-settings': {
    requirement: 'rfc9113/6.5/3',
    also: ['rfc9113/6.9.1/1', 'rfc9113/4.1/1', 'rfc9113/6.5.2/1', 'rfc7541/6.3/1'],
    title: 'A SETTINGS frame with all six defined settings is acknowledged and kept.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(
        ['HEADER_TABLE_SIZE', 1024],
        ['ENABLE_PUSH', 0],
        ['MAX_CONCURRENT_STREAMS', 100],
        ['MAX_FRAME_SIZE', 20_000],
        ['MAX_HEADER_LIST_SIZE', 65_536],
        ['INITIAL_WINDOW_SIZE', 1000],
      );
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },
};
