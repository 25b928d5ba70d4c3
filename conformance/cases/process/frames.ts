/** Frames and payloads (section 11.2), as the server writes and reads them. */
import { continuation, data, headers, plainBlock } from '../../../wire/index.ts';
import type { ProcessCaseBody } from '../../process/case.ts';
import type { Forwarded, ProcessTrial } from '../../process/trial.ts';

/** Octets that become two each in JSON, so that a section of half the length makes a HEAD that is too long. */
const WIDE = '\u00e9'.repeat(33_500);
const LEAST_PAYLOAD = 65_536;
/** Octets of a field block in one frame. */
const PIECE = 16_000;

/** An upload with trailers, and a response with content and trailers: most types once. */
async function whole(trial: ProcessTrial): Promise<Forwarded> {
  await trial.begin();
  const peer = await trial.open();
  const x = await trial.ask(peer, 'a', { method: 'POST', endStream: false });
  trial.say(x, 'CREDIT', 5);
  const trailers = headers(x.stream, plainBlock(['x-sum', '1']), { endStream: true });
  peer.send(data(x.stream, new Uint8Array(5)), trailers);
  await trial.message(x, 'END');
  trial.say(x, 'START', { status: 200, fields: ['x-name', 'value'] });
  await x.host.pour(x.number, 5);
  trial.say(x, 'END', { fields: ['x-sum', '2'] });
  trial.say(x, 'SETTLED', {});
  await trial.answered(x, 200);
  await trial.message(x, 'CLOSE');
  await trial.lives(peer);
  return x;
}

export default {
  'frames-are-those-of-the-table': {
    requirement: 'MSGI-PROC-4',
    title: 'Every frame of the server has a type, a number and a payload that the table gives to servers.',
    async run(trial) {
      await whole(trial);
    },
  },

  'json-has-the-keys-that-are-named': {
    requirement: 'MSGI-PROC-5',
    title: 'Every payload in JSON is one object with the keys of its type, in UTF-8, no key twice.',
    async run(trial) {
      await whole(trial);
    },
  },

  'octets-are-characters': {
    requirement: 'MSGI-PROC-6',
    title: 'An octet of a field is the character of the same number, in requests and in responses.',
    async run(trial) {
      await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a', { fields: ['x-name', 'Ren\u00e9'] });
      const { fields } = x.head.request;
      const value = fields[fields.indexOf('x-name') + 1];
      if (value !== 'Ren\u00e9') trial.fail(`the octets 52 65 6e e9 are ${JSON.stringify(value)} in HEAD`);
      trial.say(x, 'START', { status: 200, fields: ['x-name', 'Ren\u00e9'], end: true });
      trial.say(x, 'SETTLED', {});
      const answer = await trial.answered(x, 200);
      const octets = answer.fields[answer.fields.indexOf('x-name') + 1];
      if (octets !== 'Ren\u00e9') trial.fail(`"Ren\u00e9" of START is ${JSON.stringify(octets)} on the wire`);
    },
  },

  'unknown-types-are-ignored': {
    requirement: 'MSGI-PROC-7',
    title: 'The server ignores frames of unknown types, whatever their number.',
    async run(trial) {
      const host = await trial.begin();
      const peer = await trial.open();
      const x = await trial.ask(peer, 'a');
      const payload = new Uint8Array([1, 2, 3]);
      for (const type of [0, 0x12, 0xff])
        for (const number of [0, x.number, x.head.connection, 4_000_000_000]) host.violate({ type, number, payload });
      trial.respond(x);
      await trial.answered(x, 200);
      await trial.lives(peer);
    },
  },

  'payload-within-what-the-host-takes': {
    fresh: true,
    requirement: 'MSGI-PROC-20',
    also: ['MSGI-PROC-8'],
    title: 'A request whose HEAD would be longer than the host takes is answered 431, and HEAD is not sent.',
    async run(trial) {
      const host = await trial.begin({ payload: LEAST_PAYLOAD });
      const peer = await trial.open();
      if (peer.ledger.setting('theirs', 'MAX_HEADER_LIST_SIZE') < WIDE.length + 1000)
        trial.notApplicable('the server takes no request that long by itself');
      const target = trial.path('a');
      const block = plainBlock(peer.fieldsOf({ path: target, fields: ['x-wide', WIDE] }));
      const stream = peer.nextStream();
      const pieces = [0, 1, 2].map(at => block.subarray(at * PIECE, at === 2 ? block.length : (at + 1) * PIECE));
      peer.send(
        headers(stream, pieces[0] as Uint8Array, { endStream: true, endHeaders: false }),
        continuation(stream, pieces[1] as Uint8Array, false),
        continuation(stream, pieces[2] as Uint8Array),
      );
      const sent = (): boolean =>
        host.received.some(({ type, payload }) => type === 'HEAD' && payload.request.target === target);
      const record = peer.stream(stream);
      await trial.first(
        peer.until(() => record.over || peer.over, 'the answer 431'),
        host.until(() => sent() || host.grammar.findings.length > 0, 'the answer 431'),
      );
      if (host.grammar.findings.length > 0 || sent()) trial.fail('HEAD is sent though the host does not take it');
      if (record.status !== 431) trial.fail(`a request that is too long for the host is answered ${record.status}`);
      await trial.lives(peer);
    },
  },
} satisfies Readonly<Record<string, ProcessCaseBody>>;
