/** Which pseudo-fields a request has, and where (RFC 9113 §8.3 and §8.3.1). */
import { chapter } from '../../case.ts';
import { refusesSection, without } from '../messages/malformed-get.ts';

const names = [':method', ':scheme', ':path'] as const;

/** The pseudo-field `name` behind a regular field, everything else in order. */
const late = (pseudo: readonly string[], regular: readonly string[], name: string): string[] => {
  const value = pseudo[pseudo.indexOf(name) + 1] as string;
  return [...without(pseudo, name), ...regular, 'x-a', 'b', name, value];
};

/** The pseudo-field `name` twice, the second time with `value`, or with the same again. */
const twice = (pseudo: readonly string[], name: string, value?: string): string[] => {
  const at = pseudo.indexOf(name) + 1;
  return [...pseudo.slice(0, at + 1), name, value ?? (pseudo[at] as string), ...pseudo.slice(at + 1)];
};

export default chapter('pseudo-fields', {
  'method-missing': refusesSection(
    'rfc9113/8.3.1/i3',
    'A request without :method is malformed.',
    ({ pseudo, regular }) => [...without(pseudo, ':method'), ...regular],
  ),

  'scheme-missing': refusesSection(
    'rfc9113/8.3.1/i3',
    'A request without :scheme is malformed.',
    ({ pseudo, regular }) => [...without(pseudo, ':scheme'), ...regular],
  ),

  'path-missing': refusesSection('rfc9113/8.3.1/i3', 'A request without :path is malformed.', ({ pseudo, regular }) => [
    ...without(pseudo, ':path'),
    ...regular,
  ]),

  'all-but-authority-missing': refusesSection(
    'rfc9113/8.3.1/i3',
    'A request without :method, :scheme and :path is malformed.',
    ({ pseudo, regular }) => [...names.reduce(without, [...pseudo]), ...regular],
  ),

  'method-repeated': refusesSection(
    'rfc9113/8.3/9',
    'A request with the same :method twice is malformed.',
    ({ pseudo, regular }) => [...twice(pseudo, ':method'), ...regular],
  ),

  'method-repeated-with-another-value': refusesSection(
    'rfc9113/8.3/9',
    'A request with two methods is malformed.',
    ({ pseudo, regular }) => [...twice(pseudo, ':method', 'HEAD'), ...regular],
  ),

  'scheme-repeated': refusesSection(
    'rfc9113/8.3/9',
    'A request with the same :scheme twice is malformed.',
    ({ pseudo, regular }) => [...twice(pseudo, ':scheme'), ...regular],
  ),

  'authority-repeated': refusesSection(
    'rfc9113/8.3/9',
    'A request with the same :authority twice is malformed.',
    ({ pseudo, regular }) => [...twice(pseudo, ':authority'), ...regular],
  ),

  'path-repeated': refusesSection(
    'rfc9113/8.3/9',
    'A request with the same :path twice is malformed.',
    ({ pseudo, regular }) => [...twice(pseudo, ':path'), ...regular],
  ),

  'status-in-request': refusesSection(
    'rfc9113/8.3/3',
    'A request with :status is malformed.',
    ({ pseudo, regular }) => [...pseudo, ':status', '200', ...regular],
  ),

  'pseudo-field-unknown': refusesSection(
    'rfc9113/8.3/5',
    'A request with an undefined pseudo-field is malformed.',
    ({ pseudo, regular }) => [...pseudo, ':foo', 'bar', ...regular],
  ),

  'pseudo-field-without-name': refusesSection(
    'rfc9113/8.3/5',
    'A request with a pseudo-field whose name is a colon alone is malformed.',
    ({ pseudo, regular }) => [...pseudo, ':', 'bar', ...regular],
  ),

  'pseudo-field-in-upper-case': refusesSection(
    'rfc9113/8.3/5',
    'A pseudo-field in upper case is an undefined one beside its namesake.',
    ({ pseudo, regular }) => [...pseudo, ':Method', 'GET', ...regular],
  ),

  'pseudo-field-with-space': refusesSection(
    'rfc9113/8.3/5',
    'A pseudo-field with a space after its name is an undefined one beside its namesake.',
    ({ pseudo, regular }) => [...pseudo, ':path ', '/', ...regular],
  ),

  'method-after-regular-field': refusesSection(
    'rfc9113/8.3/7',
    'A request with :method behind a regular field is malformed.',
    ({ pseudo, regular }) => late(pseudo, regular, ':method'),
  ),

  'scheme-after-regular-field': refusesSection(
    'rfc9113/8.3/7',
    'A request with :scheme behind a regular field is malformed.',
    ({ pseudo, regular }) => late(pseudo, regular, ':scheme'),
  ),

  'authority-after-regular-field': refusesSection(
    'rfc9113/8.3/7',
    'A request with :authority behind a regular field is malformed.',
    ({ pseudo, regular }) => late(pseudo, regular, ':authority'),
  ),

  'path-after-regular-field': refusesSection(
    'rfc9113/8.3/7',
    'A request with :path behind a regular field is malformed.',
    ({ pseudo, regular }) => late(pseudo, regular, ':path'),
  ),
});
