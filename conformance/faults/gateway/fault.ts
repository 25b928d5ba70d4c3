/** A fault of a gateway: a wrapper of the application, or a deviation on the wire, as other faults are. */
import type { App, Application } from '../../../spec/msgi.ts';
import type { Between } from '../../gateway/events.ts';
import type { Deviation } from '../../process/filters.ts';
import type { Fault, Wire } from '../fault.ts';

/** The environment variable with the id of a fault that the whole process has. */
export const FAULT = 'MSGI_FAULT';

/** What a wrong server makes of an HTTP/1 connection; text has one character for each octet. */
export interface Http1Filters {
  /** On its way to the sound server; `answer` sends to the client in its place. */
  toServer?(text: string, answer: (text: string) => void): string;
  toClient?(text: string): string;
  /** What the client still gets when the server ends or resets the connection. */
  last?(): string;
  /** The server's reset reaches the client as an ordinary end. */
  readonly hidesReset?: true;
  /** All that the client sends is read, however little of it the server takes. */
  readonly hoards?: true;
  /** The end of the client's direction ends both. */
  readonly takesEndForLoss?: true;
}

/** A wrong server, made anew for each try: what its connections share lives in its closure. */
export interface FaultyServer {
  readonly wire: Wire;
  /** It takes memory, in the process of the proof, beside the sound server: gives it back. */
  readonly free?: () => void;
  /** It takes no further connection. */
  readonly refuses?: () => boolean;
}

export interface GatewayFault extends Omit<Fault, 'wire'> {
  readonly wire?: Fault['wire'];
  /** The filters of one HTTP/1 connection; what they must remember lives in their closure. */
  readonly http1?: () => Http1Filters;
  /** What the server makes of the application: called once for each attempt, so that what it remembers is of one case. */
  readonly wrap?: (app: App) => App;
  /** What it makes of the whole application with its lifespan: in a process of its own, for cases that have one `alone`. */
  readonly host?: (application: Application) => Application;
  /** What it makes of the talk between the kit and a probe: called once for each attempt. */
  readonly between?: () => Between;
  /** What it does to the pipe, for cases about that. */
  readonly pipe?: Deviation;
  /** The filters of all connections of one server, for deviations by which one of them has an effect on others. */
  readonly server?: () => FaultyServer;
  /** By it something never comes, so that the deadline of the case ends the wait: the proof takes a short one. */
  readonly waits?: true;
}
