/** What the checker says: which rule, who broke it, and how. */
import rows from '../spec/registry/msgi.json' with { type: 'json' };

/** "MSGI-LIFE-6": a misspelt one does not compile. */
export type RuleId = keyof typeof rows;

/** Who broke the rule: the application that was given to `lint`, or the server that called it. */
export type Side = 'app' | 'server';

/** One finding. It is an Error so that it has a stack: that of the call that was wrong, where there was one. */
export class LintError extends Error {
  override readonly name = 'LintError';
  /** The rule that `side` is bound by and has broken. */
  readonly id: RuleId;
  readonly side: Side;
  /** For an application: the rule by which a server answers such a call with a TypeError. */
  readonly see: RuleId | null;

  constructor(side: Side, id: RuleId, message: string, see: RuleId | null = null) {
    super(message);
    this.side = side;
    this.id = id;
    this.see = see;
  }
}

/** The finding for people: side, id and finding on one line, and each rule that it names, in the words of the specification. */
export function formatLint(error: LintError): string {
  const lines = [`${error.side} ${error.id}: ${error.message}`, quote(error.id)];
  if (error.see !== null) lines.push(quote(error.see));
  return lines.join('\n');
}

function quote(id: RuleId): string {
  const { rule, section } = rows[id];
  return `  ${id}, section ${section}: ${rule}`;
}
