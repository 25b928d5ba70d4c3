/** Faults in `push`: another function in its place. */
import type { App, Exchange, PushRequest } from '../../../../spec/msgi.ts';
import { facing, withMembers } from '../wrap.ts';

export const pushing = (
  push: (x: Exchange, request: PushRequest, app: App | undefined) => boolean,
): ((app: App) => App) => facing(x => withMembers(x, { push: (request, app) => push(x, request, app) }));
