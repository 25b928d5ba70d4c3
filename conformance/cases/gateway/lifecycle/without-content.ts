/** Responses without content: the sink takes and drops (section 3.2). */
import type { Exchange, Sink } from '../../../../spec/msgi.ts';
import type { RequirementId } from '../../../../spec/registry/index.ts';
import type { Kit } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { type GatewayCaseBody, suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import { framesOf, laterTurn, outcome } from './acts.ts';

/** Names of exchanges, with the method and the status of each. */
const KINDS: Readonly<Record<string, readonly [string, number]>> = {
  head: ['HEAD', 200],
  'no-content': ['GET', 204],
  'reset-content': ['GET', 205],
  'not-modified': ['GET', 304],
};

/** Writes that a loop makes at most, where nothing lets the event loop go on. */
const MOST = 20_000;

type Use = (out: Sink, kit: Kit, x: Exchange) => Promise<unknown>;

/** Each kind of response begun by `start`, and what is done with its sink. */
function each(
  requirement: RequirementId,
  title: string,
  use: Use,
  judge: (trial: GatewayTrial, asked: Asked) => Promise<void>,
): GatewayCaseBody {
  return {
    requirement,
    title,
    app: async (x, kit) => {
      const out = x.start(KINDS[kit.name]?.[1] ?? 500);
      await use(out, kit, x);
      if (x.state === 'open') await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [name, [method, status]] of Object.entries(KINDS)) {
        const asked = trial.ask(peer, name, { method });
        await judge(trial, asked);
        await trial.answered(asked, status, 0);
        await trial.settled(asked);
      }
    },
  };
}

/** The answer is HEADERS with END_STREAM. */
async function headAlone(trial: GatewayTrial, asked: Asked): Promise<void> {
  trial.expected = `${asked.name}: HEADERS with END_STREAM, and no more`;
  await asked.peer.answer(asked.stream);
  const frames = framesOf(asked);
  if (frames.length !== 1) trial.fail(`${asked.name}: the response is ${frames.join(', ')}`);
}

export default suite('lifecycle', {
  'the-head-is-the-end': each(
    'MSGI-LIFE-27',
    'The member start of a response without content ends it on the wire with its head.',
    async (_, kit, x) => {
      kit.report('state', x.state);
      await kit.gate();
    },
    async (trial, asked) => {
      await trial.reported(asked, 'state', 'open');
      await headAlone(trial, asked);
      trial.release(asked);
    },
  ),

  'no-room-for-no-content': each(
    'MSGI-LIFE-28',
    'The sink of a response without content has window 0 and gives 0 at ready.',
    async (out, kit) => kit.report('room', [out.window, await outcome(() => out.ready())]),
    (trial, asked) => trial.reported(asked, 'room', [0, '0']),
  ),

  'dropped-writes-let-the-loop-go-on': each(
    'MSGI-LIFE-29',
    'A write to a response without content settles in a later turn, so that a loop of them holds up nobody.',
    async (out, kit) => {
      let turned = false;
      laterTurn().then(() => {
        turned = true;
      });
      let writes = 0;
      for (; !turned && writes < MOST; writes += 1) await out.write('octets');
      kit.report('turned', turned);
    },
    (trial, asked) => trial.reported(asked, 'turned', true),
  ),

  'open-behind-the-head': {
    requirement: 'MSGI-LIFE-3',
    title: 'A response without content is open until it is ended: a lost connection, a limit and reset kill it.',
    app: async (x, kit) => {
      const out = x.start(200);
      const closed = new Promise<void>(resolve => {
        x.watch(notice => {
          if (notice.type === 'close') kit.report('close', [notice.complete, notice.code, notice.by]);
          resolve();
        });
      });
      kit.report('state', x.state);
      await kit.gate();
      if (kit.name === 'limit') x.deadline(1);
      if (kit.name === 'reset') x.reset(5);
      await closed;
      // Who only writes learns it as well.
      kit.report('write', await outcome(() => out.write('octets')));
      kit.report('then', x.state);
    },
    async run(trial) {
      const ends = { lost: [false, 8, 'transport'], limit: [false, 8, 'server'], reset: [false, 5, 'app'] };
      for (const [name, sum] of Object.entries(ends)) {
        const peer = await trial.open();
        const asked = trial.ask(peer, name, { method: 'HEAD' });
        await trial.reported(asked, 'state', 'open');
        // The head first: what is queued when an exchange fails is dropped (MSGI-LIFE-12).
        await trial.answered(asked, 200, 0);
        trial.release(asked);
        if (name === 'lost') peer.lose();
        await trial.reported(asked, 'write', 'ExchangeError');
        await trial.reported(asked, 'then', 'dead');
        await trial.reported(asked, 'close', sum);
      }
    },
  },

  'trailers-of-no-content-are-dropped': each(
    'MSGI-LIFE-30',
    'Trailers of a response without content are taken and dropped.',
    async (out, kit, x) => {
      await out.write('octets');
      const given: Json = await outcome(() => out.end(['x-sum', '1']));
      kit.report('end', [given, x.state]);
    },
    async (trial, asked) => {
      await trial.reported(asked, 'end', ['nothing', 'done']);
      await headAlone(trial, asked);
    },
  ),
});
