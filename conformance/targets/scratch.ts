/** A scratch folder with what a subject needs in it: certificate, configuration, generated files. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
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

/** Writes a new self-signed certificate for localhost, 127.0.0.1 and ::1 (EC P-256) into `dir`, as PEM. */
export async function writeCertificate(dir: string): Promise<CertificateFiles> {
  // Loaded when wanted only: it takes longer to load than the certificate to make.
  const { generate } = await import('selfsigned');
  const day = 24 * 60 * 60 * 1000;
  const pem = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + 7 * day),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
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
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
  writeFileSync(files.cert, pem.cert);
  writeFileSync(files.key, pem.private, { mode: 0o600 });
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
