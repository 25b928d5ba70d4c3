/** The raw client: rude subjects, fences, what it owes, and what it keeps. */
import t, { type Test } from 'tap';
import {
  concat,
  continuation,
  data,
  encodeFrame,
  FRAME_TYPE,
  type Frame,
  frame,
  goaway,
  headers,
  indexed,
  literal,
  ping,
  plainBlock,
  pushPromise,
  rstStream,
  settings,
  settingsAck,
  sizeUpdate,
  windowUpdate,
} from '../../wire/index.ts';
import { streamError } from '../expect.ts';
import { Ledger } from '../peer/ledger.ts';
import type { Peer } from '../peer/peer.ts';
import { describeBlock, Transcript } from '../peer/transcript.ts';
import type { Trial } from '../trial.ts';
import { type Body, onOrder, order, passed, passes, tried } from './judging.ts';
import { type Link, ORDER, toy } from './toy.ts';

// --- rude subjects -----------------------------------------------------------------------------------------------------

/** Writes the octets again and again, as fast as the kit reads. */
function flood({ socket }: Link, octets: Uint8Array): void {
  const pour = (): void => {
    while (socket.writable && socket.write(octets));
    if (socket.writable) socket.once('drain', pour);
  };
  pour();
}

const times = (count: number, one: Frame): Uint8Array => concat(Array(count).fill(encodeFrame(one)));

t.test('a flood ends the case, whatever it is made of', async t => {
  const floods: Readonly<Record<string, Uint8Array>> = {
    PING: times(1000, ping([1, 2, 3, 4, 5, 6, 7, 8])),
    'PING acknowledgements': times(1000, ping([1, 2, 3, 4, 5, 6, 7, 8], true)),
    SETTINGS: times(1000, settings([['ENABLE_PUSH', 1]])),
    'empty DATA': times(1000, data(1, '')),
    'full DATA': times(10, data(1, 'x'.repeat(16_384))),
    GOAWAY: times(1000, goaway(1)),
    'frames of 16 MiB': encodeFrame(frame(0xf1, 0, 0, new Uint8Array(2 ** 24 - 1))),
    'empty CONTINUATION': times(1000, continuation(1, new Uint8Array(0), false)),
    'full CONTINUATION': times(10, continuation(1, new Uint8Array(16_384), false)),
    'RST_STREAM of other streams': times(1000, rstStream(4)),
    PUSH_PROMISE: times(1000, pushPromise(1, 2, indexed(2))),
  };
  for (const [name, octets] of Object.entries(floods)) {
    const { port } = await toy(
      t,
      onOrder(link => flood(link, octets)),
    );
    let peer: Peer | undefined;
    const one = await tried(port, async trial => {
      peer = await trial.open();
      await peer.fence(order());
      await peer.until(() => false, 'the end of the flood');
    });
    t.match(one, { verdict: 'fail', seen: /floods the connection/ }, name);
    t.ok(one.transcript.length <= 2500, name);
    t.ok((peer?.received.length ?? Number.NaN) <= 50_000, name);
    const kept = peer?.received.reduce((sum, { frame }) => sum + frame.payload.length, 0);
    t.ok((kept ?? Number.NaN) <= 2 ** 25, name);
    t.equal(new Set(one.findings.map(({ requirement }) => requirement)).size, one.findings.length, name);
  }
});

t.test('of a large response the frames are kept, and not all of the content', async t => {
  const frames = 1280;
  const { port } = await toy(t, ({ type, stream }, { send }) => {
    if (type !== FRAME_TYPE.HEADERS || stream !== 5) return false;
    const piece = data(5, 'x'.repeat(16_384));
    send(headers(5, indexed(8)), ...Array(frames).fill(piece), data(5, '', { endStream: true }));
    return true;
  });
  const one = await tried(port, async trial => {
    const peer = await trial.open({ roomy: true, settings: [['INITIAL_WINDOW_SIZE', 2 ** 31 - 1]] });
    const record = await peer.answer(peer.ask());
    t.equal(record.octets, frames * 16_384);
    const received = peer.received.filter(({ frame, payload }) => frame.stream === 5 && payload.type === 'DATA');
    t.equal(received.length, frames + 1);
    const kept = received.reduce((sum, { frame }) => sum + frame.payload.length, 0);
    t.ok(kept <= 2 ** 23, `${kept} octets`);
  });
  t.equal(one.verdict, 'pass');
});

