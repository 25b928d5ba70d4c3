/** Targets: what the kit judges, by name, manifest or address. */
export { type BundledTarget, bundledTargets } from './bundled.ts';
export type { TargetOptions } from './extras.ts';
export { openTarget } from './open.ts';
export { type Crash, type NamedResource, type Target, TargetError } from './target.ts';
