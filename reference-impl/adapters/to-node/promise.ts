/** Promises (RFC 9113 §8.4) on node:http2: the checks of the specification's section 6.1, and the stream. */
import type { ServerHttp2Stream } from 'node:http2';
import type { App, PushRequest, RequestHead } from '../../../spec/msgi.ts';
import { isTarget } from '../../engine/fields.ts';
import { checkFields } from '../../gateway/arguments.ts';
import { NO_FIELDS, NodeHandling } from './handling.ts';
import { toHeaders } from './headers.ts';

/** Throws TypeError for what no server sends. */
export function checkPush(request: PushRequest, app: App | undefined): void {
  if (typeof request.target !== 'string' || !isTarget(request.target)) {
    throw new TypeError('the target of a push begins with "/" and holds no control octet, space or "#"');
  }
  if (request.method !== undefined && request.method !== 'GET' && request.method !== 'HEAD') {
    throw new TypeError('only GET and HEAD can be pushed (RFC 9113 section 8.4)');
  }
  if (app !== undefined && typeof app !== 'function') throw new TypeError('an app is a function');
  checkFields(request.fields ?? NO_FIELDS);
}

/** Whether peer and moment allow a promise on behalf of this exchange. */
export function mayPush(parent: NodeHandling, { authority }: PushRequest): boolean {
  const { phase, tunnel, pushed, session, complete, stream, head } = parent;
  if (phase === 'done' || phase === 'dead' || complete || tunnel || pushed) return false;
  if (authority !== undefined && authority !== head.authority) return false;
  return stream.pushAllowed && session.takesPush && session.hasRoomForPush;
}

/** Queues the promise; `run` gets the exchange in a later turn. */
export function promise(parent: NodeHandling, request: PushRequest, run: (handling: NodeHandling) => void): boolean {
  const { session, stream } = parent;
  const head = promisedHead(parent.head, request);
  const { method, scheme, authority, target } = head;
  const headers = Object.assign(toHeaders(head.fields), {
    ':method': method,
    ':scheme': scheme,
    ':authority': authority,
    ':path': target,
  });
  session.promised += 1;
  try {
    stream.pushStream(headers, (error: Error | null, promised: ServerHttp2Stream) => {
      if (error !== null) {
        session.promised -= 1;
        return;
      }
      const handling = new NodeHandling(session, promised, head, true);
      session.exchanges.add(handling);
      setImmediate(() => run(handling));
    });
    return true;
  } catch (error) {
    session.promised -= 1;
    if (error instanceof TypeError) throw error;
    return false;
  }
}

function promisedHead(parent: RequestHead, { target, method = 'GET', authority, fields }: PushRequest): RequestHead {
  return {
    version: '2',
    method,
    scheme: parent.scheme,
    authority: authority ?? parent.authority,
    target,
    base: '',
    protocol: '',
    fields: Object.assign([...(fields ?? [])], fields?.sensitive && { sensitive: [...fields.sensitive] }),
  };
}
