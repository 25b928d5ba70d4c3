/** Frames and payloads (section 11.2), as the host writes and reads them. */
import type { HostCaseBody } from '../../host/case.ts';
import type { DrivenExchange } from '../../host/exchange.ts';
import type { HostTrial } from '../../host/trial.ts';
import { octetOf } from '../../process/host-end.ts';

/** Octets of a response that no single frame can carry. */
const LARGE = 200_000;

/** The longest payload that a host may announce and the kit is ready to exceed, octets. */
const MOST = 2 ** 24;

const NONE = new Uint8Array(0);

const text = (value: string): Uint8Array => Uint8Array.from(value, character => character.charCodeAt(0));

/** An exchange in which the application does most of what it can do once. */
async function whole(trial: HostTrial): Promise<DrivenExchange> {
  await trial.open();
  const x = await trial.ask('a', { method: 'POST', content: true });
  const read = x.begin('body.read');
  await x.message('CREDIT');
  x.send('DATA', new Uint8Array(5));
  await x.value(read);
  await x.call('inform', 103, ['link', '</a.css>; rel=preload']);
  await x.call('push', { target: trial.path('b') });
  await x.call('prioritize', 1, true);
  await x.call('deadline', 30_000);
  await x.call('deadline', null);
  await x.call('body.stop');
  await x.call('start', 200, ['x-name', 'value']);
  await x.call('sink.write', 'hello');
  const end = x.begin('sink.end', ['x-sum', '1']);
  await x.message('END');
  x.complete(5);
  await x.value(end);
  x.settle();
  const { promise } = await x.message('PUSH');
  trial.pipe.send('RESET', promise, { code: 7, by: 'server' });
  const y = await trial.ask('c');
  await y.call('reset', 8);
  await y.message('RESET');
  y.close({ complete: false, code: 8, by: 'app', status: 0, sent: 0, received: 0 });
  y.settle();
  await trial.quiet();
  return x;
}

/** The host closes the pipe on what `violate` writes. */
function closes(what: string, violate: (trial: HostTrial, x: DrivenExchange) => void): HostCaseBody {
  return {
    requirement: 'MSGI-PROC-9',
    title: `The host closes the pipe on ${what}.`,
    alone: {},
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { method: 'POST', content: true });
      await trial.quiet();
      trial.leaves();
      violate(trial, x);
      await trial.pipe.ended();
      trial.seen = 'the pipe is closed';
    },
  };
}

export default {
  'frames-are-those-of-the-table': {
    requirement: 'MSGI-PROC-4',
    title: 'Every frame of the host has a type, a number and a payload that the table gives to hosts.',
    passive: true,
    async run(trial) {
      const { types } = await whole(trial);
      trial.seen = types.join(', ');
    },
  },

  'json-has-the-keys-that-are-named': {
    requirement: 'MSGI-PROC-5',
    title: 'Every payload in JSON is one object with the keys of its type, in UTF-8, no key twice.',
    passive: true,
    async run(trial) {
      await whole(trial);
    },
  },

  'octets-are-characters': {
    requirement: 'MSGI-PROC-6',
    title: 'A character of a field is the octet of the same number, in requests and in responses.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { fields: ['x-name', 'Ren\u00e9'] });
      const fields = x.invocation?.fields ?? [];
      if (fields[1] !== 'Ren\u00e9') trial.fail(`"Ren\u00e9" of HEAD is ${JSON.stringify(fields[1])} in the request`);
      await x.call('respond', 200, ['x-name', 'Ren\u00e9']);
      x.settle();
      const start = await x.message('START');
      const value = start.fields[start.fields.indexOf('x-name') + 1];
      if (value !== 'Ren\u00e9') trial.fail(`the octets 52 65 6e e9 are ${JSON.stringify(value)} in START`);
      await x.whole();
      x.complete();
    },
  },

  'payload-within-what-the-server-takes': {
    requirement: 'MSGI-PROC-8',
    title: 'The host writes no payload longer than the server has announced.',
    passive: true,
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a', { room: LARGE });
      await x.call('respond', 200, [], { octets: LARGE });
      x.settle();
      await x.whole();
      if (x.octets !== LARGE) trial.fail(`${x.octets} octets come of ${LARGE}`);
      x.complete();
      trial.seen = `${LARGE} octets come in ${x.of('DATA').length} frames`;
    },
  },

  'unknown-types-are-ignored': {
    requirement: 'MSGI-PROC-7',
    title: 'The host ignores frames of unknown types, whatever their number.',
    async run(trial) {
      const connection = await trial.open();
      const x = await trial.ask('a');
      const payload = new Uint8Array([1, 2, 3]);
      for (const type of [0, 0x12, 0xff])
        for (const number of [0, x.number, connection, 4_000_000_000]) trial.pipe.violate({ type, number, payload });
      await x.serve();
      await trial.quiet();
    },
  },

  'finished-numbers-are-dropped': {
    requirement: 'MSGI-PROC-10',
    title: 'The host drops frames for a number that is finished.',
    async run(trial) {
      await trial.open();
      const x = await trial.ask('a');
      await x.serve();
      await trial.quiet();
      x.send('CREDIT', 5);
      x.send('DATA', new Uint8Array(5));
      x.send('RESET', { code: 8, by: 'peer' });
      await trial.quiet();
    },
  },

  'too-long-a-payload': {
    requirement: 'MSGI-PROC-9',
    title: 'The host closes the pipe on a payload that is longer than it has announced.',
    alone: {},
    async run(trial) {
      await trial.open();
      const { payload } = await trial.pipe.message(0, 'HELLO');
      if (payload > MOST) trial.notApplicable(`the host takes payloads of ${payload} octets`);
      const x = await trial.ask('a', { method: 'POST', content: true, window: payload + 1 });
      trial.leaves();
      trial.pipe.violate({ type: octetOf('DATA'), number: x.number, payload: new Uint8Array(payload + 1) });
      await trial.pipe.ended();
      trial.seen = 'the pipe is closed';
    },
  },

  'a-type-of-the-hosts': closes('a type that is for hosts to write', ({ pipe }, { number }) =>
    pipe.violate({ type: octetOf('SETTLED'), number, payload: text('{}') }),
  ),

  'a-number-never-given': closes('a number that was never given', ({ pipe }, { number }) =>
    pipe.send('CREDIT', number + 2000, 1),
  ),

  'a-number-of-the-wrong-kind': closes('a frame of exchanges for a connection', ({ pipe }, { head }) =>
    pipe.send('SENT', head.connection, null),
  ),

  'a-key-twice': closes('a payload with a key twice', ({ pipe }, { number }) =>
    pipe.violate({ type: octetOf('RESET'), number, payload: text('{"code":8,"code":8,"by":"peer"}') }),
  ),

  'data-of-no-octets': closes('a DATA without an octet', ({ pipe }, { number }) =>
    pipe.violate({ type: octetOf('DATA'), number, payload: NONE }),
  ),
} satisfies Readonly<Record<string, HostCaseBody>>;
