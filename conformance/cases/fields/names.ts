/** Names of regular fields (RFC 9113 §8.2.1). */
import { chapter } from '../../case.ts';
import { refusesCoded, refusesFields } from '../messages/malformed-get.ts';
import { refusesTrailers } from '../messages/upload.ts';

const octet = (code: number): string => String.fromCharCode(code);

export default chapter('fields', {
  'name-in-upper-case': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a field name that begins in upper case is malformed.',
    ...['X-a', 'b'],
  ),

  'name-ending-in-upper-case': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a field name that ends in upper case is malformed.',
    ...['x-aZ', 'b'],
  ),

  'known-name-in-upper-case': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a well-known field name in upper case is malformed.',
    ...['Accept', '*/*'],
  ),

  'name-in-upper-case-huffman-coded': refusesCoded(
    'rfc9113/8.2.1/3',
    'Upper case in a name is found under Huffman coding, too.',
    'x-Aa',
    'b',
  ),

  'name-with-nul': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with NUL in a field name is malformed.',
    ...['x-\0a', 'b'],
  ),

  'name-with-nul-huffman-coded': refusesCoded(
    'rfc9113/8.2.1/3',
    'NUL in a name is found under Huffman coding, too.',
    'x-\0a',
    'b',
  ),

  'name-with-lf': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a line feed in a field name is malformed.',
    ...['x-a\nx-b', 'c'],
  ),

  'name-ending-in-cr': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a carriage return at the end of a field name is malformed.',
    ...['x-a\r', 'b'],
  ),

  'name-with-tab': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a tab in a field name is malformed.',
    ...['x-\ta', 'b'],
  ),

  'name-with-control-octet': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with octet 0x1f in a field name is malformed.',
    ...[`x-${octet(0x1f)}a`, 'b'],
  ),

  'name-with-space': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a space in a field name is malformed.',
    ...['x- a', 'b'],
  ),

  'name-beginning-with-space': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a space before a field name is malformed.',
    ...[' x-a', 'b'],
  ),

  'name-ending-in-space': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with a space after a field name is malformed.',
    ...['x-a ', 'b'],
  ),

  'name-with-del': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with DEL in a field name is malformed.',
    ...[`x-${octet(0x7f)}a`, 'b'],
  ),

  'name-with-octet-80': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with octet 0x80 in a field name is malformed.',
    ...[`x-${octet(0x80)}a`, 'b'],
  ),

  'name-ending-in-octet-ff': refusesFields(
    'rfc9113/8.2.1/3',
    'A request with octet 0xff at the end of a field name is malformed.',
    ...[`x-a${octet(0xff)}`, 'b'],
  ),

  'name-with-colon': refusesFields(
    'rfc9113/8.2.1/4',
    'A request with a colon in the middle of a field name is malformed.',
    ...['x:a', 'b'],
  ),

  'name-ending-in-colon': refusesFields(
    'rfc9113/8.2.1/4',
    'A request with a colon at the end of a field name is malformed.',
    ...['transfer-encoding:', 'chunked'],
  ),

  'trailer-name-with-space': refusesTrailers(
    'rfc9113/8.2.1/7',
    ['rfc9113/8.2.1/3'],
    'A space in the name of a trailer field makes a request malformed.',
    ...['x c', 'd'],
  ),

  'trailer-name-with-colon': refusesTrailers(
    'rfc9113/8.2.1/7',
    ['rfc9113/8.2.1/4'],
    'A colon in the name of a trailer field makes a request malformed.',
    ...['x:c', 'd'],
  ),

  'trailer-name-in-upper-case': refusesTrailers(
    'rfc9113/8.2.1/7',
    [],
    'Upper case in the name of a trailer field makes a request malformed.',
    ...['X-c', 'd'],
  ),
});
