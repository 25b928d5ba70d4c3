/** Tunnels of a proxy, from both ends (RFC 9113 §8.5): the kit is the client and listens on the far side. */
import { data, ERROR_CODE, errorName, FRAME_TYPE, frame, rstStream } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { served } from '../../expect.ts';
import { DeadlinePassed } from '../../outcome.ts';
import { FarEnd } from '../../peer/far-end.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StreamRecord } from '../../peer/stream.ts';
import { describeAnswer, type Trial } from '../../trial.ts';
import { connect } from './refused.ts';

/** A proxy says 2xx when it is connected (RFC 9110 §9.3.6): the kit hears of it at once, or of nothing. */
const CONNECTED_MS = 1000;

interface Tunnel {
  readonly peer: Peer;
  readonly record: StreamRecord;
  readonly far: FarEnd;
  /** Waits for something at the far side, or at the client; fails the case with `otherwise` at its deadline. */
  heard(condition: () => boolean, otherwise: () => string): Promise<void>;
  seen(condition: () => boolean, otherwise: () => string): Promise<void>;
}

/** A tunnel to a listener of the kit's; not applicable where CONNECT opens none, or one that leads elsewhere. */
async function tunnelled(trial: Trial, run: (tunnel: Tunnel) => Promise<void>): Promise<void> {
  const peer = await trial.open();
  const far = await FarEnd.listen(trial.transcript, trial.signal);
  try {
    const record = await connect(trial, peer, [':authority', far.authority]);
    if (record.status < 200 || record.status > 299)
      trial.notApplicable(`CONNECT opens no tunnel: ${describeAnswer(record, peer)}`);
    if (!(await trial.idle(far.within(CONNECTED_MS, () => far.connected, 'a connection'))))
      trial.notApplicable(`CONNECT is answered with ${record.status}, and nobody connects to ${far.authority}`);
    const heard: Tunnel['heard'] = (condition, otherwise) =>
      orFail(trial, far.until(condition, 'the far side'), otherwise);
    const seen: Tunnel['seen'] = (condition, otherwise) =>
      orFail(
        trial,
        peer.until(() => condition() || peer.over, 'the client'),
        otherwise,
      );
    await run({ peer, record, far, heard, seen });
  } finally {
    far.close();
  }
}

/** No sentence says how soon a proxy passes on what it has heard: the deadline of the case is the only limit. */
async function orFail(trial: Trial, wait: Promise<void>, otherwise: () => string): Promise<void> {
  await wait.catch(error => {
    if (!(error instanceof DeadlinePassed)) throw error;
    trial.fail(otherwise(), 'deadline');
  });
}

/** Octets pass both ways. */
async function greeted(trial: Trial, { peer, record, far, heard, seen }: Tunnel): Promise<void> {
  peer.send(data(record.id, 'there'));
  far.write('back');
  const passed = (): string => `of 5 octets to the far side ${far.text.length} come, of 4 back ${record.octets}`;
  await heard(() => far.text.length >= 5 || far.end !== null, passed);
  await seen(() => record.octets >= 4 || record.over, passed);
  if (far.text !== 'there' || record.octets !== 4) trial.fail(passed());
}

/** The far side hears that the stream or the connection has failed: by a reset. */
async function resetAtFarSide(trial: Trial, { far, heard }: Tunnel): Promise<void> {
  trial.expected = 'the TCP connection of the tunnel is reset';
  await heard(
    () => far.end !== null,
    () => 'the TCP connection stays open',
  );
  if (far.end === 'FIN') trial.fail('the TCP connection ends with FIN, as if all were well');
  trial.seen = 'the TCP connection is reset';
}

/** The client ends its direction; the far side hears it and goes on. */
function ends(text: string): CaseBody['run'] {
  return trial =>
    tunnelled(trial, async tunnel => {
      const { peer, record, far, heard, seen } = tunnel;
      await greeted(trial, tunnel);
      trial.expected = `"there${text}" and FIN at the far side, whose octets and FIN still reach the client`;
      peer.send(data(record.id, text, { endStream: true }));
      const atFarSide = (): string => `"${far.text}" and ${far.end ?? 'no FIN'} at the far side`;
      await heard(() => far.end !== null, atFarSide);
      if (far.text !== `there${text}` || far.end !== 'FIN') trial.fail(atFarSide());
      far.write(' later');
      far.finish();
      const atClient = (): string =>
        `${record.octets} octets of 10, and ${record.gotEnd ? 'END_STREAM' : 'no END_STREAM'}`;
      await seen(() => record.over, atClient);
      trial.seen = atClient();
      if (record.octets === 10 && record.gotEnd) return;
      if (!record.over || record.octets > 4) trial.fail(trial.seen);
      trial.weak(`${trial.seen}: the tunnel is closed both ways at once`);
    });
}

