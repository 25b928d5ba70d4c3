/** A target that the kit starts from a manifest. */
import { join } from 'node:path';
import { CONTROL } from '../application/messages.ts';
import { Control } from '../gateway/control.ts';
import { claimOf, interfaceOf, PROBE_FILES } from '../legacy/interface.ts';
import type { Pipes } from '../process/pipes.ts';
import { type Endpoint, formatEndpoint } from '../subject.ts';
import { authorityOf, parseAddress } from './address.ts';
import { packageRoot } from './bundled.ts';
import type { Extras } from './extras.ts';
import { checkLoopback } from './loopback.ts';
import type { Manifest, Option } from './manifest.ts';
import { fill, mentions, type Values } from './placeholders.ts';
import { freePorts, isFree, releasePorts } from './ports.ts';
import { type Command, launch, PortTaken, quote, type Running, run, untilReady } from './process.ts';
import { makeScratch, type Scratch, writeCertificate, writeFiles } from './scratch.ts';
import { type Instance, TargetError } from './target.ts';

/** Milliseconds that one command of `prepare` may take: a compiler with a cold cache needs minutes. */
const PREPARE_MS = 300_000;

/** Milliseconds for the command that prints the version. */
const VERSION_MS = 5000;

/** Milliseconds until the port of a subject that crashed is free again. */
const FREE_MS = 1000;

/** How often other ports are tried when somebody took one between the kit's choice and the subject's bind. */
const ATTEMPTS = 3;

/** A manifest's `start`, which {@link startTarget} needs. */
export type StartedManifest = Manifest & { readonly start: readonly string[] };