t.test('other frames that never cease are no missing acknowledgement', async t => {
  const { port } = await toy(t, ({ type, payload }, { send }) => {
    if (type === FRAME_TYPE.PING) send(windowUpdate(0, 1), ping(payload, true), windowUpdate(0, 1));
    return type === FRAME_TYPE.PING;
  });
  const one = await tried(port, async trial => void (await (await trial.open()).fence()), 700);
  t.equal(one.verdict, 'fail');
  t.match(one.seen, /floods|two PING round trips without another frame/);
  t.not(one.reason, 'barrier-unanswered');
});

t.test('octets that are no frames end the case, and are shown', async t => {
  const half = encodeFrame(data(5, 'x'.repeat(100))).subarray(0, 40);
  const texts: Readonly<Record<string, Uint8Array | string>> = {
    'half a frame': half,
    'HTTP/1.1 mid-connection': 'HTTP/1.1 400 Bad Request\r\n\r\n',
    'a frame of 16 MiB announced': Uint8Array.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 7),
  };
  for (const [name, octets] of Object.entries(texts)) {
    const { port } = await toy(
      t,
      onOrder(({ octets: write }) => write(octets)),
    );
    const one = await tried(port, async trial => void (await (await trial.open()).fence(order())), 700);
    t.match(one, { verdict: 'fail', reason: 'barrier-unanswered' }, name);
    const [last] = one.transcript.slice(-1);
    t.match(last, { type: 'OCTETS', direction: '<', payload: /octets that are no whole frame/ }, name);
    t.ok(last?.raw.startsWith(Buffer.from(octets).toString('hex')), name);
  }
});

t.test('garbage instead of frames ends the case', async t => {
  let state = 1;
  const garbage = Uint8Array.from({ length: 200_000 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state >>> 16;
  });
  const { port } = await toy(
    t,
    onOrder(link => {
      link.octets(garbage);
      link.socket.end();
    }),
  );
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    await peer.fence(order());
    await peer.until(() => peer.end !== null, 'the end');
    trial.fail('garbage');
  });
  t.equal(one.verdict, 'fail');
});

t.test('a subject that leaves, resets or is not there', async t => {
  const { port } = await toy(
    t,
    onOrder(({ socket }, { stream }) => void (stream === 0 ? socket.end() : socket.resetAndDestroy())),
  );
  const cut = (stream: number): Body => {
    return async trial => {
      const peer = await trial.open();
      await peer.fence(order(stream));
      await peer.until(() => peer.end !== null, 'the end');
      peer.send(ping([1, 2, 3, 4, 5, 6, 7, 8]));
      trial.fail(`${peer.end}`);
    };
  };
  const fin = await tried(port, cut(0));
  t.match(fin, { seen: 'FIN', cut: true });
  t.match(fin.transcript.at(-1), { type: 'PING', note: /not sent/ });
  t.match(await tried(port, cut(1)), { seen: 'RESET', cut: true });
  t.equal((await tried(port, passes)).cut, false);
  const gone = await toy(t);
  await gone.die();
  t.match(await tried(gone.port, passes), { verdict: 'error', reason: 'dial', seen: /ECONNREFUSED/ });
});

// --- fences ------------------------------------------------------------------------------------------------------------

interface Fence {
  readonly outcome: string;
  readonly pings: number;
  readonly resets: number;
}

/** Fences an order against a toy that deals with the n-th PING behind it as it likes. */
async function fenced(t: Test, react: (n: number, link: Link, ack: Frame) => boolean): Promise<Fence> {
  let pings = 0;
  let ordered = false;
  const { port } = await toy(t, ({ type, payload, flags }, link) => {
    ordered ||= type === ORDER;
    if (!ordered || type !== FRAME_TYPE.PING || flags !== 0) return type === ORDER;
    pings += 1;
    return react(pings, link, ping(payload, true));
  });
  let resets = 0;
  let outcome = '';
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    outcome = await peer.fence(order());
    resets = peer.received.filter(({ payload }) => payload.type === 'RST_STREAM').length;
  });
  t.match(one.verdict, 'pass');
  return { outcome, pings, resets };
}

