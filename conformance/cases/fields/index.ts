/** Cases on fields (RFC 9113 §8.2). */
import type { Case } from '../../case.ts';
import connectionSpecific from './connection-specific.ts';
import doubtful from './doubtful.ts';
import names from './names.ts';
import values from './values.ts';

/** What every case on a name or a value is about: the minimal check is made, and what fails it is malformed. */
const ROWS = ['rfc9113/8.2.1/2', 'rfc9113/8.2.1/7'] as const;

const minimal = [...names, ...values].map(body => ({
  ...body,
  also: ROWS.filter(row => row !== body.requirement),
}));

export default [...minimal, ...connectionSpecific, ...doubtful] satisfies readonly Case[];
