/** The error of an exchange: what it is, what it says, and what it does not say (sections 4.1 and 4.4). */
import type { Exchange } from '../../../../spec/msgi.ts';
import {
  data,
  ERROR_CODE,
  errorName,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  headers,
  plainBlock,
  rstStream,
} from '../../../../wire/index.ts';
import { type Handler, reportedError } from '../../../application/kit.ts';
import { type GatewayCaseBody, suite } from '../../../gateway/case.ts';
import { contentOf, errorOf } from '../lifecycle/acts.ts';
import { CAUSES } from './signal.ts';

const upload = { method: 'POST', endStream: false } as const;

/** A word that stands nowhere but in what the client sends. */
const MARK = 'mark-7c19';

const CODES = [...Object.values(ERROR_CODE), 0x1234, 0xffff_ffff];

/** Waits for the failure, and gives the error. */
async function failed(x: Exchange): Promise<Error> {
  if (!x.signal.aborted) await new Promise(resolve => x.signal.addEventListener('abort', resolve));
  return x.signal.reason as Error;
}

const said: Handler = async (x, kit) => {
  kit.report('waits');
  const { code = null, by = null, message } = reportedError(await failed(x));
  kit.report('code', code);
  kit.report('by', by);
  kit.report('message', message);
};

/** Fails an upload in each of the ways, and reads the message. */
function unquoted(ways: Readonly<Record<string, (stream: number) => Frame>>): GatewayCaseBody {
  return {
    requirement: 'MSGI-ERR-7',
    title: `The message of an ExchangeError quotes nothing that the client sent: ${Object.keys(ways).join(', ')}.`,
    app: said,
    async run(trial) {
      for (const [name, way] of Object.entries(ways)) {
        const peer = await trial.open();
        const fields = ['user-agent', MARK, ...(name === 'content' ? ['content-length', '3'] : [])];
        const asked = trial.ask(peer, name, { ...upload, fields });
        await trial.report(asked, 'waits');
        peer.violate(way(asked.stream));
        if (name === 'goaway') {
          // A reset takes what the server has not read yet with it: first the server reads something behind that.
          await trial.quietApp(await trial.open());
          peer.lose();
        }
        trial.expected = `the message of ${name} has nothing of ${MARK}`;
        const message = (await trial.report(asked, 'message')) as string;
        if (message.includes(MARK)) trial.fail(`the message of ${name} quotes the client: ${message}`);
      }
      trial.seen = `no message has ${MARK}`;
    },
  };
}

