/** Cases on GOAWAY (RFC 9113 §6.8). */
import { chapter } from '../../case.ts';

export default chapter('goaway', {});