export const tunnels: Readonly<Record<string, CaseBody>> = {
  'stream-error-resets-the-far-side': {
    requirement: 'rfc9113/8.5/4',
    title: 'When the stream of a tunnel fails, its TCP connection is reset.',
    run: trial =>
      tunnelled(trial, async tunnel => {
        await greeted(trial, tunnel);
        tunnel.peer.send(rstStream(tunnel.record.id, 'CONNECT_ERROR'));
        await resetAtFarSide(trial, tunnel);
        await served(trial, tunnel.peer);
      }),
  },

  'connection-error-resets-the-far-side': {
    requirement: 'rfc9113/8.5/4',
    title: 'When the connection of a tunnel fails, its TCP connection is reset.',
    run: trial =>
      tunnelled(trial, async tunnel => {
        await greeted(trial, tunnel);
        tunnel.peer.violate(frame(FRAME_TYPE.PING, 0, 0, new Uint8Array(7)));
        await resetAtFarSide(trial, tunnel);
      }),
  },

  'end-stream-is-fin': {
    requirement: 'rfc9113/8.5/i4',
    title: 'END_STREAM on DATA becomes FIN behind its octets, and the other direction goes on.',
    run: ends('!'),
  },

  'end-stream-without-octets-is-fin': {
    requirement: 'rfc9113/8.5/i4',
    title: 'END_STREAM on an empty DATA frame becomes FIN, and the other direction goes on.',
    run: ends(''),
  },

  'fin-is-end-stream': {
    requirement: 'rfc9113/8.5/i4',
    title: 'FIN of the far side becomes END_STREAM behind its octets, and the other direction goes on.',
    run: trial =>
      tunnelled(trial, async tunnel => {
        const { peer, record, far, heard, seen } = tunnel;
        await greeted(trial, tunnel);
        trial.expected = '4 octets more and END_STREAM at the client, whose octets still reach the far side';
        far.write('last');
        far.finish();
        const atClient = (): string =>
          `${record.octets} octets of 8, and ${record.gotEnd ? 'END_STREAM' : 'no END_STREAM'}`;
        await seen(() => record.over, atClient);
        if (record.octets !== 8 || !record.gotEnd) trial.fail(atClient());
        if (record.resets.length > 0 || peer.over)
          return trial.weak('the tunnel is closed both ways when the far side ends one');
        peer.send(data(record.id, ' later', { endStream: true }));
        const atFarSide = (): string => `"${far.text}" at the far side, then ${far.end ?? 'no FIN'}`;
        await heard(() => far.end !== null, atFarSide);
        trial.seen = atFarSide();
        if (!far.text.endsWith(' later')) trial.weak(`${trial.seen}: the tunnel is closed both ways at once`);
      }),
  },

  'far-reset-is-connect-error': {
    requirement: 'rfc9113/8.5/i5',
    title: 'A reset of the TCP connection becomes a stream error CONNECT_ERROR.',
    run: trial =>
      tunnelled(trial, async tunnel => {
        const { peer, record, far, seen } = tunnel;
        await greeted(trial, tunnel);
        trial.expected = `RST_STREAM CONNECT_ERROR on stream ${record.id}`;
        far.reset();
        const unreset = (): string =>
          record.gotEnd ? 'the stream ends as if it were in order' : `no RST_STREAM on stream ${record.id}`;
        await seen(() => record.over, unreset);
        const [code] = record.resets;
        if (code === undefined) trial.fail(unreset());
        await served(trial, peer);
        trial.seen = `RST_STREAM ${errorName(code ?? 0)} on stream ${record.id}`;
        if (code !== ERROR_CODE.CONNECT_ERROR) trial.weak(`${trial.seen} instead of CONNECT_ERROR`);
      }),
  },
};
