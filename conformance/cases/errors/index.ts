/** Cases on error handling (RFC 9113 §5.4). */
import { chapter } from '../../case.ts';

export default chapter('errors', {});
