/** Adapters of Fetch handlers with one deviation each. */
import { readsValues } from '../field-lines.ts';
import type { GatewayFault } from '../gateway/fault.ts';
import { retells, tells } from './between.ts';

export default [
  {
    id: 'fetch-handler/aborts-always',
    deviation: 'The signal aborts when the exchange is closed, whole or not.',
    clause: 'MSGI-ADAPT-8',
    fails: ['fetch-handler/signal-aborts'],
    seen: /aborts behind a whole response/,
    between: retells('did-1', report => [report, { ...report, name: 'aborted', data: null }]),
  },
  {
    id: 'fetch-handler/no-exchange',
    deviation: 'The request has no exchange.',
    clause: 'MSGI-ADAPT-9',
    fails: ['fetch-handler/exchange-within-reach'],
    seen: /has the id null/,
    between: tells('saw', saw => ({ ...saw, exchange: null })),
  },
  {
    id: 'fetch-handler/url-of-the-listener',
    deviation: 'The URL has the host of the listener, whatever the authority is.',
    clause: 'MSGI-ADAPT-1',
    fails: ['fetch-handler/a-request-of-fetch'],
    seen: /the URL is "http:\/\/localhost\//,
    wire: readsValues((name, value) => (name === ':authority' ? 'localhost' : value)),
  },
] satisfies readonly GatewayFault[];
