/** Where findings go, and what all wrappers of one exchange have to know of each other. */
import { LintError, type RuleId } from './lint-error.ts';

export type Report = (error: LintError) => void;

/** Why a call is one that a server answers with a TypeError. */
export interface Wrong {
  /** The rule that says so. */
  readonly see: RuleId;
  readonly what: string;
  /** MSGI-APP-2: the call came at the wrong moment; MSGI-APP-3: its arguments are wrong. */
  readonly id: 'MSGI-APP-2' | 'MSGI-APP-3';
  /** The rules leave open whether the server throws here. */
  readonly open: boolean;
}

export const argument = (see: RuleId, what: string): Wrong => ({ see, what, id: 'MSGI-APP-3', open: false });
export const moment = (see: RuleId, what: string): Wrong => ({ see, what, id: 'MSGI-APP-2', open: false });

export class Judge {
  /** Calls of the application into the server that have not returned. */
  depth = 0;
  /** The application's promise has settled. */
  settled = false;
  /** The notice `close` was given. */
  closed = false;
  readonly #report: Report;
  readonly #name: string;

  constructor(report: Report, name: string) {
    this.#report = report;
    this.#name = name;
  }

  server(id: RuleId, message: string): void {
    this.#report(new LintError('server', id, `${this.#name}: ${message}`));
  }

  app(id: RuleId, message: string, see: RuleId | null = null): void {
    this.#report(new LintError('app', id, `${this.#name}: ${message}`, see));
  }

  /** Before the call: its fault, if it has one, is the application's. */
  enter(member: string, wrong: Wrong | null): void {
    if (wrong !== null) {
      const late = this.settled ? ', after the application has settled' : '';
      this.app(wrong.id, `${member}: ${wrong.what}${late}`, wrong.see);
    }
    this.depth++;
  }

  /** The call has returned: where a TypeError was owed, the server has taken what it must not take. */
  took(member: string, wrong: Wrong | null): void {
    this.depth--;
    if (wrong !== null && !wrong.open) this.server(wrong.see, `${member} took it: ${wrong.what}`);
  }

  /** The call has thrown: right where a TypeError was owed, and nowhere else. */
  threw(member: string, error: unknown, wrong: Wrong | null): void {
    this.depth--;
    if (isTypeError(error)) {
      if (wrong === null) this.server('MSGI-LIFE-3', `${member} threw a TypeError at a right call: ${error.message}`);
    } else if (wrong !== null && !wrong.open) {
      this.server(wrong.see, `${member} threw something other than a TypeError: ${String(error)}`);
    } else if (!isExchangeError(error)) {
      this.server('MSGI-ERR-1', `${member} threw what is neither a TypeError nor an ExchangeError: ${String(error)}`);
    }
  }
}

/** By name as well: the server may live in another realm. */
export function isTypeError(error: unknown): error is TypeError {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TypeError');
}

export function isExchangeError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExchangeError';
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

export function isInteger(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
