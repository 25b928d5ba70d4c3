/** Resources that a page will ask for: promised where the peer takes promises, named early where it does not. */
import type { Exchange, PushRequest } from '../spec/msgi.ts';

/** What the page will fetch, and how. */
export interface Link {
  /** As the peer would ask for it, `base` included; or a whole URI, which is never promised. */
  readonly target: string;
  /** Destination of the fetch. A peer uses what was preloaded only where this is what it then fetches. */
  readonly as: 'style' | 'script' | 'image' | 'font' | 'fetch' | 'track';
  /** Media type: a peer that cannot use it leaves it alone. */
  readonly type?: string;
  /**
   * The mode of the fetch, as in the page. Fonts are always fetched as "anonymous", so that is their default; a preload in
   * another mode is fetched a second time.
   */
  readonly crossorigin?: 'anonymous' | 'use-credentials';
  /** Fields of the promised request: what the answer will vary on, such as `accept-encoding`. */
  readonly fields?: PushRequest['fields'];
}

/**
 * Promises each link (section 6.1) and names the rest in one 103 (RFC 8297). Call it before the page names them. True when
 * every link was promised or named. After the response has begun there is no 103: promises are all that is tried then.
 * TypeError for what is no URI reference.
 */
export function hint(x: Exchange, links: readonly Link[]): boolean {
  const lines = links.map(preload);
  const rest = lines.filter((_, at) => !promise(x, links[at] as Link));
  if (rest.length === 0) return true;
  if (x.state !== 'idle') return false;
  return x.inform(
    103,
    rest.flatMap(line => ['link', line]),
  );
}

/** "//" begins an authority: what follows is a resource of another server. */
function promise(x: Exchange, { target, fields }: Link): boolean {
  if (!target.startsWith('/') || target.startsWith('//')) return false;
  return x.push(fields === undefined ? { target } : { target, fields });
}

/** The characters of RFC 3986, and none that ends the reference (RFC 8288 §3). */
const REFERENCE = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

function preload({ target, as, type, crossorigin = as === 'font' ? 'anonymous' : undefined }: Link): string {
  if (!REFERENCE.test(target))
    throw new TypeError('a link is a URI reference: percent-encode what RFC 3986 does not have');
  if (type !== undefined && !MEDIA_TYPE.test(type)) throw new TypeError('the type of a link is a media type');
  const mode =
    crossorigin === undefined ? '' : crossorigin === 'anonymous' ? '; crossorigin' : `; crossorigin=${crossorigin}`;
  return `<${target}>; rel=preload; as=${as}${type === undefined ? '' : `; type="${type}"`}${mode}`;
}
