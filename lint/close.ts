/** The notice `close` against all that was seen of the exchange (section 3.7). */
import type { Close, Exchange } from '../spec/msgi.ts';
import { isCode, isParty } from './exchange-error.ts';
import { isInteger, type Judge } from './judge.ts';
import type { Outcome } from './outcome.ts';
import type { LintSource } from './source.ts';

export function judgeClose(
  judge: Judge,
  close: Close,
  exchange: Exchange,
  outcome: Outcome,
  source: LintSource | null,
) {
  const counts = [close.sent, close.received, close.status].every(n => isInteger(n, 0, Number.MAX_SAFE_INTEGER));
  if (!counts || !isCode(close.code) || !isParty(close.by) || typeof close.complete !== 'boolean') {
    return judge.server('MSGI-MODEL-1', `the notice close is ${JSON.stringify(close)}`);
  }
  if (outcome.lost) return;
  judgeFailed(judge, close, exchange, outcome);
  judgeStatus(judge, close, outcome);
  judgeCounts(judge, close, outcome, source);
}

function judgeFailed(judge: Judge, { complete, code, by }: Close, { signal }: Exchange, outcome: Outcome) {
  if (outcome.complete && !complete) return judge.server('MSGI-NOTE-9', 'end has fulfilled, and complete is false');
  if (complete) {
    if (signal.aborted) judge.server('MSGI-LIFE-49', 'signal has aborted, and the response is complete');
    if (code === 0 && by !== 'app') judge.server('MSGI-NOTE-10', `code 0 by "${by}" where nothing failed`);
    return;
  }
  if (!signal.aborted) return judge.server('MSGI-LIFE-48', 'the response is not complete, and signal has not aborted');
  const { reason } = signal;
  if (outcome.reset >= 0 && (reason?.code !== outcome.reset || reason?.by !== 'app')) {
    judge.server('MSGI-ERR-3', `reset(${outcome.reset}) ended it, and signal says ${reason?.code} by "${reason?.by}"`);
  }
  if (reason?.code === code && reason?.by === by) return;
  judge.server('MSGI-NOTE-10', `code ${code} by "${by}", where signal says ${String(reason?.code)} by "${reason?.by}"`);
}

/** What a server answers in place of the application: a limit, or, on HTTP/1.x, a request that is found to be malformed. */
const OF_THE_SERVER: readonly number[] = [400, 408, 500, 503];

/** A tunnel may have had another status on the wire. Without a head of the application's it is the server's own. */
function judgeStatus(judge: Judge, { status, complete }: Close, outcome: Outcome): void {
  if (outcome.tunnel || (status === 0 && !complete)) return;
  if (outcome.phase !== 'idle') {
    if (status === outcome.status) return;
    judge.server('MSGI-LIFE-3', `the status ${status} in the notice close, where ${outcome.status} was given`);
  } else if (complete ? status !== 500 : !OF_THE_SERVER.includes(status)) {
    judge.server(
      complete ? 'MSGI-LIFE-13' : 'MSGI-LIFE-17',
      `the status ${status} where the application gave no response`,
    );
  }
}

function judgeCounts(judge: Judge, close: Close, outcome: Outcome, source: LintSource | null): void {
  const { sent, received, complete } = close;
  const most = outcome.bare ? 0 : outcome.written;
  const own = outcome.phase !== 'idle';
  if (own && (sent > most || (complete && sent < most))) {
    judge.server('MSGI-NOTE-11', `sent is ${sent}, of ${most} octets written`);
  }
  const delivered = source?.allowance.delivered ?? 0;
  if (received < delivered) judge.server('MSGI-NOTE-11', `received is ${received}, and ${delivered} octets were read`);
}
