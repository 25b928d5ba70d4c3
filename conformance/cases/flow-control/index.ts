/** Cases on flow control (RFC 9113 §5.2, §6.9). */
import { chapter } from '../../case.ts';
import { overrunning } from './overruns.ts';
import { responses } from './responses.ts';
import { initialWindows } from './settings.ts';
import { uploads } from './uploads.ts';
import { windowUpdates } from './window-update.ts';

export default chapter('flow-control', {
  ...responses,
  ...windowUpdates,
  ...initialWindows,
  ...uploads,
  ...overrunning,
});
