/** Versions of the specification (MSGI-PROC-17). */

/** Those that are spoken here. */
export const VERSIONS: readonly string[] = ['1.0'];

/** The highest version that both name, number by number; null where there is none. */
export function agreed(theirs: readonly string[], ours: readonly string[] = VERSIONS): string | null {
  const both = ours.filter(version => theirs.includes(version));
  return both.reduce<string | null>((best, each) => (best === null || isAbove(each, best) ? each : best), null);
}

function isAbove(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major === otherMajor ? minor > otherMinor : major > otherMajor;
}
