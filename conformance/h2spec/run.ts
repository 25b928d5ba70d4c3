/** The external h2spec, run against a target. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../subject.ts';
import { findCommand } from '../targets/find-command.ts';
import { quote, run } from '../targets/process.ts';
import { makeScratch } from '../targets/scratch.ts';
import { type Target, TargetError } from '../targets/target.ts';
import { type H2specResult, parseJunit } from './junit.ts';

export interface H2specOptions {
  /** The binary; by default $H2SPEC, else `h2spec` on PATH or where Go installs commands. */
  readonly binary?: string;
  /** Path that is asked for; by default the target's small resource. */
  readonly path?: string;
  /** Seconds that h2spec waits for an answer; a case that fails takes as long. Default 2. */
  readonly timeout?: number;
  /** Over TLS, where the target has both. */
  readonly tls?: boolean;
}

/** Minutes that a whole run may take: about 150 cases, some of which wait several times. */
const LIMIT_MIN = 30;

/** Throws TargetError where h2spec is not there, does not do its work, or the subject crashes. */
export async function runH2spec(target: Target, options: H2specOptions = {}): Promise<readonly H2specResult[]> {
  const binary = findH2spec(options.binary);
  const scratch = makeScratch('h2spec');
  try {
    const report = join(scratch.dir, 'junit.xml');
    const command = { argv: [binary, ...argumentsFor(target, options, report)], cwd: scratch.dir, env: {} };
    const { how, output } = await run(command, LIMIT_MIN * 60_000);
    checkAlive(target);
    // Status 1 says that some case failed, or that there was nothing to run; the report tells which.
    if (!existsSync(report)) throw new TargetError(`h2spec wrote no report: ${how}\n${quote({ command }, output)}`);
    return parseJunit(readFileSync(report, 'utf8'));
  } finally {
    scratch.remove();
  }
}

function argumentsFor(
  target: Target,
  { path, timeout = 2, tls = false }: H2specOptions,
  report: string,
): readonly string[] {
  const { scheme, host, port } = endpointOf(target, tls);
  return [
    ...['-h', host, '-p', String(port), '-P', path ?? target.resources.small?.path ?? '/'],
    ...(scheme === 'https' ? ['-t', '-k'] : []),
    // Its strict case too: without it the places of the cases within their section are others.
    ...['-S', '-o', String(timeout), '-j', report],
  ];
}

function endpointOf({ endpoint, tls, facts }: Target, wantsTls: boolean): Endpoint {
  if (!wantsTls) return endpoint;
  if (tls === null) throw new TargetError(`${facts.name} has no TLS address`);
  return tls;
}

function checkAlive(target: Target): void {
  const crash = target.crash();
  if (crash === null) return;
  throw new TargetError(
    `${target.facts.name} crashed while h2spec ran (${crash.how}), so its verdicts say nothing: the kit's own run shows in which case\n${crash.output}`,
  );
}

/** The path of the binary. Throws TargetError which says how to get it. */
export function findH2spec(binary: string | undefined = process.env['H2SPEC'] || undefined): string {
  if (binary !== undefined) {
    const found = findCommand(binary);
    if (found === null) throw new TargetError(`H2SPEC: ${binary} is not there or cannot be executed`);
    return found;
  }
  const found = findCommand('h2spec', goFolders());
  if (found !== null) return found;
  throw new TargetError(
    'h2spec is not installed: go install github.com/summerwind/h2spec/cmd/h2spec@latest, or name the binary with H2SPEC=',
  );
}

/** Where `go install` puts commands. */
function goFolders(): readonly string[] {
  const usual = join(homedir(), 'go');
  if (findCommand('go') === null) return [join(usual, 'bin')];
  const [bin, ...roots] = execFileSync('go', ['env', 'GOBIN', 'GOPATH'], { encoding: 'utf8' }).trimEnd().split(/[\n:]/);
  return [...(bin ? [bin] : []), ...[...roots, usual].map(root => join(root, 'bin'))];
}
