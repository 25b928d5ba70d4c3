/** Cases on RST_STREAM (RFC 9113 §6.4). */
import { chapter } from '../../case.ts';

export default chapter('rst-stream', {});
