/** Every bad application and middleware, and the sound ones, by id: what the process of a case loads. */
import type { Loaded, Middleware } from '../../application/loaded.ts';
import { UsageError } from '../../usage.ts';
import answers from './answers.ts';
import failures from './failures.ts';
import type { ApplicationFault, MiddlewareFault } from './fault.ts';
import flow from './flow.ts';
import middleware, { soundMiddleware } from './middleware.ts';
import { SOUND_REQUESTS, sound } from './sound.ts';

/** Names the sound program where a fault is asked for. */
export const SOUND = 'sound';

export const programFaults: readonly ApplicationFault[] = [...answers, ...failures, ...flow];
export const middlewareFaults: readonly MiddlewareFault[] = middleware;
export const applicationFaults: readonly (ApplicationFault | MiddlewareFault)[] = [
  ...programFaults,
  ...middlewareFaults,
];

/** Throws UsageError where there is none of that id. */
export function findApplication(id: string): Loaded {
  if (id === SOUND) return { application: { app: sound }, wishes: SOUND_REQUESTS };
  const { app, requests } = programFaults.find(fault => fault.id === id) ?? missing(id);
  return { application: typeof app === 'function' ? { app } : app, wishes: requests };
}

export function findMiddleware(id: string): Middleware {
  return id === SOUND ? soundMiddleware : (middlewareFaults.find(fault => fault.id === id) ?? missing(id)).middleware;
}

function missing(id: string): never {
  throw new UsageError(`there is no fault ${id}`);
}
