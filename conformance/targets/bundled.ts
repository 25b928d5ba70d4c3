/** The targets that come with the package: conformance/targets/NAME/manifest.json below its root. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand } from './find-command.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { EndedEarly, TargetError } from './target.ts';

export interface BundledTarget {
  readonly name: string;
  readonly description: string;
  /** Everything that its commands need is there. */
  readonly installed: boolean;
}

interface About {
  readonly description: string;
  /** How to get what its commands need. */
  readonly install: string;
  /** Files, beside its commands, without which it does not start. */
  readonly needs?: readonly string[];
}

const TARGETS: Readonly<Record<string, About>> = {
  reference: { description: 'the reference server, with an application for the cases', install: 'npm run build' },
  'node-http2': { description: 'node:http2 of the Node.js that runs the kit', install: 'https://nodejs.org' },
  'to-node': { description: "the reference server's applications on node:http2", install: 'npm run build' },
  'from-node': { description: 'a Node handler on the reference server', install: 'npm run build' },
  'from-fetch': { description: 'a Fetch handler on the reference server', install: 'npm run build' },
  'node-handler': { description: "a Node handler on node:http2's compatibility API", install: 'https://nodejs.org' },
  wsgi: {
    description: 'a WSGI application on the reference server, in a process of its own',
    install: 'Python 3.9 or later',
  },
  'hypercorn-asgi': { description: 'Hypercorn with the probe of ASGI', install: 'pip install hypercorn' },
  'hypercorn-wsgi': { description: 'Hypercorn with the probe of WSGI', install: 'pip install hypercorn' },
  'granian-asgi': { description: 'Granian with the probe of ASGI', install: 'pip install granian' },
  'granian-wsgi': { description: 'Granian with the probe of WSGI', install: 'pip install granian' },
  'nginx-uwsgi': {
    description: 'uWSGI with the probe of WSGI, behind nginx',
    install: 'apt-get install nginx-light uwsgi-core uwsgi-plugin-python3, or pip install uwsgi',
  },
  'h2o-uwsgi': {
    description: 'uWSGI with the probe of WSGI, behind h2o, which speaks FastCGI with it',
    install: 'apt-get install h2o uwsgi-core uwsgi-plugin-python3, or pip install uwsgi',
  },
  'apache-wsgi': {
    description: 'Apache httpd with mod_http2 and mod_wsgi, with the probe of WSGI',
    install: 'apt-get install apache2-bin libapache2-mod-wsgi-py3',
    needs: ['/usr/lib/apache2/modules/mod_wsgi.so'],
  },
  nginx: {
    description: 'nginx serving files; uploads go to an upstream of its own',
    install: 'apt-get install nginx-light',
  },
  nghttpd: { description: 'nghttpd, the server of nghttp2, cleartext', install: 'apt-get install nghttp2-server' },
  process: {
    description: 'the reference server, with the application in a process of its own over MSGI/process',
    install: 'npm run build',
  },
  'python-h2': {
    description: "a server on Python's h2 that hosts the cases' application over MSGI/process",
    install: 'apt-get install python3-h2',
  },
  go: { description: "net/http of Go's standard library", install: 'Go 1.24 or later, https://go.dev/dl' },
  apache: { description: 'Apache httpd with mod_http2, serving files', install: 'apt-get install apache2-bin' },
  h2o: { description: 'h2o serving files', install: 'apt-get install h2o' },
  caddy: { description: 'Caddy serving files', install: 'apt-get install caddy' },
  haproxy: { description: 'HAProxy in front of an origin over HTTP/1.1', install: 'apt-get install haproxy' },
  nghttpx: {
    description: 'nghttpx, the proxy of nghttp2, in front of an origin over HTTP/1.1',
    install: 'apt-get install nghttp2-proxy',
  },
  hypercorn: { description: 'Hypercorn with an ASGI application', install: 'apt-get install python3-hypercorn' },
};

export const BUNDLED: readonly string[] = Object.keys(TARGETS);

export function bundledTargets(): readonly BundledTarget[] {
  return Object.entries(TARGETS).map(([name, { description }]) => ({
    name,
    description,
    installed: missing(name, readManifest(bundledPath(name))) === null,
  }));
}

export function bundledPath(name: string): string {
  return join(packageRoot(), 'conformance', 'targets', name, 'manifest.json');
}

/** Throws TargetError which says how to install what a bundled target needs. */
export function checkInstalled(name: string, manifest: Manifest): void {
  const lacking = missing(name, manifest);
  if (lacking !== null) throw new TargetError(`${lacking}: ${TARGETS[name]?.install}`);
}

/** The same hint for one that ended before it listened: a command may be there, and not what it loads. */
export function withHint(name: string, error: unknown): unknown {
  if (!(error instanceof EndedEarly)) return error;
  return new EndedEarly(`${error.message}\n  ${name} needs: ${TARGETS[name]?.install}`, error.how);
}

/** The first thing that the manifest's commands need and that is not there, as a sentence. */
function missing(name: string, { version, prepare, origin, start, folder }: Manifest): string | null {
  const single = [version, origin, start].filter(command => command != null);
  for (const [file, ...args] of [...prepare, ...single]) {
    if (file !== undefined && !file.includes('{') && findCommand(file) === null) return `${file} is not installed`;
    const [absent] = args.flatMap(argument => ownFile(argument, folder)).filter(path => !existsSync(path));
    if (absent !== undefined) return `${absent} is not there`;
  }
  const lacking = TARGETS[name]?.needs?.find(path => !existsSync(path));
  return lacking === undefined ? null : `${lacking} is not there`;
}

/** The file of the package that an argument names, if it names one. */
function ownFile(argument: string, folder: string): readonly string[] {
  const [, word, path] = /^\{(package|manifest)\}\/(.+)$/.exec(argument) ?? [];
  return path === undefined ? [] : [join(word === 'package' ? packageRoot() : folder, path)];
}

let root: string | null = null;

/** The folder of the package, of which this module is a part, as source or built. */
export function packageRoot(): string {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function findRoot(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'msgi') return folder;
  if (dirname(folder) === folder)
    throw new TargetError('the files of the package msgi are not where its code is: install it again');
  return findRoot(dirname(folder));
}
