/** Cases on field blocks (RFC 9113 §4.3). */
import { chapter } from '../../case.ts';

export default chapter('field-blocks', {});
