/** HEAD of a request that asks for nothing in particular, as tests of the pipe send it. */
import type { Head } from '../../binding/messages.ts';

export function someHead(target: string, connection = 1): Head {
  return {
    connection,
    id: 1,
    request: {
      version: '2',
      method: 'GET',
      scheme: 'http',
      authority: 'a',
      target,
      base: '',
      protocol: '',
      fields: [],
    },
    caps: {
      multiplex: true,
      duplex: true,
      push: false,
      inform: true,
      trailers: true,
      tunnel: false,
      credit: 'exact',
      priority: 'none',
      reset: 'code',
    },
    priority: { scheme: 'none', urgency: 3, incremental: false },
    window: 0,
    room: 0,
    pushed: false,
    ended: true,
  };
}
