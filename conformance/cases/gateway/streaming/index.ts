/** Content, informational responses and trailers on their way, both halves at once (chapters 2, 3 and 6). */
import chunks from './chunks.ts';
import halves from './halves.ts';
import http1 from './http1.ts';
import interim from './interim.ts';
import trailers from './trailers.ts';

export default [...halves, ...chunks, ...interim, ...trailers, ...http1];
