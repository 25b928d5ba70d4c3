/** The checker: silent between a sound server and a sound application, and exact about each wrong one. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import t from 'tap';
import { serve } from '../../reference-impl/server.ts';
import type { App, Exchange, Sink, Source } from '../../spec/msgi.ts';
import rows from '../../spec/registry/msgi.json' with { type: 'json' };
import { formatLint, LintError, lint } from '../index.ts';
import { error, Memory, type Scene } from './memory.ts';

/** Of all tests of what is wrong. */
const seen: LintError[] = [];

async function findings(app: App, scene: Scene = {}, during?: (memory: Memory) => void): Promise<LintError[]> {
  const found: LintError[] = [];
  const memory = new Memory(scene);
  const done = memory.run(lint(app, { report: error => found.push(error), checksum: true }));
  during?.(memory);
  await done;
  return found;
}

const hello: App = x => x.respond(200, ['content-type', 'text/plain'], 'hello\n');
const stream: App = async x => {
  const out = x.start(200, ['content-length', '6']);
  if ((await out.ready()) > 0) await out.write('hel');
  await out.write(new Uint8Array(3));
  await out.end();
};
const echo: App = async x => {
  const out = x.start(200);
  let octets = 0;
  for await (const chunk of x.body) {
    octets += chunk.length;
    await out.write(chunk);
  }
  await out.end(['x-octets', `${octets}`]);
};
const upload: App = async x => {
  while ((await x.body.read()) !== null) if (x.body.window > 0) x.body.credit(1);
  x.respond(x.body.ended && x.body.trailers !== null && x.state === 'idle' ? 200 : 500);
};
const POST: Scene = { head: { method: 'POST' }, content: ['hello ', 'world'] };

/** An application that goes wrong in one call, and answers all the same. */
const goes =
  (wrong: (x: Exchange) => unknown, after: App = hello): App =>
  async x => {
    try {
      await wrong(x);
    } catch {}
    if (x.state === 'idle') await after(x);
  };

/** The same with calls that throw nothing. */
const first =
  (...steps: ((x: Exchange) => unknown)[]): App =>
  async x => {
    for (const step of steps) await step(x);
    await hello(x);
  };

/** After the response. */
const late =
  (call: (x: Exchange) => unknown) =>
  (x: Exchange): unknown => {
    x.respond(200);
    return call(x);
  };
const inSink = (wrong: (out: Sink) => unknown, fields?: string[]): App =>
  goes(async x => {
    const out = x.start(200, fields);
    try {
      await wrong(out);
    } finally {
      if (x.state === 'open') await out.end();
    }
  });

t.test('a sound server and a sound application: nothing is found', async t => {
  const sound: [string, App, Scene][] = [
    ['respond', hello, {}],
    ['respond to HEAD', hello, { head: { method: 'HEAD' } }],
    ['a stream', stream, {}],
    ['a stream to HEAD', stream, { head: { method: 'HEAD' } }],
    ['echo', echo, POST],
    ['an upload that is read', upload, POST],
    ['a reset', x => x.reset(), {}],
    ['a request that is stopped', first(x => x.body.stop()), { ...POST, open: true }],
    [
      'what an exchange is asked',
      async x => void [x.id, x.caps, x.locals, x.priority, x.signal, x.connection, hello(x)],
      {},
    ],
    [
      'informed',
      first(x => [x.inform(103, ['link', '</a>']), x.deadline(5), x.prioritize(3), x.push({ target: '/a' })]),
      {},
    ],
  ];
  for (const [name, app, scene] of sound) t.same((await findings(app, scene)).map(formatLint), [], name);
  t.same(
    (
      await findings(
        async x => {
          x.body.manual();
          await x.body.read();
          x.body.credit(20);
          await x.body.read();
          hello(x);
        },
        { open: true },
        memory => {
          setImmediate(() => memory.push('abc'));
          setImmediate(() => setImmediate(() => memory.end()));
        },
      )
    ).map(formatLint),
    [],
    'manual mode',
  );
});

