/** Cases about old applications: what they see and do when the connection is HTTP/2. */
import type { Case } from '../../case.ts';
import asgi from './asgi.ts';
import bothVersions from './both-versions.ts';
import fetchHandler from './fetch-handler.ts';
import messages from './messages.ts';
import nodeHandler from './node-handler.ts';
import running from './running.ts';
import smuggling from './smuggling.ts';
import { wsgiCases } from './wsgi/index.ts';

export const legacyCases: readonly Case[] = [
  ...messages,
  ...bothVersions,
  ...running,
  ...smuggling,
  ...nodeHandler,
  ...fetchHandler,
  ...wsgiCases,
  ...asgi,
];
