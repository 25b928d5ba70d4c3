/** The messages that a server sends, and how they are compressed (RFC 9113 §8, RFC 7541). */
import type { CaseBody } from '../../case.ts';
import { served } from '../../expect.ts';
import { fieldValue } from '../../peer/stream.ts';
import { ABSENT, converse } from './scenarios.ts';

async function conversation(trial: Parameters<CaseBody['run']>[0]): Promise<void> {
  const peer = await trial.open();
  await converse(trial, peer);
  trial.seen = 'every response is sound';
}

export const messages: Readonly<Record<string, CaseBody>> = {
  'message-grammar': {
    requirement: 'rfc9113/8.1/i1',
    title: 'A response is a final head, its content and at most one trailer section, ended once.',
    passive: true,
    run: conversation,
  },

  'head-has-no-content': {
    requirement: 'rfc9113/8.1.1/i8',
    title: 'The answer to HEAD has no content, and the content-length of GET or none.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      for (const path of [trial.subject.small.path, ABSENT]) {
        const lengths: (string | undefined)[] = [];
        const statuses = new Set<number>();
        for (const method of ['GET', 'HEAD', 'GET']) {
          const { fields, status } = await peer.wholeAnswer(peer.ask({ method, path }));
          lengths.push(fieldValue(fields, 'content-length'));
          statuses.add(status);
        }
        const [get, head, again] = lengths;
        // What differs between two GETs cannot be compared, nor a response with that of another status.
        const comparable = statuses.size === 1 && get !== undefined && get === again;
        if (comparable && head !== undefined && head !== get)
          trial.fail(`HEAD ${path} has content-length ${head}, GET has ${get}`);
      }
      await served(trial, peer);
    },
  },

  'field-names-and-values': {
    requirement: 'rfc9113/8.2.1/i1',
    also: ['rfc9113/8.2/i1'],
    title: 'Field names are in lower case, and names and values have none of the forbidden octets.',
    passive: true,
    run: conversation,
  },

  'connection-specific-fields': {
    requirement: 'rfc9113/8.2.2/i2',
    title: 'No response has a field that is specific to a connection.',
    passive: true,
    run: conversation,
  },

  'pseudo-fields': {
    requirement: 'rfc9113/8.3.2/1',
    also: ['rfc9113/8.3/1', 'rfc9113/8.3/2', 'rfc9113/8.3/6', 'rfc9113/8.3/8'],
    title: 'A response has :status once, before its fields, and no other pseudo-field.',
    passive: true,
    run: conversation,
  },

  'priority-field': {
    requirement: 'rfc9218/5/i2',
    title: 'A priority field in a response is a dictionary, with an urgency from 0 to 7 if it names one.',
    passive: true,
    run: conversation,
  },

  'field-blocks-decode': {
    requirement: 'rfc7541/2/i1',
    also: ['rfc7541/6.3/1'],
    title: 'Every field block decodes, within the table that the client allows.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      for (const size of [0, 64, 4096, 65_536]) {
        await peer.change(['HEADER_TABLE_SIZE', size]);
        for (let requests = 0; requests < 3; requests += 1) await served(trial, peer);
      }
    },
  },
};
