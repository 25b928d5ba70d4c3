/** `msgi serve`: hosts the default export of a module. */
import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { App, Application } from '../spec/msgi.ts';
import { MAX_WINDOW } from '../wire/index.ts';
import { untilSignal } from './run.ts';
import {
  type ConnectionFailure,
  type Credentials,
  hostInUrl,
  type Running,
  type ServeOptions,
  serve,
} from './server.ts';
import { Told } from './told.ts';
import { UsageError } from './usage-error.ts';
import type { WsgiOptions } from './wsgi.ts';

/** What a timer takes. */
const MOST_MS = 2_147_483_647;
const MOST_THREADS = 10_000;
const MOST_PROCESSES = 1000;

/** Octets of SETTINGS_HEADER_TABLE_SIZE, for each connection. */
const MOST_TABLE = 65_536;

interface Options {
  readonly port: number;
  readonly host: string;
  readonly tls?: boolean;
  readonly tlsPort?: number;
  readonly cert?: string;
  readonly key?: string;
  readonly initialWindow?: number;
  readonly headerTable?: number;
  readonly sendTimeout?: number;
  readonly grace?: number;
  readonly kill?: number;
  readonly protocol: readonly string[];
  readonly priority?: 'both' | 'tree' | 'urgency';
  readonly tree: boolean;
  readonly tunnels: boolean;
  readonly log?: boolean;
  readonly lint?: boolean;
  readonly wsgi?: string;
  readonly chdir?: string;
  readonly venv?: string;
  readonly threads?: number;
  readonly processes?: number;
}

/** Runs the command with its arguments, `argv` without "node" and the script. Gives the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = program();
  try {
    command.parse([...argv], { from: 'user' });
    await host(command.args[0], command.opts<Options>());
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Told) return 2;
    process.stderr.write(`msgi serve: ${explain(error)}\n`);
    return 2;
  }
}

function program(): Command {
  return new Command('msgi serve')
    .description('Serve an MSGI application over HTTP/2, HTTP/1.1 and HTTP/1.0, on one port.')
    .argument('[APP]', 'module whose default export is an application, such as examples/hello.js')
    .option('--wsgi <callable>', 'serve a WSGI application of Python instead, package.module:callable')
    .option('--chdir <folder>', 'folder in which the WSGI application runs, and from which it is imported')
    .option('--venv <folder>', 'virtual environment of the WSGI application; without one, python3 of the PATH')
    .option(
      '--threads <number>',
      'WSGI requests beside one another in each process; default 8',
      integer(1, MOST_THREADS),
    )
    .option('--processes <number>', 'processes of the WSGI application; default 1', integer(1, MOST_PROCESSES))
    .option('--port <number>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 8080)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--tls', 'serve TLS on --port, with a throw-away certificate unless --cert and --key are given')
    .option('--tls-port <number>', 'serve TLS on this port as well', integer(0, 65_535))
    .option('--cert <file>', 'certificate chain, PEM')
    .option('--key <file>', 'private key of the certificate, PEM')
    .option('--initial-window <octets>', 'receive window of each stream', integer(0, MAX_WINDOW))
    .option('--header-table <octets>', 'table for the fields of requests', integer(0, MOST_TABLE))
    .option('--send-timeout <ms>', 'how long a client may take no content', integer(1, MAX_WINDOW))
    .option('--grace <ms>', 'time that running exchanges are given at the end', integer(0, MOST_MS))
    .option('--kill <ms>', 'milliseconds for applications after that; default 2000', integer(0, MOST_MS))
    .option(
      '--protocol <name>',
      'take CONNECT for this protocol, such as websocket; "connect" is plain CONNECT',
      added,
      [],
    )
    .addOption(
      new Option('--priority <signals>', 'what clients may order by: the tree of RFC 7540, the urgency of RFC 9218')
        .choices(['both', 'tree', 'urgency'])
        .default('both'),
    )
    .option('--no-tree', 'hide the priority tree from the application')
    .option('--no-tunnels', 'take no CONNECT at all, whatever --protocol says')
    .option('--log', 'one line to stderr for each exchange, and for each connection that ends for an error or a limit')
    .option('--lint', 'check the application and the server against the specification; what is wrong goes to stderr')
    .addHelpText(
      'after',
      '\nOn listening, one line of JSON goes to stdout: {"address":"http://127.0.0.1:8080","pid":1}.\n' +
        'SIGINT and SIGTERM finish what is under way and exit; a second one exits at once.\n\n' +
        'Try it:  msgi serve examples/hello.js  and  curl http://127.0.0.1:8080/\n' +
        '         or  curl --http2-prior-knowledge http://127.0.0.1:8080/\n' +
        'A WSGI application:  msgi serve --wsgi mysite.wsgi:application --chdir mysite --venv mysite/.venv --processes 2',
    )
    .exitOverride();
}

/** An option that may be given more than once. */
function added(name: string, before: readonly string[]): readonly string[] {
  if (name === '') throw new InvalidArgumentError('Give the name of a protocol.');
  return [...before, name];
}

