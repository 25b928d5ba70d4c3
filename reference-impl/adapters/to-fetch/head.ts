/** A Request of Fetch as the head of a request. */
import type { RequestHead } from '../../../spec/msgi.ts';
import { readFieldLines } from '../../http1/field-lines.ts';

/** Throws where `content-length` is no length. A Request does not say its version: it is taken for HTTP/1.1. */
export function headOf({ method, url, headers }: Request): RequestHead {
  const [, scheme = '', authority = '', target = ''] = /^([^:]+):\/\/([^/?#]*)([^#]*)/.exec(url) ?? [];
  return {
    version: '1.1',
    method,
    scheme,
    authority,
    target: target.startsWith('/') ? target : `/${target}`,
    base: '',
    protocol: '',
    fields: readFieldLines([...headers].flat()).fields,
  };
}