t.test('wrong applications', async t => {
  const wrong: [id: string, see: string | null, app: App, scene?: Scene][] = [
    ['MSGI-APP-1', null, () => {}],
    ['MSGI-APP-1', null, async x => void (await x.start(200).write('a'))],
    ['MSGI-APP-1', null, () => Promise.reject(new Error('no'))],
    [
      'MSGI-APP-1',
      null,
      () => {
        throw new Error('no');
      },
    ],
    ['MSGI-APP-2', 'MSGI-LIFE-6', goes(late(x => x.respond(200)))],
    ['MSGI-APP-2', 'MSGI-LIFE-6', goes(late(x => x.start(200)))],
    ['MSGI-APP-2', 'MSGI-LIFE-6', goes(late(x => x.inform(103)))],
    ['MSGI-APP-2', 'MSGI-LIFE-8', inSink(out => [out.end(), out.write('a')])],
    ['MSGI-APP-2', 'MSGI-LIFE-8', inSink(out => [out.end(), out.end()])],
    ['MSGI-APP-2', 'MSGI-LIFE-38', goes(x => [x.body.read(), x.body.read()]), { open: true }],
    ['MSGI-APP-3', 'MSGI-LIFE-7', goes(x => x.respond(100))],
    ['MSGI-APP-3', 'MSGI-LIFE-7', goes(x => x.start(600))],
    ['MSGI-APP-3', 'MSGI-INFO-1', goes(x => x.inform(101))],
    ['MSGI-APP-3', 'MSGI-FIELD-8', goes(x => x.respond(200, ['a']))],
    ['MSGI-APP-3', 'MSGI-FIELD-8', goes(x => x.respond(200, ['Content-Type', 'a/b']))],
    ['MSGI-APP-3', 'MSGI-FIELD-8', goes(x => x.respond(200, ['a', '\u010a']))],
    ['MSGI-APP-3', 'MSGI-FIELD-8', goes(x => x.respond(200, ['a', 1 as unknown as string]))],
    ['MSGI-APP-3', 'MSGI-FIELD-9', goes(x => x.respond(200, ['a', 'b\r\nc: d']))],
    ['MSGI-APP-3', 'MSGI-FIELD-10', goes(x => x.start(200, ['connection', 'close']))],
    ['MSGI-APP-3', 'MSGI-FIELD-11', inSink(out => out.end(['content-length', '3']))],
    ['MSGI-APP-3', 'MSGI-LEN-1', goes(x => x.respond(200, ['content-length', '1e1']))],
    ['MSGI-APP-3', 'MSGI-LEN-2', goes(x => x.respond(200, ['content-length', '4'], 'hello'))],
    ['MSGI-APP-3', 'MSGI-LEN-8', inSink(out => [out.write('ab'), out.write('c')], ['content-length', '2'])],
    ['MSGI-APP-3', 'MSGI-LEN-9', inSink(out => [out.write('a'), out.end()], ['content-length', '2'])],
    ['MSGI-APP-3', 'MSGI-DATA-2', goes(x => x.respond(200, [], 5 as unknown as string))],
    ['MSGI-APP-3', 'MSGI-FLOW-8', goes(x => x.body.credit(2 ** 31))],
    ['MSGI-APP-3', 'MSGI-ERR-10', goes(x => x.reset(-1))],
    ['MSGI-APP-3', 'MSGI-ERR-11', goes(x => x.reset(7))],
    ['MSGI-APP-3', 'MSGI-ERR-10', goes(x => x.body.stop(1.5))],
    ['MSGI-APP-3', 'MSGI-PRIO-15', goes(x => x.prioritize(8))],
    ['MSGI-APP-3', 'MSGI-LIFE-51', goes(x => x.deadline(0))],
    ['MSGI-APP-3', 'MSGI-PUSH-2', goes(x => x.push({ target: 'a' }))],
    ['MSGI-APP-3', 'MSGI-PUSH-19', goes(x => x.push({ target: '/a#b' }))],
    ['MSGI-APP-3', 'MSGI-PUSH-20', goes(x => x.push({ target: '/a', fields: ['host', 'a'] }))],
    [
      'MSGI-DATA-5',
      null,
      inSink(out => {
        const chunk = new Uint8Array(4);
        out.write(chunk);
        chunk[0] = 1;
      }),
    ],
    [
      'MSGI-FLOW-27',
      null,
      inSink(out => {
        for (let i = 0; i < 5; i++) out.write('x'.repeat(2 ** 19));
      }),
      { sink: heavy },
    ],
  ];
  for (const [id, see, app, scene] of wrong) {
    const found = await findings(app, scene);
    t.same(
      found.map(({ side, id, see }) => ({ side, id, see })),
      [{ side: 'app', id, see }],
      `${id} ${see ?? ''}`,
    );
    note(found);
  }
});

