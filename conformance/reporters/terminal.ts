/** Where a reporter writes, and what may be done there. */

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Terminal {
  /** A line can be written over, so progress is shown while the run goes on. */
  readonly live: boolean;
  readonly colour: boolean;
  /** Characters in a line; Infinity where nobody counts them. */
  readonly columns: number;
}

export const PLAIN: Terminal = { live: false, colour: false, columns: Number.POSITIVE_INFINITY };

/** A pipe, a dumb terminal and CI get plain lines; NO_COLOR (no-color.org) takes the colours only. */
export function terminalOf(out: Output, env: Environment): Terminal {
  const ci = !['', '0', 'false'].includes(env['CI'] ?? '');
  if (out.isTTY !== true || ci || env['TERM'] === 'dumb') return PLAIN;
  return { live: true, colour: (env['NO_COLOR'] ?? '') === '', columns: Math.max(out.columns ?? 80, 40) };
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export type Paint = (colour: Colour, text: string) => string;

export function painter(colour: boolean): Paint {
  return colour ? (name, text) => `\x1b[${CODES[name][0]}m${text}\x1b[${CODES[name][1]}m` : (_, text) => text;
}
