/** Media types by extension: those of a web site. */
import { extname } from 'node:path';

const UTF8 = '; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': `text/css${UTF8}`,
  '.csv': `text/csv${UTF8}`,
  '.gif': 'image/gif',
  '.gz': 'application/gzip',
  '.htm': `text/html${UTF8}`,
  '.html': `text/html${UTF8}`,
  '.ico': 'image/vnd.microsoft.icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': `text/javascript${UTF8}`,
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': `text/markdown${UTF8}`,
  '.mjs': `text/javascript${UTF8}`,
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.otf': 'font/otf',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': `text/plain${UTF8}`,
  '.wasm': 'application/wasm',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** The media type of a file by its name, "application/octet-stream" where that is not known. */
export function contentType(path: string, own: Readonly<Record<string, string>> = {}): string {
  const extension = extname(path).toLowerCase();
  return entry(own, extension) ?? entry(TYPES, extension) ?? 'application/octet-stream';
}

/** Own properties only: ".constructor" is no media type. */
function entry(types: Readonly<Record<string, string>>, extension: string): string | undefined {
  return Object.hasOwn(types, extension) ? types[extension] : undefined;
}
