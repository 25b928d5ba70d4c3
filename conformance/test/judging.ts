/** Cases of a toy, judged: what the tests of the runner and of the raw client share. */
import { createServer as createHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { type Frame, frame, goaway } from '../../wire/index.ts';
import { type Case, type CaseBody, chapter } from '../case.ts';
import type { Report, Result, Verdict } from '../result.ts';
import { type Attempt, attempt } from '../runner/attempt.ts';
import { DEFAULT_OPTIONS, type Listener, type RunOptions } from '../runner/events.ts';
import { run } from '../runner/run.ts';
import { type Target, TargetError } from '../targets/target.ts';
import { CONTENT, type Link, type Manners, ORDER, subjectAt } from './toy.ts';

export type Body = CaseBody['run'];

export const order = (stream = 0): Frame => frame(ORDER, 0, stream, [1]);

/** Cases "toy/…" with one body each. */
export function cases(
  bodies: Readonly<Record<string, Body | (Partial<CaseBody> & { readonly run: Body })>>,
): readonly Case[] {
  const full = Object.entries(bodies).map(([slug, body]) => {
    const rest = typeof body === 'function' ? { run: body } : body;
    return [slug, { requirement: 'rfc9113/5.5/2', title: `the title of ${slug}`, ...rest }] as const;
  });
  return chapter('toy', Object.fromEntries(full) as Record<string, CaseBody>);
}

export const passes: Body = async trial => void (await trial.open());
export const fails: Body = async trial => {
  await trial.open();
  trial.fail('it is wrong');
};

export function judge(
  chosen: readonly Case[],
  target: Target,
  options: Partial<RunOptions> = {},
  ...listeners: readonly Listener[]
): Promise<Report> {
  return run(chosen, target, { ...DEFAULT_OPTIONS, timeout: 3000, ...options }, listeners);
}

export function only(report: Report, slug: string): Result {
  const result = report.results.find(({ id }) => id === `toy/${slug}`);
  if (result === undefined) throw new Error(`no result of toy/${slug}`);
  return result;
}

export const verdicts = ({ results }: Report): Record<string, Verdict> =>
  Object.fromEntries(results.map(({ id, verdict }) => [id.slice(4), verdict]));

/** One try against a toy, its connections closed. */
export async function tried(port: number, body: Body, timeout = 3000): Promise<Attempt> {
  const one = await attempt(cases({ one: body })[0] as Case, subjectAt(port), timeout, wait => wait);
  for (const peer of one.parked) peer.close();
  return one;
}

/** The same for a body that makes its own assertions: it must come to its end. */
export async function passed(t: Test, port: number, body: Body): Promise<void> {
  const { verdict, seen } = await tried(port, body);
  t.equal(verdict, 'pass', seen);
}

/** Manners that carry out the kit's order, and are sound otherwise. */
export const onOrder =
  (obey: (link: Link, frame: Frame) => void): Manners =>
  (frame, link) => {
    if (frame.type !== ORDER) return false;
    obey(link, frame);
    return true;
  };

export const bareClose = ({ socket }: Link): void => void socket.end();
export const refuse = (link: Link): void => {
  link.send(goaway(3, 'PROTOCOL_ERROR'));
  link.socket.end();
};

/** A server of Node's own: what the kit says of a sound subject does not rest on the toy. */
export async function soundServer(t: Test): Promise<number> {
  const server = createHttp2((request, response) => {
    request.resume();
    const content = request.url === '/large' ? 'l'.repeat(100_000) : CONTENT;
    if (request.url === '/' || request.url === '/large') response.end(content);
    else response.writeHead(404).end('not found');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

export async function complaint(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => null,
    reason => reason,
  );
  if (error instanceof TargetError) return error.message;
  throw error ?? new Error('no TargetError came');
}
