/**
 * Values of pseudo-fields that the grammar of a URI or of a method does not allow, where no sentence obliges a server to
 * refuse them (RFC 9113 §8.3.1, §10.3): served is weak.
 */
import type { RequirementId } from '../../../spec/registry/index.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { doubtsSection, replaced } from '../messages/malformed-get.ts';

function doubtsValue(
  requirement: RequirementId,
  title: string,
  name: string,
  change: (value: string) => string,
): CaseBody {
  return doubtsSection(requirement, title, ({ pseudo, regular }) => [...replaced(pseudo, name, change), ...regular]);
}

const path = (title: string, text: string): CaseBody =>
  doubtsValue('rfc9113/8.3.1/i6', `A request with ${title} in :path is refused.`, ':path', value => `${value}${text}`);

const authority = (title: string, change: (value: string) => string): CaseBody =>
  doubtsValue('rfc9113/8.3.1/i7', `A request whose :authority ${title} is refused.`, ':authority', change);

const method = (title: string, value: string): CaseBody =>
  doubtsValue('rfc9113/8.3.1/15', `A request with ${title} in :method is refused.`, ':method', () => value);

const scheme = (title: string, change: (value: string) => string): CaseBody =>
  doubtsValue('rfc9113/8.3.1/15', `A request whose :scheme ${title} is refused.`, ':scheme', change);

const target = (title: string, change: (value: string) => string): CaseBody =>
  doubtsValue('rfc9113/8.3.1/15', `A GET whose :path ${title} is refused.`, ':path', change);

const hosted = (title: string, host: (authority: string) => readonly string[]): CaseBody =>
  doubtsSection('rfc9113/8.3.1/5', title, ({ pseudo, regular }) => {
    const at = pseudo.indexOf(':authority');
    return [...pseudo, ...regular, ...host(pseudo[at + 1] as string)];
  });

export default chapter('pseudo-fields', {
  'host-of-another-name': hosted('A request whose Host names another host than :authority is refused.', () => [
    'host',
    'other.invalid',
  ]),
  'host-of-another-port': hosted('A request whose Host names another port than :authority is refused.', value => [
    'host',
    `${value.replace(/:\d+$/, '')}:1`,
  ]),
  'host-twice': hosted('A request with two Host fields that differ is refused.', value => [
    'host',
    value,
    'host',
    'other.invalid',
  ]),

  'authority-with-userinfo': doubtsValue(
    'rfc9113/8.3.1/11',
    'A request with userinfo in :authority is refused.',
    ':authority',
    value => `user:pw@${value}`,
  ),
  'authority-empty': authority('is empty', () => ''),
  'authority-with-path': authority('has a path behind it', value => `${value}/`),
  'authority-with-two-ports': authority('has two ports', value => `${value}:80`),
  'authority-with-port-in-letters': authority('has a port in letters', value => `${value.replace(/:\d+$/, '')}:x`),
  'authority-with-open-bracket': authority('has a bracket that does not close', () => '[::1'),

  'path-with-fragment': path('a fragment', '#a'),
  'path-with-octet-80': path('octet 80', '\x80'),
  'path-with-control-octet': path('octet 01', '\x01'),
  'path-with-del': path('octet 7f', '\x7f'),
  'path-with-backslash': path('a backslash', '\\'),
  'path-with-half-an-octet': path('"%" without two digits of hex behind it', 'a%zz'),

  'method-with-request-line': doubtsValue(
    'rfc9113/10.3/i1',
    'A request with a request line in :method is refused.',
    ':method',
    () => 'GET / HTTP/1.1',
  ),
  'path-with-space': doubtsValue(
    'rfc9113/10.3/i1',
    'A request with a space in :path is refused.',
    ':path',
    value => `${value} HTTP/1.1`,
  ),
  'authority-with-space': doubtsValue(
    'rfc9113/10.3/i1',
    'A request with a space in :authority is refused.',
    ':authority',
    value => `${value} x`,
  ),
  'scheme-with-authority': doubtsValue(
    'rfc9113/10.3/i1',
    'A request with more than a scheme in :scheme is refused.',
    ':scheme',
    () => 'http://x',
  ),

  'method-with-space': method('a space', 'GE T'),
  'method-with-slash': method('a slash', 'GE/T'),
  'method-with-octet-80': method('octet 80', 'GET\x80'),
  'scheme-empty': scheme('is empty', () => ''),
  'scheme-with-space': scheme('has a space', () => '1 http:'),
  'path-without-slash': target('has no slash before it', () => 'foo'),
  'asterisk-of-get': target('is that of OPTIONS as a whole', () => '*'),
  'path-in-absolute-form': target('is a whole URI', value => `http://localhost${value}`),
});