/** A sink whose queue never goes down, until the end. */
function heavy(memory: Memory): object {
  let queued = 0;
  return {
    get buffered() {
      return memory.state === 'open' ? queued : 0;
    },
    write(chunk: string) {
      queued += chunk.length;
      memory.sent += chunk.length;
      return Promise.resolve();
    },
  };
}

function note(found: readonly LintError[]): void {
  for (const finding of found) seen.push(finding);
}

const CLOSE = { type: 'close', complete: true, code: 0, by: 'app', status: 200, sent: 6, received: 0 } as const;
const read = first(x => x.body.read());
const source = (members: Partial<Record<keyof Source, unknown>>): Scene => ({ ...POST, source: () => members });

/** The server's limit ends it. */
const limit = (memory: Memory) => memory.fail(8, 'server');
const dies: App = x => {
  x.reset();
  void x.signal;
};
const twice = (memory: Memory) => {
  Object.assign(memory.face.connection, { draining: true });
  memory.tell({ type: 'drain' });
  memory.tell({ type: 'drain' });
};

/** The application's own fault, which is what the server has answered wrongly. */
const allowed = (found: LintError, id: string) =>
  found.see === id || (found.id === 'MSGI-APP-1' && id === 'MSGI-LIFE-13');

const startsAndEnds: App = async x => {
  await x.start(200).end();
};

