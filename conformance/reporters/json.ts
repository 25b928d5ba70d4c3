/** The report as JSON: the keys always in the order of result.ts, so that two reports can be compared line by line. */
import type { Report, Result, TranscriptEntry } from '../result.ts';

export function json(report: Report): string {
  return `${JSON.stringify(orderedReport(report), null, 2)}\n`;
}

function orderedReport({ subject, kit, registry, ...run }: Report): Report {
  return {
    subject: { name: subject.name, version: subject.version, address: subject.address, claims: subject.claims },
    kit: { name: kit.name, version: kit.version, node: kit.node },
    registry: { version: registry.version },
    seed: run.seed,
    suites: run.suites,
    started: run.started,
    ms: run.ms,
    ...(run.waited === undefined ? {} : { waited: run.waited }),
    ...(run.cpu === undefined ? {} : { cpu: run.cpu }),
    selected: run.selected,
    results: run.results.map(orderedResult),
  };
}

function orderedResult(result: Result): Result {
  const { id, requirements, title, verdict, reason, limited, expected, seen, tries, disputed, known, output } = result;
  const { waits } = result;
  return {
    id,
    requirements,
    title,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(limited === undefined ? {} : { limited }),
    expected,
    seen,
    ...(tries === undefined ? {} : { tries }),
    ...(disputed === undefined ? {} : { disputed }),
    ...(known === undefined ? {} : { known }),
    ...(output === undefined ? {} : { output }),
    ms: result.ms,
    ...(waits === undefined ? {} : { waits: waits.map(one => ({ for: one.for, ms: one.ms, times: one.times })) }),
    transcript: result.transcript.map(orderedEntry),
    rerun: result.rerun,
  };
}

function orderedEntry(entry: TranscriptEntry): TranscriptEntry {
  const { t_us, direction, connection, type, flags, stream, length, payload, raw, note } = entry;
  const ordered = { t_us, direction, connection, type, flags, stream, length, payload, raw };
  return note === undefined ? ordered : { ...ordered, note };
}
