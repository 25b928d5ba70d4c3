/** Where an application does not do the same on every host, and why. What is not in this table must be the same. */
import type { HostName } from './hosts.ts';

export interface Difference {
  readonly framework: string;
  readonly host: HostName;
  /** "*" for all of them. */
  readonly behaviour: string;
  readonly reason: string;
}

export const DIFFERENCES: readonly Difference[] = [];
