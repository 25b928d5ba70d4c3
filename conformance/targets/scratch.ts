/** A scratch folder with what a subject needs in it: certificate, configuration, generated files. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { certificate } from './certificate.ts';
import { atExit } from './exit.ts';
import type { Manifest } from './manifest.ts';
import { fill, type Values } from './placeholders.ts';
import { TargetError } from './target.ts';

export interface Scratch {
  readonly dir: string;
  remove(): void;
}

/** A new folder, removed with `remove()` and at the latest when the process ends. */
export function makeScratch(name: string): Scratch {
  const dir = mkdtempSync(join(tmpdir(), `msgi-${name}-`));
  // Servers that are started as root serve as another user, who must get at the files.
  chmodSync(dir, 0o755);
  const remove = () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  const forget = atExit(remove);
  return {
    dir,
    remove() {
      forget();
      remove();
    },
  };
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Writes the kit's RSA certificate and its key into `dir`, as PEM. */
export async function writeCertificate(dir: string): Promise<CertificateFiles> {
  const { cert, key } = await certificate('rsa');
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  return files;
}

/** Writes the manifest's `files` and `generate` into {dir}. Throws TargetError. */
export function writeFiles({ files, generate: sizes, folder, file }: Manifest, values: Values): void {
  for (const [destination, template] of Object.entries(files)) {
    const path = resolve(folder, template);
    write(values.dir, destination, fill(readTemplate(path, file), values, path));
  }
  for (const [destination, octets] of Object.entries(sizes)) write(values.dir, destination, filler(octets));
}

function readTemplate(path: string, manifest: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TargetError(`${manifest}: the template ${path} cannot be read: ${(error as Error).message}`);
  }
}

function write(dir: string, destination: string, content: string | Uint8Array): void {
  const path = join(dir, destination);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Lines of 64 octets, each with its own number, so that a piece that is missing or comes twice shows. */
function filler(octets: number): Uint8Array {
  const content = Buffer.alloc(octets, '.');
  for (let at = 0; at < octets; at += 64) content.write(`${String(at).padStart(12, '0')} `, at);
  for (let at = 63; at < octets; at += 64) content[at] = 0x0a;
  return content;
}