t.test('wrong servers', async t => {
  const wrong: [id: string, scene: Scene, app?: App, during?: (memory: Memory) => void][] = [
    ['MSGI-HEAD-6', { head: { method: 'G T' } }],
    ['MSGI-HEAD-7', { head: { target: '/a b' } }],
    ['MSGI-HEAD-8', { head: { target: 'a' } }],
    ['MSGI-HEAD-9', { head: { authority: 'me@a.test' } }],
    ['MSGI-HEAD-10', { head: { authority: '' } }],
    ['MSGI-HEAD-5', { head: { fields: ['host', 'a.test'] } }],
    ['MSGI-HEAD-12', { head: { fields: ['a', 'b\n'] } }],
    ['MSGI-HEAD-13', { head: { fields: ['connection', 'close'] } }],
    ['MSGI-HEAD-16', { head: { fields: ['content-length', '0', 'content-length', '0'] } }],
    ['MSGI-FIELD-1', { head: { fields: ['Accept', '*/*'] } }],
    ['MSGI-FIELD-3', { head: { fields: ['cookie', 'a=1', 'cookie', 'b=2'] } }],
    ['MSGI-FIELD-5', { head: { fields: [':path', '/'] } }],
    [
      'MSGI-FIELD-6',
      {
        head: { version: '1.1', fields: ['te', 'trailers'] },
        caps: { multiplex: false, credit: 'coarse', reset: 'close' },
      },
    ],
    ['MSGI-CAPS-1', { caps: { credit: 'some' as 'exact' } }],
    ['MSGI-CAPS-3', { caps: { tunnel: true } }],
    ['MSGI-CAPS-4', { caps: { duplex: false } }],
    ['MSGI-VER-1', { caps: { trailers: false } }],
    ['MSGI-VER-3', { exchange: () => ({ id: 2 }) }],
    ['MSGI-CAPS-2', { caps: { multiplex: false } }],
    ['MSGI-FIELD-4', { head: { fields: ['a', '\u0100'] } }],
    ['MSGI-TRAIL-5', source({ trailers: [':a', 'b'], ended: true, buffered: 0, window: 0 }), read],
    [
      'MSGI-PRIO-12',
      {
        caps: { priority: 'none' },
        exchange: () => ({
          priority: {
            scheme: 'urgency',
            urgency: 3,
            incremental: false,
            node: { id: 1, weight: 16, parent: null, children: [] },
          },
        }),
      },
    ],
    ['MSGI-MODEL-5', { exchange: memory => ({ request: Object.create(memory.head) }) }],
    [
      'MSGI-PUSH-8',
      { caps: { push: true }, exchange: () => ({ pushed: true, id: 2, push: () => true }) },
      first(x => x.push({ target: '/a' })),
    ],
    [
      'MSGI-PRIO-6',
      { exchange: () => ({ priority: { scheme: 'urgency', urgency: 8, incremental: false, node: null } }) },
    ],
    ['MSGI-SEC-1', { exchange: () => ({ locals: {} }) }, first(x => x.locals)],
    ['MSGI-MODEL-1', { exchange: () => ({ inform: () => 1 }) }, first(x => x.inform(103))],
    ['MSGI-MODEL-2', { caps: { fast: true } as object }],
    ['MSGI-PUSH-3', { exchange: () => ({ push: () => true }) }, first(x => x.push({ target: '/a' }))],
    [
      'MSGI-INFO-2',
      {
        caps: { inform: false, multiplex: false, push: false, credit: 'coarse', reset: 'close' },
        head: { version: '1.1' },
      },
      first(x => x.inform(103)),
    ],
    [
      'MSGI-LIFE-3',
      {
        exchange: () => ({
          deadline: () => {
            throw new TypeError('no');
          },
        }),
      },
      goes(x => x.deadline(5)),
    ],
    [
      'MSGI-LIFE-11',
      {},
      async x => {
        await hello(x);
        await null;
        void x.state;
      },
      memory => {
        memory.state = 'dead';
      },
    ],
    ['MSGI-DATA-8', source({ read: once1([new Uint8Array(0)]) }), read],
    ['MSGI-LIFE-36', source({ read: () => null }), read],
    ['MSGI-LIFE-40', source({ trailers: [] }), read],
    ['MSGI-LIFE-41', { source: () => ({ window: 5 }) }, read],
    ['MSGI-FLOW-9', { ...POST, open: true, source: () => ({ window: 2 ** 31 }) }, first(x => x.body.window)],
    ['MSGI-FLOW-15', source({ buffered: -1 }), first(x => x.body.buffered)],
    ['MSGI-FLOW-7', { open: true, source: () => ({ credit() {} }) }, first(x => x.body.credit(10))],
    ['MSGI-FLOW-8', { open: true, source: () => ({ credit() {} }) }, goes(x => x.body.credit(-1))],
    [
      'MSGI-FLOW-4',
      { open: true },
      first(
        x => x.body.window,
        () => {},
        x => x.body.window,
      ),
      memory => {
        memory.allowance += 100;
      },
    ],
    [
      'MSGI-FLOW-5',
      { open: true },
      first(
        x => x.body.manual(),
        () => {},
        x => x.body.window,
      ),
      memory => {
        memory.allowance += 100;
      },
    ],
    [
      'MSGI-FLOW-13',
      {
        ...POST,
        open: true,
        source: memory => ({
          read: () => {
            memory.allowance -= 70_000;
            return new Uint8Array(70_000);
          },
        }),
        close: { received: 70_000 },
      },
      first(
        x => x.body.manual(),
        x => x.body.read(),
      ),
    ],
    ['MSGI-LEN-10', { ...POST, head: { method: 'POST', fields: ['content-length', '20'] } }, upload],
    [
      'MSGI-LIFE-37',
      { ...POST, open: true, source: () => ({ stop() {}, buffered: 0, window: 0 }) },
      goes(x => [x.body.stop(), x.body.read()][1]),
    ],
    [
      'MSGI-LIFE-2',
      {
        ...POST,
        open: true,
        source: () => ({
          read: async () => {
            throw new TypeError('no');
          },
        }),
      },
      goes(x => x.body.read()),
    ],
    [
      'MSGI-ERR-1',
      {
        ...POST,
        open: true,
        source: () => ({
          read: async () => {
            throw new Error('no');
          },
        }),
      },
      goes(x => x.body.read()),
    ],
    ['MSGI-LIFE-29', { head: { method: 'HEAD' }, sink: () => ({ write() {} }) }, stream],
    [
      'MSGI-LIFE-28',
      { head: { method: 'HEAD' }, sink: () => ({ window: 5 }) },
      async x => {
        const out = x.start(200);
        void out.window;
        await out.end();
      },
    ],
    ['MSGI-FLOW-20', { sink: () => ({ window: -1 }) }, inSink(out => out.window)],
    [
      'MSGI-FLOW-21',
      { sink: () => ({ buffered: 9 }) },
      async x => {
        const out = x.start(200);
        void out.buffered;
        x.reset();
      },
    ],
    ['MSGI-FLOW-23', { sink: () => ({ ready: () => 0 }) }, inSink(out => out.ready())],
    [
      'MSGI-LIFE-10',
      { sink: () => ({ write() {} }) },
      goes(async x => {
        const out = x.start(200);
        x.reset();
        await out.write('a');
      }),
    ],
    [
      'MSGI-ERR-2',
      {
        sink: () => ({
          write: async () => {
            throw error(8, 'app');
          },
        }),
      },
      goes(async x => {
        const out = x.start(200);
        x.reset();
        await out.write('a');
      }),
    ],
    [
      'MSGI-LIFE-22',
      {
        sink: memory => ({
          buffered: 1,
          end() {
            memory.state = 'done';
            memory.complete = true;
          },
        }),
      },
      stream,
    ],
    [
      'MSGI-NOTE-1',
      {
        exchange: memory => ({
          respond() {
            memory.state = 'done';
            memory.status = 200;
            memory.sent = 6;
            memory.complete = true;
            memory.tell({ type: 'priority', priority: memory.face.priority });
          },
        }),
      },
      first(x => x.watch(() => {})),
    ],
    [
      'MSGI-NOTE-5',
      {},
      first(x => x.watch(() => {})),
      memory => {
        setImmediate(() => memory.tell(CLOSE));
      },
    ],
    ['MSGI-NOTE-9', { close: { complete: false, code: 8, by: 'peer' } }, stream],
    ['MSGI-NOTE-10', { close: { by: 'peer' } }],
    ['MSGI-NOTE-11', { close: { sent: 7 } }],
    ['MSGI-NOTE-11', { ...POST, close: { received: 3 } }, upload],
    ['MSGI-LIFE-48', { close: { complete: false } }],
    ['MSGI-LIFE-13', { close: { status: 404 } }, () => {}],
    ['MSGI-LIFE-17', { close: { status: 404 } }, async () => void (await null), limit],
    ['MSGI-LIFE-3', { close: { status: 201 } }],
    ['MSGI-ERR-3', { exchange: memory => ({ reset: () => memory.fail(8, 'peer') }) }, x => x.reset()],
    [
      'MSGI-LIFE-50',
      {
        exchange: memory => ({
          signal: new AbortController().signal,
          reset: () => {
            memory.state = 'dead';
          },
        }),
      },
      dies,
    ],
    ['MSGI-LIFE-4', { exchange: memory => ({ start: () => memory.faceSink }) }, startsAndEnds],
    ['MSGI-LIFE-5', { exchange: () => ({ respond: () => {} }) }, hello],
    ['MSGI-LIFE-24', { sink: () => ({ ready: () => 5 }) }, inSink(out => [out.end(), out.ready()])],
    [
      'MSGI-LIFE-38',
      { open: true, close: { received: 2 }, source: () => ({ read: async () => new Uint8Array(1) }) },
      goes(x => [void x.body.read(), x.body.read()]),
    ],
    [
      'MSGI-LIFE-43',
      {
        open: true,
        source: () => ({
          stop() {},
          window: 0,
          read: async () => {
            throw error(8, 'peer');
          },
        }),
      },
      goes(x => [x.body.stop(3), x.body.read()][1]),
    ],
    [
      'MSGI-NOTE-6',
      {
        exchange: memory => ({
          watch: (each: () => void) => {
            memory.listeners.push(each);
            return () => {};
          },
        }),
      },
      first(x => x.watch(() => {})()),
    ],
    ['MSGI-NOTE-8', {}, first(() => {}), twice],
    ['MSGI-TRAIL-4', source({ trailers: ['X', 'y'], ended: true, buffered: 0, window: 0 }), read],
    ['MSGI-HEAD-1', { head: { base: '/a/' } }],
    [
      'MSGI-VER-2',
      {
        exchange: () => ({ id: 2 }),
        head: { version: '1.1' },
        caps: { multiplex: false, credit: 'coarse', reset: 'close' },
      },
    ],
    ['MSGI-PUSH-12', { exchange: () => ({ pushed: true, id: 2 }), head: { base: '/a' } }],
    ['MSGI-PRIO-4', { exchange: () => ({ priority: { scheme: 'none', urgency: 2, incremental: false, node: null } }) }],
    [
      'MSGI-PRIO-7',
      {
        exchange: () => ({
          priority: {
            scheme: 'tree',
            urgency: 5,
            incremental: true,
            node: { id: 1, weight: 16, parent: null, children: [] },
          },
        }),
      },
    ],
    [
      'MSGI-FIELD-12',
      {
        exchange: memory => ({
          start(status: number, fields: string[]) {
            memory.state = 'open';
            memory.status = status;
            queueMicrotask(() => fields[0]);
            return memory.faceSink;
          },
        }),
      },
      async x => {
        const out = x.start(200, ['a', 'b']);
        await null;
        await out.end();
      },
    ],
    ['MSGI-LIFE-6', { exchange: () => ({ inform: () => false }) }, goes(late(x => x.inform(103)))],
  ];
  for (const [id, scene, app = hello, during] of wrong) {
    const found = await findings(app, scene, during);
    for (let i = 0; i < 2; i++) await new Promise(setImmediate);
    const others = found.filter(each => each.side === 'server' || !allowed(each, id));
    const right = others.length > 0 && others.every(each => each.side === 'server' && each.id === id);
    t.ok(right, `${id}: ${found.map(formatLint).join('; ')}`);
    note(found);
  }
});

