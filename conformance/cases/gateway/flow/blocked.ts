/** Sends that wait for their peer: where they wait, and how that ends (sections 5.6 and 5.7). */
import { concat, continuation, headers, rstStream } from '../../../../wire/index.ts';
import type { Handler, Kit } from '../../../application/kit.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { describeEnd } from '../../../trial.ts';

/** No mark is so high: sixteen mebioctets of one exchange in the memory of the server. */
const BEYOND_EVERY_MARK = 2 ** 24;

/** Informational responses that no queue holds, nor a transport before it: sixteen mebioctets. */
const MANY = 2048;
const LINK = `<${'x'.repeat(8192)}>`;

/** An exchange that waits in one of the three ways, and reports what comes of it. */
const blocked = (wait: (out: ReturnType<Parameters<Handler>[0]['start']>) => unknown): Handler => {
  return async (x, kit) => {
    const waits = wait(x.start(200));
    kit.report('waits');
    await told(kit, waits);
  };
};

async function told(kit: Kit, waits: unknown): Promise<void> {
  try {
    await waits;
    kit.report('ended', null);
  } catch (error) {
    kit.report('ended', { ...reportedError(error), message: '' });
    throw error;
  }
}

const BLOCKED = {
  writes: blocked(out => out.write(new Uint8Array(BEYOND_EVERY_MARK))),
  ready: blocked(out => out.ready()),
  ends: blocked(out => {
    // Not awaited: ten octets are below every mark, and where they are not, `end` waits as well.
    void Promise.resolve(out.write(new Uint8Array(10))).catch(() => {});
    return out.end();
  }),
};

const NAMES = ['writes', 'ready', 'ends'];

