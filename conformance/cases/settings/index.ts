/** Cases on SETTINGS (RFC 9113 §6.5). */
import { FLAG, FRAME_TYPE, frame, settings } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { connectionError, served } from '../../expect.ts';

export default chapter('settings', {
  'ack-with-payload': {
    requirement: 'rfc9113/6.5/5',
    title: 'A SETTINGS acknowledgement with a payload is a connection error.',
    async run(trial) {
      const peer = await trial.open();
      const setting = settings([['ENABLE_PUSH', 0]]).payload;
      await connectionError(trial, peer, 'FRAME_SIZE_ERROR', frame(FRAME_TYPE.SETTINGS, FLAG.ACK, 0, setting));
    },
  },

  'each-acknowledged-once': {
    requirement: 'rfc9113/6.5.3/4',
    title: 'Each SETTINGS frame is acknowledged once.',
    async run(trial) {
      const peer = await trial.open();
      const before = peer.settingsAcks;
      trial.expected = 'five SETTINGS acknowledgements for five SETTINGS';
      peer.send(...Array.from({ length: 5 }, () => settings()));
      await peer.until(() => peer.settingsAcks >= before + 5 || peer.over, 'five SETTINGS acknowledgements');
      await served(trial, peer);
      if (peer.settingsAcks !== before + 5) trial.fail(`${peer.settingsAcks - before} acknowledgements`);
    },
  },
});