function integer(least: number, most: number): (text: string) => number {
  return text => {
    const number = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give an integer from ${least} to ${most}.`);
  };
}

async function host(file: string | undefined, options: Options): Promise<void> {
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new UsageError('--cert and --key go together: give both, or neither for a throw-away certificate');
  }
  const hosted = await (options.wsgi === undefined
    ? loadNamed(file, options)
    : hostedWsgi(file, options.wsgi, options));
  const wantsTls = options.tls === true || options.tlsPort !== undefined || options.cert !== undefined;
  const credentials = wantsTls ? await readCredentials(options) : undefined;
  const checked = options.lint === true ? wrapped(hosted, await linted()) : hosted;
  const logging = options.log === true ? wrapped(checked, logged) : checked;
  await untilSignal(() => listen(logging, options, credentials));
}

async function listen(
  hosted: App | Application,
  options: Options,
  credentials: Credentials | undefined,
): Promise<readonly Running[]> {
  const common: ServeOptions = {
    host: options.host,
    tree: options.tree,
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    protocols: options.tunnels ? options.protocol.map(name => (name === 'connect' ? '' : name)) : [],
    ...(options.log === true ? { failed: logFailure } : {}),
    ...(options.sendTimeout === undefined ? {} : { sendTimeout: options.sendTimeout }),
    ...(options.grace === undefined ? {} : { grace: options.grace }),
    ...(options.kill === undefined ? {} : { kill: options.kill }),
    limits: limitsOf(options),
  };
  const both = options.tlsPort !== undefined;
  const shared = both ? oneLifespan(hosted) : hosted;
  const firstTls = credentials !== undefined && !both ? { tls: credentials } : {};
  const first = await serve(shared, { ...common, port: options.port, ...firstTls });
  const report: Record<string, unknown> = { address: first.address, pid: process.pid };
  const running = [first];
  if (both && credentials !== undefined) {
    try {
      const second = await serve(shared, { ...common, port: options.tlsPort as number, tls: credentials });
      report['tls'] = second.address;
      running.push(second);
    } catch (error) {
      await first.close();
      throw error;
    }
  }
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return running;
}

function limitsOf({ initialWindow, headerTable }: Options): NonNullable<ServeOptions['limits']> {
  return {
    ...(initialWindow === undefined ? {} : { initialWindow }),
    ...(headerTable === undefined ? {} : { headerTable }),
  };
}

/** An application on two ports starts, drains and stops once. */
export function oneLifespan(hosted: App | Application): App | Application {
  if (typeof hosted === 'function') return hosted;
  let started = 0;
  let drained = false;
  return {
    app: x => hosted.app(x),
    async start(host) {
      started += 1;
      if (started === 1) await hosted.start?.(host);
    },
    drain() {
      if (!drained) hosted.drain?.();
      drained = true;
    },
    async stop() {
      started -= 1;
      if (started === 0) await hosted.stop?.();
    },
  };
}

/** Options that say nothing without `--wsgi`. */
const OF_WSGI = ['chdir', 'venv', 'threads', 'processes'] as const;

function loadNamed(file: string | undefined, options: Options): Promise<App | Application> {
  if (file === undefined) {
    throw new UsageError(
      'name an application: a module such as examples/hello.js, or --wsgi and package.module:callable',
    );
  }
  const vain = OF_WSGI.find(name => options[name] !== undefined);
  if (vain !== undefined) throw new UsageError(`--${vain} is for WSGI applications: it goes with --wsgi`);
  return load(file);
}

/** Loaded when wanted only: it brings the pipe along. */
async function hostedWsgi(file: string | undefined, callable: string, options: WsgiOptions): Promise<Application> {
  if (file !== undefined) throw new UsageError(`one application at a time: ${file}, or --wsgi ${callable}`);
  const { wsgiApp } = await import('./wsgi.ts');
  return wsgiApp(callable, options);
}

/** The default export of a module. Throws an Error for people where it is no application. */
export async function load(file: string): Promise<App | Application> {
  const path = resolve(file);
  try {
    await access(path);
  } catch {
    throw new UsageError(`no file ${path}; give the path of a module, such as examples/hello.js`);
  }
  const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  const hosted = module.default;
  if (typeof hosted === 'function') return hosted as App;
  if (typeof hosted === 'object' && hosted !== null && typeof (hosted as Application).app === 'function') {
    return hosted as Application;
  }
  throw new UsageError(`${path} has no application as its default export; add "export default app"`);
}

async function readCredentials(options: Options): Promise<Credentials> {
  if (options.cert !== undefined && options.key !== undefined) {
    return { cert: await readPem(options.cert), key: await readPem(options.key) };
  }
  // Loaded when wanted only: it brings a whole library for certificates.
  const { generate } = await import('selfsigned');
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { cert, key };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`cannot read ${resolve(file)}; give a PEM file`);
  }
}

/** Loaded when wanted only: the checker quotes the specification, and brings it along. */
async function linted(): Promise<(app: App) => App> {
  const { formatLint, lint } = await import('../lint/index.ts');
  return app => lint(app, { report: error => void process.stderr.write(`lint: ${formatLint(error)}\n`) });
}

function logged(app: App): App {
  return x => {
    const { method, target } = x.request;
    x.watch(notice => {
      if (notice.type !== 'close') return;
      const end = notice.complete && notice.code === 0 ? '' : ` code ${notice.code} by ${notice.by}`;
      process.stderr.write(`${method} ${target} ${notice.status} ${notice.sent} octets${end}\n`);
    });
    return app(x);
  };
}

function logFailure({ peer, code, rule }: ConnectionFailure): void {
  const who = peer === null ? 'a connection' : `${hostInUrl(peer.host)}:${peer.port}`;
  process.stderr.write(`${who} ${code ?? 'dropped'}: ${rule}\n`);
}

/** The application with middleware in front of it, and its lifespan as it was. */
function wrapped(hosted: App | Application, middleware: (app: App) => App): App | Application {
  if (typeof hosted === 'function') return middleware(hosted);
  return {
    app: middleware(x => hosted.app(x)),
    start: host => hosted.start?.(host),
    drain: () => hosted.drain?.(),
    stop: () => hosted.stop?.(),
  };
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const { code, port } = error as { readonly code?: string; readonly port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use; give another with --port, or --port 0 for a free one`;
  if (code === 'EACCES') return `port ${port} needs more rights; give one above 1023 with --port`;
  if (code === 'EADDRNOTAVAIL') return 'the address of --host is none of this machine; try 127.0.0.1';
  return error instanceof Error ? error.message : String(error);
}
