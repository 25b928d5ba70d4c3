/** A fault of a gateway: a wrapper of the application, or a deviation on the wire, as other faults are. */
import type { App, Application } from '../../../spec/msgi.ts';
import type { Fault } from '../fault.ts';

/** The environment variable with the id of a fault that the whole process has. */
export const FAULT = 'MSGI_FAULT';

export interface GatewayFault extends Omit<Fault, 'wire'> {
  readonly wire?: Fault['wire'];
  /** What the server makes of the application: called once for each attempt, so that what it remembers is of one case. */
  readonly wrap?: (app: App) => App;
  /** What it makes of the whole application with its lifespan: in a process of its own, for cases that have one `alone`. */
  readonly host?: (application: Application) => Application;
  /** By it something never comes, so that the deadline of the case ends the wait: the proof takes a short one. */
  readonly waits?: true;
}
