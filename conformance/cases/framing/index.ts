/** Cases on frame format and frame size (RFC 9113 §4.1, 4.2). */
import { chapter } from '../../case.ts';

export default chapter('framing', {});
