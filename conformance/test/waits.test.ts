import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import schema from '../../spec/schemas/report.schema.json' with { type: 'json' };
import { chapter } from '../case.ts';
import { json, reporter, tap } from '../reporters/index.ts';
import type { Report } from '../result.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { elapsed, LONG_MS, summed, Waits } from '../waits.ts';
import { report, result } from './report.ts';
import { CONTENT, targetAt } from './toy.ts';

const wait = (what: string, start: number, ms: number) => ({ what, start, ms });

t.test('short waits are not told, and of equal ones the longest', async t => {
  const waits = new Waits();
  waits.over('the close', performance.now());
  t.same(waits.long, []);
  waits.over('the close', performance.now() - LONG_MS);
  t.match(waits.long, [{ what: 'the close', ms: Number }]);
  const all = [wait('an answer', 0, 700), wait('the close', 100, 1500.4), wait('the close', 100, 900)];
  t.same(summed(all), [
    { for: 'the close', ms: 1500, times: 2 },
    { for: 'an answer', ms: 700, times: 1 },
  ]);
  t.same(summed([]), []);
});

t.test('what passes side by side counts once', async t => {
  t.equal(elapsed([]), 0);
  t.equal(elapsed([wait('b', 1000, 500), wait('a', 0, 600)]), 1100);
  t.equal(elapsed([wait('a', 0, 1000), wait('b', 500, 1000), wait('c', 600, 100)]), 1500);
});

/** A sound server whose answers take their time. */
async function slow(t: Test): Promise<number> {
  const server = createServer().on('stream', (stream, fields) => {
    const answer = (): void => {
      stream.respond({ ':status': 200 });
      stream.end(fields[':method'] === 'HEAD' ? undefined : CONTENT);
    };
    setTimeout(answer, 1.2 * LONG_MS);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('a run tells what it waited for, and how long', async t => {
  const port = await slow(t);
  const cases = chapter('toy', {
    waits: { requirement: 'rfc9113/5.5/2', title: 'It answers.', run: async trial => void (await trial.open()) },
  });
  const target = targetAt(port, { resources: { small: { path: '/' } } });
  const told = await run(cases, target, { ...DEFAULT_OPTIONS, suites: ['toy'] });
  const [first] = told.results;
  t.equal(first?.verdict, 'pass');
  const waited = first?.waits?.map(one => one.for) ?? [];
  t.same([...waited].sort(), ['the end of the answer on stream 1', 'the end of the answer on stream 3']);
  t.ok((told.waited ?? 0) >= 2 * LONG_MS, `${told.waited} ms of two waits`);
  t.ok((told.waited ?? 0) <= told.ms, `${told.waited} of ${told.ms} ms`);
  t.ok((told.cpu ?? 0) > 0, `${told.cpu} ms of work`);
  t.equal(new Ajv2020().compile(schema)(JSON.parse(json(told))), true, 'the schema knows them');
});

function pretty(told: Report): readonly string[] {
  let text = '';
  reporter('pretty', { write: more => (text += more) }).end?.(told);
  return text.split('\n');
}

t.test('reports say where the time went', async t => {
  const closes = { for: 'the close', ms: 1501, times: 5 };
  const told = report(
    [
      result('a/a', { waits: [closes] }),
      result('a/b', { waits: [closes, { for: 'the end of the answer on stream 5', ms: 700, times: 1 }] }),
      result('a/c', { waits: [{ for: 'the end of the answer on stream 7', ms: 800, times: 2 }] }),
      result('a/d'),
    ],
    { ms: 9300, waited: 2800, cpu: 3140 },
  );
  const lines = pretty(told);
  const at = lines.indexOf('In 2.8 s of 9.3 s some case waited for the subject, half a second and more at a time:');
  t.same(lines.slice(at + 1, at + 4), [
    '  the close: up to 1.5 s, 2 cases',
    '  the end of the answer on stream n: up to 800 ms, 2 cases',
    '',
  ]);
  t.equal(lines[at - 1], 'The kit itself took 3.1 s of processor time in 9.3 s.');
  t.match(tap(told), 'waits: "the close: 1501 ms; the end of the answer on stream 5: 700 ms"');
  t.match(JSON.parse(json(told)), { waited: 2800, results: [{ waits: [closes] }] });
  t.notOk(
    pretty(report([result('a/d')])).some(line => line.includes('some case waited')),
    'none, none told',
  );
  t.notOk(
    pretty({ ...told, ms: 4900 }).some(line => line.includes('some case waited')),
    'a short run needs no explanation',
  );
});