t.test('the fence: two PINGs one after the other, and any other frame between them starts it anew', async t => {
  t.same(await fenced(t, () => false), { outcome: 'quiet', pings: 2, resets: 0 }, 'nothing comes');
  const before = await fenced(t, (n, { send }, ack) => {
    if (n === 1) send(rstStream(1), ack);
    return n === 1;
  });
  t.same(before, { outcome: 'quiet', pings: 3, resets: 1 }, 'before the first acknowledgement');
  const behind = await fenced(t, (n, { send }, ack) => {
    if (n === 1) send(ack, rstStream(1));
    return n === 1;
  });
  t.equal(behind.resets, 1, 'in the read of the first acknowledgement');
  const between = await fenced(t, (n, { send }, ack) => {
    if (n === 2) send(rstStream(1), ack);
    return n === 2;
  });
  t.same(between, { outcome: 'quiet', pings: 4, resets: 1 }, 'between the first and the second');
  const last = await fenced(t, (n, { send }, ack) => {
    if (n === 2) send(ack, rstStream(1));
    return n === 2;
  });
  t.equal(last.resets, 1, 'in the read of the second: it is drained first');
});

t.test('the fence: what the subject pings does not count, and GOAWAY ends it', async t => {
  const own = await fenced(t, (n, { send }, ack) => {
    send(ping([n, 0, 0, 0, 0, 0, 0, 0]), ack);
    return true;
  });
  t.same(own, { outcome: 'quiet', pings: 2, resets: 0 });
  const wrong = await fenced(t, (n, { send }, ack) => {
    if (n === 1) send(ping([9, 9, 9, 9, 9, 9, 9, 9], true), goaway(1), ack);
    return n === 1;
  });
  t.same(wrong, { outcome: 'over', pings: 1, resets: 0 }, 'only its own octets answer a PING');
});

t.test('the stimulus goes out in one write with the first PING', async t => {
  const reads: number[] = [];
  const { port, links } = await toy(t);
  await passed(t, port, async trial => {
    const peer = await trial.open();
    links[0]?.socket.on('data', chunk => reads.push(chunk.length));
    await peer.fence(order(), order());
  });
  t.same(reads, [2 * 10 + 17, 17]);
});

t.test('what the kit owes goes out behind the read, never after GOAWAY', async t => {
  const answer = async (...frames: readonly Frame[]): Promise<readonly Frame[]> => {
    let at = 0;
    const { port, links } = await toy(
      t,
      onOrder(link => {
        at = link.frames.length;
        link.send(...frames);
      }),
    );
    let closed: Promise<unknown> = Promise.resolve();
    await tried(port, async trial => {
      const peer = await trial.open();
      const { socket } = links[0] as Link;
      closed = new Promise(resolve => socket.on('close', resolve));
      await peer.fence(order());
    });
    await closed;
    return (links[0] as Link).frames.slice(at).filter(({ flags }) => flags === 1);
  };
  const opaque = [1, 1, 1, 1, 1, 1, 1, 1];
  t.same(await answer(settings(), ping(opaque)), [settingsAck(), ping(Uint8Array.from(opaque), true)]);
  t.same(await answer(settings(), ping(opaque), goaway(1)), []);
});

t.test('what the kit owes waits for the end of a field block that the case left open', async t => {
  const { port, links } = await toy(t, ({ type, flags, stream }, { send }) => {
    if (type === ORDER) send(settings());
    const open = type === FRAME_TYPE.HEADERS && (flags & 4) === 0;
    if (open) send(settings([['MAX_FRAME_SIZE', 1]]), ping([7, 7, 7, 7, 7, 7, 7, 7]));
    if (type === FRAME_TYPE.CONTINUATION) send(headers(stream, indexed(8), { endStream: true }));
    return open;
  });
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    const block = plainBlock(peer.fieldsOf());
    const stream = peer.nextStream();
    const seen = peer.received.length;
    peer.send(headers(stream, block.subarray(0, 20), { endStream: true, endHeaders: false }));
    await peer.until(() => peer.received.length >= seen + 2, 'a PING');
    peer.send(continuation(stream, block.subarray(20)));
    await peer.answer(stream);
    await peer.fence();
  });
  t.equal(one.verdict, 'pass');
  const types = (links[0] as Link).frames.map(({ type, flags }) => `${type}/${flags & 5}`);
  const at = types.indexOf(`${FRAME_TYPE.HEADERS}/1`);
  t.same(types.slice(at, at + 4), ['1/1', '9/4', '4/1', '6/1']);
});

