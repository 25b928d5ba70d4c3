/** Cases on CONTINUATION (RFC 9113 §6.10). */
import { chapter } from '../../case.ts';

export default chapter('continuation', {});
