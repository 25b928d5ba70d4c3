/** What a request means in the file system, and whether it may be seen. */
import { constants } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export type Found =
  /** A file to open at `path`, with `flags` by which no link is followed and no pipe waits for a writer. */
  | { readonly kind: 'file'; readonly path: string; readonly flags: number }
  /** A folder whose slash is missing. */
  | { readonly kind: 'folder' };

const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** The name leads nowhere, or not for us: all of it is "not found", which tells nothing of what is there. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM']);

/** What is at these names below `directory`; null where there is nothing that may be seen. Other errors are thrown. */
export async function find(directory: string, names: readonly string[], index: string | null): Promise<Found | null> {
  const slash = names.at(-1) === '';
  try {
    const root = await realpath(directory);
    const path = await inside(root, names);
    if (path === null) return null;
    const isFolder = (await stat(path)).isDirectory();
    if (isFolder && index === null) return null;
    if (isFolder) return slash ? await file(root, [...names, index as string]) : { kind: 'folder' };
    return slash ? null : await file(root, names);
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

async function file(root: string, names: readonly string[]): Promise<Found | null> {
  const path = await inside(root, names);
  return path !== null && (await stat(path)).isFile() ? { kind: 'file', path, flags: FLAGS } : null;
}

/** The path without links, if that lies below the root and no name on the way from there begins with a dot. */
async function inside(root: string, names: readonly string[]): Promise<string | null> {
  const path = await realpath(join(root, ...names));
  const way = relative(root, path);
  return way !== '' && way.split(sep).some(name => name.startsWith('.') || (name.includes(':') && sep === '\\'))
    ? null
    : path;
}
