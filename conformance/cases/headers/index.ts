/** Cases on HEADERS (RFC 9113 §6.2). */
import { chapter } from '../../case.ts';

export default chapter('headers', {});
