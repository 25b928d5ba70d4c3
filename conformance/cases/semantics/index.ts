/** Cases on what requests and responses mean, as far as any resource shows it (RFC 9110, RFC 8297). */
import { chapter } from '../../case.ts';
import { requests } from './requests.ts';
import { responses } from './responses.ts';

export default chapter('semantics', { ...responses, ...requests });