export default suite('flow', {
  'write-waits-above-a-mark': {
    requirement: 'MSGI-FLOW-22',
    also: ['MSGI-FLOW-28'],
    title: 'A write of sixteen mebioctets waits while the client opens no window.',
    app: { writes: BLOCKED.writes },
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const asked = trial.ask(peer, 'writes');
      await trial.report(asked, 'waits');
      trial.expected = `a write of ${BEYOND_EVERY_MARK} octets that waits`;
      await trial.quietApp(peer);
      if (trial.app.reports(asked, 'ended').length > 0)
        trial.fail(`a write of ${BEYOND_EVERY_MARK} octets settles while none of them has gone`);
      trial.seen = `a write of ${BEYOND_EVERY_MARK} octets waits`;
      peer.send(rstStream(asked.stream));
      await trial.settled(asked);
    },
  },

  'write-settles-when-its-content-has-gone': {
    requirement: 'MSGI-FLOW-22',
    title: 'A write settles once its content has gone, the response going on.',
    app: async (x, kit) => {
      const out = x.start(200);
      await out.write(new Uint8Array(2 ** 20));
      kit.report('settled');
      await kit.gate();
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open({ roomy: true });
      await peer.change(['INITIAL_WINDOW_SIZE', 2 ** 21]);
      const asked = trial.ask(peer, 'a');
      await peer.until(() => peer.over || peer.stream(asked.stream).octets === 2 ** 20, 'all that was written');
      await trial.report(asked, 'settled');
      trial.release(asked);
      await trial.answered(asked, 200, 2 ** 20);
    },
  },

  'blocked-sends-end-with-the-exchange': {
    requirement: 'MSGI-LIFE-10',
    also: ['MSGI-LIFE-23'],
    title: 'A write, a ready and an end that wait for a window reject when the client resets the stream.',
    app: BLOCKED,
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      for (const name of NAMES) {
        const asked = trial.ask(peer, name);
        await trial.report(asked, 'waits');
        peer.send(rstStream(asked.stream, 'CANCEL'));
        await trial.reported(asked, 'ended', { name: 'ExchangeError', message: '', code: 8, by: 'peer' });
      }
    },
  },

  'a-blocked-send-is-given-up': {
    requirement: 'MSGI-FLOW-25',
    title: 'Exchanges that have content to send, or wait in ready, end with CANCEL when the client opens no window.',
    alone: { send_timeout: 100 },
    app: BLOCKED,
    async run(trial) {
      const peer = await trial.open();
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const all = NAMES.map(name => trial.ask(peer, name));
      for (const asked of all) {
        await trial.idle(trial.reported(asked, 'ended', { name: 'ExchangeError', message: '', code: 8, by: 'server' }));
        const record = await peer.answer(asked.stream);
        if (record.resets[0] !== 8) trial.fail(`${asked.name} is reset with code ${record.resets[0]}, not 8`);
      }
    },
  },

  'a-send-that-makes-progress-is-not-given-up': {
    requirement: 'MSGI-FLOW-25',
    title: 'A response that the client takes is not ended by the limit on blocked sends.',
    alone: { send_timeout: 100 },
    app: async (x, kit) => {
      const out = x.start(200);
      await out.write(new Uint8Array(10));
      await kit.gate();
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const idle = trial.ask(peer, 'a');
      await peer.until(() => peer.over || peer.stream(idle.stream).octets === 10, 'the content of a');
      // As long as it takes the server to give up one that is blocked.
      await peer.change(['INITIAL_WINDOW_SIZE', 0]);
      const shut = trial.ask(peer, 'b');
      await trial.idle(peer.answer(shut.stream));
      trial.release(idle);
      await trial.answered(idle, 200, 10);
    },
  },

  'too-large-a-field-section-is-refused': {
    requirement: 'MSGI-FLOW-28',
    title: 'A request above the field section size that is advertised gets 431 or a stream error, and no application.',
    app: x => x.respond(200),
    async run(trial) {
      const peer = await trial.open();
      const most = peer.ledger.setting('theirs', 'MAX_HEADER_LIST_SIZE');
      if (most > 2 ** 17) trial.notApplicable(`SETTINGS_MAX_HEADER_LIST_SIZE is ${most}`);
      const asked = large(peer, trial.exchange('a'), most);
      trial.expected = 'status 431, or RST_STREAM';
      const record = await peer.answer(asked.stream);
      // A stream error may be raised to one of the connection (RFC 9113 section 5.4.1).
      if (peer.over) return trial.weak(`${describeEnd(peer)} for a field section above ${most} octets`);
      if (record.status !== 431 && record.resets.length === 0)
        trial.fail(`a field section above ${most} octets is answered with status ${record.status}`);
      await trial.notInvoked(peer, asked);
    },
  },

  'informational-responses-are-not-kept-for-ever': {
    requirement: 'MSGI-FLOW-29',
    title:
      'Informational responses that a client does not read make inform give false, and what is refused is not sent.',
    app: (x, kit) => {
      let given = 0;
      while (given < MANY && x.inform(103, ['link', LINK])) given += 1;
      kit.report('given', given);
      x.respond(200);
    },
    async run(trial) {
      const [peer, aside] = [await trial.open(), await trial.open()];
      trial.needOneProcess();
      peer.stall();
      const asked = trial.ask(peer, 'a');
      const given = await trial.report(asked, 'given');
      // Over a pipe, which is that of the twins, the server has to take them first: reading before that would make room.
      await trial.quietApp(aside);
      peer.resume();
      trial.expected = `fewer than ${MANY} informational responses of eight kibioctets`;
      const { interim } = await trial.answered(asked, 200, 0);
      // Over a pipe `inform` cannot tell (MSGI-PROC-33); the server drops then what is above its mark.
      if (interim.length === MANY) trial.fail(`${MANY} informational responses of eight kibioctets are kept`);
      if (given !== MANY && interim.length !== given)
        trial.fail(`inform gives true ${given} times, and ${interim.length} informational responses come`);
    },
  },
});

/** Sends a request whose field section is larger than `most` octets, as frames that every server takes. */
function large(peer: Peer, exchange: Omit<Asked, 'peer' | 'stream'>, most: number): Asked {
  const whole = peer.request({ path: exchange.path, fields: ['x-filler', 'x'.repeat(most)] });
  const piece = (at: number): Uint8Array => concat([whole.payload.subarray(at, at + 16_384)]);
  const rest = [];
  for (let at = 16_384; at < whole.payload.length; at += 16_384)
    rest.push(continuation(whole.stream, piece(at), at + 16_384 >= whole.payload.length));
  peer.violate(headers(whole.stream, piece(0), { endStream: true, endHeaders: rest.length === 0 }), ...rest);
  return { ...exchange, peer, stream: whole.stream };
}
