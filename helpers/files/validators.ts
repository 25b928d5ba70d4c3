/** The validators of a file (RFC 9110 §8.8). */

export interface Validators {
  /** As it goes on the wire, weak ones with `W/`. */
  readonly etag: string;
  /** Milliseconds, whole seconds. */
  readonly lastModified: number;
}

/** Milliseconds for which a file that has changed may change again with the same time on it. */
const SETTLING = 1000;

/**
 * From size and time of the last change. The tag is weak while that time is not yet past: a second change might not show
 * (§8.8.3, §8.8.1). `last-modified` is never later than now (§8.8.2.1).
 */
export function validators(size: bigint, mtimeNs: bigint, now: number): Validators {
  const changed = Number(mtimeNs / 1_000_000n);
  const tag = `"${size.toString(36)}-${mtimeNs.toString(36)}"`;
  return {
    etag: now - changed < SETTLING ? `W/${tag}` : tag,
    lastModified: Math.floor(Math.min(changed, now) / 1000) * 1000,
  };
}
