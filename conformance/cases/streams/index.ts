/** Cases on stream states, identifiers and concurrency (RFC 9113 §5.1). */
import { chapter } from '../../case.ts';

export default chapter('streams', {});
