/** Priority as applications and clients meet it: live values, notices, caps, what is refused, and the order on the wire. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';
import type { App, Exchange, Notice } from '../../spec/msgi.ts';
import {
  concat,
  Encoder,
  encodeFrame,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  headers,
  PREFACE_OCTETS,
  type PriorityFields,
  parsePayload,
  priority,
  priorityUpdate,
  rstStream,
  type SettingEntry,
  settings,
  settingsAck,
  windowUpdate,
} from '../../wire/index.ts';
import { DEFAULT_LIMITS } from '../engine/limits.ts';
import type { PriorityPolicy } from '../engine/priorities.ts';
import { Applications } from '../gateway/applications.ts';
import { Gateway } from '../gateway/gateway.ts';
import { serve } from '../server.ts';

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const NO_TREE: readonly SettingEntry[] = [['NO_RFC7540_PRIORITIES', 1]];

/** A client of frames beside a gateway: exchanges wait, and are kept by stream. */
function connected(
  policy?: PriorityPolicy,
  entries: readonly SettingEntry[] = [],
  app: App = () => new Promise(() => {}),
) {
  const exchanges = new Map<number, Exchange>();
  const notices: string[] = [];
  const gateway = new Gateway(
    {
      app: x => {
        exchanges.set(x.id, x);
        x.watch(notice => notices.push(line(x.id, notice)));
        return app(x);
      },
      applications: new Applications(),
      limits: { ...DEFAULT_LIMITS, concurrentStreams: 10 },
      ...(policy === undefined ? {} : { priority: policy }),
      protocols: new Set(),
      authorities: new Set(),
      duplex: false,
      earlyHints: false,
      clock: { date: '' },
      sendTimeout: 1000,
      receiveTimeout: 1000,
      report: error => {
        throw error;
      },
      failed: () => {},
    },
    { peer: null, local: null, tls: null, wake: () => {}, close: () => {} },
  );
  const encoder = new Encoder();
  const reader = new FrameReader();
  const send = (...frames: readonly Frame[]): void => gateway.wire.receive(concat(frames.map(f => encodeFrame(f))), 0);
  gateway.wire.receive(PREFACE_OCTETS, 0);
  send(settings(entries), settingsAck());
  return {
    send,
    notices,
    exchanges,
    gateway,
    request: (id: number, fields: readonly string[] = [], dependency?: PriorityFields): Exchange => {
      const list = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a', ...fields];
      const more = dependency === undefined ? {} : { priority: dependency };
      send(headers(id, encoder.encode(list), { endStream: true, ...more }));
      return exchanges.get(id) as Exchange;
    },
    /** All that was said since, as the transport would take it. */
    said: (): Frame[] => {
      const octets: Uint8Array[] = [];
      for (gateway.wire.sender.pump(); gateway.wire.sender.output.length > 0; gateway.wire.sender.pump()) {
        octets.push(...gateway.wire.sender.output.take().map(piece => piece.slice()));
      }
      return reader.read(concat(octets));
    },
  };
}

function line(id: number, notice: Notice): string {
  return notice.type === 'priority' ? `${id} ${brief(notice.priority)}` : `${id} ${notice.type}`;
}

function brief({ scheme, urgency, incremental }: Exchange['priority']): string {
  return `${scheme} ${urgency}${incremental ? ' i' : ''}`;
}

/** The streams of the DATA frames with content, in order. */
function order(frames: readonly Frame[]): number[] {
  return frames.filter(f => f.type === FRAME_TYPE.DATA && f.payload.length > 0).map(f => f.stream);
}

t.test('the example of section 7.3, live', async t => {
  const it = connected();
  const one = it.request(1);
  t.equal(brief(one.priority), 'none 3');
  t.same([one.priority.node?.weight, one.priority.node?.parent], [16, one.connection.tree]);
  it.send(priority(3, { dependency: 0, weight: 201 }));
  t.equal(brief(one.priority), 'tree 3 i', 'the client uses the tree');
  const five = it.request(5, [], { dependency: 3, weight: 32 });
  const { node } = five.priority;
  t.equal(node?.parent?.id, 3);
  const seven = it.request(7, [], { dependency: 3, weight: 32, exclusive: true });
  t.same([node?.parent?.id, seven.priority.node?.parent?.id], [7, 3], 'a live view');
  t.same([brief(five.priority), brief(seven.priority)], ['tree 2 i', 'tree 2 i']);
  t.equal(five.priority.node, node, 'one view a node');
  const three = seven.priority.node?.parent;
  t.same([three?.weight, three?.parent?.id, three?.children.map(child => child.id)], [201, 0, [7]]);
  for (const frozen of [node, node?.children, five.priority]) t.ok(Object.isFrozen(frozen));
  await turn();
  t.same(it.notices, ['1 tree 3 i'], 'nobody is told of the frames of others, nor of its own start');
});

