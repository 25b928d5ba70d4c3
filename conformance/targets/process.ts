/** A subject's process: started in a group of its own, drained, and ended with all that it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../subject.ts';
import { atExit } from './exit.ts';
import { groupMeter, type Meter } from './memory.ts';
import { dial } from './ports.ts';
import { guard } from './sentinel.ts';
import { type Crash, EndedEarly, TargetError } from './target.ts';

/** Octets of output that are kept. */
const TAIL = 8192;

/** Milliseconds from the stop signal to SIGKILL, and from SIGKILL until the kit goes on without the process. */
const STOP_MS = 2000;
const REAP_MS = 1000;

/** Milliseconds that a killed group is waited for, and between two looks at it. */
const GONE_MS = 250;
const GONE_POLL_MS = 5;

/** Milliseconds between two looks at a port that does not listen yet. */
const POLL_MS = 20;

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Beside the kit's own environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Running {
  readonly command: Command;
  /** How it ended; null while it runs. */
  ended(): Crash | null;
  /** The last 8 KiB that it printed, stdout and stderr as they came. */
  output(): string;
  /** The first line of stdout that is a JSON object with an `address`; null until there is one. */
  announced(): Announcement | null;
  /** Fulfilled when it has ended and its output is complete. */
  readonly over: Promise<void>;
  /** Measures what it and all that it started hold; null where the system does not tell. */
  meter(): Meter | null;
  /** To the process alone, not to what it started. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the whole group: the signal, then SIGKILL. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** What a subject may print as one line of JSON. */
export interface Announcement {
  readonly address: string;
  readonly tls?: string;
}

/** Starts a command. Throws TargetError where there is no such command or it cannot be executed. */
export async function launch(command: Command): Promise<Running> {
  const [file, ...args] = command.argv as [string, ...string[]];
  const child = spawn(file, args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // 'error' comes before 'spawn' or not at all, unless a signal could not be sent, which kill(2) below never asks of it.
  child.on('error', () => {});
  await once(child, 'spawn').catch((error: NodeJS.ErrnoException) => {
    throw new TargetError(cannotStart(file, error));
  });
  return supervise(child, command);
}

function cannotStart(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES') return `${file} cannot be executed: chmod +x it, or name its interpreter first`;
  if (error.code !== 'ENOENT') return `${file} cannot be started: ${error.message}`;
  if (file.includes('/'))
    return `${file} does not exist: commands run in {dir}; {manifest} is the folder of the manifest`;
  return `${file} is not installed, or not on PATH`;
}

function supervise(child: ChildProcess, command: Command): Running {
  const group = child.pid as number;
  const tail = new Tail();
  let exit: string | null = null;
  let announcement: Announcement | null = null;
  const forget = atExit(() => signalGroup(group, 'SIGKILL'));
  const dismiss = guard(group);

  drain(child.stdout as Readable, tail);
  drain(child.stderr as Readable, tail);
  onLine(child.stdout as Readable, line => {
    announcement ??= parseAnnouncement(line);
  });
  const closed = once(child, 'close');
  const over = once(child, 'exit').then(async ([status, signal]) => {
    exit = signal === null ? `exit status ${status}` : `signal ${signal}`;
    // What it started goes with it: workers left behind would hold the port.
    signalGroup(group, 'SIGKILL');
    forget();
    dismiss();
    await Promise.all([within(closed, REAP_MS), gone(group)]);
  });

  return {
    command,
    ended: () => (exit === null ? null : { how: exit, output: tail.text() }),
    output: () => tail.text(),
    announced: () => announcement,
    over,
    meter: () => (exit === null ? groupMeter(group) : null),
    signal: signal => void child.kill(signal),
    async stop(signal) {
      if (exit === null) signalGroup(group, signal);
      if (await within(over, STOP_MS)) return;
      signalGroup(group, 'SIGKILL');
      await within(over, 2 * REAP_MS);
    },
  };
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // ESRCH: nobody is left.
  }
}

/** Waits until nobody is left of a group that was killed: a port is free only then. A zombie that nobody reaps holds none. */
async function gone(group: number): Promise<void> {
  for (let waited = 0; waited < GONE_MS && isAlive(group); waited += GONE_POLL_MS) await delay(GONE_POLL_MS);
}

function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether `promise` is fulfilled within `limit` milliseconds. */
async function within(promise: Promise<unknown>, limit: number): Promise<boolean> {
  const clock = new AbortController();
  try {
    const late = delay(limit, false, { signal: clock.signal });
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clock.abort();
  }
}

