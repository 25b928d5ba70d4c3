/** Cases on PRIORITY (RFC 9113 §6.3). */
import { chapter } from '../../case.ts';

export default chapter('priority', {});