/** Throws TargetError; nothing is left running then. */
export async function startTarget(
  manifest: StartedManifest,
  argument: string,
  extras: Extras,
  control?: Control,
  pipes: Pipes | null = null,
): Promise<Instance> {
  for (let attempt = 1; ; attempt++) {
    const setUp = await makeSetUp(manifest, extras, pipes, control);
    try {
      return await start(setUp, argument, extras);
    } catch (error) {
      await setUp.end();
      if (!(error instanceof PortTaken) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** An instance with some of the manifest's options: the same manifest, with more words in its command. */
async function startInstance(
  manifest: StartedManifest,
  argument: string,
  extras: Extras,
  options: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>> = {},
  control?: Control,
  pipes: Pipes | null = null,
): Promise<Instance> {
  const chosen = Object.entries(options).map(([name, value]) => given(manifest.options[name] ?? [], value));
  const words = chosen.flatMap(option => option.words);
  const further = Object.assign({}, ...chosen.map(option => option.env));
  // The target has told its version.
  const changed = {
    ...manifest,
    version: null,
    start: [...manifest.start, ...words],
    env: { ...manifest.env, ...further, ...env },
  };
  return startTarget(changed, argument, extras, control, pipes);
}

/** What an option of that value adds to the command and to its environment. */
function given(option: Option, value: number): { readonly words: readonly string[]; readonly env: Manifest['env'] } {
  const filled = (text: string): string => text.replaceAll('{value}', `${value}`);
  if (!('env' in option)) return { words: option.map(filled), env: {} };
  return { words: [], env: Object.fromEntries(Object.entries(option.env).map(([name, text]) => [name, filled(text)])) };
}

/** The processes of a target, and what they stand on. */
interface SetUp {
  readonly manifest: StartedManifest;
  readonly values: Values;
  /** Where the manifest claims "gateway". */
  readonly control: Control | null;
  /** What the processes of the application connect to: the control channel, or the kit as their host. */
  readonly hosting: Control | Pipes | null;
  origin: Running | null;
  subject: Running | null;
  end(): Promise<void>;
}

async function makeSetUp(
  manifest: StartedManifest,
  { application }: Extras,
  pipes: Pipes | null,
  given?: Control,
): Promise<SetUp> {
  const scratch = makeScratch(manifest.name);
  const ports = await freePorts(3);
  const values = await valuesFor(manifest, scratch, ports, application ?? kitApplication());
  const own =
    given === undefined &&
    pipes === null &&
    (manifest.claims.includes('gateway') || interfaceOf(manifest.claims) !== null);
  const control = given ?? (own ? await Control.listen() : null);
  const setUp: SetUp = {
    manifest,
    values,
    control,
    hosting: pipes ?? control,
    origin: null,
    subject: null,
    async end() {
      await Promise.all([setUp.subject?.stop(manifest.stop), setUp.origin?.stop('SIGTERM')]);
      if (given === undefined) control?.close();
      releasePorts(ports);
      scratch.remove();
    },
  };
  return setUp;
}

/** Built, wherever this module is run from: a server loads it as any other module. */
function kitApplication(): string {
  return join(packageRoot(), 'dist', 'conformance', 'application', 'application.js');
}

/** The old application that the subject hosts; nothing where it claims none. */
function probeFor(claims: readonly string[]): string {
  const face = interfaceOf(claims);
  return face === null ? '' : join(packageRoot(), PROBE_FILES[face]);
}

function kitHost(): string {
  return join(packageRoot(), 'dist', 'conformance', 'process', 'host.js');
}

async function valuesFor(
  { folder, claims }: Manifest,
  { dir }: Scratch,
  ports: readonly number[],
  application: string,
): Promise<Values> {
  const [port, tlsport, originport] = ports.map(String) as [string, string, string];
  const certificate = await writeCertificate(dir);
  return {
    port,
    tlsport,
    originport,
    dir,
    ...certificate,
    node: process.execPath,
    package: packageRoot(),
    manifest: folder,
    application,
    host: kitHost(),
    probe: probeFor(claims),
  };
}

async function start(setUp: SetUp, argument: string, extras: Extras): Promise<Instance> {
  const { manifest, values } = setUp;
  writeFiles(manifest, values);
  await prepare(setUp);
  const [version] = await Promise.all([versionOf(setUp), startProcesses(setUp)]);
  const [endpoint, tls] = endpointsOf(setUp);
  if (extras.loopbackOnly) for (const one of addressesOf(setUp)) await checkLoopback(one);
  const subject = setUp.subject as Running;
  let stopped = false;
  let signalled = false;
  return {
    facts: {
      name: manifest.name,
      version,
      address: formatEndpoint(endpoint),
      claims: manifest.claims,
    },
    endpoint,
    tls,
    authority: extras.authority ?? authorityOf(endpoint),
    fields: extras.fields,
    verify: false,
    resources: { ...manifest.resources, ...extras.resources },
    expect: manifest.expect,
    races: manifest.races,
    argument,
    control: setUp.control,
    crash: () => (stopped ? null : (setUp.subject?.ended() ?? setUp.origin?.ended() ?? null)),
    async restart() {
      if (isDown(setUp.subject)) await setUp.subject?.over;
      await startProcesses(setUp);
      const [again] = endpointsOf(setUp);
      if (again.port !== endpoint.port || again.host !== endpoint.host)
        throw new TargetError(moved(manifest, endpoint, again));
    },
    async stop() {
      stopped = true;
      await setUp.end();
    },
    meter: () => setUp.subject?.meter() ?? null,
    options: Object.keys(manifest.options),
    another: (options, env, control, pipes) => startInstance(manifest, argument, extras, options, env, control, pipes),
    signal(signal) {
      signalled = true;
      subject.signal(signal);
    },
    signalled: () => signalled,
    ended: subject.over.then(() => subject.ended()?.how ?? ''),
  };
}

function moved({ name }: Manifest, before: Endpoint, after: Endpoint): string {
  return `${name} came back at ${formatEndpoint(after)}, not at ${formatEndpoint(before)}: let it listen on {port}`;
}

async function prepare({ manifest, values }: SetUp): Promise<void> {
  for (const argv of manifest.prepare) {
    const command = commandOf(manifest, argv, values);
    const { how, output } = await explained(manifest, () => run(command, PREPARE_MS));
    if (how !== 'exit status 0')
      throw new TargetError(`${manifest.name}: prepare failed: ${how}\n${quote({ command }, output)}`);
  }
}

/** Starts what does not run: all at first, what crashed later. */
async function startProcesses(setUp: SetUp): Promise<void> {
  const { manifest, values } = setUp;
  if (manifest.origin !== null && isDown(setUp.origin)) {
    setUp.origin = await explained(manifest, () =>
      launch(withControl(commandOf(manifest, manifest.origin as readonly string[], values), setUp.hosting)),
    );
    const endpoint: Endpoint = { scheme: 'http', host: '127.0.0.1', port: Number(values.originport) };
    await untilReady(setUp.origin, () => [endpoint], manifest.readyMs, `the origin of ${manifest.name}`);
  }
  if (isDown(setUp.subject)) {
    await checkFree(setUp);
    const command = commandOf(manifest, manifest.start, values);
    const subject = await explained(manifest, () => launch(withControl(command, setUp.hosting)));
    setUp.subject = subject;
    await untilReady(subject, () => listeningAt(setUp), manifest.readyMs, manifest.name);
    await untilHosted(setUp, subject);
  }
}

function withControl(command: Command, control: Control | Pipes | null): Command {
  return control === null ? command : { ...command, env: { ...command.env, [CONTROL]: control.address } };
}

/** The application connects before the server listens, or a little later where a process of its own hosts it. */
async function untilHosted({ manifest, hosting, values }: SetUp, subject: Running): Promise<void> {
  if (hosting === null || (await hosting.greeted(manifest.readyMs))) return;
  throw new TargetError(
    `${manifest.name} claims ${hosted(manifest, values)} and pass its environment on\n${quote(subject, subject.output())}`,
  );
}

/** What it hosts, and how the manifest names that. */
function hosted({ claims, readyMs }: Manifest, { application, probe }: Values): string {
  const late = (what: string): string =>
    `listens, but the kit's ${what} did not connect to ${CONTROL} within ${readyMs} ms`;
  const face = interfaceOf(claims);
  return face === null
    ? `"gateway" and ${late('application')}: let it host ${application} (write {application} in "start")`
    : `"${claimOf(face)}" and ${late('probe')}: let it host ${probe} ({probe} in the manifest)`;
}

/** Else a stranger's answers would be taken for the subject's. */
async function checkFree(setUp: SetUp): Promise<void> {
  const limit = setUp.subject === null ? 0 : FREE_MS;
  for (const { host, port } of addressesOf(setUp)) {
    if (await isFree(host, port, limit)) continue;
    throw new PortTaken(`${setUp.manifest.name} cannot start: another process listens at ${host}:${port}: end it`);
  }
}

function isDown(running: Running | null): boolean {
  return running === null || running.ended() !== null;
}

/** Puts the manifest's name before what goes wrong with one of its commands. */
async function explained<T>({ name }: Manifest, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof TargetError) throw new TargetError(`${name}: ${error.message}`);
    throw error;
  }
}

function commandOf({ file, env }: Manifest, argv: readonly string[], values: Values): Command {
  return {
    argv: argv.map(word => fill(word, values, file)),
    cwd: values.dir,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value, values, file)])),
  };
}

