/** A fault of a gateway: a wrapper of the application, or a deviation on the wire, as other faults are. */
import type { App } from '../../../spec/msgi.ts';
import type { Fault } from '../fault.ts';

export interface GatewayFault extends Omit<Fault, 'wire'> {
  readonly wire?: Fault['wire'];
  /** What the server makes of the application: called once for each attempt, so that what it remembers is of one case. */
  readonly wrap?: (app: App) => App;
  /** By it something never comes, so that the deadline of the case ends the wait: the proof takes a short one. */
  readonly waits?: true;
}
