/** Heads, fields and lengths on their way between client and application (chapter 2 of the specification). */
import fields from './fields.ts';
import givenFields from './given-fields.ts';
import head from './head.ts';
import http1 from './http1.ts';
import lengths from './lengths.ts';
import refused from './refused.ts';
import tables from './tables.ts';

export default [...head, ...refused, ...fields, ...givenFields, ...lengths, ...tables, ...http1];
