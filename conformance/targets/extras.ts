/** What the user adds to a target: resources, authority, fields; and how the same is said on a command line. */
import { RESOURCE_NAMES, type ResourceName } from './manifest.ts';
import { suggestion } from './nearest.ts';
import { type Target, TargetError } from './target.ts';

export interface TargetOptions {
  /** Resource name (small, large, upload, other) → path. */
  readonly resources?: Readonly<Record<string, string>>;
  /** Value of :authority, in place of the address's host and port. */
  readonly authority?: string;
  /** Fields for every request, each "name: value". */
  readonly headers?: readonly string[];
  /** Trust any certificate. */
  readonly insecure?: boolean;
  /** Refuses a target that is not on this machine's loopback. */
  readonly loopbackOnly?: boolean;
  /** Module that {application} stands for, in place of the kit's own application; `npm run prove` hosts a faulty one. */
  readonly application?: string;
}

export interface Extras {
  readonly resources: Target['resources'];
  readonly authority: string | null;
  readonly fields: readonly string[];
  readonly insecure: boolean;
  readonly loopbackOnly: boolean;
  readonly application: string | null;
}

/** Throws TargetError, which names the option and the fix. */
export function checkOptions(options: TargetOptions): Extras {
  const { resources = {}, authority, headers = [], insecure = false, loopbackOnly = false, application } = options;
  const named = Object.entries(resources).map(([name, path]) => [
    resourceName(name),
    { path: resourcePath(name, path) },
  ]);
  return {
    resources: Object.fromEntries(named),
    authority: authority ?? null,
    fields: headers.flatMap(parseField),
    insecure,
    loopbackOnly,
    application: application ?? null,
  };
}

function resourceName(name: string): ResourceName {
  const known = RESOURCE_NAMES.find(candidate => candidate === name);
  if (known !== undefined) return known;
  const hint = suggestion(name, RESOURCE_NAMES) || `: one of ${RESOURCE_NAMES.join(', ')}`;
  throw new TargetError(`--resource ${name}: there is no such resource${hint}`);
}

function resourcePath(name: string, path: string): string {
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new TargetError(
    `--resource ${name}=${path}: a path starts with / and has no blanks, like --resource ${name}=/index.html`,
  );
}

/** Fields that HTTP/2 has no room for: a request with one of them is malformed (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS = ['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'];

function parseField(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new TargetError(`--header ${JSON.stringify(line)}: not a field: write it like --header "accept: text/html"`);
  }
  if (CONNECTION_FIELDS.includes(name.toLowerCase())) {
    throw new TargetError(
      `--header ${name}: such a field makes every request malformed (RFC 9113 §8.2.2): leave it out`,
    );
  }
  return [name.toLowerCase(), value];
}

/** The target and its options as the words of a command, for a shell. */
export function commandLine(
  argument: string,
  { resources = {}, authority, headers = [], insecure }: TargetOptions,
): string {
  const words = [
    argument,
    ...Object.entries(resources).flatMap(([name, path]) => ['--resource', `${name}=${path}`]),
    ...(authority === undefined ? [] : ['--authority', authority]),
    ...headers.flatMap(line => ['--header', line]),
    ...(insecure ? ['--insecure'] : []),
  ];
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
