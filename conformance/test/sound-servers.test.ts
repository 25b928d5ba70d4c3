/** The judge against servers that are sound, and unlike those it was made with: what the texts leave open must not fail. */
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import {
  concat,
  Decoder,
  data,
  FLAG,
  FRAME_TYPE,
  type Frame,
  goaway,
  headers,
  parsePayload,
  ping,
  plainBlock,
  rstStream,
  SETTING,
  type SettingEntry,
  settings,
  settingsAck,
} from '../../wire/index.ts';
import { catalogue } from '../cases/index.ts';
import type { Result } from '../result.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import type { NamedResource, Target } from '../targets/target.ts';
import { type Manners, response, targetAt, toy } from './toy.ts';

// Some of the servers have thousands of requests to answer.
t.setTimeout(120_000);

type Answer = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

const RESOURCES = { small: { path: '/' }, large: { path: '/large' }, upload: { path: '/upload' } };

/** "/", "/large" and "/upload", which reads the whole of a request and says `thanks()`; 404 elsewhere. */
const site =
  (sizes: { small?: number; large?: number; absent?: number } = {}, thanks = () => 'thank you'): Answer =>
  (request, response) => {
    const { small = 16, large = 200_000, absent = 9 } = sizes;
    const path = (request.url ?? '').replace(/\?.*/, '');
    const says = (status: number, content: string): void => void response.writeHead(status).end(content);
    if (path === '/upload') request.resume().on('end', () => says(200, thanks()));
    else if (path === '/') says(200, 's'.repeat(small));
    else if (path === '/large') says(200, 'l'.repeat(large));
    else says(404, 'a'.repeat(absent));
  };

