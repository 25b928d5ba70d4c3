/** The subject as a case sees it: where it is and what it serves. */
import type { Control } from './gateway/control.ts';
import type { Between } from './gateway/events.ts';
import type { Deviation } from './process/filters.ts';
import type { Pipes } from './process/pipes.ts';
import type { InstancePool, Lease } from './process/pool.ts';
import type { Spares } from './runner/spares.ts';
import type { Instance, Target } from './targets/target.ts';

export interface Endpoint {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** A resource and the answer that a sound GET of it gets, learnt before the cases run. */
export interface Resource {
  readonly path: string;
  readonly status: number;
  /** Octets of content. */
  readonly size: number;
}

export interface Subject {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** The TLS endpoint beside a cleartext one; the same where the endpoint is TLS. */
  readonly tls: Endpoint | null;
  /** Value of :authority. */
  readonly authority: string;
  /** Fields that every request carries, flat. */
  readonly fields: readonly string[];
  /** Verify the certificate; off for certificates of the kit's own and with --insecure. */
  readonly verify: boolean;
  readonly claims: ReadonlySet<string>;
  readonly small: Resource;
  /** At least 100,000 octets. */
  readonly large: Resource | null;
  /** Takes POST and answers when the body is whole. */
  readonly upload: { readonly path: string } | null;
  /** Answered otherwise than `small`, so that an answer shows which of the two was asked for. */
  readonly other: Resource | null;
  /** The kit's application behind it, where it claims "gateway", and the fault that its exchanges are to have. */
  readonly gateway?: {
    readonly control: Control;
    readonly fault: string | null;
    /** What stands between the kit and the application, where a proof puts something there. */
    readonly between?: Between;
  } | null;
  /** Of an instance that runs for one case alone. */
  readonly process?: Pick<Instance, 'signal' | 'ended'>;
  /** Measures the memory of its processes, where the kit started them. */
  readonly meter?: Target['meter'];
  /** Starts a further instance, where the kit started the subject. */
  readonly another?: Target['another'];
  /** Of a run: instances that cases about the pipe use one after the other. */
  readonly pool?: InstancePool;
  /** Of a run: instances with options, for the cases that are alone with theirs. */
  readonly spares?: Spares;
  /** For cases about the pipe: how they start an instance, and what stands between it and the kit. */
  readonly host?: PipeHosting | null;
}

export interface PipeHosting {
  launch(pipes: Pipes): Promise<Instance>;
  /** An instance that other cases may have used, where the case does without one of its own. */
  readonly lease?: () => Promise<Lease>;
  readonly deviation: Deviation | null;
  /** Puts something between the kit and an instance, on the side of HTTP/2. */
  front?(endpoint: Endpoint): Promise<Endpoint>;
}

export function formatEndpoint({ scheme, host, port }: Endpoint): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
