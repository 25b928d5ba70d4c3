/** The content of a request, as `wsgi.input` gives it. */
import { data } from '../../../../wire/index.ts';
import { legacyChapter } from '../../../legacy/case.ts';
import { describeAnswer } from '../../../trial.ts';
import { EXPECTS } from '../alike.ts';

const WSGI = ['wsgi'] as const;

/** Milliseconds, at least, that a server has to send 100 once the application reads. */
const EXPECTED_MS = 1000;

export default legacyChapter('wsgi', {
  'input-has-an-end': {
    requirement: 'pep3333/input/1',
    title: 'Reading past the end of the content gives b"" each time.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['content-length', '5'];
      const asked = trial.ask(peer, 'a', { method: 'POST', fields, endStream: false });
      trial.contentNow(asked, 'hello');
      await trial.saw(asked);
      const first = await trial.reads(asked);
      trial.expected = 'five octets, then none';
      if (first.text !== 'hello') trial.fail(`the application reads ${JSON.stringify(first.text)}`);
      const { result, error } = await trial.did(asked, 'read');
      await trial.answers(asked);
      if (error !== null) return trial.weak(`reading past the end raises ${error.name}`);
      if ((result as { readonly octets: number }).octets !== 0) trial.fail('there is content behind the end');
    },
  },

  'input-by-lines': {
    requirement: 'pep3333/input/2',
    title: 'The calls readline, readlines and iteration give the lines of the content.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const fields = ['content-length', '17'];
      for (const way of ['readline', 'readlines', 'hint', 'iterate']) {
        const asked = trial.ask(peer, way, { method: 'POST', fields, endStream: false });
        peer.send(data(asked.stream, 'one\nt'));
        trial.contentNow(asked, 'wo\n\nthree...');
        await trial.saw(asked);
        const lines = JSON.stringify(await trial.does(asked, 'lines', { way }));
        await trial.answers(asked);
        const whole = lines === JSON.stringify(['one\n', 'two\n', '\n', 'three...']);
        trial.holds(`four lines by ${way}`, `${way} gives ${lines}`, whole);
      }
    },
  },

  // That the server itself has to send 100 (RFC 9110 §10.1.1) is judged on the wire.
  expect: {
    requirement: 'pep3333/expect/1',
    title: 'A client that waits for 100 gets it when the application reads, or a final answer.',
    interfaces: WSGI,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a', EXPECTS);
      const record = peer.stream(asked.stream);
      const reading = trial.act(asked, 'read');
      trial.expected = 'informational 100, or a final status, before any content';
      const met = (): boolean => record.interim.length > 0 || record.status > 0 || record.over || peer.over;
      await trial.quietApp(peer);
      if (!met() && !(await trial.idle(peer.within(Math.max(peer.limit, EXPECTED_MS), met, '100')))) {
        trial.limited = true;
        trial.weak('no 100 comes: the server waits until the client sends the content unasked');
      }
      if (record.status > 0) return;
      if (met() && record.interim[0] !== 100) trial.fail(`no 100 comes: ${describeAnswer(record, peer)}`);
      trial.contentNow(asked, 'hello');
      const { result } = await trial.outcome(asked, reading);
      if ((result as { readonly text?: string } | null)?.text !== 'hello') trial.fail('the content is lost');
      await trial.answers(asked);
      await trial.answered(asked, 200, 0);
    },
  },
});
