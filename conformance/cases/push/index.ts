/** Cases on PUSH_PROMISE (RFC 9113 §6.6, 8.4). */
import { chapter } from '../../case.ts';

export default chapter('push', {});