/** Reads that give these, and then the end that is told all the time. */
function once1(chunks: Uint8Array[]): () => Uint8Array | null {
  return () => chunks.shift() ?? null;
}

t.test('a rule accuses only those whom it binds', async t => {
  for (const { side, id } of seen) t.match(rows[id].binds, side === 'app' ? 'application' : 'server', id);
});

t.test('without a report a finding is thrown in a microtask, and the call goes on', async t => {
  const queued: (() => void)[] = [];
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = task => void queued.push(task);
  t.teardown(() => Object.assign(globalThis, { queueMicrotask }));
  const memory = new Memory();
  await memory.run(lint(() => {}));
  t.equal(memory.status, 500);
  t.equal(queued.length, 1);
  t.throws(() => queued[0]?.(), { name: 'LintError', id: 'MSGI-APP-1', side: 'app', see: null });
});

t.test('a finding for people quotes the rules', async t => {
  const [finding] = await findings(goes(late(x => x.respond(200))));
  t.ok(finding instanceof LintError);
  if (finding === undefined) return;
  const [what, app, server] = formatLint(finding).split('\n');
  t.equal(what, 'app MSGI-APP-2: exchange 1, GET "/": respond: the response is done');
  t.match(app, 'MSGI-APP-2, section 1.6 What an application owes: An application MUST NOT make a call');
  t.match(server, 'MSGI-LIFE-6, section 3.1 The response half: A server MUST throw a TypeError');
});

