/** What a probe has seen of a request, in the words of its interface, and the same in those of HTTP. */
import type { Json } from '../application/messages.ts';
import type { Interface } from './interface.ts';

type Plain = { readonly [key: string]: Json };

/** A request as an old application sees it. */
export interface Saw {
  readonly method: string;
  /** As the interface gives it: decoded or not. */
  readonly path: string;
  readonly query: string;
  readonly scheme: string;
  readonly version: string;
  /** Every value of `host`, or of what stands for it there. */
  readonly hosts: readonly string[];
  /** Flat, names in lower case, without `host` and pseudo-fields. */
  readonly fields: readonly string[];
  /** As the probe has told it. */
  readonly raw: Plain;
}

export function sawOf(face: Interface, raw: Plain): Saw {
  return { ...READ[face](raw), raw };
}

/** The values of a field, in order. */
export function valuesOf({ fields }: Pick<Saw, 'fields'>, name: string): readonly string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === name);
}

const READ: Readonly<Record<Interface, (raw: Plain) => Omit<Saw, 'raw'>>> = {
  node: readNode,
  fetch: readFetch,
  wsgi: readWsgi,
  asgi: readAsgi,
};

function readNode(raw: Plain): Omit<Saw, 'raw'> {
  const lines = flat(raw['rawHeaders']);
  const { path, query } = cut(text(raw['url']));
  // `rawHeaders` of node:http2 is the field list itself: cookies are joined in `headers`.
  const { cookie } = raw['headers'] as { readonly cookie?: string };
  const others = without(lines, name => name === 'host' || name === 'cookie' || name.startsWith(':'));
  const fields = cookie === undefined ? others : [...others, 'cookie', cookie];
  // It has the authority beside a host that the client may have sent.
  const authorities = of(lines, ':authority');
  return {
    method: text(raw['method']),
    path,
    query,
    scheme: text(raw['scheme']),
    version: text(raw['httpVersion']),
    hosts: authorities.length > 0 ? authorities : of(lines, 'host'),
    fields,
  };
}

function readFetch(raw: Plain): Omit<Saw, 'raw'> {
  const url = new URL(text(raw['url']));
  const lines = flat(raw['headers']);
  return {
    method: text(raw['method']),
    path: url.pathname,
    query: url.search.slice(1),
    scheme: url.protocol.slice(0, -1),
    version: '',
    hosts: [url.host],
    fields: without(lines, name => name === 'host'),
  };
}

function readWsgi(raw: Plain): Omit<Saw, 'raw'> {
  const environ = raw['environ'] as Readonly<Record<string, string>>;
  const fields = Object.entries(environ).flatMap(([key, value]) => {
    if (key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH') return value === '' ? [] : [lower(key), value];
    return key.startsWith('HTTP_') && key !== 'HTTP_HOST' ? [lower(key.slice(5)), value] : [];
  });
  const host = environ['HTTP_HOST'];
  return {
    method: environ['REQUEST_METHOD'] ?? '',
    path: `${environ['SCRIPT_NAME'] ?? ''}${environ['PATH_INFO'] ?? ''}`,
    query: environ['QUERY_STRING'] ?? '',
    scheme: environ['wsgi.url_scheme'] ?? '',
    version: (environ['SERVER_PROTOCOL'] ?? '').replace('HTTP/', ''),
    hosts: host === undefined ? [] : [host],
    fields,
  };
}

function readAsgi(raw: Plain): Omit<Saw, 'raw'> {
  const lines = flat(raw['headers']);
  return {
    method: text(raw['method']),
    path: text(raw['path']),
    query: text(raw['query_string']),
    scheme: text(raw['scheme']),
    version: text(raw['http_version']),
    hosts: of(lines, 'host'),
    fields: without(lines, name => name === 'host'),
  };
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const lower = (key: string): string => key.toLowerCase().replaceAll('_', '-');

function flat(value: Json | undefined): readonly string[] {
  const texts = (value ?? []) as readonly string[];
  return texts.map((one, at) => (at % 2 === 0 ? one.toLowerCase() : one));
}

function cut(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

function of(lines: readonly string[], name: string): readonly string[] {
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1] === name);
}

function without(lines: readonly string[], drops: (name: string) => boolean): readonly string[] {
  return lines.filter((_, at) => !drops(lines[at - (at % 2)] as string));
}