/** A server on nghttp2, which is sound by itself. */
async function served(
  t: Test,
  answer: Answer,
  options: ServerOptions = {},
  resources: Readonly<Record<string, NamedResource>> = RESOURCES,
): Promise<Target> {
  const server = createServer(options, answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return targetAt((server.address() as AddressInfo).port, {}, resources);
}

/** The connection errors of some versions of Node.js leave the connection open. */
const OPEN_IN_NODE = 'errors/closed-behind-goaway';

/** What is not fine of these cases; a name without a slash is a chapter. */
async function judged(target: Target, ...names: readonly string[]): Promise<readonly Result[]> {
  const chosen = catalogue.filter(
    ({ id, chapter, app, pipe, interfaces }) =>
      [app, pipe, interfaces].every(one => one === undefined) &&
      id !== OPEN_IN_NODE &&
      (names.includes(id) || names.includes(chapter)),
  );
  const { results } = await run(chosen, target, { ...DEFAULT_OPTIONS, timeout: 4000 });
  return results;
}

const bad = (results: readonly Result[]): readonly string[] =>
  results
    .filter(({ verdict }) => !['pass', 'weak', 'not-applicable'].includes(verdict))
    .map(({ id, verdict, seen }) => `${id}: ${verdict}: ${seen}`);

const told = (results: readonly Result[]): readonly string[] => results.map(({ id, verdict }) => `${id}: ${verdict}`);

/** Cases that ask for small and absent resources again and again on one connection. */
const TALKATIVE = [
  'preface/empty-settings',
  'headers/padded-and-prioritized',
  'field-blocks/cut-at-every-octet',
  'hpack/newest-entry-first',
  'passive/head-has-no-content',
  'passive/field-blocks-decode',
  'pseudo-fields/path-of-slash',
  'fields/unusual-fields-are-taken',
  'semantics/range-of-one-octet',
  'flow-control/credit-on-half-closed-stream',
  'settings/largest-values',
];

for (const [small, absent] of [
  [12_000, 8000],
  [40_000, 40_000],
  [150_000, 70_000],
] as const) {
  t.test(`a home page of ${small} octets, and ${absent} for what is not there`, async t => {
    const results = await judged(await served(t, site({ small, absent })), ...TALKATIVE);
    t.same(bad(results), []);
    t.match(
      told(results),
      TALKATIVE.map(() => /: (pass|weak)$/),
    );
  });
}

t.test('the same answer for every path but that of a large resource', async t => {
  const same: Answer = (request, response) => {
    if (request.url === '/large') response.end('l'.repeat(300_000));
    else response.end('an application of one page');
  };
  const target = await served(t, same, {}, { small: { path: '/' }, large: { path: '/large' } });
  const ids = ['hpack/literal-never-indexed', 'hpack/literal-without-indexing', 'hpack/newest-entry-first'];
  t.same(
    told(await judged(target, ...ids)).toSorted(),
    ids.map(id => `${id}: pass`),
  );
});

/** Cases that have several requests under way. */
const SEVERAL_STREAMS = [
  'connect/well-formed',
  'errors/reset-is-not-answered-by-reset',
  'errors/stream-error-leaves-others-alone',
  'field-blocks/cut-at-every-octet',
  'hpack/literal-without-indexing',
  'priority-update/empty-value',
  'priority/in-every-state',
  'streams/ended-streams-free-their-slot',
  'streams/late-window-update-and-reset',
  'streams/stalled-stream-holds-no-other',
  'streams/unknown-frames-in-every-state',
];

for (const most of [1, 2]) {
  t.test(`no more than ${most} at once`, async t => {
    const target = await served(t, site(), { settings: { maxConcurrentStreams: most } });
    t.same(bad(await judged(target, ...SEVERAL_STREAMS)), []);
  });
}

const says = (...entries: readonly SettingEntry[]): Manners => {
  return ({ type, flags }, link) => {
    if (type !== FRAME_TYPE.SETTINGS || flags !== 0 || link.frames.length > 1) return false;
    link.send(settings(entries), settingsAck());
    return true;
  };
};

t.test('no stream at first, and some when SETTINGS are acknowledged', async t => {
  const first = says(['MAX_CONCURRENT_STREAMS', 0]);
  const { port } = await toy(t, (frame, link) => {
    if (frame.type === FRAME_TYPE.SETTINGS && frame.flags === FLAG.ACK && link.frames.length < 4)
      link.send(settings([['MAX_CONCURRENT_STREAMS', 100]]));
    return first(frame, link);
  });
  const ids = ['framing/unknown-type-on-idle-stream', 'hpack/long-integers', 'settings/no-streams-only-briefly'];
  t.same(told(await judged(targetAt(port), ...ids)).toSorted(), ids.map(id => `${id}: pass`).toSorted());
});

t.test('padding on every frame', async t => {
  const target = await served(t, site(), { paddingStrategy: constants.PADDING_STRATEGY_MAX });
  const ids = [
    'errors/stream-error-leaves-others-alone',
    'errors/frames-under-way-to-a-reset-stream',
    'flow-control/window-of-one-octet',
    'rst-stream/nothing-after-it',
    'streams/stalled-stream-holds-no-other',
  ];
  const results = await judged(target, ...ids);
  t.same(bad(results), []);
  for (const id of ['rst-stream/nothing-after-it', 'streams/stalled-stream-holds-no-other'])
    t.equal(results.find(one => one.id === id)?.verdict, 'pass');
});

/** So many requests on a connection, of any number of frames each: with the answer to the last one comes GOAWAY. */
function upTo(most: number): Manners {
  const links = new WeakMap<object, { readonly decoder: Decoder; count: number; block: readonly Uint8Array[] }>();
  const first = says(['MAX_CONCURRENT_STREAMS', 40]);
  return (frame, link) => {
    const mine = links.get(link) ?? { decoder: new Decoder(4096), count: 0, block: [] };
    links.set(link, mine);
    const { type, flags, stream, payload } = frame;
    if (type !== FRAME_TYPE.HEADERS && type !== FRAME_TYPE.CONTINUATION) return first(frame, link);
    mine.block = [...mine.block, payload];
    if ((flags & FLAG.END_HEADERS) === 0) return true;
    const request = mine.decoder.decode(concat(mine.block));
    mine.block = [];
    mine.count += 1;
    const answer = response(stream, request);
    if (mine.count < most) link.send(...answer);
    if (mine.count !== most) return true;
    link.send(goaway(stream));
    // Not in the segment of the GOAWAY.
    setTimeout(() => {
      link.send(...answer);
      link.socket.end();
    }, 20);
    return true;
  };
}

t.test('a connection for 70 requests', async t => {
  const { port } = await toy(t, upTo(70));
  const ids = ['field-blocks/cut-at-every-octet', 'streams/ended-streams-free-their-slot', 'hpack/newest-entry-first'];
  t.same(told(await judged(targetAt(port), ...ids)).toSorted(), [
    'field-blocks/cut-at-every-octet: pass',
    'hpack/newest-entry-first: pass',
    'streams/ended-streams-free-their-slot: not-applicable',
  ]);
});

t.test('a response behind the GOAWAY that spares it', async t => {
  const { port } = await toy(t, upTo(3));
  t.same(told(await judged(targetAt(port), 'pseudo-fields/host-in-place-of-authority')), [
    'pseudo-fields/host-in-place-of-authority: pass',
  ]);
});

t.test('a connection for two requests', async t => {
  const { port } = await toy(t, (frame, link) => {
    if (frame.type !== FRAME_TYPE.HEADERS || frame.stream !== 3) return false;
    link.send(
      goaway(3),
      headers(3, plainBlock([':status', '200', 'date', 'Sun, 06 Nov 1994 08:49:37 GMT']), { endStream: true }),
    );
    link.socket.end();
    return true;
  });
  const results = await judged(targetAt(port), 'framing/oversized-headers', 'framing/largest-frame-of-unknown-type');
  t.same(told(results), [
    'framing/largest-frame-of-unknown-type: not-applicable',
    'framing/oversized-headers: not-applicable',
  ]);
});

t.test('an encoder that has set its table to 0 by itself', async t => {
  // A size update to 0 opens the first block; nothing is ever inserted.
  const first = new Set<object>();
  const { port } = await toy(t, (frame, link) => {
    if (frame.type !== FRAME_TYPE.HEADERS || first.has(link)) return false;
    first.add(link);
    const block = Uint8Array.of(0x20, ...plainBlock([':status', '200', 'date', 'Sun, 06 Nov 1994 08:49:37 GMT']));
    link.send(headers(frame.stream, block), data(frame.stream, 'sixteen octets!\n', { endStream: true }));
    return true;
  });
  const ids = ['hpack/encoder-signals-smaller-table', 'hpack/encoder-signals-smallest-table'];
  t.same(
    told(await judged(targetAt(port), ...ids)),
    ids.map(id => `${id}: pass`),
  );
});

t.test('PUT and DELETE do what they say', async t => {
  let content: string | null = 'sixteen octets!\n';
  const asked = new Set<string>();
  const store: Answer = (request, response) => {
    asked.add(request.method);
    if (request.method === 'PUT') content = '';
    if (request.method === 'DELETE') content = null;
    const isThere = request.url === '/' && content !== null;
    response.writeHead(isThere ? 200 : 404).end(isThere ? (content ?? '') : 'not found');
  };
  const results = await judged(await served(t, store, {}, { small: { path: '/' } }), 'semantics');
  t.same(bad(results), []);
  t.same([asked.has('PUT'), asked.has('DELETE'), asked.has('PATCH')], [false, false, false]);
  t.equal(content, 'sixteen octets!\n');
});

t.test('a PING and a SETTINGS of its own at every request', async t => {
  const { port } = await toy(t, (frame, { send }) => {
    // What answers them must not come between the pieces of the frame that follows.
    if (frame.type === FRAME_TYPE.HEADERS) send(settings(), ping(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
    return false;
  });
  const ids = ['framing/octet-by-octet', 'framing/many-frames-in-one-write'];
  t.same(told(await judged(targetAt(port), ...ids)).toSorted(), ids.map(id => `${id}: pass`).toSorted());
});

t.test('a push with every home page', async t => {
  const target = await served(t, (request, response) => {
    const { stream } = response;
    stream.on('error', () => {});
    if (request.url !== '/' || !stream.pushAllowed) return site()(request, response);
    stream.pushStream({ ':path': '/pushed' }, (error, push) => {
      if (error === null) push.on('error', () => {}).respond({ ':status': 200 });
      push?.end('pushed');
      site()(request, response);
    });
  });
  const even = [
    'streams/window-update-on-never-promised-stream',
    'streams/request-on-even-stream',
    'rst-stream/on-never-promised-stream',
    'push/promised-identifiers',
  ];
  t.same(bad(await judged(target, ...even)), []);
});

t.test('field sections of 4,000 octets and no more', async t => {
  const target = await served(t, site(), { settings: { maxHeaderListSize: 4000 } });
  const ids = ['hpack/exact-fit-stays', 'hpack/oldest-evicted-first', 'hpack/one-octet-over-evicts'];
  t.same(bad(await judged(target, ...ids, 'field-blocks')), []);
});

t.test('no memory for a hundred large responses', async t => {
  const large: Answer = site({ large: 2_000_000 });
  const target = await served(t, large, { settings: { maxConcurrentStreams: 100 } });
  const results = await judged(target, 'streams/one-above-the-limit', 'streams/refused-streams-take-no-slot');
  t.same(bad(results), []);
});

/** A number of exclamation marks that grows. */
function growing(): () => string {
  let marks = 0;
  return () => {
    marks += 1;
    return '!'.repeat(marks);
  };
}

t.test('an upload whose answer has another length each time', async t => {
  const marks = growing();
  const longer = (): string => `thank you${marks()}`;
  const ids = ['data/padded', 'data/in-many-frames', 'headers/end-stream-before-continuation'];
  t.same(
    told(await judged(await served(t, site({}, longer)), ...ids)).toSorted(),
    ids.map(id => `${id}: pass`).toSorted(),
  );
});

/** GET /large is answered with a head alone while the client's windows are tiny. */
function waitsForRoom(tiny: (link: object) => boolean, react: Manners): Manners {
  const decoders = new WeakMap<object, Decoder>();
  return (frame, link) => {
    if (frame.type !== FRAME_TYPE.HEADERS || !tiny(link)) return react(frame, link);
    const decoder = decoders.get(link) ?? new Decoder(4096);
    decoders.set(link, decoder);
    if (!decoder.decode(frame.payload).includes('/large')) return false;
    link.send(headers(frame.stream, plainBlock([':status', '200', 'date', 'Sun, 06 Nov 1994 08:49:37 GMT'])));
    return true;
  };
}

function windowOf(frames: readonly Frame[]): number {
  const entries = frames.flatMap(frame => {
    const payload = parsePayload(frame);
    return payload.type === 'SETTINGS' ? payload.entries : [];
  });
  return entries.findLast(([id]) => id === SETTING.INITIAL_WINDOW_SIZE)?.[1] ?? 65_535;
}

t.test('content that waits until the window has room for more than one octet', async t => {
  const closed: Manners = (frame, { send }) => {
    if (frame.type !== FRAME_TYPE.DATA) return false;
    send(rstStream(frame.stream, 'STREAM_CLOSED'));
    return true;
  };
  const { port } = await toy(
    t,
    waitsForRoom(link => windowOf((link as { frames: Frame[] }).frames) < 1000, closed),
  );
  t.same(told(await judged(targetAt(port), 'data/after-end-stream')), ['data/after-end-stream: pass']);
});

t.test('a window of one octet that is taken for an abuse', async t => {
  const { port } = await toy(t, (frame, link) => {
    if (frame.type !== FRAME_TYPE.HEADERS || windowOf(link.frames) > 1) return false;
    link.send(goaway(frame.stream, 'ENHANCE_YOUR_CALM'));
    link.socket.end();
    return true;
  });
  t.same(told(await judged(targetAt(port), 'data/after-end-stream')), ['data/after-end-stream: not-applicable']);
});

t.test('malformed requests one after the other that are taken for an abuse', async t => {
  const counts = new WeakMap<object, number>();
  const small = says(['INITIAL_WINDOW_SIZE', 1000]);
  const { port } = await toy(t, (frame, link) => {
    // The control has two requests, with END_STREAM; those of the case have none.
    if (frame.type !== FRAME_TYPE.HEADERS || (frame.flags & FLAG.END_STREAM) !== 0) return small(frame, link);
    const count = (counts.get(link) ?? 0) + 1;
    counts.set(link, count);
    link.send(rstStream(frame.stream, 'PROTOCOL_ERROR'));
    if (count < 10) return true;
    link.send(goaway(frame.stream, 'ENHANCE_YOUR_CALM'));
    link.socket.end();
    return true;
  });
  const id = 'streams/data-after-reset-costs-no-window';
  t.same(told(await judged(targetAt(port), id)), [`${id}: not-applicable`]);
});

t.test('an upload that is answered, and done with, before its content', async t => {
  const { port } = await toy(t, (frame, { send }) => {
    if (frame.type !== FRAME_TYPE.HEADERS || (frame.flags & FLAG.END_STREAM) !== 0) return false;
    send(
      headers(frame.stream, plainBlock([':status', '403', 'date', 'Sun, 06 Nov 1994 08:49:37 GMT']), {
        endStream: true,
      }),
      rstStream(frame.stream, 'NO_ERROR'),
    );
    return true;
  });
  const target = targetAt(port, {}, { small: { path: '/' }, upload: { path: '/upload' } });
  t.same(told(await judged(target, 'framing/oversized-data')), ['framing/oversized-data: not-applicable']);
});

t.test('a home page that has another length each time cannot be judged, and the kit says what can', async t => {
  const marks = growing();
  const target = await served(t, (_, response) => void response.end(`hello${marks()}`), {}, { small: { path: '/' } });
  await t.rejects(judged(target, 'ping'), {
    name: 'TargetError',
    message: /GET \/ has another length each time: name a resource that stays the same with --resource small=\/path/,
  });
});

t.test('pages for what is not there that have another length each time', async t => {
  const marks = growing();
  const target = await served(
    t,
    (request, response) => {
      if (request.url === '/') response.end('sixteen octets!\n');
      else response.writeHead(404).end(`${request.url} is not there${marks()}`);
    },
    {},
    { small: { path: '/' } },
  );
  t.same(told(await judged(target, 'hpack/newest-entry-first')), ['hpack/newest-entry-first: not-applicable']);
});

t.test('HEAD is not allowed where nothing is', async t => {
  const target = await served(
    t,
    (request, response) => {
      const [status, content] =
        request.url === '/' ? [200, 'sixteen octets!\n'] : request.method === 'HEAD' ? [405, ''] : [404, 'not found'];
      response.writeHead(status, { 'content-length': content.length, allow: 'GET' }).end(content);
    },
    {},
    { small: { path: '/' } },
  );
  t.same(bad(await judged(target, 'passive/head-has-no-content')), []);
});
