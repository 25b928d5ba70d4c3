/** Cases on control data (RFC 9113 §8.3). */
import { chapter } from '../../case.ts';

export default chapter('pseudo-fields', {});