t.test('in front of the reference server', async t => {
  const found: string[] = [];
  const slow: App = async x => {
    x.body.manual();
    const timer = setInterval(() => x.body.credit(Math.max(0, 64_000 - x.body.window)), 10);
    let octets = 0;
    try {
      for await (const chunk of x.body) octets += chunk.length;
    } finally {
      clearInterval(timer);
    }
    x.respond(200, ['content-type', 'text/plain'], `${octets}\n`);
  };
  const apps: Record<string, App> = {
    '/hello': hello,
    '/echo': echo,
    '/slow': slow,
    '/stream': stream,
    '/upload': upload,
  };
  const app: App = x => (apps[x.request.target] ?? hello)(x);
  const server = await serve(lint(app, { report: error => found.push(formatLint(error)), checksum: true }), {
    grace: 100,
  });
  const client = connect(server.address);
  t.teardown(async () => {
    client.destroy();
    await server.close();
  });
  const ask = async (path: string, body = '', method = 'POST') => {
    const request = client.request({ ':path': path, ':method': method });
    if (method === 'POST') request.end(body);
    let octets = 0;
    for await (const chunk of request) octets += (chunk as Buffer).length;
    return octets;
  };
  const large = 'x'.repeat(300_000);
  t.equal(await ask('/hello'), 6);
  t.equal(await ask('/hello', '', 'HEAD'), 0);
  t.equal(await ask('/stream'), 6);
  t.equal(await ask('/stream', '', 'HEAD'), 0);
  t.equal(await ask('/echo', large), large.length);
  t.equal(await ask('/slow', large), 7);
  t.equal(await ask('/upload', large), 0);
  const given = client.request({ ':path': '/echo', ':method': 'POST' });
  given.on('error', () => {});
  given.write('a');
  await once(given, 'data');
  given.close(8);
  await once(given, 'close');
  await ask('/hello');
  t.same(found, []);
});