t.test('notices: of a change, at the end of the turn, once', async t => {
  const it = connected();
  const x = it.request(1, ['priority', 'u=1']);
  const y = it.request(3);
  t.equal(brief(x.priority), 'urgency 1');
  it.send(priorityUpdate(1, 'i'));
  t.equal(brief(x.priority), 'urgency 3 i', 'a parameter that is not named has its default');
  t.same(it.notices, []);
  await turn();
  t.same(it.notices.splice(0), ['1 urgency 3 i']);
  it.send(priorityUpdate(1, 'i, u=3'), priorityUpdate(1, 'u='), priorityUpdate(99, 'u=0'));
  x.prioritize(7, false);
  y.prioritize(0);
  t.same([brief(x.priority), brief(y.priority)], ['urgency 3 i', 'none 3']);
  await turn();
  t.same(it.notices, [], 'nothing has changed for the peer');
  it.send(priority(1, { dependency: 3, weight: 16 }));
  await turn();
  t.same(it.notices.splice(0), ['3 tree 3 i', '1 urgency 3 i'], 'the scheme of one, the place of the other');
  it.send(priority(3, { dependency: 0, weight: 255 }), priority(3, { dependency: 0, weight: 255 }));
  await turn();
  t.same(it.notices.splice(0), ['3 tree 0 i']);
  it.send(rstStream(3), priority(3, { dependency: 0, weight: 1 }));
  await turn();
  t.same(it.notices, ['3 close']);
});

t.test('fields: lines are joined; what cannot be read is not there', async t => {
  const it = connected();
  t.equal(brief(it.request(1, ['priority', 'u=2', 'priority', 'i']).priority), 'urgency 2 i');
  t.equal(brief(it.request(3, ['priority', 'u=2,']).priority), 'none 3');
  t.equal(brief(it.request(5, ['priority', 'u=9, x']).priority), 'urgency 3');
  it.send(priorityUpdate(7, 'u=6'), priorityUpdate(7, 'u=5'), priorityUpdate(9, ','));
  t.equal(brief(it.request(7, ['priority', 'u=0']).priority), 'urgency 5', 'the last update wins, also an early one');
  t.equal(brief(it.request(9, ['priority', 'u=0']).priority), 'urgency 0');
});

t.test('promises: below their parent, of a priority that the client may change before they are sent', async t => {
  const it = connected();
  const parent = it.request(1);
  t.ok(parent.push({ target: '/a' }) && parent.push({ target: '/b', fields: ['priority', 'u=6'] }));
  it.send(priorityUpdate(2, 'u=1'));
  await turn();
  const [a, b] = [it.exchanges.get(2) as Exchange, it.exchanges.get(4) as Exchange];
  t.same([brief(a.priority), brief(b.priority)], ['urgency 1', 'urgency 6'], 'the field of the promised request');
  for (const { priority } of [a, b]) t.same([priority.node?.parent?.id, priority.node?.weight], [1, 16]);
  b.prioritize(0);
  for (const x of [a, b]) x.respond(200, [], 'late');
  t.same(order(it.said()), [4, 2], 'the word of the application, though the head was not sent');
  t.notOk(it.gateway.wire.closed);
  const early = Array.from({ length: 9 }, (_, i) => priorityUpdate(2 * i + 3, 'u=1'));
  parent.push({ target: '/c' });
  it.send(...early);
  t.notOk(it.gateway.wire.closed, 'promises are none of the streams that the client may open');
  it.send(priorityUpdate(8, 'u=1'));
  t.ok(it.gateway.wire.closed, 'a promise that was not made');
});

