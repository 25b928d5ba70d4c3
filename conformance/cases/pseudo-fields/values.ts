/** Values of pseudo-fields (RFC 9113 §8.3.1). */
import type { RequirementId } from '../../../spec/registry/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { refusesSection, replaced } from '../messages/malformed-get.ts';

/** A GET that is sound but for the value of one pseudo-field is refused as malformed. */
function refusesValue(
  requirement: RequirementId,
  title: string,
  name: string,
  change: (value: string) => string,
): CaseBody {
  return refusesSection(requirement, title, ({ pseudo, regular }) => [...replaced(pseudo, name, change), ...regular]);
}

/** The path with a query: most servers serve it as the path alone, so that what stands in it does not lead to a 404. */
const query = (path: string, text: string): string => `${path}${path.includes('?') ? '&' : '?'}${text}`;

export default chapter('pseudo-fields', {
  'method-empty': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with an empty :method is malformed.',
    ':method',
    () => '',
  ),

  'method-with-lf': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with a line feed in :method is malformed.',
    ':method',
    () => 'GET\n',
  ),

  'method-with-nul': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with NUL in :method is malformed.',
    ':method',
    () => 'GET\0',
  ),

  'method-with-cr': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with a carriage return in :method is malformed.',
    ':method',
    () => 'GET\r',
  ),

  'scheme-with-nul': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with NUL in :scheme is malformed.',
    ':scheme',
    scheme => `${scheme}\0`,
  ),

  'scheme-with-lf': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with a line feed in :scheme is malformed.',
    ':scheme',
    scheme => `${scheme}\n`,
  ),

  'scheme-with-cr': refusesValue(
    'rfc9113/8.3.1/15',
    'A request with a carriage return in :scheme is malformed.',
    ':scheme',
    scheme => `${scheme}\r`,
  ),

  'path-empty': refusesValue('rfc9113/8.3.1/12', 'A request with an empty :path is malformed.', ':path', () => ''),

  'path-with-nul': refusesValue('rfc9113/8.3.1/i5', 'A request with NUL in :path is malformed.', ':path', path =>
    query(path, 'a\0b'),
  ),

  'path-with-lf': refusesValue('rfc9113/8.3.1/i5', 'A request with a line feed in :path is malformed.', ':path', path =>
    query(path, 'a\nb'),
  ),

  'path-with-cr': refusesValue(
    'rfc9113/8.3.1/i5',
    'A request with a carriage return in :path is malformed.',
    ':path',
    path => query(path, 'a\rb'),
  ),

  'path-with-request-line': refusesValue(
    'rfc9113/8.3.1/i5',
    'A request with the rest of a request line and a field line in :path is malformed.',
    ':path',
    path => query(path, 'a HTTP/1.1\r\nx-a: b'),
  ),

  'authority-with-nul': refusesValue(
    'rfc9113/8.3.1/i5',
    'A request with NUL in :authority is malformed.',
    ':authority',
    authority => `${authority}\0`,
  ),

  'authority-with-lf': refusesValue(
    'rfc9113/8.3.1/i5',
    'A request with a line feed in :authority is malformed.',
    ':authority',
    authority => `${authority}\n`,
  ),

  'authority-with-cr': refusesValue(
    'rfc9113/8.3.1/i5',
    'A request with a carriage return in :authority is malformed.',
    ':authority',
    authority => `${authority}\r`,
  ),

  'authority-with-field-line': refusesValue(
    'rfc9113/8.3.1/i5',
    'A request with a field line in :authority is malformed.',
    ':authority',
    authority => `${authority}\r\nx-a: b`,
  ),
});