/** The last octets of an output without end. */
class Tail {
  #chunks: Buffer[] = [];
  #octets = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk.length > TAIL ? Buffer.from(chunk.subarray(-TAIL)) : chunk);
    this.#octets += chunk.length;
    if (this.#octets > 4 * TAIL) this.#compact();
  }

  text(): string {
    this.#compact();
    return this.#chunks[0]?.toString('utf8') ?? '';
  }

  #compact(): void {
    this.#chunks = [Buffer.from(Buffer.concat(this.#chunks).subarray(-TAIL))];
    this.#octets = Math.min(this.#octets, TAIL);
  }
}

function drain(stream: Readable, tail: Tail): void {
  stream.on('data', (chunk: Buffer) => tail.push(chunk));
  stream.on('error', () => {});
}

/** Lines of at most TAIL octets; the rest of a longer one is passed over. */
function onLine(stream: Readable, take: (line: string) => void): void {
  let partial = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (partial + chunk.toString('latin1')).split('\n');
    partial = (lines.pop() as string).slice(0, TAIL);
    for (const line of lines) take(Buffer.from(line, 'latin1').toString('utf8'));
  });
}

function parseAnnouncement(line: string): Announcement | null {
  if (!line.startsWith('{')) return null;
  try {
    const { address, tls } = JSON.parse(line);
    if (typeof address !== 'string') return null;
    return typeof tls === 'string' ? { address, tls } : { address };
  } catch {
    return null;
  }
}

/** The subject ended before it listened, because somebody else has its port. */
export class PortTaken extends TargetError {}

/**
 * Waits until every endpoint that `wanted` names accepts a connection; `wanted` gives null while it is not known yet.
 * Throws TargetError when the process ends first or `limit` milliseconds are over.
 */
export async function untilReady(
  running: Running,
  wanted: () => readonly Endpoint[] | null,
  limit: number,
  name: string,
): Promise<void> {
  const deadline = performance.now() + limit;
  for (;;) {
    const endpoints = wanted();
    const left = deadline - performance.now();
    const accepted = endpoints !== null && (await accepts(endpoints, left));
    if (running.ended() !== null) throw await endedEarly(running, name);
    if (accepted) return;
    if (left <= 0) throw new TargetError(neverListened(running, endpoints, limit, name));
    await delay(Math.min(POLL_MS, left));
  }
}

async function accepts(endpoints: readonly Endpoint[], limit: number): Promise<boolean> {
  const outcomes = await Promise.all(endpoints.map(({ host, port }) => dial(host, port, limit)));
  return outcomes.every(outcome => outcome === null);
}

async function endedEarly(running: Running, name: string): Promise<TargetError> {
  await running.over;
  const { how, output } = running.ended() as Crash;
  const hint = how === 'exit status 0' ? ' (it must stay in the foreground)' : '';
  const message = `${name} ended before it listened: ${how}${hint}\n${quote(running, output)}`;
  return /EADDRINUSE|\b(?:address|port)\b.*\bin use\b/i.test(output)
    ? new PortTaken(message)
    : new EndedEarly(message, how);
}

function neverListened(running: Running, endpoints: readonly Endpoint[] | null, limit: number, name: string): string {
  const where = endpoints?.map(({ host, port }) => `${host}:${port}`).join(' and ') ?? 'an address that it prints';
  return `${name} runs, but did not listen at ${where} within ${limit} ms: check its port, or raise "ready_ms"\n${quote(running, running.output())}`;
}

/** The command and the end of what it printed, for a message. */
export function quote({ command }: Pick<Running, 'command'>, output: string): string {
  const lines = output.trimEnd().split('\n').slice(-20);
  const printed = output.trim() === '' ? ['(it printed nothing)'] : lines;
  return [`$ ${command.argv.join(' ')}`, ...printed].map(line => `  ${line}`).join('\n');
}

/** Runs a command to its end. Throws TargetError where it cannot be started or takes more than `limit` milliseconds. */
export async function run(command: Command, limit: number): Promise<Crash> {
  const running = await launch(command);
  if (!(await within(running.over, limit))) {
    await running.stop('SIGKILL');
    throw new TargetError(`did not end within ${limit} ms\n${quote(running, running.output())}`);
  }
  return running.ended() as Crash;
}