t.test('policies: the setting, caps, and what is null', async t => {
  const rows: readonly (readonly [
    PriorityPolicy['signals'],
    boolean,
    readonly SettingEntry[],
    string,
    string,
    boolean,
  ])[] = [
    ['both', true, [], 'both', 'tree 7 i', true],
    ['both', true, NO_TREE, 'urgency', 'none 3', false],
    ['tree', true, [], 'tree', 'tree 7 i', true],
    ['tree', true, NO_TREE, 'none', 'none 3', false],
    ['urgency', true, [], 'urgency', 'none 3', false],
    ['both', false, [], 'both', 'tree 7 i', false],
  ];
  for (const [signals, tree, entries, caps, priorityOfOne, hasTree] of rows) {
    const it = connected({ signals, tree }, entries);
    const [first] = it.said();
    const payload = parsePayload(first as Frame);
    const said = payload.type === 'SETTINGS' ? payload.entries.find(([id]) => id === 9) : null;
    t.same(said, signals === 'urgency' ? [9, 1] : undefined);
    const x = it.request(1, [], { dependency: 0, weight: 1 });
    t.same([x.caps.priority, brief(x.priority)], [caps, priorityOfOne], `${signals} ${entries.length}`);
    t.same([x.connection.tree !== null, x.priority.node !== null], [hasTree, hasTree]);
    const y = it.request(3, ['priority', 'u=1']);
    t.equal(y.priority.scheme === 'urgency', caps === 'both' || caps === 'urgency');
  }
});

t.test('a dependency on itself is an error where the tree counts', async t => {
  const wrong = priority(1, { dependency: 1, weight: 1 });
  const counts = connected();
  counts.request(1);
  counts.said();
  counts.send(wrong);
  t.same(
    counts.said().map(({ type }) => type),
    [FRAME_TYPE.RST_STREAM],
  );
  const ignores = connected(undefined, NO_TREE);
  ignores.request(1, [], { dependency: 1, weight: 1 });
  ignores.said();
  ignores.send(wrong, { ...wrong, stream: 99 });
  t.same(ignores.said(), [], 'nothing is said of what does not count');
});

t.test('what is refused', async t => {
  const update = (stream: number, ...payload: readonly number[]): Frame => ({
    type: FRAME_TYPE.PRIORITY_UPDATE,
    flags: 0,
    stream,
    payload: Uint8Array.from(payload),
  });
  const early = Array.from({ length: 10 }, (_, i) => priorityUpdate(2 * i + 3, 'u=1'));
  const rows: readonly (readonly [string, number, readonly Frame[]])[] = [
    ['PRIORITY_UPDATE on a stream', 1, [priorityUpdate(1, 'u=1'), { ...priorityUpdate(1, 'u=1'), stream: 1 }]],
    ['PRIORITY_UPDATE of three octets', 6, [update(0, 0, 0, 1)]],
    ['PRIORITY_UPDATE of stream 0', 1, [priorityUpdate(0, 'u=1')]],
    ['PRIORITY_UPDATE of a promise that was not made', 1, [priorityUpdate(2, 'u=1')]],
    ['PRIORITY_UPDATE of more streams than may be open', 1, early],
    ['a change of the setting', 1, [settings([]), settings(NO_TREE)]],
    ['a value that the setting has not', 1, [settings([['NO_RFC7540_PRIORITIES', 2]])]],
  ];
  for (const [name, code, frames] of rows) {
    const it = connected();
    it.request(1);
    it.said();
    it.send(...frames.slice(0, -1));
    t.notOk(it.gateway.wire.closed, `${name}: not before`);
    it.send(frames.at(-1) as Frame);
    const payload = parsePayload(it.said().at(-1) as Frame);
    t.equal(payload.type === 'GOAWAY' ? payload.code : -1, code, name);
  }
  const same = connected(undefined, NO_TREE);
  same.send(settings(NO_TREE), settings([]));
  t.notOk(same.gateway.wire.closed, 'the same value, or none, changes nothing');
});

