/** What no response says, whatever the resource: seen in every case of a run (peer/semantics.ts). */
import type { RequirementId } from '../../../spec/registry/index.ts';
import type { CaseBody } from '../../case.ts';
import type { Trial } from '../../trial.ts';
import { converse } from '../passive/scenarios.ts';

async function conversation(trial: Trial): Promise<void> {
  const peer = await trial.open();
  await converse(trial, peer);
  trial.seen = 'every response is sound';
}

const says = (title: string, requirement: RequirementId, ...also: readonly RequirementId[]): CaseBody => ({
  requirement,
  also,
  title,
  passive: true,
  run: conversation,
});

export const responses: Readonly<Record<string, CaseBody>> = {
  'status-codes-are-valid': says('Status codes are from 100 to 599.', 'rfc9110/15/i1'),
  'no-switching-protocols': says('The status 101 is never sent.', 'rfc9113/8.6/i1'),
  'no-content-without-content': says(
    'Answers to HEAD, 204 and 304 have neither content nor trailers.',
    'rfc9110/6.4.1/i1',
    'rfc9110/9.3.2/1',
    'rfc9110/15.3.5/i1',
    'rfc9110/15.4.5/i1',
  ),
  'reset-content-is-empty': says('A 205 has no content.', 'rfc9110/15.3.6/1'),
  'no-length-without-content': says('Informational responses and 204 have no content-length.', 'rfc9110/8.6/7'),
  'not-modified-answers-a-condition': says('A 304 answers a conditional request.', 'rfc9110/15.4.5/i2'),
  'partial-content-answers-a-range': says('A 206 answers a request for a range.', 'rfc9110/15.3.7/i1'),
  'ranges-are-possible': says('A content-range has its numbers in order.', 'rfc9110/14.4/i1'),
  challenges: says('A 401 and a 407 have a challenge.', 'rfc9110/15.5.2/1', 'rfc9110/15.5.8/1'),
  'early-hints-come-early': says('A 103 comes before the final response, and ends nothing.', 'rfc8297/2/i1'),
  'trailers-come-too-late': says('No trailer field frames the message or says what its content is.', 'rfc9110/6.5.1/1'),
  'fields-keep-to-their-grammar': says('Fields whose grammar RFC 9110 fixes keep to it.', 'rfc9110/2.2/12'),
  'dates-are-in-one-form': says('Timestamps are sent as IMF-fixdate.', 'rfc9110/5.6.7/2'),
  dated: says('Responses of 2xx, 3xx and 4xx have a date.', 'rfc9110/6.6.1/2'),
};
