/** A made-up report with a result of every kind, for the tests of the reporters. */
import type { Report, Result, TranscriptEntry } from '../result.ts';

/** Everything that a subject could put into its words to break a format or a terminal. */
export const HOSTILE =
  'quote " apostrophe \' end ]]> &amp; <b> # SKIP \\ \u0000\u0007\u001b[31mred\u001b[0m\u0085\u2028\u202e \ud800 \ufffe \u{1f600} é\r\nnot ok 99 - forged\n  ...\ttab';

export const transcript: readonly TranscriptEntry[] = [
  entry(0, '-', 'OPEN', 'port 40112', { stream: 0 }),
  entry(120, '>', 'PREFACE', '', { stream: 0, length: 24 }),
  entry(131, '>', 'SETTINGS', '', { stream: 0 }),
  entry(480, '<', 'SETTINGS', 'MAX_CONCURRENT_STREAMS=128, INITIAL_WINDOW_SIZE=65536', { stream: 0, length: 12 }),
  entry(512, '<', 'SETTINGS', '', { stream: 0, flags: ['ACK'] }),
  entry(700, '>', 'HEADERS', ':method GET; :scheme http; :authority localhost; :path /', {
    flags: ['END_STREAM', 'END_HEADERS'],
    length: 28,
  }),
  entry(1310, '<', 'HEADERS', ':status 200; content-length 16', { flags: ['END_HEADERS'], length: 9 }),
  entry(1315, '<', 'DATA', '16 octets', { flags: ['END_STREAM'], length: 16 }),
  entry(1400, '>', 'SETTINGS', '', { stream: 0, flags: ['ACK'], length: 6, note: 'on purpose' }),
  entry(1401, '>', 'PING', '6d73676901000001', { stream: 0, length: 8 }),
  entry(1820, '<', 'PING', '6d73676901000001', { stream: 0, length: 8, flags: ['ACK'] }),
];

export function entry(
  t_us: number,
  direction: TranscriptEntry['direction'],
  type: string,
  payload: string,
  rest: Partial<TranscriptEntry> = {},
): TranscriptEntry {
  return { t_us, direction, connection: 1, type, flags: [], stream: 1, length: 0, payload, raw: '00', ...rest };
}

export function result(id: string, rest: Partial<Result> = {}): Result {
  return {
    id,
    requirements: ['rfc9113/6.5/5'],
    title: 'SETTINGS with ACK and a payload ends the connection',
    verdict: 'pass',
    expected: 'GOAWAY FRAME_SIZE_ERROR',
    seen: 'GOAWAY FRAME_SIZE_ERROR, then the server closes (FIN)',
    ms: 12.5,
    transcript,
    rerun: `msgi certify nginx --case ${id} --seed 7`,
    ...rest,
  };
}

export function report(results: readonly Result[], rest: Partial<Report> = {}): Report {
  return {
    subject: { name: 'nginx', version: '1.22.1', address: 'http://127.0.0.1:8080', claims: ['http2'] },
    kit: { name: 'msgi', version: '0.1.0', node: '20.20.2' },
    registry: { version: '2026.11' },
    seed: 7,
    suites: ['http2'],
    started: '2026-11-22T10:30:00.000Z',
    ms: 3210,
    selected: results.length,
    results,
    ...rest,
  };
}

export const everyKind: readonly Result[] = [
  result('settings/ack-alone'),
  result('settings/ack-with-payload', {
    verdict: 'fail',
    seen: 'the connection stays open: two PINGs were answered',
    limited: true,
  }),
  result('settings/unknown-setting', {
    verdict: 'weak',
    reason: 'races',
    seen: 'the connection is closed without GOAWAY',
    tries: { weak: 3, pass: 2 },
    requirements: ['rfc9113/6.5/6'],
  }),
  result('ping/on-a-stream', { verdict: 'flaky', tries: { pass: 1, fail: 1 }, seen: 'verdicts differ between runs' }),
  result('hpack/bomb', {
    verdict: 'crash',
    seen: 'the subject ended: signal SIGSEGV',
    output: 'worker process 4711 exited on signal 11\nsorry\n',
  }),
  result('upload/window', {
    verdict: 'not-applicable',
    reason: 'no-resource',
    seen: 'no upload resource (--resource upload=/path)',
    transcript: [],
  }),
  result('data/padding', { verdict: 'error', reason: 'dial', seen: 'connection refused', transcript: [] }),
  result('data/closed', {
    verdict: 'fail',
    known: 'nginx ignores it',
    disputed: '6.1 asks for STREAM_CLOSED, 5.1 allows it to be ignored',
  }),
  result('goaway/last-stream', { verdict: 'pass', known: 'an old bug' }),
];