t.test('RST_STREAM is the reaction, a whole response is none', async t => {
  const body =
    (skipped: number): Body =>
    async trial => {
      const peer = await trial.open();
      for (let i = 0; i < skipped; i += 1) peer.nextStream();
      const post = peer.request({ method: 'POST', endStream: false });
      await streamError(trial, peer, post.stream, 'PROTOCOL_ERROR', { ...post, type: ORDER }, post);
    };
  const { port } = await toy(t, ({ type, stream }, link) => {
    if (type === ORDER) {
      if (stream === 5) link.send(rstStream(5, 'PROTOCOL_ERROR'));
      else link.send(headers(stream, indexed(8), { endStream: true }), rstStream(stream, 'NO_ERROR'));
    }
    return type === ORDER || (type === FRAME_TYPE.HEADERS && stream > 3);
  });
  t.match(await tried(port, body(0)), { verdict: 'pass', seen: /RST_STREAM PROTOCOL_ERROR on stream 5/ });
  t.match(await tried(port, body(1)), { verdict: 'fail', seen: /the stream is served: status 200/ });
});

t.test('credit does not lengthen the slowest answer', async t => {
  const { port } = await toy(t, ({ type, stream }, { send }) => {
    if (type === FRAME_TYPE.WINDOW_UPDATE && stream === 5) send(data(5, 'y', { endStream: true }));
    if (type === FRAME_TYPE.HEADERS && stream === 5) send(headers(5, indexed(8)), data(5, 'x'));
    return stream === 5;
  });
  await passed(t, port, async trial => {
    const peer = await trial.open();
    const held = peer.ask();
    await peer.until(() => peer.stream(held).octets === 1, 'the first octet');
    await peer.within(300, () => false, 'nothing');
    const before = peer.slowest;
    const start = performance.now();
    peer.send(windowUpdate(held, 1));
    await peer.answer(held);
    t.ok(peer.slowest <= Math.max(before, performance.now() - start), `${peer.slowest} ms`);
    t.equal(peer.limit, Math.max(250, Math.ceil(20 * peer.slowest)));
  });
});

t.test('CONTINUATION of a promise does not end the stream', async t => {
  const { port } = await toy(t, ({ type, stream }, { send }) => {
    if (type === ORDER) send(pushPromise(5, 2, indexed(2), { endHeaders: false }), continuation(5, indexed(6)));
    return type === ORDER || (type === FRAME_TYPE.HEADERS && stream === 5);
  });
  await passed(t, port, async trial => {
    const peer = await trial.open();
    const get = peer.ask();
    await peer.fence(order());
    t.equal(peer.ledger.stream(2)?.promised, true);
    t.equal(peer.stream(get).gotEnd, false);
  });
});

// --- the books ---------------------------------------------------------------------------------------------------------

t.test('windows follow SETTINGS of both sides', async t => {
  const ledger = new Ledger();
  const before = ledger.open(1);
  t.same([before.sendWindow, before.receiveWindow], [65_535, 65_535]);

  ledger.applyTheirs([[4, 100]]);
  t.equal(before.sendWindow, 100);
  before.sendWindow -= 100;
  ledger.applyTheirs([[4, 10]]);
  t.equal(before.sendWindow, -90, 'a shrink may go below zero');
  t.equal(ledger.open(3).sendWindow, 10);

  ledger.sendOurs([['INITIAL_WINDOW_SIZE', 100_000]]);
  t.equal(before.receiveWindow, 100_000, 'growth is granted when it is sent');
  ledger.sendOurs([['INITIAL_WINDOW_SIZE', 5]]);
  t.equal(before.receiveWindow, 100_000, 'a shrink is not');
  t.equal(ledger.largest('INITIAL_WINDOW_SIZE'), 100_000);
  ledger.acknowledge();
  t.equal(before.receiveWindow, 100_000, 'the first acknowledgement is of the first SETTINGS');
  t.equal(ledger.setting('ours', 'INITIAL_WINDOW_SIZE'), 100_000);
  ledger.acknowledge();
  t.equal(before.receiveWindow, 5);
  t.equal(ledger.open(5).receiveWindow, 5);
  t.equal(ledger.acknowledge(), undefined);

  t.equal(ledger.activeStreams, 3);
  before.sentEnd = true;
  before.gotEnd = true;
  t.equal(ledger.activeStreams, 2);
  ledger.open(2, true);
  t.same([ledger.activeStreams, ledger.highestPromised, ledger.highestSent], [2, 2, 5]);
});

