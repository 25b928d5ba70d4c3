/** Servers that are wrong about content, informational responses and trailers. */
import chunks from './chunks.ts';
import halves from './halves.ts';
import interim from './interim.ts';
import trailers from './trailers.ts';

export default [...halves, ...chunks, ...interim, ...trailers];
