/** Cases on PING (RFC 9113 §6.7). */
import { chapter } from '../../case.ts';

export default chapter('ping', {});
