/** A target manifest: read, and held against spec/schemas/target.schema.json. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import schema from '../../spec/schemas/target.schema.json' with { type: 'json' };
import { escapePointer, type JsonDocument, JsonSyntaxError, readJson } from './json.ts';
import { suggestion } from './nearest.ts';
import { unknownPlaceholder } from './placeholders.ts';
import { type NamedResource, TargetError } from './target.ts';

export type ResourceName = 'small' | 'large' | 'upload' | 'other';

export const RESOURCE_NAMES: readonly ResourceName[] = ['small', 'large', 'upload', 'other'];

export type Option = readonly string[] | { readonly env: Readonly<Record<string, string>> };

export interface Manifest {
  /** Absolute path of the file, and of its folder. */
  readonly file: string;
  readonly folder: string;
  readonly name: string;
  readonly version: readonly string[] | null;
  readonly prepare: readonly (readonly string[])[];
  readonly env: Readonly<Record<string, string>>;
  /** Destination in {dir} → template, relative to the manifest's folder; the origin's among them. */
  readonly files: Readonly<Record<string, string>>;
  /** Destination in {dir} → octets. */
  readonly generate: Readonly<Record<string, number>>;
  readonly origin: readonly string[] | null;
  /** Null: the subject is already up. */
  readonly start: readonly string[] | null;
  readonly stop: NodeJS.Signals;
  /** Milliseconds. */
  readonly readyMs: number;
  readonly cleartext: string | null;
  readonly tls: string | null;
  readonly resources: Readonly<Partial<Record<ResourceName, NamedResource>>>;
  readonly claims: readonly string[];
  /** Option → words that are added to `start` for it, or variables of the environment; with {value}. */
  readonly options: Readonly<Record<string, Option>>;
  readonly expect: Readonly<Record<string, string>>;
  readonly races: Readonly<Record<string, string>>;
}

/** The manifest as it stands in the file, after the schema's check. */
interface Written {
  readonly name: string;
  readonly version?: readonly string[];
  readonly prepare?: readonly (readonly string[])[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly generate?: Readonly<Record<string, number>>;
  readonly origin?: { readonly start: readonly string[]; readonly files?: Readonly<Record<string, string>> };
  readonly start?: readonly string[];
  readonly stop?: NodeJS.Signals;
  readonly ready_ms?: number;
  readonly address?: string;
  readonly addresses?: { readonly cleartext?: string; readonly tls?: string };
  readonly resources?: Readonly<Partial<Record<ResourceName, string | NamedResource>>>;
  readonly claims?: readonly string[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly expect?: Readonly<Record<string, string>>;
  readonly races?: Readonly<Record<string, string>>;
}

let compiled: ValidateFunction | null = null;

/** Made when wanted only: it takes as long as many a case, and an address has no manifest. */
function checker(): ValidateFunction {
  if (compiled !== null) return compiled;
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  compiled = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, strictRequired: false }).compile(
    schema,
  );
  return compiled;
}

/** One of the kit's own, which its tests hold against the schema. */
export function readBundled(file: string): Manifest {
  return normalise(readJson(readText(file, file)).value as Written, file);
}

/** Throws TargetError, whose message has one line for each thing that is wrong: file, line, what, and the fix. */
export function readManifest(path: string): Manifest {
  const file = resolve(path);
  return parseManifest(readText(file, path), file, path);
}

function readText(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new TargetError(missing ? `${shown}: there is no such file` : `${shown}: ${(error as Error).message}`);
  }
}

/** `shown` is the path that messages name. Throws TargetError. */
export function parseManifest(text: string, file: string, shown: string = file): Manifest {
  const document = parse(text, shown);
  const complaints = [...schemaComplaints(document), ...furtherComplaints(document)];
  if (complaints.length > 0) throw new TargetError(complaints.map(complaint => `${shown}:${complaint}`).join('\n'));
  return normalise(document.value as Written, file);
}

function parse(text: string, shown: string): JsonDocument {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = error.place;
    throw new TargetError(`${shown}:${line}:${column}: not JSON: ${error.message}`);
  }
}

function schemaComplaints(document: JsonDocument): readonly string[] {
  const check = checker();
  if (check(document.value)) return [];
  const errors = check.errors ?? [];
  // A name that breaks `propertyNames` is reported twice: by its own rule, and by the keyword that holds the rule.
  const own = errors.filter(({ keyword }) => keyword !== 'propertyNames');
  return own.map(error => `${lineOf(document, pointerOf(error))}: ${complaint(error)}`);
}

/** What the schema cannot say. */
function furtherComplaints(document: JsonDocument): readonly string[] {
  const found = document.duplicates.map(
    pointer => `${lineOf(document, pointer)}: "${lastOf(pointer)}" stands here for the second time: keep one`,
  );
  const written = document.value as Partial<Written> | null;
  if (written?.start === undefined && written?.address === undefined && written?.addresses === undefined) {
    found.push(`1: neither "start" nor "address" is given: say how the subject is started, or where it is up`);
  }
  for (const { pointer, text } of textsWithPlaceholders(document.value)) {
    const unknown = unknownPlaceholder(text);
    if (unknown !== null) found.push(`${lineOf(document, pointer)}: ${unknown.complaint}`);
  }
  return found;
}

