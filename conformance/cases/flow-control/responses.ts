/** What a server sends stays within the windows (RFC 9113 §5.2, §6.9.1). */
import { errorName, priority, rstStream, windowUpdate } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { answered } from '../../expect.ts';
import { askLarge, credit, goesOn, moved, standstill, whole } from './windows.ts';

export const responses: Readonly<Record<string, CaseBody>> = {
  'response-waits-for-stream-window': {
    requirement: 'rfc9113/6.9.1/1',
    also: ['rfc9113/5.2.1/2'],
    title: 'A response sends no more than its stream window admits, and goes on with every credit.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 1000]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      peer.send(windowUpdate(stream, 1000));
      await standstill(trial, peer, stream);
      await whole(trial, peer, stream);
    },
  },

  'window-of-one-octet': {
    requirement: 'rfc9113/6.9.1/1',
    title: 'A response sends no more than one octet where its stream window is one octet.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 1]);
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'response-waits-for-connection-window': {
    requirement: 'rfc9113/6.9.1/1',
    also: ['rfc9113/5.2.1/i2'],
    title: 'Responses together send no more than the connection window admits, whatever their streams may send.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 2 ** 20]);
      const streams = askLarge(trial, peer, 2);
      await standstill(trial, peer, ...streams);
      peer.send(...streams.map(stream => windowUpdate(stream, 1000)));
      await peer.fence();
      peer.send(windowUpdate(0, 1000));
      await standstill(trial, peer, ...streams);
      await whole(trial, peer, ...streams);
    },
  },

  'initial-stream-window': {
    requirement: 'rfc9113/5.2.1/i2',
    also: ['rfc9113/6.9.1/1'],
    title: 'Where no SETTINGS says otherwise a response sends no more than 65,535 octets without credit.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      const [stream = 0] = askLarge(trial, peer, 1);
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'zero-window': {
    requirement: 'rfc9113/5.2.1/i1',
    also: ['rfc9113/6.9.1/1'],
    title: 'Acknowledgements of SETTINGS and PING pass at a window of zero, DATA does not.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [stream = 0] = askLarge(trial, peer, 1);
      const record = peer.stream(stream);
      const begun = (): boolean => record.status > 0 || record.over || peer.over;
      // No rule says when HEADERS are sent: they may wait for the credit.
      await trial.idle(peer.within(peer.limit, begun, 'HEADERS'));
      await peer.change(['HEADER_TABLE_SIZE', 4096]);
      await peer.fence();
      peer.send(windowUpdate(stream, 1000));
      await standstill(trial, peer, stream);
      await goesOn(trial, peer, stream);
    },
  },

  'frames-are-read-while-windows-are-shut': {
    requirement: 'rfc9113/5.2.2/1',
    also: ['rfc9113/6.9.1/1'],
    title: 'While responses wait for their windows the server reads and processes what comes.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [reset = 0, credited = 0] = askLarge(trial, peer, 2);
      trial.expected = 'SETTINGS and PING are acknowledged, and the response that gets credit goes on';
      await peer.change(['HEADER_TABLE_SIZE', 4096], ['MAX_HEADER_LIST_SIZE', 65_536]);
      await peer.fence();
      peer.send(rstStream(reset), windowUpdate(credited, 1000));
      await standstill(trial, peer, credited);
      await goesOn(trial, peer, credited);
    },
  },

  'requests-are-taken-while-windows-are-shut': {
    requirement: 'rfc9113/6.9/1',
    title:
      'While a response waits for its window, frames outside flow control are taken: PRIORITY, HEADERS, RST_STREAM.',
    async run(trial) {
      const peer = await trial.open();
      trial.needStreams(peer, 2);
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const waiting = peer.ask();
      peer.send(priority(waiting, { dependency: 0, weight: 16 }));
      const asked = peer.ask();
      await peer.fence();
      if (!peer.over) peer.send(rstStream(waiting));
      const refused = [...peer.goaways.map(({ code }) => code), ...peer.stream(asked).resets.map(errorName)];
      if (refused.includes('FLOW_CONTROL_ERROR')) return trial.weak('a frame is refused with FLOW_CONTROL_ERROR');
      await peer.change(['INITIAL_WINDOW_SIZE', 65_535]);
      await answered(trial, peer, asked);
      return undefined;
    },
  },

  'waiting-stream-does-not-hold-up-another': {
    requirement: 'rfc9113/6.9.1/i2',
    title: 'A response whose window is open is sent while another waits for its own.',
    needs: ['large'],
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const [waiting = 0, open = 0] = askLarge(trial, peer, 2);
      credit(peer, 65_535, open);
      const record = peer.stream(open);
      const begun = (): boolean => record.octets > 0 || record.over || peer.over;
      if (await trial.idle(peer.within(4 * peer.limit, begun, 'the response'))) await moved(trial, peer, [open], [0]);
      else {
        trial.weak(
          `the response on stream ${open} is held up by stream ${waiting}: nothing of it in ${4 * peer.limit} ms`,
        );
        trial.limited = true;
      }
      credit(peer, 65_535, waiting);
      await moved(trial, peer, [open, waiting], [0, 0]);
    },
  },
};
