/** `push`: from what the application asks for to a request that was not made (section 6.1 of the specification). */
import type { App, Fields, PushRequest } from '../../spec/msgi.ts';
import { isAuthority, isTarget } from '../engine/fields.ts';
import { readRequest } from '../engine/request-head.ts';
import { checkFields, hasField } from './arguments.ts';
import { type Handling, NO_FIELDS } from './handling.ts';

/** True when PUSH_PROMISE is queued; a TypeError for what is wrong wherever it runs. */
export function push(parent: Handling, request: PushRequest, app: App | undefined): boolean {
  check(request, app);
  const { gateway, head, phase } = parent;
  const { authority = head.authority } = request;
  if ((phase !== 'idle' && phase !== 'open') || head.method === 'CONNECT') return false;
  if (!isAuthority(authority) || !gateway.serves(authority, head.authority)) return false;
  const section = promised(request, head.scheme, authority);
  return gateway.promise(parent, section, readRequest(section), app);
}

function check({ target, method, authority, fields = NO_FIELDS }: PushRequest, app: App | undefined): void {
  if (typeof target !== 'string' || !isTarget(target)) {
    throw new TypeError(
      'the target of a push is a path with its query, as it goes on the wire (RFC 9113 section 8.3.1)',
    );
  }
  if (method !== undefined && method !== 'GET' && method !== 'HEAD') {
    throw new TypeError('only GET and HEAD can be pushed (RFC 9113 section 8.4)');
  }
  if (authority !== undefined && typeof authority !== 'string') throw new TypeError('an authority is a string');
  if (app !== undefined && typeof app !== 'function') throw new TypeError('an app is a function');
  checkFields(fields, true);
  for (const name of ['host', 'content-length']) {
    if (hasField(fields, name)) throw new TypeError(`a request that is pushed has no ${name} (RFC 9113 section 8.4.1)`);
  }
}

/** The field section of the request, a copy of its own. */
function promised(
  { target, method = 'GET', fields = NO_FIELDS }: PushRequest,
  scheme: string,
  authority: string,
): Fields {
  const pseudo = [':method', method, ':scheme', scheme, ':authority', authority, ':path', target];
  const section: string[] & { sensitive?: readonly string[] } = [...pseudo, ...fields];
  if (fields.sensitive !== undefined) section.sensitive = [...fields.sensitive];
  return section;
}
