/**
 * The application by which hosts are judged: it does what the kit tells it, call by call, and tells what it sees. What each
 * message means is in messages.ts, and for other languages in hosts/application.md.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { App, Application, Exchange, Host, Notice, PushRequest, Sink } from '../../spec/msgi.ts';
import { onLine } from '../application/control-client.ts';
import { reportedError } from '../application/kit.ts';
import { type AppMessage, CONTROL, type Json, type KitMessage, type Member, PRINTED, PRINTS } from './messages.ts';

interface Driven {
  readonly x: Exchange;
  sink: Sink | null;
  readonly fulfil: () => void;
  readonly reject: (reason: unknown) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: what is wrong with an argument is the kit's own knowledge.
type Given = any;

const driven = new Map<number, Driven>();
let control: Socket | null = null;
let begin: (error: Error | null) => void = () => {};
let stopped = (): void => {};

function tell(message: AppMessage): void {
  control?.write(`${JSON.stringify(message)}\n`);
}

const ACTS: Readonly<Record<Member, (one: Driven, ...given: readonly Given[]) => unknown>> = {
  inform: ({ x }, status, fields) => x.inform(status, fields),
  respond: ({ x }, status, fields, body) => x.respond(status, fields, body),
  start: (one, status, fields) => {
    one.sink = one.x.start(status, fields);
  },
  push: ({ x }, request: PushRequest, app) => x.push(request, app === true ? given : app),
  prioritize: ({ x }, urgency, incremental) => x.prioritize(urgency, incremental),
  deadline: ({ x }, ms) => x.deadline(ms ?? Number.POSITIVE_INFINITY),
  reset: ({ x }, code) => x.reset(code),
  watch: ({ x }, listener) => void x.watch(listener),
  'body.read': ({ x }) => x.body.read(),
  'body.manual': ({ x }) => x.body.manual(),
  'body.credit': ({ x }, octets) => x.body.credit(octets),
  'body.stop': ({ x }, code) => x.body.stop(code),
  'sink.write': ({ sink }, chunk) => sink?.write(chunk),
  'sink.ready': ({ sink }) => sink?.ready(),
  'sink.end': ({ sink }, trailers) => sink?.end(trailers),
  'connection.drain': ({ x }) => x.connection.drain(),
};

function drive(x: Exchange, app: 'hosted' | 'given'): Promise<void> {
  const exchange = driven.size + 1;
  const settled = new Promise<void>((fulfil, reject) => {
    driven.set(exchange, { x, sink: null, fulfil, reject });
  });
  const { target, fields } = x.request;
  tell({ event: 'invoked', exchange, app, target, pushed: x.pushed, fields: [...fields] });
  x.watch(notice => tell({ event: 'notice', exchange, notice: plain(notice) }));
  x.signal.addEventListener('abort', () => tell({ event: 'aborted', exchange, error: reportedError(x.signal.reason) }));
  return settled;
}

const given: App = x => drive(x, 'given');

/** A node is no plain data, and hosts have none. */
function plain(notice: Notice): { readonly [key: string]: Json } {
  if (notice.type !== 'priority') return { ...notice };
  const { scheme, urgency, incremental } = notice.priority;
  return { type: 'priority', scheme, urgency, incremental };
}

function take(message: KitMessage): void {
  if (message.do === 'started') begin(null);
  else if (message.do === 'refuse') begin(new Error('the kit wants no start'));
  else if (message.do === 'stopped') stopped();
  else if (message.do === 'settle') settle(message);
  else void answer(message);
}

function settle({ exchange, error, own }: Extract<KitMessage, { readonly do: 'settle' }>): void {
  const { x, fulfil, reject } = driven.get(exchange) as Driven;
  if (own) reject(x.signal.reason);
  else if (error !== undefined) reject(new Error(error));
  else fulfil();
}

async function answer(message: Extract<KitMessage, { readonly call: number }>): Promise<void> {
  const { call } = message;
  try {
    tell({ event: 'answer', call, value: shown(await act(message)) });
  } catch (error) {
    tell({ event: 'answer', call, error: reportedError(error) });
  }
}

function act(message: Extract<KitMessage, { readonly call: number }>): unknown {
  if (message.do === 'ping') return null;
  if (message.do === 'print') return print();
  return ACTS[message.member](driven.get(message.exchange) as Driven, ...message.arguments.map(revived));
}

/** Content is told by its length. */
function revived(argument: Json): unknown {
  const octets = (argument as { readonly octets?: number } | null)?.octets;
  return typeof octets === 'number' ? new Uint8Array(octets) : argument;
}

function shown(value: unknown): Json {
  if (value instanceof Uint8Array) return { octets: value.length };
  return value === undefined ? null : (value as Json);
}

function print(): Json {
  console.log(PRINTED);
  writeSync(1, `${PRINTED}\n`);
  spawnSync('echo', [PRINTED], { stdio: 'inherit' });
  return { octets: readFileSync(0).length };
}

if (process.env[PRINTS] !== undefined) {
  console.log(PRINTED);
  writeSync(1, `${PRINTED}\n`);
}

export const application: Application = {
  app: x => drive(x, 'hosted'),

  async start({ spec, server }: Host): Promise<void> {
    const [host = '', port] = (process.env[CONTROL] ?? '').split(/:(?=\d+$)/);
    const socket = connect({ host, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    // A kit that has left stops nothing here, and its end is the end of every wait.
    socket.on('error', () => socket.destroy());
    onLine(socket, line => take(JSON.parse(line) as KitMessage));
    control = socket;
    const begun = new Promise<void>((resolve, reject) => {
      begin = error => (error === null ? resolve() : reject(error));
    });
    tell({ event: 'start', spec, server });
    await begun;
  },

  drain: () => tell({ event: 'drain' }),

  /** Its connection stays: what an application leaves behind keeps no process that has to end. */
  async stop(): Promise<void> {
    const over = new Promise<void>(resolve => {
      stopped = resolve;
    });
    tell({ event: 'stop' });
    await over;
    tell({ event: 'stopped' });
  },
};

export default application;
