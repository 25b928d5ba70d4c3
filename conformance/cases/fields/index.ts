/** Cases on field names, values and connection-specific fields (RFC 9113 §8.2). */
import { chapter } from '../../case.ts';

export default chapter('fields', {});
