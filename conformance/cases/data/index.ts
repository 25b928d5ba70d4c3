/** Cases on DATA (RFC 9113 §6.1). */
import { chapter } from '../../case.ts';

export default chapter('data', {});
