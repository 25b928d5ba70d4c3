/** A server gives back what it takes: credit for uploads, for padding, for what it drops (RFC 9113 §6.1, §6.9, §6.9.1). */
import { DEFAULT_WINDOW, data, ERROR_CODE, rstStream, settingsAck } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { served } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, describeEnd, type Trial } from '../../trial.ts';
import { frames, pour, roomOf, settled, share, UPLOADABLE } from './windows.ts';

/** Octets that cannot go out unless the connection window is given back twice over. */
function thriceTheConnection(trial: Trial, connection: number): number {
  if (connection <= 2 * UPLOADABLE) return 3 * connection;
  return trial.notApplicable(`the connection window of ${connection} octets is too large to be used up`);
}

/** More resets than this in a row look like an attack. */
const MANY = 20;

/** Codes of a server that does not want what its window has not asked for, and blames nobody but the stream. */
const BORNE: readonly number[] = [
  ERROR_CODE.FLOW_CONTROL_ERROR,
  ERROR_CODE.NO_ERROR,
  ERROR_CODE.CANCEL,
  ERROR_CODE.REFUSED_STREAM,
];

/** Octets of a frame of an upload. */
const CUT = 4096;

/** The upload is ended, and answered. */
async function ended(trial: Trial, peer: Peer, stream: number): Promise<void> {
  if (!peer.over && !peer.stream(stream).over) peer.send(data(stream, '', { endStream: true }));
  await settled(trial, peer, stream);
}

/**
 * Uses the connection window up on stream after stream, twice over and more: the server counts what it drops, and gives it
 * back. That it ends the connection instead is allowed (RFC 9113 §6.9).
 */
async function drain(
  trial: Trial,
  peer: Peer,
  path: string,
  upload: (stream: number, octets: number) => Promise<void>,
): Promise<void> {
  const room = roomOf(peer);
  const total = thriceTheConnection(trial, room.connection);
  let sent = 0;
  for (let streams = 0; sent < total && streams < MANY; streams += 1) {
    trial.expected = 'credit comes back on the connection';
    await peer.until(() => peer.ledger.sendWindow >= share(room) || peer.over, 'credit for the connection');
    if (peer.over) trial.notApplicable(`the server ends the connection: ${describeEnd(peer)}`);
    const octets = Math.min(room.stream, peer.ledger.sendWindow);
    await upload(peer.ask({ method: 'POST', path, endStream: false }), octets);
    sent += octets;
  }
  if (sent < 2 * room.connection) trial.notApplicable(`${MANY} streams do not use the connection window up twice`);
  await served(trial, peer);
}