export default suite('cancellation', {
  'known-by-its-name': {
    requirement: 'MSGI-ERR-1',
    title: 'The error of an exchange has the name "ExchangeError", and code and by as own properties.',
    app: async (x, kit) => {
      x.reset(5);
      const error = await errorOf(() => x.start(200).write('octets'));
      const own = ['code', 'by'].map(name => Object.hasOwn(error as object, name));
      kit.report('error', [error instanceof Error, (error as Error).name, ...own]);
    },
    async run(trial) {
      const peer = await trial.open();
      await trial.reported(trial.ask(peer, 'a'), 'error', [true, 'ExchangeError', true, true]);
    },
  },

  'one-error-everywhere': {
    requirement: 'MSGI-ERR-2',
    title: 'Every member of a failed exchange gives the same error, and it is the reason of the signal.',
    app: async (x, kit) => {
      const out = x.start(200);
      const waiting = errorOf(() => x.body.read());
      const { reason } = { reason: await failed(x) };
      const errors: Record<string, unknown> = { 'the read that waited': await waiting };
      errors['read'] = await errorOf(() => x.body.read());
      errors['write'] = await errorOf(() => out.write('octets'));
      errors['ready'] = await errorOf(() => out.ready());
      errors['end'] = await errorOf(() => out.end());
      const other = Object.keys(errors).filter(member => errors[member] !== reason);
      kit.report('other errors', other);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await peer.until(() => peer.over || peer.stream(asked.stream).status === 200, 'the head of a');
      peer.send(rstStream(asked.stream, 'CANCEL'));
      await trial.reported(asked, 'other errors', []);
    },
  },

  'who-was-first': {
    requirement: 'MSGI-ERR-3',
    title: 'The member by is the party whose act came first: peer, app, server or transport.',
    app: async (x, kit) => {
      if (kit.name === 'app') x.reset(5);
      if (kit.name === 'limit') x.deadline(1);
      kit.report('waits');
      const { by = null } = reportedError(await failed(x));
      x.reset(2);
      kit.report('by', [by, reportedError(x.signal.reason).by ?? null]);
    },
    async run(trial) {
      for (const [name, { act, by }] of Object.entries(CAUSES)) {
        const peer = await trial.open();
        const asked = trial.ask(peer, name, upload);
        await trial.report(asked, 'waits');
        act?.(asked);
        await trial.reported(asked, 'by', [by, by]);
      }
    },
  },

  'codes-of-the-client-are-passed': {
    requirement: 'MSGI-ERR-4',
    title: 'The code with which the client resets is passed as it is, an unknown one too.',
    app: said,
    async run(trial) {
      const peer = await trial.open();
      for (const [n, code] of CODES.entries()) {
        const asked = trial.ask(peer, `a-${n}`);
        await trial.report(asked, 'waits');
        peer.send(rstStream(asked.stream, code));
        await trial.reported(asked, 'code', code);
        await trial.reported(asked, 'by', 'peer');
        await trial.settled(asked);
      }
    },
  },

  'lost-without-a-word': {
    requirement: 'MSGI-ERR-5',
    title: 'Exchanges of a connection that is lost fail with CANCEL by transport.',
    app: said,
    async run(trial) {
      const peer = await trial.open();
      const both = [trial.ask(peer, 'get'), trial.ask(peer, 'post', upload)];
      for (const one of both) await trial.report(one, 'waits');
      peer.lose();
      for (const one of both) {
        await trial.reported(one, 'code', ERROR_CODE.CANCEL);
        await trial.reported(one, 'by', 'transport');
      }
    },
  },

  'connection-errors-are-the-clients': {
    requirement: 'MSGI-ERR-6',
    title: 'A connection error of the client fails its exchanges with the code of the GOAWAY, by peer.',
    app: said,
    async run(trial) {
      const wrong = [frame(FRAME_TYPE.PING, 0, 0, new Uint8Array(7)), frame(FRAME_TYPE.DATA, 0, 0, new Uint8Array(4))];
      for (const [n, stimulus] of wrong.entries()) {
        const peer = await trial.open();
        const asked = trial.ask(peer, `a-${n}`);
        await trial.report(asked, 'waits');
        await peer.fence(stimulus);
        await trial.reported(asked, 'by', 'peer');
        const code = errorName((await trial.report(asked, 'code')) as number);
        const { goaways } = peer;
        // A server that closes without a word has said no code that could be compared.
        if (goaways.length > 0 && !goaways.some(one => one.code === code))
          trial.fail(`the code is ${code}, GOAWAY has ${goaways.map(one => one.code).join(', ')}`);
        trial.seen = `${code} by peer`;
      }
    },
  },

  'nothing-of-the-clients-is-quoted': unquoted({
    trailers: stream => headers(stream, plainBlock([`:${MARK}`, MARK]), { endStream: true }),
    goaway: () => goaway(0, 'PROTOCOL_ERROR', MARK),
    content: stream => data(stream, MARK, { endStream: true }),
  }),

  // Apart from the others: libraries that drop such a line instead of refusing it have nothing to say here.
  'no-name-of-the-clients-is-quoted': unquoted({
    names: stream => headers(stream, plainBlock([`${MARK} ${MARK}`, MARK]), { endStream: true }),
  }),

  'the-reason-stays-inside': {
    requirement: 'MSGI-ERR-15',
    title: "No part of an application's error is in a response.",
    app: {
      throws: () => {
        throw Object.assign(new Error(MARK), { name: MARK, status: 418, code: MARK });
      },
      rejects: async () => {
        throw Object.assign(new TypeError(MARK), { statusCode: 418 });
      },
      late: async x => {
        await x.start(200).write('half');
        throw new Error(MARK);
      },
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [name, status] of Object.entries({ throws: 500, rejects: 500, late: 200 })) {
        const asked = trial.ask(peer, name);
        const record = await peer.answer(asked.stream);
        if (record.status !== status) trial.fail(`${name}: status ${record.status}, as the error says`);
        const said = [...record.fields, ...(record.trailers ?? []), contentOf(asked)].join(' ');
        if (said.includes(MARK)) trial.fail(`${name}: the response says ${said}`);
      }
      trial.seen = `no response has ${MARK}`;
    },
  },
});
