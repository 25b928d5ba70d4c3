/** Cases on PING (RFC 9113 §6.7). */
import { FLAG, FRAME_TYPE, frame, latin1, latin1Text, ping } from '../../../wire/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { connectionError, served } from '../../expect.ts';
import { describeEnd } from '../../trial.ts';

const OCTETS = ['\0\0\0\0\0\0\0\0', '\xff\xff\xff\xff\xff\xff\xff\xff', '\x80\0\0\0\0\0\0\x01', 'PING 1/2', 'PING 2/2'];

function wrongLength(octets: number): CaseBody {
  return {
    requirement: 'rfc9113/6.7/7',
    title: `PING of ${octets} octets is a connection error FRAME_SIZE_ERROR.`,
    async run(trial) {
      const peer = await trial.open();
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', frame(FRAME_TYPE.PING, 0, 0, new Uint8Array(octets)));
    },
  };
}

export default chapter('ping', {
  'identical-octets': {
    requirement: 'rfc9113/6.7/2',
    also: ['rfc9113/6.7/4'],
    title: 'Each of several PINGs is acknowledged once, with its own octets.',
    async run(trial) {
      const peer = await trial.open();
      peer.send(...OCTETS.map(octets => ping(latin1(octets))));
      await peer.fence();
      await served(trial, peer);
      trial.expected = 'one acknowledgement for each of five PINGs';
      for (const octets of OCTETS) {
        const acks = peer.pingAcks.filter(key => key === latin1(octets).toString()).length;
        if (acks !== 1) trial.fail(`PING ${Buffer.from(latin1(octets)).toString('hex')} is acknowledged ${acks} times`);
      }
      trial.seen = 'five acknowledgements with the octets of the five PINGs';
    },
  },

  'ack-not-answered': {
    requirement: 'rfc9113/6.7/5',
    title: 'A PING acknowledgement is not answered.',
    async run(trial) {
      const peer = await trial.open();
      const ack = ping(latin1('no reply'), true);
      trial.expected = 'no PING acknowledgement with the octets of the acknowledgement sent';
      const fenced = await peer.fence(ack);
      if (peer.pingAcks.includes(ack.payload.toString()))
        trial.fail(`the acknowledgement "${latin1Text(ack.payload)}" is acknowledged`);
      if (fenced === 'over') trial.weak(`${describeEnd(peer)}, although nothing makes the acknowledgement an error`);
      else await served(trial, peer);
    },
  },

  'on-stream': {
    requirement: 'rfc9113/6.7/6',
    title: 'PING on a stream is a connection error, also where that stream is open.',
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const stream = peer.ask();
      await connectionError(trial, peer, 'PROTOCOL_ERROR', { ...ping(latin1('a stream')), stream });
    },
  },

  'of-no-octets': wrongLength(0),
  'of-seven-octets': wrongLength(7),
  'of-nine-octets': wrongLength(9),

  'ack-of-nine-octets': {
    requirement: 'rfc9113/6.7/7',
    title: 'An acknowledgement of PING of 9 octets is a connection error FRAME_SIZE_ERROR.',
    async run(trial) {
      const peer = await trial.open();
      const ack = frame(FRAME_TYPE.PING, FLAG.ACK, 0, new Uint8Array(9));
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', ack);
    },
  },
});
