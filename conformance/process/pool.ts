/**
 * Instances that cases about the pipe use one after the other: to start one takes longer than most of them. A case has its
 * instance to itself, and the next one gets it only when the one before has passed and left nothing on the pipe.
 */
import type { Socket } from 'node:net';
import { Transcript } from '../peer/transcript.ts';
import { type Instance, type Target, TargetError } from '../targets/target.ts';
import { HELLO, HostEnd } from './host-end.ts';
import { Pipes } from './pipes.ts';

/** Instances that run at a time. */
const PLACES = 2;

/** Milliseconds for the exchanges of a case to close behind its end; an instance that needs more is not used again. */
const CLOSE_MS = 1000;

export interface Lease {
  readonly instance: Instance;
  readonly host: HostEnd;
  /** All that the server has started: more than that one where it runs several processes. */
  readonly hosts: readonly HostEnd[];
}

interface Shared extends Lease {
  readonly pipes: Pipes;
}

export class InstancePool {
  readonly #another: NonNullable<Target['another']>;
  readonly #idle: Shared[] = [];
  readonly #leased = new Map<Lease, Shared>();
  readonly #waiting: (() => void)[] = [];
  readonly #ends = new Set<Promise<void>>();
  #free = PLACES;

  constructor(another: NonNullable<Target['another']>) {
    this.#another = another;
  }

  /** Waits for one. Throws TargetError where it does not start. */
  async take(): Promise<Lease> {
    if (this.#free === 0) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      const shared = this.#idle.pop() ?? (await this.#start());
      this.#leased.set(shared, shared);
      return shared;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** The case is over; `clean` where it has passed. */
  give(lease: Lease, clean: boolean): void {
    const shared = this.#leased.get(lease);
    if (shared === undefined) return;
    this.#leased.delete(lease);
    const end = this.#put(shared, clean).finally(() => {
      this.#ends.delete(end);
      this.#release();
    });
    this.#ends.add(end);
  }

  /** Ends every instance. */
  async stop(): Promise<void> {
    await Promise.all(this.#ends);
    await Promise.all(this.#idle.splice(0).map(ended));
  }

  async #put(shared: Shared, clean: boolean): Promise<void> {
    if (clean && (await shared.host.emptied(CLOSE_MS))) this.#idle.push(shared);
    else await ended(shared);
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  async #start(): Promise<Shared> {
    const hosts: HostEnd[] = [];
    const begun = { hello: HELLO, transcript: new Transcript(), signal: new AbortController().signal, deviation: null };
    const pipes = await Pipes.listen((socket: Socket) => {
      hosts.push(new HostEnd(socket, { ...begun, count: hosts.length + 1 }));
    });
    try {
      const instance = await this.#another({}, {}, undefined, pipes);
      // Where somebody took its port, it was started again on another.
      const host = hosts.find(({ over }) => !over);
      if (host === undefined) throw new TargetError('the server has ended the pipe of a sound host');
      return { instance, host, hosts, pipes };
    } catch (error) {
      pipes.close();
      throw error;
    }
  }
}

async function ended({ instance, pipes }: Shared): Promise<void> {
  pipes.close();
  await instance.stop();
}