t.test('the kit waits for the acknowledgement of the SETTINGS it means', async t => {
  let waiting = 0;
  const { port } = await toy(t, ({ type, flags }, { send }) => {
    if (type === FRAME_TYPE.PING) {
      for (; waiting > 0; waiting -= 1) send(settingsAck());
      return false;
    }
    if (type !== FRAME_TYPE.SETTINGS || flags !== 0) return false;
    waiting += 1;
    if (waiting === 2) send(settingsAck());
    return true;
  });
  await passed(t, port, async (trial: Trial) => {
    const peer = await trial.dial();
    peer.preface([], ping([1, 2, 3, 4, 5, 6, 7, 8]));
    await trial.handshaken(peer);
    peer.send(settings([['MAX_FRAME_SIZE', 20_000]]));
    let changed = false;
    const change = peer.change(['MAX_FRAME_SIZE', 30_000]).then(() => {
      changed = true;
    });
    await peer.until(() => peer.settingsAcks === 2, 'the first of two');
    t.equal(changed, false);
    await peer.fence();
    await change;
    t.equal(peer.ledger.setting('ours', 'MAX_FRAME_SIZE'), 30_000);
    await trial.control(peer);
  });
});

// --- transcripts -------------------------------------------------------------------------------------------------------

t.test('field blocks of the kit are told by their instructions', async t => {
  t.equal(
    describeBlock(
      concat([
        sizeUpdate(0),
        indexed(2),
        indexed(62),
        literal(':path', '/x'),
        literal(4, '/y', 'incremental', true),
        literal(70, 'v', 'never'),
        literal('x-empty', ''),
      ]),
    ),
    'size update 0; index 2 (:method GET); index 62; :path /x; :path /y; name of index 70 v; x-empty',
  );
  t.equal(describeBlock(Uint8Array.of(0x40, 0x7f)), null);
  t.equal(describeBlock(new Uint8Array(0)), null);
  t.match(describeBlock(concat(Array(500).fill(indexed(2)))), /; and 400 more$/);

  const { port } = await toy(t);
  const one = await tried(port, async trial => {
    const peer = await trial.open();
    const block = plainBlock([':method', 'GET', ':path', '/']);
    peer.violate(
      headers(5, block.subarray(0, 5), { endHeaders: false }),
      continuation(5, block.subarray(5, 14), false),
      continuation(5, indexed(2)),
      headers(7, indexed(4), { endHeaders: false }),
      continuation(7, indexed(62)),
      pushPromise(1, 2, indexed(3)),
    );
    await peer.until(() => true, 'nothing');
  });
  const said = one.transcript.filter(({ note }) => note === 'on purpose').map(({ payload }) => payload);
  t.same(said, [
    'fragment of 5 octets',
    'fragment of 9 octets',
    'fragment of 1 octets',
    'index 4 (:path /)',
    'index 62',
    'promises 2; index 3 (:method POST)',
  ]);
  const control = one.transcript.find(({ direction, type }) => direction === '>' && type === 'HEADERS');
  t.match(control?.payload, /^:method GET; :scheme http; :authority 127\.0\.0\.1:\d+; :path \/$/);
  const answer = one.transcript.find(({ direction, type }) => direction === '<' && type === 'HEADERS');
  t.match(answer?.payload, /^:status 200; date /);
});

t.test('a long record keeps its beginning and its end, and says what is left out', async t => {
  const record = (count: number, payload = ''): Transcript => {
    const transcript = new Transcript();
    for (let i = 0; i < count; i += 1) transcript.event('<', 1, `E${i}`, payload);
    return transcript;
  };
  t.equal(record(2500).entries.length, 2500);
  t.notOk(record(2500).entries.some(({ note }) => note !== undefined));
  for (const count of [2501, 2999, 3000, 3001, 10_000]) {
    const { entries } = record(count);
    t.equal(entries.length, 2500);
    t.equal(entries[1999]?.type, 'E1999');
    t.equal(entries[2000]?.type, `E${count - 500}`);
    t.equal(entries[2000]?.note, `${count - 2500} entries before this one are left out`);
    t.equal(entries.at(-1)?.type, `E${count - 1}`);
    t.equal(entries.filter(({ note }) => note !== undefined).length, 1);
  }
  const wordy = record(2400, 'w'.repeat(1000)).entries;
  t.ok(wordy.length < 800, 'or so many characters');
  t.equal(wordy.at(-1)?.type, 'E2399');
});