export const uploads: Readonly<Record<string, CaseBody>> = {
  'content-before-the-window-is-known': {
    requirement: 'rfc9113/6.9.3/1',
    title:
      'Content within 65,535 octets of a client that does not know a smaller initial window yet ends no connection.',
    needs: ['upload'],
    alone: { initial_window: 1000 },
    async run(trial) {
      await trial.open();
      const peer = await trial.dial();
      peer.stopReplies();
      const request = peer.request({ method: 'POST', path: trial.upload.path, endStream: false });
      const content = [16_384, 16_384, 16_384, 16_383].map(octets => data(request.stream, new Uint8Array(octets)));
      const end = data(request.stream, '', { endStream: true });
      trial.expected = 'the upload is taken, or its stream is reset, and the next request is served';
      peer.preface([], request, ...content, end);
      await trial.handshaken(peer);
      const window = peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE');
      if (window >= DEFAULT_WINDOW) trial.notApplicable(`the initial window is ${window} octets all the same`);
      const record = await peer.answer(request.stream);
      const upload = describeAnswer(record, peer);
      if (peer.over) trial.weak(`${upload} for content that was sent before the window was known`);
      else if (record.resets.some(code => !BORNE.includes(code))) trial.fail(`the upload gets ${upload}`);
      if (peer.over) return;
      peer.send(settingsAck());
      await served(trial, peer);
      trial.seen = `the upload gets ${upload}, and the next request is served`;
    },
  },

  'upload-gets-credit': {
    requirement: 'rfc9113/6.9.1/i1',
    title: 'An upload larger than the windows goes through, for credit comes back as it is consumed.',
    needs: ['upload'],
    async run(trial) {
      const peer = await trial.open();
      const room = roomOf(peer);
      const usable = [room.stream, room.connection].filter(window => window <= 8 * UPLOADABLE);
      if (usable.length === 0)
        trial.notApplicable(`windows of ${room.stream} and ${room.connection} octets are too large`);
      const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
      trial.expected = 'credit comes back on the stream and on the connection as the upload is consumed';
      await pour(peer, stream, 3 * Math.max(...usable), data(stream, new Uint8Array(Math.min(CUT, share(room)))));
      await ended(trial, peer, stream);
    },
  },

  'uploads-get-connection-credit': {
    requirement: 'rfc9113/6.9.1/i1',
    title:
      'Uploads that fit their stream windows go through one after another, for the connection gets its credit back.',
    needs: ['upload'],
    async run(trial) {
      const peer = await trial.open();
      const room = roomOf(peer);
      const total = thriceTheConnection(trial, room.connection);
      const size = Math.min(room.stream, room.connection);
      for (let sent = 0; sent < total && !peer.over; sent += size) {
        const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
        trial.expected = 'credit comes back on the connection';
        await pour(peer, stream, size, data(stream, new Uint8Array(Math.min(CUT, share(room)))));
        await ended(trial, peer, stream);
      }
    },
  },

  'padding-gets-credit': {
    requirement: 'rfc9113/6.1/i1',
    title: 'Padding and its length octet count for the windows, and credit for them comes back.',
    needs: ['upload'],
    async run(trial) {
      const peer = await trial.open();
      let left = thriceTheConnection(trial, roomOf(peer).connection);
      for (let uploads = 0; left > 0 && !peer.over; uploads += 1) {
        if (uploads === MANY) trial.notApplicable(`${MANY} uploads are answered before they are read`);
        const stream = peer.ask({ method: 'POST', path: trial.upload.path, endStream: false });
        trial.expected = 'credit comes back for padding';
        left -= await pour(peer, stream, left, data(stream, new Uint8Array(64), { padding: 255 }));
        await ended(trial, peer, stream);
      }
    },
  },

  'reset-streams-give-credit-back': {
    requirement: 'rfc9113/6.9/6',
    title: 'DATA of streams that the client resets counts for the connection window, and credit for it comes back.',
    needs: ['upload'],
    async run(trial) {
      const peer = await trial.open();
      await drain(trial, peer, trial.upload.path, async (stream, octets) => {
        peer.send(...frames(peer, stream, octets), rstStream(stream));
      });
    },
  },

  'refused-uploads-give-credit-back': {
    requirement: 'rfc9113/6.9/6',
    title: 'DATA of uploads that nobody reads counts for the connection window, and credit for it comes back.',
    async run(trial) {
      const peer = await trial.open();
      await drain(trial, peer, '/msgi-conformance-no-such-resource', async (stream, octets) => {
        peer.send(...frames(peer, stream, octets, true));
        await peer.answer(stream);
      });
    },
  },

  'empty-data-needs-no-window': {
    requirement: 'rfc9113/6.9.1/2',
    title: 'An empty DATA frame that ends an upload is taken where no window is left.',
    needs: ['upload'],
    async run(trial) {
      const peer = await trial.open();
      const { stream: initial, connection } = roomOf(peer);
      const size = Math.min(initial, connection);
      if (size > 8 * UPLOADABLE) trial.notApplicable(`windows of ${size} octets are too large to be used up`);
      const request = peer.request({ method: 'POST', path: trial.upload.path, endStream: false });
      // In one write: what credit the server gives comes too late to be known.
      peer.send(request, ...frames(peer, request.stream, size), data(request.stream, '', { endStream: true }));
      await settled(trial, peer, request.stream);
    },
  },
};
