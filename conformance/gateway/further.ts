/** A further instance of the subject, that a case starts itself: to see how it starts, or that it does not. */
import { EXPORTS, pathOf, SUITE } from '../application/messages.ts';
import { FAULT } from '../faults/gateway/fault.ts';
import { KitError, NotApplicable } from '../outcome.ts';
import type { Transcript } from '../peer/transcript.ts';
import type { Subject } from '../subject.ts';
import { EndedEarly, type Instance } from '../targets/target.ts';
import { Control } from './control.ts';
import { AppEvents, type Named } from './events.ts';

export class Further implements Named {
  readonly name = 'process';
  readonly key: string;
  /** What its application tells; the exchange of its lifespan is this object. */
  readonly app: AppEvents;
  /** Fulfilled when it listens, or with how it ended before: "exit status 2". Rejects with a TargetError for anything else. */
  readonly started: Promise<Instance | string>;
  readonly #control: Control;

  private constructor(subject: Subject, caseId: string, control: Control, transcript: Transcript, signal: AbortSignal) {
    const fault = subject.gateway?.fault ?? null;
    this.#control = control;
    this.app = new AppEvents(control, fault, transcript, signal);
    this.key = this.app.key(this.name);
    const [suite = ''] = caseId.split('/');
    const env = { [SUITE]: suite, [EXPORTS]: pathOf(caseId, this.key), ...(fault === null ? {} : { [FAULT]: fault }) };
    const { another } = subject;
    if (another === undefined) throw new KitError('the kit starts no further instance of a subject it did not start');
    this.started = another({}, env, control).catch((error: unknown) => {
      if (error instanceof EndedEarly) return error.how;
      throw error;
    });
    // Nobody may wait for it any more when the case is over.
    this.started.catch(() => {});
  }

  /** Throws NotApplicable where the kit has not started the subject. */
  static async start(subject: Subject, caseId: string, transcript: Transcript, signal: AbortSignal): Promise<Further> {
    if (subject.another === undefined) throw new NotApplicable('the kit did not start the subject', 'not-exercised');
    return new Further(subject, caseId, await Control.listen(), transcript, signal);
  }

  /** Instances that host the application now. */
  get hosts(): number {
    return this.#control.hosts;
  }

  /** Times that the server has called the member of the application's lifespan. */
  calls(member: 'start' | 'drain' | 'stop'): number {
    return this.app.all.filter(message => message.event === 'lifespan' && message.member === member).length;
  }

  /** Whether it listens within `ms` milliseconds. */
  async listens(ms: number): Promise<boolean> {
    // Nothing tells that a server will not listen: whoever asks this rests on a time limit.
    const pause = new Promise<string>(resolve => setTimeout(resolve, ms, ''));
    return typeof (await Promise.race([this.started, pause])) !== 'string';
  }

  end(): void {
    this.app.end();
    const stop = (instance: Instance | string): unknown => typeof instance !== 'string' && instance.stop();
    void this.started.then(stop, () => {}).finally(() => this.#control.close());
  }
}
