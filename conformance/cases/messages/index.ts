/** Cases on message framing and malformed messages (RFC 9113 §8.1). */
import { chapter } from '../../case.ts';

export default chapter('messages', {});
