/** The reporters by name: each a Listener that writes to a stream. */
import type { Listener } from '../runner/events.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { Pretty } from './pretty.ts';
import { tap } from './tap.ts';
import { type Output, PLAIN, type Terminal } from './terminal.ts';

export { type Output, type Terminal, terminalOf } from './terminal.ts';
export { json, junit, tap };

export const FORMATS = ['pretty', 'json', 'tap', 'junit'] as const;
export type Format = (typeof FORMATS)[number];

export interface ReporterOptions {
  /** Weak verdicts count as failures. */
  readonly strict?: boolean;
  /** For `pretty`: plain lines unless a terminal is given. */
  readonly terminal?: Terminal;
  /** For `pretty`: the command that repeats the whole run, without its seed. */
  readonly command?: string;
}

/** `pretty` writes as the run goes on, the others one document at its end. */
export function reporter(format: Format, out: Output, options: ReporterOptions = {}): Listener {
  switch (format) {
    case 'pretty':
      return new Pretty(out, { terminal: PLAIN, ...options });
    case 'json':
      return { end: report => void out.write(json(report)) };
    case 'tap':
      return { end: report => void out.write(tap(report, options.strict)) };
    case 'junit':
      return { end: report => void out.write(junit(report, options.strict)) };
  }
}
