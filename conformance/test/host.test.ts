/** The kit's own host, by the worked examples and the tables of the specification: what judges has to be right. */
import t from 'tap';
import type { Exchange } from '../../spec/msgi.ts';
import { CAPS } from '../application/host/caps.ts';
import { HostConnection } from '../application/host/connection.ts';
import { HostExchange } from '../application/host/exchange.ts';
import { owned } from '../application/host/owned.ts';
import { Visit, type VisitOptions } from '../application/host/visit.ts';
import { headOf } from '../application/requests.ts';
import { Trace } from '../application/trace.ts';

const GET = { method: 'GET', target: '/', fields: [], content: null };

function scene(options: Partial<VisitOptions> = {}, method = 'GET'): { readonly visit: Visit; readonly x: Exchange } {
  const visit = new Visit(
    {
      request: headOf({ ...GET, method }, '2'),
      connection: new HostConnection(1),
      caps: CAPS['2'],
      pushed: false,
      window: 2 ** 30,
      allowance: 65_535,
      expects: false,
      ...options,
    },
    new Trace(() => {}),
    { later: action => void setImmediate(action), broken: () => {}, push: () => true },
  );
  return { visit, x: new HostExchange(visit) };
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

t.test('section 5.2: one upload held by hand', async t => {
  const { visit, x } = scene({ allowance: 1024 });
  x.body.manual();
  visit.content(new Uint8Array(600));
  t.strictSame([x.body.window, x.body.buffered], [424, 600]);
  await x.body.read();
  t.strictSame([x.body.window, x.body.buffered], [424, 0]);
  x.body.credit(200);
  t.equal(x.body.window, 624);
  visit.content(new Uint8Array(624));
  t.strictSame([x.body.window, x.body.buffered], [0, 624]);
  await x.body.read();
  t.equal(x.body.window, 0);
});

t.test('section 5.2: the same in automatic mode, and a read that waits for an allowance', async t => {
  const { visit, x } = scene({ allowance: 1024 });
  visit.content(new Uint8Array(600));
  await x.body.read();
  t.strictSame([x.body.window, x.body.buffered], [1024, 0]);
  const none = scene({ allowance: 0 });
  const read = none.x.body.read();
  t.ok(none.x.body.window > 0, 'a read that waits grants (MSGI-FLOW-3)');
  t.throws(() => none.x.body.read(), TypeError, 'one reader at a time');
  none.visit.end();
  t.equal(await read, null);
  t.strictSame([none.x.body.ended, none.x.body.trailers, none.x.body.window], [true, [], 0]);
});

t.test('sending waits for the peer', async t => {
  const { visit, x } = scene({ window: 1000 });
  const out = x.start(200);
  t.equal(out.window, 1000);
  let settled = false;
  void Promise.resolve(out.write(new Uint8Array(100_000))).then(() => {
    settled = true;
  });
  const ready = out.ready();
  await turn();
  t.strictSame([out.window, out.buffered, settled], [0, 99_000, false]);
  visit.grant(50_000);
  await turn();
  t.strictSame([out.buffered, settled], [49_000, true]);
  visit.grant(2 ** 20);
  t.ok((await ready) > 0);
  await Promise.all([out.end(), turn()]);
  t.match(visit.message, { status: 200, complete: true });
  t.equal(visit.message.content.length, 100_000);
});

t.test('section 3.1: each call in each state', async t => {
  const idle = scene();
  t.equal(idle.x.inform(103), true);
  idle.x.respond(200, ['content-type', 'text/plain'], 'hello');
  t.equal(idle.x.state, 'done');
  for (const call of [() => idle.x.respond(200), () => idle.x.start(200), () => idle.x.inform(103)])
    t.throws(call, TypeError);
  const open = scene();
  const out = open.x.start(200, ['content-length', '10']);
  out.write('123456');
  t.throws(() => out.write('78901'), TypeError, 'MSGI-LEN-8');
  t.throws(() => out.end(), TypeError, 'MSGI-LEN-9');
  t.match(open.x, { state: 'dead', signal: { aborted: true, reason: { code: 2, by: 'app' } } });
  const dead = scene();
  dead.visit.cancel(5);
  dead.x.respond(200);
  t.equal(dead.x.inform(103), false);
  t.equal(dead.x.push({ target: '/' }), false);
  const late = dead.x.start(200);
  for (const call of [late.write('x'), late.ready(), late.end(), dead.x.body.read()])
    await t.rejects(call as Promise<unknown>, { name: 'ExchangeError', code: 5, by: 'peer' });
  t.equal(dead.visit.message.status, 0, 'nothing is sent');
});

t.test('section 3.2: a response without content takes and drops', async t => {
  const { visit, x } = scene({}, 'HEAD');
  const out = x.start(200);
  t.strictSame([out.window, await out.ready()], [0, 0]);
  const write = out.write('dropped');
  t.type(write, Promise, 'it settles in a later turn');
  await write;
  await Promise.all([out.end(), turn()]);
  t.match(visit.message, { complete: true, content: Buffer.alloc(0) });
});

t.test('settling, limits and notices', async t => {
  const { visit, x } = scene();
  const seen: unknown[] = [];
  x.watch(notice => seen.push(notice));
  visit.settle('fulfilled');
  t.match(visit.message, { status: 500, complete: true });
  await turn();
  t.match(seen, [{ type: 'close', complete: true, code: 0, by: 'app', status: 500, sent: 0, received: 0 }]);
  const open = scene();
  open.x.start(200);
  open.visit.settle('rejected', new Error('a fault'));
  t.match(open.x.signal.reason, { code: 2, by: 'app' });
  const slow = scene();
  slow.visit.limit();
  t.match(slow.visit.message, { status: 503, complete: false });
  t.match(slow.x.signal.reason, { code: 8, by: 'server' });
});

t.test('arguments that cannot be sent are TypeErrors', async t => {
  const { x } = scene();
  for (const fields of [['odd'], ['Upper', 'x'], ['a', 'b\n'], ['a', ' b'], ['a', '\u010a'], ['connection', 'close']])
    t.throws(() => x.respond(200, fields), TypeError, JSON.stringify(fields));
  for (const status of [199, 600, 200.5]) t.throws(() => x.respond(status), TypeError, `${status}`);
  t.throws(() => x.respond(200, ['content-length', '3'], 'four'), TypeError);
  t.throws(() => x.reset(7), TypeError);
  t.throws(() => x.deadline(0), TypeError);
  t.throws(() => x.inform(101), TypeError);
  t.throws(() => x.push({ target: 'x' }), TypeError);
  t.throws(() => x.prioritize(8), TypeError);
  t.throws(() => x.body.credit(-1), TypeError);
  t.throws(() => x.start(200).end(['content-length', '1']), TypeError);
});

t.test('members run on the object that has them', async t => {
  const strayed: string[] = [];
  const x = owned(scene().x, member => strayed.push(member));
  const { watch } = x;
  t.throws(() => watch(() => {}), TypeError);
  t.throws(() => Object.create(x).inform(103), TypeError);
  x.watch(() => {});
  const out = x.start(200);
  await out.write('x');
  t.equal(x.body, x.body, 'one source');
  t.strictSame(strayed, ['watch', 'inform']);
});