t.test(
  'order on the wire: what was held back goes by urgency, by the word of the application, by the tree',
  async t => {
    const big = new Uint8Array(50_000);
    const closed: readonly SettingEntry[] = [['INITIAL_WINDOW_SIZE', 0]];
    const opened = (it: ReturnType<typeof connected>): number[] => {
      it.said();
      it.send(windowUpdate(0, 1_000_000), settings([['INITIAL_WINDOW_SIZE', 100_000]]));
      return order(it.said());
    };
    const answering: App = x => x.respond(200, [], big);
    const none = connected(undefined, closed, answering);
    for (const id of [1, 3]) none.request(id);
    t.same(opened(none), [1, 3, 1, 3, 1, 3, 1, 3], 'in turns where nobody has asked');
    const urgent = connected(undefined, closed, answering);
    urgent.request(1, ['priority', 'u=5']);
    urgent.request(3, ['priority', 'u=1']);
    t.same(opened(urgent), [3, 3, 3, 3, 1, 1, 1, 1]);
    const told = connected(undefined, closed, answering);
    told.request(1, ['priority', 'u=5']);
    told.request(3, ['priority', 'u=1']).prioritize(6);
    t.same(opened(told), [1, 1, 1, 1, 3, 3, 3, 3]);
    const updated = connected(undefined, closed, answering);
    updated.request(1);
    updated.request(3);
    updated.send(priorityUpdate(3, 'u=0'));
    t.same(opened(updated), [3, 3, 3, 3, 1, 1, 1, 1]);
    const tree = connected(undefined, closed, answering);
    tree.request(1, [], { dependency: 3, weight: 256 });
    tree.request(3, [], { dependency: 0, weight: 1 });
    t.same(opened(tree), [3, 3, 3, 3, 1, 1, 1, 1]);
  },
);

/** Sends a large response after the sleep that the client's window makes: all are queued before any goes on. */
const large: App = x => x.respond(200, ['content-type', 'text/plain'], new Uint8Array(300_000));

t.test('nghttp with its dependency tree', { skip: existsSync('/usr/bin/nghttp') ? false : 'no nghttp' }, async t => {
  const seen: string[] = [];
  const server = await serve(x => {
    seen.push(`${x.priority.scheme} ${x.priority.node?.parent?.id}`);
    return large(x);
  });
  t.teardown(() => server.close());
  const urls = [1, 2, 3].map(n => `${server.address}/${n}`);
  const { stdout } = await promisify(execFile)('/usr/bin/nghttp', ['-nv', ...urls]);
  t.equal(stdout.match(/END_STREAM/g)?.length !== undefined, true);
  t.same(seen, ['tree 11', 'tree 11', 'tree 11'], 'below its group of idle streams');
});

const PYTHON = '/usr/bin/python3';
const CLIENT = `
import socket, sys, h2.connection, h2.events, h2.config
c = h2.connection.H2Connection(h2.config.H2Configuration())
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
c.initiate_connection()
get = [(':method', 'GET'), (':scheme', 'http'), (':path', '/'), (':authority', 'a')]
c.update_settings({4: 0})
for id in (1, 3): c.send_headers(id, get, end_stream=True)
c.prioritize(1, depends_on=3, weight=10)
s.sendall(c.data_to_send())
order, heads, opened = [], 0, False
while order.count(1) < 1 or order.count(-1) < 2:
    for e in c.receive_data(s.recv(65536)):
        if isinstance(e, h2.events.ResponseReceived): heads += 1
        if isinstance(e, h2.events.DataReceived):
            order.append(e.stream_id)
        if isinstance(e, h2.events.StreamEnded): order.append(-1)
    if heads == 2 and not opened:
        opened = True
        c.increment_flow_control_window(2000000)
        c.update_settings({4: 1000000})
    s.sendall(c.data_to_send())
print(' '.join(map(str, order)))
`;

t.test('python h2 reprioritises', { skip: existsSync(PYTHON) ? false : 'no python' }, async t => {
  const server = await serve(large);
  t.teardown(() => server.close());
  let stdout: string;
  try {
    ({ stdout } = await promisify(execFile)(PYTHON, ['-c', CLIENT, String(server.port)], { timeout: 30_000 }));
  } catch (error) {
    if (!/No module named/.test(String(error))) throw error;
    t.pass('python has no h2 here');
    return;
  }
  const ids = stdout.trim().split(' ');
  t.ok(ids.indexOf('-1') > ids.indexOf('3'), stdout);
  const before = ids.slice(0, ids.indexOf('-1'));
  t.ok(before.filter(id => id === '3').length > 15, 'the parent is sent whole');
  t.ok(before.filter(id => id === '1').length <= 2, 'before its child, but for one frame in 16');
});
