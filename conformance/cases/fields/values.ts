/** Values of regular fields (RFC 9113 §8.2.1). */
import { chapter } from '../../case.ts';
import { refusesCoded, refusesFields } from '../messages/malformed-get.ts';
import { refusesTrailers } from '../messages/upload.ts';

export default chapter('fields', {
  'value-with-nul': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with NUL in a field value is malformed.',
    ...['x-a', 'b\0c'],
  ),

  'value-ending-in-nul': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with NUL at the end of a field value is malformed.',
    ...['x-a', 'b\0'],
  ),

  'value-with-lf': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a line feed in a field value is malformed.',
    ...['x-a', 'b\nc'],
  ),

  'value-ending-in-lf': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a line feed at the end of a field value is malformed.',
    ...['x-a', 'b\n'],
  ),

  'value-with-lf-huffman-coded': refusesCoded(
    'rfc9113/8.2.1/5',
    'A line feed in a value is found under Huffman coding, too.',
    'x-a',
    'b\nc',
  ),

  'value-with-cr': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a carriage return in a field value is malformed.',
    ...['x-a', 'b\rc'],
  ),

  'value-beginning-with-cr': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a carriage return at the beginning of a field value is malformed.',
    ...['x-a', '\rb'],
  ),

  'value-ending-in-cr': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a carriage return at the end of a field value is malformed.',
    ...['x-a', 'b\r'],
  ),

  'value-beginning-with-lf': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a line feed at the beginning of a field value is malformed.',
    ...['x-a', '\nb'],
  ),

  'value-beginning-with-nul': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with NUL at the beginning of a field value is malformed.',
    ...['x-a', '\0b'],
  ),

  'value-with-field-line': refusesFields(
    'rfc9113/8.2.1/5',
    'A request with a second field line inside a field value is malformed.',
    ...['x-a', 'b\r\nx-c: d'],
  ),

  'value-beginning-with-space': refusesFields(
    'rfc9113/8.2.1/6',
    'A request with a space before a field value is malformed.',
    ...['x-a', ' b'],
  ),

  'value-ending-in-space': refusesFields(
    'rfc9113/8.2.1/6',
    'A request with a space after a field value is malformed.',
    ...['x-a', 'b '],
  ),

  'value-beginning-with-tab': refusesFields(
    'rfc9113/8.2.1/6',
    'A request with a tab before a field value is malformed.',
    ...['x-a', '\tb'],
  ),

  'value-ending-in-tab': refusesFields(
    'rfc9113/8.2.1/6',
    'A request with a tab after a field value is malformed.',
    ...['x-a', 'b\t'],
  ),

  'value-of-one-space': refusesFields(
    'rfc9113/8.2.1/6',
    'A request with a field value of one space is malformed.',
    ...['x-a', ' '],
  ),

  'value-with-white-space-huffman-coded': refusesCoded(
    'rfc9113/8.2.1/6',
    'White space at the ends of a value is found under Huffman coding, too.',
    'x-a',
    ' b\t',
  ),

  'trailer-value-with-nul': refusesTrailers(
    'rfc9113/8.2.1/7',
    ['rfc9113/8.2.1/5'],
    'NUL in the value of a trailer field makes a request malformed.',
    ...['x-c', 'd\0'],
  ),

  'trailer-value-with-lf': refusesTrailers(
    'rfc9113/8.2.1/7',
    [],
    'A line feed in the value of a trailer field makes a request malformed.',
    ...['x-c', 'd\nx-e: f'],
  ),
});