/** Where the subject says or the manifest says that it listens; null where neither has said it yet. */
function listeningAt(setUp: SetUp): readonly Endpoint[] | null {
  const endpoints = addressesOf(setUp);
  return endpoints.length === 0 ? null : endpoints;
}

/** Cleartext first, as far as there is one. What the subject prints wins over the manifest. */
function addressesOf({ manifest, values, subject }: SetUp): readonly Endpoint[] {
  const announced = subject?.announced() ?? null;
  const texts = announced === null ? [manifest.cleartext, manifest.tls] : [announced.address, announced.tls ?? null];
  return texts
    .filter(text => text !== null)
    .map(text => parseAddress(fill(text, values, manifest.file)))
    .sort((a, b) => a.scheme.length - b.scheme.length);
}

/** The endpoint for the cases, and the TLS one. */
function endpointsOf(setUp: SetUp): readonly [Endpoint, Endpoint | null] {
  const endpoints = addressesOf(setUp);
  return [endpoints[0] as Endpoint, endpoints.find(({ scheme }) => scheme === 'https') ?? null];
}

/** The first line with a digit in it, of what the version command prints. */
async function versionOf({ manifest, values }: SetUp): Promise<string> {
  if (manifest.version === null) return 'unknown';
  try {
    const { output } = await run(commandOf(manifest, manifest.version, values), VERSION_MS);
    return (
      output
        .split('\n')
        .find(line => /[0-9]/.test(line))
        ?.trim() ?? 'unknown'
    );
  } catch (error) {
    // A subject that serves is judged even where it cannot tell its version.
    if (error instanceof TargetError) return 'unknown';
    throw error;
  }
}

/** Throws TargetError for a manifest whose commands leave the kit in the dark about where the subject listens. */
export function checkPorts(manifest: StartedManifest): void {
  if (manifest.origin !== null && !manifest.origin.some(word => mentions(word, 'originport'))) {
    throw new TargetError(`${manifest.file}: "origin" does not use {originport}: let the origin listen there`);
  }
}
