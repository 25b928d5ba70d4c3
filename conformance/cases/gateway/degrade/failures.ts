/** Failures in the middle of content over HTTP/1 (section 9.3). */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { answerOf, askAlone } from '../../../gateway/plain.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import { describeResponse } from '../../../peer/http1-response.ts';

/** Begins, waits until the case has seen it, and fails. */
const failing =
  (fields: readonly string[], fail: (reset: () => void) => void): Handler =>
  async (x, kit) => {
    const out = x.start(200, fields);
    await out.write('part');
    await kit.gate();
    fail(() => x.reset());
  };

const throws = (): never => {
  throw new Error('on purpose');
};

export default suite('degrade', {
  'no-last-chunk-behind-a-failure': {
    requirement: 'MSGI-VER-4',
    title: 'An HTTP/1.1 connection closes without the last chunk when an exchange fails in the middle of its content.',
    claims: ['http1'],
    app: { throws: failing([], throws), resets: failing([], reset => reset()) },
    async run(trial) {
      await trial.open();
      for (const name of ['throws', 'resets']) await cutShort(trial, name, '1.1');
    },
  },

  'short-of-the-length-behind-a-failure': {
    requirement: 'MSGI-VER-4',
    title: 'An HTTP/1.1 connection closes short of content-length when an exchange fails in the middle of its content.',
    claims: ['http1'],
    app: failing(['content-length', '100'], throws),
    async run(trial) {
      await trial.open();
      await cutShort(trial, 'a', '1.1');
    },
  },

  'a-reset-where-the-end-would-delimit': {
    requirement: 'MSGI-VER-5',
    title:
      'The transport is reset when an exchange fails in the middle of content that the end of the connection delimits.',
    claims: ['http1'],
    app: { throws: failing([], throws), resets: failing([], reset => reset()) },
    async run(trial) {
      await trial.open();
      for (const name of ['throws', 'resets']) {
        const end = await cutShort(trial, name, '1.0');
        if (end !== 'RESET') trial.fail(`${name}: the connection ends (${end}), as a whole response does`);
      }
    },
  },
});

/** Lets the exchange fail once its part is there; gives how the connection has ended. */
async function cutShort(trial: GatewayTrial, name: string, version: '1.0' | '1.1'): Promise<string> {
  trial.expected = `the content of ${name} is cut short, and the client can tell`;
  const asked = await askAlone(trial, name, { version });
  const { plain } = asked;
  await plain.read(/part/, 'the part that was written');
  await trial.waits(asked);
  trial.release(asked);
  const end = await plain.ended(`the end of the connection of ${name}`);
  const response = await answerOf(asked);
  if (response.framing !== 'close' && response.whole) trial.fail(`${name}: ${describeResponse(response)}`);
  trial.seen = `${name}: ${describeResponse(response)}, then ${end}`;
  return end;
}
