/**
 * What the kit and the application inside a host say to each other, beside the pipe: one TCP connection (MSGI_CONTROL=host:port),
 * one line of JSON for each message. The application does what it is told and tells what it sees; hosts/application.md says the
 * same to whoever writes it in another language.
 */
import type { Json, ReportedError } from '../application/messages.ts';

export { CONTROL, type Json, type ReportedError } from '../application/messages.ts';

/** With this variable in the environment the application prints while it is loaded. */
export const PRINTS = 'MSGI_PRINTS';

/** What it prints wherever it is told to. */
export const PRINTED = 'printed by the application';

/** Content, by its length: what it is does not matter. */
export interface Octets {
  readonly octets: number;
}

/** Members by which an application acts, as section 1.4 names them. */
export const MEMBERS = [
  'inform',
  'respond',
  'start',
  'push',
  'prioritize',
  'deadline',
  'reset',
  'watch',
  'body.read',
  'body.manual',
  'body.credit',
  'body.stop',
  'sink.write',
  'sink.ready',
  'sink.end',
  'connection.drain',
] as const;

export type Member = (typeof MEMBERS)[number];

/** From the application. */
export type AppMessage =
  /** Its `start` was called, and waits for "started" or "refuse". */
  | { readonly event: 'start'; readonly spec: string; readonly server: string }
  /** It was called; `exchange` counts from 1. "given": it is the `app` of a call of `push`. */
  | {
      readonly event: 'invoked';
      readonly exchange: number;
      readonly app: 'hosted' | 'given';
      readonly target: string;
      readonly pushed: boolean;
      readonly fields: readonly string[];
    }
  /** What became of a call. */
  | { readonly event: 'answer'; readonly call: number; readonly value: Json }
  | { readonly event: 'answer'; readonly call: number; readonly error: ReportedError }
  | { readonly event: 'notice'; readonly exchange: number; readonly notice: { readonly [key: string]: Json } }
  /** The signal of the exchange. */
  | { readonly event: 'aborted'; readonly exchange: number; readonly error: ReportedError }
  | { readonly event: 'drain' }
  /** Its `stop` was called, and waits for "stopped". */
  | { readonly event: 'stop' }
  /** `stop` is about to end. */
  | { readonly event: 'stopped' };

/** From the kit. */
export type KitMessage =
  | { readonly do: 'started' }
  /** `start` fails. */
  | { readonly do: 'refuse' }
  | {
      readonly do: 'call';
      readonly call: number;
      readonly exchange: number;
      readonly member: Member;
      readonly arguments: readonly Json[];
    }
  /** The promise of the application settles: fulfilled, rejected with an error of these words, or with that of its exchange. */
  | { readonly do: 'settle'; readonly exchange: number; readonly error?: string; readonly own?: true }
  /** Answered at once, with null. */
  | { readonly do: 'ping'; readonly call: number }
  /** Prints in every way there is, then reads standard input to its end: answered with the octets of that. */
  | { readonly do: 'print'; readonly call: number }
  | { readonly do: 'stopped' };