interface Text {
  readonly pointer: string;
  readonly text: string;
}

/** Commands, values of env and addresses. */
function textsWithPlaceholders(manifest: unknown): readonly Text[] {
  const members = ['version', 'prepare', 'env', 'origin', 'start', 'address', 'addresses'];
  return members.flatMap(name => textsIn((manifest as Readonly<Record<string, unknown>> | null)?.[name], `/${name}`));
}

function textsIn(value: unknown, pointer: string): readonly Text[] {
  if (typeof value === 'string') return [{ pointer, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => textsIn(member, `${pointer}/${escapePointer(key)}`));
}

function lineOf(document: JsonDocument, pointer: string): number {
  return document.places.get(pointer)?.line ?? 1;
}

/** The member that is at fault: for an unknown key the key, else what the error is about. */
function pointerOf({ keyword, instancePath, params, propertyName }: ErrorObject): string {
  const key = keyword === 'additionalProperties' ? params['additionalProperty'] : propertyName;
  return key === undefined ? instancePath : `${instancePath}/${escapePointer(key)}`;
}

function complaint(error: ErrorObject): string {
  const { keyword, params, instancePath, data, propertyName } = error;
  const name = propertyName ?? lastOf(instancePath);
  const subject =
    name === '' ? 'the manifest' : /^[0-9]+$/.test(name) ? `item ${name} of ${parentOf(instancePath)}` : `"${name}"`;
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey(error);
    case 'required':
      return `${subject} lacks "${params['missingProperty']}": ${exampleOf(error, params['missingProperty'])}`;
    case 'enum':
      return `${subject} cannot be ${JSON.stringify(data)}${suggestion(String(data), params['allowedValues']) || `: one of ${params['allowedValues'].join(', ')}`}`;
    case 'false schema':
      return `${subject} cannot stand beside "address": keep one of the two`;
    case 'type':
      return `${subject} must be ${[params['type']].flat().join(' or ')}, not ${kindOf(data)}: ${exampleOf(error)}`;
    default:
      return `${subject} ${error.message ?? 'is wrong'}: ${exampleOf(error)}`;
  }
}

function unknownKey({ params, parentSchema }: ErrorObject): string {
  const key: string = params['additionalProperty'];
  const known = Object.keys(parentSchema?.['properties'] ?? {}).filter(name => name !== '$schema');
  return `unknown key "${key}"${suggestion(key, known) || `: known are ${known.join(', ')}`}`;
}

/** What the schema says of a member, for people. */
interface Rule {
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** The fix: an example, and what the member is for. */
function exampleOf({ parentSchema, instancePath, propertyName }: ErrorObject, missing?: string): string {
  const rule: Rule | undefined = missing === undefined ? parentSchema : parentSchema?.['properties']?.[missing];
  const name = missing ?? propertyName ?? lastOf(instancePath);
  const example = rule?.examples?.[0] ?? ruleAt(instancePath)?.examples?.[0];
  const purpose = rule?.description ?? ruleAt(instancePath)?.description;
  const key = /^[0-9]*$/.test(name) ? '' : `"${name}": `;
  const written = example === undefined ? [] : [`write ${key}${JSON.stringify(example)}`];
  return (
    [...written, ...(purpose === undefined ? [] : [`(${purpose})`])].join(' ') || 'see spec/schemas/target.schema.json'
  );
}

/** The rule of a member at the top; ajv tells the one behind a reference, which knows no purpose. */
function ruleAt(instancePath: string): Rule | undefined {
  const rules = schema.properties as Readonly<Record<string, Rule>>;
  return /^\/[^/]+$/.test(instancePath) ? rules[lastOf(instancePath)] : undefined;
}

function lastOf(pointer: string): string {
  return pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

function parentOf(pointer: string): string {
  return `"${lastOf(pointer.slice(0, pointer.lastIndexOf('/')))}"`;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function normalise(written: Written, file: string): Manifest {
  const { address } = written;
  const { cleartext, tls } = written.addresses ?? {};
  return {
    file,
    folder: dirname(file),
    name: written.name,
    version: written.version ?? null,
    prepare: written.prepare ?? [],
    env: written.env ?? {},
    files: { ...written.origin?.files, ...written.files },
    generate: written.generate ?? {},
    origin: written.origin?.start ?? null,
    start: written.start ?? null,
    stop: written.stop ?? 'SIGTERM',
    readyMs: written.ready_ms ?? 10_000,
    cleartext: cleartext ?? (address?.startsWith('http:') ? address : null),
    tls: tls ?? (address?.startsWith('https:') ? address : null),
    resources: named(written.resources ?? {}),
    claims: written.claims ?? ['http2'],
    options: written.options ?? {},
    expect: written.expect ?? {},
    races: written.races ?? {},
  };
}

/** "/" is `small` where nothing else is said. */
function named(resources: NonNullable<Written['resources']>): Manifest['resources'] {
  const entries = Object.entries(resources).map(([name, resource]) => [
    name,
    typeof resource === 'string' ? { path: resource } : resource,
  ]);
  return { small: { path: '/' }, ...Object.fromEntries(entries) };
}
