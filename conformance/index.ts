/**
 * The conformance kit as a library: judge a target, read the report.
 *
 * ```ts
 * const report = await certify('http://127.0.0.1:8080', { cases: ['settings/*'] });
 * process.exitCode = exitStatus(report.results, report.selected);
 * ```
 * @module
 */
export { type CertifyProgramOptions, certifyApplication, certifyMiddleware } from './application/certify.ts';
export type { Wish } from './application/requests.ts';
export type { Case, CaseBody, CaseFacts, NamedCase, Need } from './case.ts';
export { catalogue } from './cases/index.ts';
export { type CertifyOptions, certify } from './certify.ts';
export { type CertifyHostOptions, certifyHost } from './host/certify.ts';
export { FORMATS, type Format, json, junit, type ReporterOptions, reporter, tap } from './reporters/index.ts';
export type { Counts, Reason, Report, Result, SubjectFacts, TranscriptEntry, Verdict } from './result.ts';
export { count, exitStatus, isKnownFailure, isUnexpectedPass, VERDICTS } from './result.ts';
export type { Listener, RunOptions } from './runner/events.ts';
export type { Selection, Shard } from './selection.ts';
export { TargetError } from './targets/target.ts';
export { Interrupted, UsageError } from './usage.ts';
