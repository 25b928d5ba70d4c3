/**
 * Fields that HTTP's grammar does not allow, but that no sentence obliges a server to refuse (RFC 9113 §8.2.1): served is
 * weak. And fields that are unusual and sound.
 */
import { headers, plainBlock } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { doubtful, reaction } from '../../expect.ts';
import { describeAnswer } from '../../trial.ts';
import { doubtsFields, parts, whole } from '../messages/malformed-get.ts';
import { hold, openUpload } from '../messages/upload.ts';

const GRAMMAR = 'rfc9113/8.2.1/1';
const LENGTH = 'rfc9113/8.1.1/i5';

/** Every mark that a token may hold, a digit and a letter (RFC 9110 §5.6.2). */
const TOKEN = "x!#$%&'*+-.^_`|~0z";

const UNUSUAL: readonly (readonly [string, string])[] = [
  [TOKEN, '1'],
  ['x-empty', ''],
  ['x-spaces', 'a  b\tc'],
  ['x-octets', '\x80\xff'],
];

export default chapter('fields', {
  'name-empty': doubtsFields(GRAMMAR, 'A request with an empty field name is refused.', '', 'x'),
  'name-with-parenthesis': doubtsFields(GRAMMAR, 'A request with "(" in a field name is refused.', 'x(a', 'x'),
  'name-beginning-with-quote': doubtsFields(GRAMMAR, 'A request with a quote before a name is refused.', '"x', 'x'),
  'name-ending-in-slash': doubtsFields(GRAMMAR, 'A request with "/" behind a field name is refused.', 'x/', 'x'),
  'name-with-equals-sign': doubtsFields(GRAMMAR, 'A request with "=" in a field name is refused.', 'x=a', 'x'),
  'name-with-brace': doubtsFields(GRAMMAR, 'A request with "{" in a field name is refused.', 'x{a', 'x'),
  'value-with-octet-01': doubtsFields(GRAMMAR, 'A request with octet 01 in a value is refused.', 'x-a', 'a\x01b'),
  'value-with-vertical-tab': doubtsFields(GRAMMAR, 'A request with octet 0b in a value is refused.', 'x-a', 'a\x0bb'),
  'value-with-octet-1f': doubtsFields(GRAMMAR, 'A request with octet 1f in a value is refused.', 'x-a', 'a\x1fb'),
  'value-with-del': doubtsFields(GRAMMAR, 'A request with octet 7f in a value is refused.', 'x-a', 'a\x7fb'),

  'content-length-with-plus': doubtsFields(LENGTH, 'A content-length of "+0" is refused.', 'content-length', '+0'),
  'content-length-with-minus': doubtsFields(LENGTH, 'A content-length of "-0" is refused.', 'content-length', '-0'),
  'content-length-in-hex': doubtsFields(LENGTH, 'A content-length of "0x0" is refused.', 'content-length', '0x0'),
  'content-length-with-point': doubtsFields(LENGTH, 'A content-length of "0.0" is refused.', 'content-length', '0.0'),
  'content-length-in-two-words': doubtsFields(LENGTH, 'A content-length of "0 0" is refused.', 'content-length', '0 0'),
  'content-length-in-letters': doubtsFields(LENGTH, 'A content-length of "abc" is refused.', 'content-length', 'abc'),
  'content-length-empty': doubtsFields(LENGTH, 'An empty content-length is refused.', 'content-length', ''),
  'content-length-list-0-and-5': doubtsFields(
    LENGTH,
    'A content-length of "0, 5" is refused.',
    'content-length',
    '0, 5',
  ),

  'unusual-fields-are-taken': {
    requirement: 'rfc9113/8.2.1/i3',
    title:
      'Names of all token marks, empty values, white space inside a value and octets above 7f are no reason to refuse.',
    async run(trial) {
      for (const field of UNUSUAL) {
        const peer = await trial.open();
        const { pseudo, regular } = parts(peer);
        const get = whole(peer, [...pseudo, ...regular, ...field]);
        const record = await reaction(trial, peer, get.stream, get);
        trial.expected = `the request with the field ${JSON.stringify(field[0])} is served`;
        trial.seen = describeAnswer(record, peer);
        if (record.status !== trial.subject.small.status)
          trial.weak(`a sound request with the field ${JSON.stringify(field[0])} is refused: ${trial.seen}`);
      }
    },
  },

  'refused-with-400': {
    requirement: 'rfc9113/8.2.1/9',
    also: ['rfc9113/8.1.1/4'],
    title: 'A request that is malformed by a field is answered with 400, which tells the client more than a reset.',
    async run(trial) {
      const peer = await trial.open();
      const { pseudo, regular } = parts(peer);
      const get = whole(peer, [...pseudo, ...regular, 'x-Upper', '1']);
      trial.expected = 'status 400, or another 4xx';
      const record = await reaction(trial, peer, get.stream, get);
      trial.seen = describeAnswer(record, peer);
      if (record.status >= 200 && record.status < 400)
        trial.notApplicable(`the malformed request is served: ${trial.seen}`, 'not-exercised');
      if (record.status < 400 || record.status >= 500) trial.weak(`${trial.seen}, where a 400 would have said why`);
    },
  },

  'connection-specific-trailers': {
    requirement: 'rfc9113/8.2.2/i3',
    disputed:
      'connection-specific fields make a message malformed (RFC 9113 §8.2.2), against the same sentence naming header ' +
      'fields, which trailers are not',
    needs: ['upload'],
    title: 'A request with transfer-encoding in its trailers is refused.',
    async run(trial) {
      const peer = await openUpload(trial, { trailers: true });
      const stream = await hold(trial, peer, [], 'hello');
      const block = plainBlock(['x-a', 'b', 'transfer-encoding', 'chunked']);
      await doubtful(trial, peer, stream, headers(stream, block, { endStream: true }));
    },
  },
});
