/** Cases on header compression (RFC 7541). */
import { chapter } from '../../case.ts';

export default chapter('hpack', {});
