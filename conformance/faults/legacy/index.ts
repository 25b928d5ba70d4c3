/** Faults of servers that host old applications. */
import type { GatewayFault } from '../gateway/fault.ts';
import asgi from './asgi.ts';
import bothVersions from './both-versions.ts';
import fetchHandler from './fetch-handler.ts';
import messages from './messages.ts';
import nodeHandler from './node-handler.ts';
import running from './running.ts';
import smuggling from './smuggling.ts';
import wsgi from './wsgi.ts';

export const legacyFaults: readonly GatewayFault[] = [
  ...messages,
  ...bothVersions,
  ...running,
  ...smuggling,
  ...nodeHandler,
  ...fetchHandler,
  ...wsgi,
  ...asgi,
];
