/** Cases on what a server sends of its own accord, seen in every case of a run (KIT rule 8). */
import { chapter } from '../../case.ts';
import { frames } from './frames.ts';
import { messages } from './messages.ts';

export default chapter('passive', { ...frames, ...messages });
