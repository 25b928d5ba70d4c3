/** Request and response beside each other (chapters 1 and 3). */
import { ERROR_CODE, errorName } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { contentOf, send } from '../../../gateway/requests.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';

/** Waits until so many octets of the answer have come. */
async function octets(asked: Asked, count: number): Promise<void> {
  const { peer, name } = asked;
  const record = peer.stream(asked.stream);
  await peer.until(
    () => peer.over || record.over || record.octets >= count,
    `${count} octets of the answer to ${name}`,
  );
}

/** Behind a whole response only RST_STREAM with NO_ERROR says that no more of the request is wanted (RFC 9113 §8.1). */
function gradeReset(trial: GatewayTrial, { peer, stream }: Asked): void {
  const [code] = peer.stream(stream).resets;
  if (code === undefined || code === ERROR_CODE.NO_ERROR) return;
  trial.weak(`RST_STREAM ${errorName(code)} behind the whole response`);
}

export default suite('streaming', {
  'both-directions-at-once': {
    requirement: 'MSGI-LIFE-33',
    title: 'An application that answers while it reads is heard while the request goes on.',
    app: async x => {
      const out = x.start(200);
      let count = 0;
      for await (const chunk of x.body) {
        count += chunk.length;
        await out.write(chunk);
      }
      await out.end(['x-octets', `${count}`]);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false, fields: ['te', 'trailers'] });
      for (const [nth, text] of ['one', 'two', 'six'].entries()) {
        send(asked, text);
        await octets(asked, 3 * (nth + 1));
      }
      send(asked, '', true);
      const { trailers } = await trial.answered(asked, 200, 9);
      const content = Buffer.from(contentOf(asked)).toString();
      if (content !== 'onetwosix' || trailers?.join() !== 'x-octets,9') trial.fail(`${content}, trailers ${trailers}`);
    },
  },

  'response-before-the-request-ends': {
    requirement: 'MSGI-LIFE-33',
    also: ['rfc9113/8.1.1/6', 'rfc9113/8.1/6'],
    title: 'A whole response to an unfinished request comes at once, and no error behind it.',
    app: x => x.respond(200, [], 'early'),
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      send(asked, 'the first of much');
      await trial.answered(asked, 200, 5);
      await trial.quietApp(peer);
      gradeReset(trial, asked);
      await trial.answered(trial.ask(peer, 'next'), 200, 5);
    },
  },

  'content-behind-the-response': {
    requirement: 'rfc9113/6.1/i4',
    title: 'Content that comes when the response has ended is no error.',
    app: async (x, kit) => {
      x.respond(200, [], 'early');
      await kit.gate();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      await trial.answered(asked, 200, 5);
      const record = peer.stream(asked.stream);
      if (record.resets.length === 0) {
        send(asked, 'the rest');
        send(asked, 'of it', true);
      }
      await peer.fence();
      const [code = ERROR_CODE.NO_ERROR] = record.resets;
      trial.expected = 'no error, and the connection serves on';
      if (peer.over) trial.fail('the connection ends');
      if (code === ERROR_CODE.STREAM_CLOSED || code === ERROR_CODE.PROTOCOL_ERROR)
        trial.fail(`RST_STREAM ${errorName(code)}`);
      gradeReset(trial, asked);
      trial.release(asked);
      await trial.settled(asked);
      await trial.quietApp(peer);
    },
  },

  'request-goes-on-behind-the-response': {
    requirement: 'MSGI-LIFE-25',
    title: 'An application that has answered goes on reading the request.',
    app: async (x, kit) => {
      x.respond(202);
      try {
        let count = 0;
        for await (const chunk of x.body) count += chunk.length;
        kit.report('octets', count);
      } catch (error) {
        kit.report('octets', reportedError(error).name);
      }
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      await trial.answered(asked, 202, 0);
      send(asked, 'one');
      await peer.fence();
      send(asked, 'two', true);
      await trial.reported(asked, 'octets', 6);
    },
  },

  'response-goes-on-behind-the-request': {
    requirement: 'MSGI-LIFE-36',
    title: 'The end of the request is told when all of it has been read, and the response goes on behind it.',
    app: async (x, kit) => {
      const out = x.start(200);
      await kit.gate('read');
      let count = 0;
      for await (const chunk of x.body) count += chunk.length;
      kit.report('octets', count);
      await kit.gate('write');
      await out.write('behind');
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', { method: 'POST', endStream: false });
      send(asked, 'one');
      send(asked, 'two', true);
      await peer.fence();
      trial.release(asked, 'read');
      await trial.reported(asked, 'octets', 6);
      await trial.waits(asked, 'write');
      trial.release(asked, 'write');
      await trial.answered(asked, 200, 6);
    },
  },
});
