/** Cases on the connection preface (RFC 9113 §3.4). */
import { chapter } from '../../case.ts';

export default chapter('preface', {});
