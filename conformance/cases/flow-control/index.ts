/** Cases on WINDOW_UPDATE and flow control (RFC 9113 §6.9). */
import { chapter } from '../../case.ts';

export default chapter('flow-control', {});
