/** Reading a request to its end, or to where it was cut (section 3.5). */
import { data, headers, plainBlock, rstStream } from '../../../../wire/index.ts';
import { reportedError } from '../../../application/kit.ts';
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';
import { drained, errorOf, outcome } from './acts.ts';

const upload = { method: 'POST', endStream: false } as const;

/** Code and party of an error, and its name where it is no ExchangeError. */
async function cutBy(call: () => unknown): Promise<Json> {
  const { name, code, by } = reportedError(await errorOf(call));
  return code === undefined ? name : `${code} by ${by}`;
}

/** A list that can be reported, or null. */
const list = (fields: readonly string[] | null): Json => (fields === null ? null : [...fields]);

export default suite('lifecycle', {
  'a-cut-upload-never-looks-whole': {
    requirement: 'MSGI-LIFE-36',
    title: 'The member read gives null behind END_STREAM only: a request that is cut gives an error.',
    app: async (x, kit) => {
      kit.report('octets', (await x.body.read())?.length ?? 0);
      await kit.gate();
      let ended: Json = 'whole';
      const error = await errorOf(() => drained(x.body));
      if (error !== null) ended = reportedError(error).name;
      kit.report('read', ended);
      if (x.state === 'idle') x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      const other = await trial.open();
      for (const [name, wanted] of Object.entries({ whole: 'whole', cut: 'ExchangeError', lost: 'ExchangeError' })) {
        const connection = name === 'lost' ? other : peer;
        const asked = trial.ask(connection, name, upload);
        connection.send(data(asked.stream, 'half'));
        await trial.reported(asked, 'octets', 4);
        if (name === 'whole') peer.send(data(asked.stream, 'rest', { endStream: true }));
        else if (name === 'cut') peer.send(rstStream(asked.stream, 'NO_ERROR'));
        else other.lose();
        trial.release(asked);
        await trial.reported(asked, 'read', wanted);
      }
    },
  },

  'no-reading-behind-stop': {
    requirement: 'MSGI-LIFE-37',
    title: 'A request that is stopped or failed gives its error at every read, and what was buffered is dropped.',
    app: async (x, kit) => {
      await kit.gate();
      kit.report('before', x.body.buffered);
      if (kit.name === 'stopped') x.body.stop(3);
      else x.reset(3);
      kit.report('after', x.body.buffered);
      kit.report('reads', [await cutBy(() => x.body.read()), await cutBy(() => x.body.read())]);
      if (x.state === 'idle') x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['stopped', 'failed']) {
        const asked = trial.ask(peer, name, upload);
        await trial.waits(asked);
        peer.send(data(asked.stream, 'four'));
        await trial.quietApp(peer);
        trial.release(asked);
        await trial.reported(asked, 'before', 4);
        await trial.reported(asked, 'after', 0);
        await trial.reported(asked, 'reads', ['3 by app', '3 by app']);
      }
    },
  },

  'one-reader-at-a-time': {
    requirement: 'MSGI-LIFE-38',
    title: 'A read while another one waits is a TypeError, and the first goes on waiting.',
    app: async (x, kit) => {
      const first = x.body.read();
      kit.report('second', await outcome(() => x.body.read()));
      kit.report('first', (await first)?.length ?? 0);
      x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await trial.reported(asked, 'second', 'TypeError');
      peer.send(data(asked.stream, 'four', { endStream: true }));
      await trial.reported(asked, 'first', 4);
    },
  },

  'another-loop-goes-on': {
    requirement: 'MSGI-LIFE-39',
    title: 'Leaving an iteration early leaves the source as it is: the next one has the rest.',
    app: async (x, kit) => {
      let octets = 0;
      for await (const chunk of x.body) {
        octets += chunk.length;
        break;
      }
      kit.report('first', octets > 0);
      await kit.gate();
      for await (const chunk of x.body) octets += chunk.length;
      kit.report('octets', octets);
      x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      peer.send(data(asked.stream, 'four'));
      await trial.reported(asked, 'first', true);
      peer.send(data(asked.stream, 'seven..', { endStream: true }));
      trial.release(asked);
      await trial.reported(asked, 'octets', 11);
    },
  },

  'trailers-behind-the-end': {
    requirement: 'MSGI-LIFE-40',
    title:
      'The member trailers is null until the request has ended, then the section, and the empty list where there is none.',
    app: async (x, kit) => {
      kit.report('begin', list(x.body.trailers));
      await kit.gate();
      // The section has arrived, and content before it waits.
      kit.report('unread', list(x.body.trailers));
      await drained(x.body);
      kit.report('end', list(x.body.trailers));
      x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      for (const [name, trailers] of Object.entries({ some: ['x-sum', '7'], none: [] })) {
        const asked = trial.ask(peer, name, upload);
        await trial.reported(asked, 'begin', null);
        await trial.waits(asked);
        if (trailers.length === 0) peer.send(data(asked.stream, 'four', { endStream: true }));
        else peer.send(data(asked.stream, 'four'), headers(asked.stream, plainBlock(trailers), { endStream: true }));
        await trial.quietApp(peer);
        trial.release(asked);
        await trial.reported(asked, 'unread', null);
        await trial.reported(asked, 'end', trailers);
      }
    },
  },

  'no-window-behind-the-end': {
    requirement: 'MSGI-LIFE-41',
    title: 'The member body.window is 0 when the client has ended the request, also while content waits to be read.',
    app: async (x, kit) => {
      await kit.gate();
      kit.report('unread', [x.body.buffered, x.body.window, x.body.ended]);
      x.body.credit(100);
      kit.report('credited', x.body.window);
      await drained(x.body);
      kit.report('read', x.body.window);
      x.respond(204);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', upload);
      await trial.waits(asked);
      peer.send(data(asked.stream, 'four', { endStream: true }));
      await trial.quietApp(peer);
      trial.release(asked);
      await trial.reported(asked, 'unread', [4, 0, false]);
      await trial.reported(asked, 'credited', 0);
      await trial.reported(asked, 'read', 0);
    },
  },
});
