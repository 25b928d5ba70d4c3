/** Old applications at work: beside one another, piece by piece, cut off, and failing. */
import { data, FRAME_TYPE, rstStream } from '../../../wire/index.ts';
import type { Asked } from '../../gateway/trial.ts';
import { legacyChapter } from '../../legacy/case.ts';
import { describeAnswer } from '../../trial.ts';
import { blocksAreNotHeldBack } from './alike.ts';

const ALL = ['node', 'fetch', 'wsgi', 'asgi'] as const;

/** Blocks of 64 KiB that an application makes when nobody stops it: more than any server keeps. */
const BLOCKS = 512;

const granted = ({ peer, stream }: Asked): number =>
  peer.received.filter(({ frame }) => frame.stream === stream && frame.type === FRAME_TYPE.WINDOW_UPDATE).length;

export default legacyChapter('legacy', {
  'side-by-side': {
    requirement: 'MSGI-MODEL-8',
    adapter: ['MSGI-WSGI-14'],
    title: 'Old applications run beside one another on one connection, and are answered in any order.',
    interfaces: ALL,
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const all = ['a', 'b', 'c', 'd'].map(name => trial.ask(peer, name));
      trial.expected = 'the application is called on four requests before the first one is answered';
      for (const asked of all) await trial.saw(asked);
      for (const asked of all.toReversed()) {
        await trial.answers(asked, { text: asked.name });
        await trial.answered(asked, 200, 1);
      }
      trial.seen = 'four run at a time, and are answered in the opposite order';
    },
  },

  'blocks-are-not-held-back': {
    requirement: 'MSGI-ADAPT-14',
    title: 'A piece of content reaches the client before the next one is given.',
    interfaces: ['node', 'fetch'],
    claims: ['adapter'],
    run: blocksAreNotHeldBack,
  },

  'no-more-than-is-taken': {
    requirement: 'MSGI-ADAPT-3',
    title: 'While the client takes nothing, the application is asked for no more content.',
    interfaces: ['node', 'fetch', 'wsgi', 'asgi'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const other = await trial.open();
      const asked = await trial.called(peer);
      trial.head(asked);
      trial.act(asked, 'flow', { text: 'x', times: 65_536, count: BLOCKS });
      await trial.arrived(asked, 50_000);
      await trial.quietApp(other);
      const made = trial.times(asked, 'made');
      const seen = `the application has made ${made} blocks of 64 KiB while the window is 0`;
      trial.holds(`fewer than ${BLOCKS} blocks of 64 KiB are made while the window is 0`, seen, made < BLOCKS);
      peer.send(rstStream(asked.stream, 'CANCEL'));
    },
  },

  'nothing-is-granted-unread': {
    requirement: 'MSGI-FLOW-4',
    adapter: ['MSGI-WSGI-6'],
    title: 'The window of an upload opens as the application reads, and not before.',
    interfaces: ['node', 'fetch', 'wsgi', 'asgi'],
    claims: ['adapter', 'exact-credit'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.called(peer, 'a', { method: 'POST', endStream: false });
      const room = Math.min(peer.stream(asked.stream).sendWindow, peer.ledger.sendWindow);
      for (let left = room; left > 0; left -= 16_384) peer.send(data(asked.stream, 'u'.repeat(Math.min(left, 16_384))));
      await trial.quietApp(peer);
      trial.expected = 'no WINDOW_UPDATE for the upload before the application reads, and one behind it';
      if (granted(asked) > 0) trial.fail('the window of the upload is opened before the application has read');
      await trial.reads(asked, room);
      await peer.until(() => granted(asked) > 0 || peer.over, 'WINDOW_UPDATE behind the reading');
      trial.seen = `the window opens when the application has read ${room} octets`;
      peer.send(data(asked.stream, '', { endStream: true }));
      await trial.answers(asked);
    },
  },

  'a-cut-request-never-looks-whole': {
    requirement: 'MSGI-ADAPT-5',
    adapter: ['MSGI-WSGI-5'],
    title: 'An application that reads a request which the client breaks off gets an error, and no end.',
    interfaces: ['node', 'fetch', 'wsgi'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      for (const name of ['while', 'before']) {
        const asked = await trial.called(peer, name, { method: 'POST', endStream: false });
        peer.send(data(asked.stream, 'half of it'));
        if (name === 'while') await trial.reads(asked, 10);
        const reading = name === 'while' ? trial.act(asked, 'read') : 0;
        peer.send(rstStream(asked.stream, 'CANCEL'));
        await peer.fence();
        const { result, error } = await trial.outcome(asked, reading || trial.act(asked, 'read'));
        trial.expected = `reading ends with an error where the request is reset ${name} it`;
        if (error === null) trial.fail(`a request that was reset looks whole: reading gives ${JSON.stringify(result)}`);
        if (trial.times(asked, 'end') > 0) trial.fail('a request that was reset looks whole: it has the event "end"');
      }
      trial.seen = 'reading ends with an error';
    },
  },

  'wrong-length-never-looks-whole': {
    requirement: 'rfc9113/8.1.1/i3',
    also: ['rfc9113/8.1.1/2'],
    title: 'Content of another length than content-length says never looks whole to the application.',
    interfaces: ALL,
    async run(trial) {
      let peer = await trial.open();
      for (const [name, content] of [
        ['short', 'four'],
        ['long', 'sixsix'],
      ] as const) {
        if (peer.over) peer = await trial.open();
        const asked = trial.ask(peer, name, { method: 'POST', fields: ['content-length', '5'], endStream: false });
        // Where both come in one read, a server may never see a request.
        await peer.fence();
        peer.violate(data(asked.stream, content, { endStream: true }));
        await trial.calledOrOver(asked);
        if (!peer.over) await peer.fence();
        trial.expected = `content of ${content.length} octets with content-length 5 gives an error, or no call`;
        const reading = trial.act(asked, 'read');
        // A server that ends the stream, or the connection, may call the application all the same.
        await trial.quietApp(await trial.open());
        if (!trial.wasInvoked(asked)) continue;
        const did = trial.outcomeNow(asked, reading);
        if (did === null) trial.weak(`reading content of ${content.length} octets with content-length 5 does not end`);
        const read = did?.result as { readonly ended?: boolean } | null | undefined;
        if (did?.error === null && read?.ended === true)
          trial.fail(`content of ${content.length} octets with content-length 5 looks whole: ${JSON.stringify(read)}`);
        trial.act(asked, 'answer', { status: 500, fields: [], text: '', times: 1 });
      }
      trial.seen = 'neither shorter nor longer content looks whole';
    },
  },

  'an-early-answer-is-whole': {
    requirement: 'rfc9113/8.1.1/6',
    also: ['rfc9113/8.1/6'],
    title: 'An application that answers before it has read the request is heard, whole.',
    interfaces: ALL,
    async run(trial) {
      const peer = await trial.open();
      const [beginning, rest] = ['a beginning', '.'.repeat(1000)];
      const fields = ['content-length', `${beginning.length + rest.length}`];
      const asked = trial.ask(peer, 'a', { method: 'POST', fields, endStream: false });
      const record = peer.stream(asked.stream);
      peer.send(data(asked.stream, beginning));
      const early = await trial.calledEarly(asked);
      // A server may wait for the whole request: its application is called then, and answers.
      if (!early && !record.over && !peer.over) trial.contentNow(asked, rest);
      await trial.saw(asked);
      trial.expected = 'the whole answer, then at most RST_STREAM NO_ERROR';
      await trial.answers(asked, { status: 413, text: 'too much', times: 100 });
      if (!peer.over) await peer.fence();
      const seen = describeAnswer(record, peer);
      const when = early ? 'early' : 'late';
      if (record.status !== 413 || record.octets !== 800 || !record.gotEnd)
        trial.fail(`the ${when} answer is not whole: ${seen}`);
      if (record.resets.some(code => code !== 0)) trial.weak(`behind the whole answer comes ${seen}`);
      if (!early) trial.notApplicable('the server calls the application once the request is whole');
      trial.seen = 'the early answer has come whole';
    },
  },

  'a-failure-is-visible': {
    requirement: 'MSGI-ADAPT-7',
    title: 'An old application that fails is answered with 500, and with a reset once its response has begun.',
    interfaces: ['node', 'fetch', 'wsgi'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const idle = await trial.called(peer, 'idle');
      trial.act(idle, 'fail');
      await trial.answered(idle, 500);
      const begun = await trial.begun(peer, 'begun');
      trial.act(begun, 'fail');
      const record = await peer.answer(begun.stream);
      trial.expected = 'RST_STREAM, and no END_STREAM, where the application fails behind its first block';
      if (record.gotEnd) trial.fail('the response of an application that failed ends as if it were whole');
      if (record.resets[0] !== 2) trial.weak(`begun: ${describeAnswer(record, peer)}`);
      trial.seen = '500 before the response, RST_STREAM behind its first block';
    },
  },

  'who-leaves-is-told': {
    requirement: 'MSGI-ADAPT-4',
    title: 'The production of a response ends when the client resets the stream.',
    interfaces: ['node', 'fetch', 'asgi'],
    claims: ['adapter'],
    async run(trial) {
      const peer = await trial.open();
      const asked = await trial.begun(peer);
      peer.send(rstStream(asked.stream, 'CANCEL'));
      trial.expected = 'the application is told that nobody takes its response any more';
      await trial.toldAny(asked, 'close', 'cancelled', 'disconnect');
      trial.seen = 'the application is told';
    },
  },
});
