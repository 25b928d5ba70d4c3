/** `msgi process`: hosts the default export of a module behind a server of any kind (chapter 11). */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { devNull } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import type { App, Application } from '../spec/msgi.ts';
import { Lifespan } from './host/lifespan.ts';
import { HostPipe } from './host/pipe.ts';
import { carrier, listenTo } from './stdio.ts';

const HELP = `Usage: msgi process [options] APP

Host an MSGI application for a server that speaks MSGI/process (chapter 11 of the specification).

Arguments:
  APP              module whose default export is an application, such as examples/hello.js

Options:
  --socket <path>  listen on a unix socket; without it descriptors 0 and 1 are the pipe
  --port <number>  listen on a port of 127.0.0.1; only where nobody else can connect
  --lint           check the application and the server against the specification; what is wrong goes to stderr
  -h, --help       display help for command

On descriptors 0 and 1 it is started by the server and ends when the pipe does; what the application prints goes to
stderr. On a socket it prints one line of JSON, {"address":"…","pid":1}, and SIGINT or SIGTERM ends it when its pipes
have ended.
`;

/** Descriptors of the pipe in the process that hosts; the first process keeps 0 and 1 from everybody (MSGI-PROC-1). */
const INPUT = 3;
const OUTPUT = 4;
const INNER = 'MSGI_PROCESS_INNER';

/** What the user can put right: printed without a stack. */
class UsageError extends Error {}

interface Options {
  readonly socket?: string | undefined;
  readonly port?: string | undefined;
  readonly lint?: boolean | undefined;
  readonly help?: boolean | undefined;
}

/** Runs the command with its arguments, `argv` without "node" and the script. Gives the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const { values, file } = parse(argv);
    if (values.help === true) {
      process.stdout.write(HELP);
      return 0;
    }
    if (file === undefined) throw new UsageError('name the module of one application: msgi process APP');
    if (values.socket !== undefined || values.port !== undefined) return await onSocket(file, values);
    return process.env[INNER] === undefined ? await outer(argv) : await onDescriptors(file, values);
  } catch (error) {
    process.stderr.write(`msgi process: ${explain(error)}\n`);
    return 2;
  }
}

function parse(argv: readonly string[]): { readonly values: Options; readonly file: string | undefined } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      socket: { type: 'string' },
      port: { type: 'string' },
      lint: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (positionals.length > 1) throw new UsageError('one application at a time');
  return { values, file: positionals[0] };
}

/**
 * Node.js cannot move a descriptor, so the application runs in a process of its own: descriptors 0 and 1 of this one are 3
 * and 4 there, its 0 is empty and its 1 is 2. Nothing that it prints, by whatever way, gets between the frames.
 */
async function outer(argv: readonly string[]): Promise<number> {
  const script = [...process.execArgv, process.argv[1] as string, 'process', ...argv];
  const child = spawn(process.execPath, script, {
    env: { ...process.env, [INNER]: '1' },
    stdio: ['ignore', 2, 2, 0, 1],
  });
  leaveDescriptors();
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (signal !== null) process.kill(process.pid, signal);
      resolve(status ?? 1);
    });
  });
}

/** The pipe is the inner process's alone: what that closes is closed, though this one waits for it (MSGI-PROC-9). */
function leaveDescriptors(): void {
  for (const descriptor of [0, 1]) {
    closeSync(descriptor);
    // The lowest that is free: nothing else can take its place.
    openSync(devNull, 'r+');
  }
}

async function onDescriptors(file: string, options: Options): Promise<number> {
  delete process.env[INNER];
  const lifespan = new Lifespan(await load(file, options), reportToStderr);
  const input = new Socket({ fd: INPUT, readable: true, writable: false });
  const output = new Socket({ fd: OUTPUT, readable: false, writable: true });
  // The server drains and ends the pipe: a signal that reaches the whole group is not for the host.
  process.on('SIGINT', () => {}).on('SIGTERM', () => input.destroy());
  await serve(lifespan, input, output);
  await lifespan.stop();
  return lifespan.failed ? 1 : 0;
}

/** Fulfilled when the pipe has ended and its exchanges have settled. */
async function serve(lifespan: Lifespan, input: Socket, output: Socket): Promise<void> {
  const pipe = new HostPipe(lifespan, carrier(output));
  await new Promise<void>(over => {
    const end = (): void => {
      pipe.end();
      over();
    };
    listenTo(input, output, { receive: octets => pipe.receive(octets), end });
    pipe.onEnd = over;
  });
  input.destroy();
  await pipe.settled();
}

async function onSocket(file: string, options: Options): Promise<number> {
  const lifespan = new Lifespan(await load(file, options), reportToStderr);
  const pipes = new Set<Promise<void>>();
  const server = createServer({ noDelay: true }, socket => {
    const over = serve(lifespan, socket, socket).finally(() => pipes.delete(over));
    pipes.add(over);
  });
  process.stdout.write(`${JSON.stringify({ address: await listen(server, options), pid: process.pid })}\n`);
  await new Promise<void>(stop => {
    process.once('SIGINT', () => stop()).once('SIGTERM', () => stop());
  });
  server.close();
  await Promise.all(pipes);
  await lifespan.stop();
  return 0;
}

async function listen(server: Server, { socket, port }: Options): Promise<string> {
  if (socket !== undefined && port !== undefined) throw new UsageError('--socket or --port, not both');
  const where = socket === undefined ? { host: '127.0.0.1', port: portOf(port as string) } : { path: resolve(socket) };
  await new Promise<void>((yes, no) => {
    server.once('error', no);
    server.listen(where, yes);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? `${address.address}:${address.port}` : String(address);
}

function portOf(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError('--port is an integer from 0 to 65535');
}

async function load(file: string, { lint }: Options): Promise<App | Application> {
  const path = resolve(file);
  const { default: hosted } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  const isObject = typeof hosted === 'object' && hosted !== null && typeof (hosted as Application).app === 'function';
  if (typeof hosted !== 'function' && !isObject) {
    throw new UsageError(`${path} has no application as its default export; add "export default app"`);
  }
  return lint === true ? await linted(hosted as App | Application) : (hosted as App | Application);
}

/** Loaded when wanted only: the checker quotes the specification, and brings it along. */
async function linted(hosted: App | Application): Promise<Application> {
  const { formatLint, lint } = await import('../lint/index.ts');
  const application: Application = typeof hosted === 'function' ? { app: hosted } : hosted;
  return {
    app: lint(x => application.app(x), { report: error => process.stderr.write(`lint: ${formatLint(error)}\n`) }),
    start: host => application.start?.(host),
    drain: () => application.drain?.(),
    stop: () => application.stop?.(),
  };
}

function reportToStderr(error: unknown, what: string): void {
  process.stderr.write(`msgi: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`);
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const { code } = error as { readonly code?: string };
  if (code === 'ERR_MODULE_NOT_FOUND') return `${(error as Error).message}; give the path of a module`;
  if (code === 'EADDRINUSE') return 'the address is in use; give another';
  if (code?.startsWith('ERR_PARSE_ARGS') === true) return `${(error as Error).message}\n\n${HELP}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
