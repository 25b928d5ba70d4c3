/** What the notice close sums up (section 3.7): one table of ends, each member judged by a case of its own. */
import type { RequirementId } from '../../../../spec/registry/index.ts';
import { data, headers, plainBlock, rstStream } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { type GatewayCaseBody, suite } from '../../../gateway/case.ts';
import type { Asked } from '../../../gateway/trial.ts';
import { drained, tight, told, WINDOW, WRITTEN } from './acts.ts';

interface End {
  /** GET without it: the method, and whether the client has more to send. */
  readonly method?: string;
  readonly upload?: true;
  readonly app: Handler;
  /** Octets of the answer that are there before the client acts, and its head with them. */
  readonly before?: number;
  /** When the handler has come to its gate; it is opened behind it. */
  act?(asked: Asked): void;
  /** complete, code, by, status, sent, received; null: the response is the server's, and so is its content. */
  readonly sum: readonly [boolean, number, string, number, number | null, number];
}

const ENDS: Readonly<Record<string, End>> = {
  whole: { app: x => x.respond(200, [], 'content'), sum: [true, 0, 'app', 200, 7, 0] },
  bare: { app: x => x.respond(204), sum: [true, 0, 'app', 204, 0, 0] },
  fails: {
    app: () => {
      throw new Error('on purpose');
    },
    sum: [true, 0, 'app', 500, null, 0],
  },
  overdue: {
    app: async x => {
      x.deadline(1);
      await new Promise(resolve => x.signal.addEventListener('abort', resolve));
    },
    sum: [false, 8, 'server', 503, null, 0],
  },
  resets: { app: x => x.reset(5), sum: [false, 5, 'app', 0, 0, 0] },
  unended: {
    app: async (x, kit) => {
      await x.start(200).write('half');
      await kit.gate();
    },
    before: 4,
    act: () => {},
    sum: [false, 2, 'app', 200, 4, 0],
  },
  'left-with-no-error': {
    app: async (x, kit) => {
      const out = x.start(200);
      out.write(new Uint8Array(WRITTEN));
      out.end();
      await kit.gate();
    },
    before: WINDOW,
    act: ({ peer, stream }) => peer.send(rstStream(stream, 'NO_ERROR')),
    sum: [false, 0, 'peer', 200, WINDOW, 0],
  },
  'head-that-fails': {
    method: 'HEAD',
    app: async (x, kit) => {
      await x.start(200).write('half');
      await kit.gate();
    },
    before: 0,
    act: () => {},
    sum: [false, 2, 'app', 200, 0, 0],
  },
  'upload-that-breaks-off': {
    upload: true,
    app: async (x, kit) => {
      await x.start(202).end();
      await kit.gate();
      await drained(x.body).catch(() => {});
    },
    act: ({ peer, stream }) => peer.send(data(stream, 'four'), rstStream(stream, 'CANCEL')),
    sum: [true, 8, 'peer', 202, 0, 4],
  },
  'first-of-two': {
    upload: true,
    app: async (x, kit) => {
      await kit.gate();
      x.reset(5);
    },
    act: ({ peer, stream }) => peer.send(rstStream(stream, 11)),
    sum: [false, 11, 'peer', 0, 0, 0],
  },
  'stopped-and-padded': {
    upload: true,
    app: async (x, kit) => {
      x.body.stop();
      await kit.gate();
      const out = x.start(200, ['x-name', 'value']);
      await out.write('eight...');
      await out.end(['x-sum', '1']);
    },
    act: ({ peer, stream }) => peer.send(data(stream, 'four', { padding: 100 }), data(stream, 'five.')),
    sum: [true, 0, 'app', 200, 8, 9],
  },
  'read-with-trailers': {
    upload: true,
    app: async (x, kit) => {
      await kit.gate();
      x.respond(200, [], `${await drained(x.body)}`);
    },
    act: ({ peer, stream }) =>
      peer.send(data(stream, 'four'), headers(stream, plainBlock(['x-sum', '1']), { endStream: true })),
    sum: [true, 0, 'app', 200, 1, 4],
  },
  'queued-and-dropped': {
    app: async (x, kit) => {
      x.start(200).write(new Uint8Array(WRITTEN));
      await kit.gate();
      x.reset();
    },
    before: WINDOW,
    act: () => {},
    sum: [false, 8, 'app', 200, WINDOW, 0],
  },
};

const MEMBERS = ['complete', 'code', 'by', 'status', 'sent', 'received'] as const;

/** A case about some members of each sum. */
function sums(
  requirement: RequirementId,
  title: string,
  members: readonly (typeof MEMBERS)[number][],
): GatewayCaseBody {
  return {
    requirement,
    title,
    app: (x, kit) => {
      x.watch(notice => {
        if (notice.type === 'close') kit.report('close', { ...notice });
      });
      return ENDS[kit.name]?.app(x, kit);
    },
    async run(trial) {
      const peer = await tight(trial);
      const asked = Object.entries(ENDS).map(([name, { method, upload }]) => {
        const options = upload === undefined ? { method: method ?? 'GET' } : { method: 'POST', endStream: false };
        return trial.ask(peer, name, options);
      });
      for (const one of asked) {
        const { act, before, sum } = ENDS[one.name] as End;
        const record = peer.stream(one.stream);
        if (act !== undefined) {
          await trial.waits(one);
          const there = (): boolean => before === undefined || (record.status > 0 && record.octets >= before);
          await peer.until(() => peer.over || there(), `${before} octets of ${one.name}`);
          act(one);
          // Twins, because what the application hears by the control channel must not overtake the pipe that it may be behind.
          await trial.quietApp(peer);
          trial.release(one);
        }
        const close = (await told(trial, one, 'close')) as Record<string, Json>;
        for (const member of members) {
          const wanted = sum[MEMBERS.indexOf(member)] ?? (await peer.answer(one.stream)).octets;
          if (close[member] !== wanted) trial.fail(`${one.name}: ${member} is ${close[member]}, not ${wanted}`);
        }
      }
      trial.seen = `${members.join(', ')} of ${asked.length} ends`;
    },
  };
}

export default suite('lifecycle', {
  'complete-is-the-whole-response': sums(
    'MSGI-NOTE-9',
    'The member complete is true exactly when the whole response was handed on, and false for the 503 of a limit.',
    ['complete', 'status'],
  ),
  'the-first-failure': sums('MSGI-NOTE-10', 'The members code and by are those of the first failure of either half.', [
    'code',
    'by',
  ]),
  'content-is-counted': sums(
    'MSGI-NOTE-11',
    'The members sent and received count content, and nothing that was dropped unsent.',
    ['sent', 'received'],
  ),
});
