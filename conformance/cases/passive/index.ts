/** Cases on what the server sends of its own accord. */
import { chapter } from '../../case.ts';

export default chapter('passive', {});
