/** The judge against servers that only look alive (KIT rule 2): what they pass by refusing all, or by serving all, is nothing. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import t from 'tap';
import {
  concat,
  data,
  encodeFrame,
  FLAG,
  FRAME_TYPE,
  type Frame,
  FrameReader,
  headers,
  PREFACE_OCTETS,
  ping,
  plainBlock,
  settings,
  settingsAck,
} from '../../wire/index.ts';
import type { Case } from '../case.ts';
import { catalogue } from '../cases/index.ts';
import { faults } from '../faults/index.ts';
import type { Result, Verdict } from '../result.ts';
import { DEFAULT_OPTIONS } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import type { Target } from '../targets/target.ts';

/** What a liar says to a frame; null: it drops the connection. */
type Liar = (frame: Frame) => readonly Frame[] | null;

const isAck = ({ type, flags }: Frame, wanted: number): boolean => type === wanted && (flags & FLAG.ACK) !== 0;

/** Takes part in the handshake, and ends the connection at the first frame that is not of it. */
function slammer(): Liar {
  let settled = false;
  return frame => {
    if (isAck(frame, FRAME_TYPE.SETTINGS)) return [];
    if (frame.type !== FRAME_TYPE.SETTINGS || settled) return null;
    settled = true;
    return [settingsAck()];
  };
}

/** Has the same 16 octets for whoever sends HEADERS, whatever they say, and knows of no error. */
function yesman(): Liar {
  const head = plainBlock([':status', '200', 'content-length', '16']);
  return frame => {
    if (frame.type === FRAME_TYPE.HEADERS)
      return [headers(frame.stream, head), data(frame.stream, 'sixteen octets..', { endStream: true })];
    if (frame.type === FRAME_TYPE.SETTINGS) return isAck(frame, FRAME_TYPE.SETTINGS) ? [] : [settingsAck()];
    if (frame.type === FRAME_TYPE.PING) return isAck(frame, FRAME_TYPE.PING) ? [] : [ping(frame.payload, true)];
    return [];
  };
}

function serve(socket: Socket, liar: Liar): void {
  const reader = new FrameReader();
  let skip = PREFACE_OCTETS.length;
  const say = (frames: readonly Frame[]): void => {
    if (socket.writable) socket.write(concat(frames.map(frame => encodeFrame(frame))));
  };
  socket.on('error', () => {});
  socket.on('data', chunk => {
    if (skip > 0) say([settings()]);
    const octets = chunk.subarray(skip);
    skip = 0;
    for (const frame of reader.read(octets)) {
      const answer = liar(frame);
      if (answer === null) {
        socket.destroy();
        return;
      }
      say(answer);
    }
  });
}

async function listen(liar: () => Liar): Promise<{ target: Target; server: Server }> {
  const server = createServer({ noDelay: true }, socket => serve(socket, liar()));
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve));
  const { port } = server.address() as AddressInfo;
  const target: Target = {
    facts: { name: 'liar', version: '0', address: `http://127.0.0.1:${port}`, claims: ['http2'] },
    endpoint: { scheme: 'http', host: '127.0.0.1', port },
    tls: null,
    authority: `127.0.0.1:${port}`,
    fields: [],
    verify: false,
    resources: {
      small: { path: '/', size: 16 },
      large: { path: '/large', size: 2_097_152 },
      upload: { path: '/upload' },
      other: { path: '/other', size: 10 },
    },
    expect: {},
    races: {},
    argument: 'liar',
    crash: () => null,
    restart: async () => {},
    stop: async () => {},
  };
  return { target, server };
}

async function judge(liar: () => Liar): Promise<readonly Result[]> {
  const { target, server } = await listen(liar);
  try {
    const { results } = await run(catalogue, target, { ...DEFAULT_OPTIONS, seed: 1, timeout: 2000 });
    assert.equal(results.length, catalogue.length);
    return results;
  } finally {
    server.close();
  }
}

/** Looks at nothing but the preface and the SETTINGS of the server (RFC 9113 §3.4 and §6.5; settings of RFC 8441 and RFC 9218). */
function isAboutItsSettings({ handshake, passive, requirement }: Case): boolean {
  return (handshake || passive) === true && /^rfc(9113\/(3\.4|6\.5)|8441\/3|9218\/2\.1)/.test(requirement);
}

const withVerdict = (results: readonly Result[], ...verdicts: readonly Verdict[]): string[] =>
  results
    .filter(({ verdict }) => verdicts.includes(verdict))
    .map(({ id, verdict, seen }) => `${id}: ${verdict}: ${seen}`);

t.test(
  'a server that drops the connection after the handshake passes what is about its handshake, and no more',
  async () => {
    const results = await judge(slammer);
    const itsSettings = new Set(catalogue.filter(isAboutItsSettings).map(({ id }) => id));
    const others = results.filter(({ id }) => !itsSettings.has(id));
    assert.deepEqual(withVerdict(others, 'pass', 'weak'), []);
    assert.deepEqual(withVerdict(results, 'error', 'crash', 'flaky'), []);
    assert.ok(others.length > 100, `${others.length} cases`);
  },
);

t.test('a server that says 200 to every HEADERS fails whatever wants its fields decoded', async () => {
  const results = await judge(yesman);
  // Rows that know nothing worse than weak, where serving is no failure.
  const lenient = new Set(faults.filter(({ grade }) => grade === 'weak').flatMap(({ fails }) => fails));
  const chapters = ['field-blocks', 'messages', 'fields', 'pseudo-fields', 'hpack'];
  for (const name of chapters) {
    const judged = catalogue.filter(
      // A liar that nobody can start with an option is judged by the other cases.
      ({ chapter, app, alone, id }) => chapter === name && app === undefined && alone === undefined && !lenient.has(id),
    );
    const ids = new Set(judged.map(({ id }) => id));
    assert.ok(ids.size > 0, `chapter ${name} has no cases`);
    const fine = results.filter(({ id, verdict }) => ids.has(id) && verdict !== 'fail');
    assert.deepEqual(
      fine.map(({ id, verdict, seen }) => `${id}: ${verdict}: ${seen}`),
      [],
    );
  }
  assert.deepEqual(withVerdict(results, 'error', 'crash', 'flaky'), []);
});
