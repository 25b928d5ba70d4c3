/** Cases on message framing and malformed messages (RFC 9113 §8.1). */
import type { Case } from '../../case.ts';
import contentLength from './content-length.ts';
import head from './head.ts';
import trailers from './trailers.ts';

export default [...trailers, ...contentLength, ...head] satisfies readonly Case[];
