/** Cases on extending HTTP/2 (RFC 9113 §5.5). */
import { chapter } from '../../case.ts';

export default chapter('extensions', {});
