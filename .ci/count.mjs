// Prints "N passed, N failed, N skipped" alone on a line, counted from the TAP file that the tests wrote.
import { existsSync, readFileSync } from 'node:fs';
import { Parser } from 'tap-parser';

const [, , file] = process.argv;
const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
const counts = { passed: 0, failed: 0, skipped: 0 };

/** Leaf assertions only: the points that sum up a subtest would count twice. */
function count(parser, path = []) {
  const sums = new Set();
  parser.on('child', child => {
    sums.add(child.name);
    count(child, [...path, child.name]);
  });
  parser.on('assert', ({ ok, skip, todo, name, diag }) => {
    if (sums.has(name)) return;
    if (skip || todo) counts.skipped += 1;
    else if (ok) counts.passed += 1;
    else {
      counts.failed += 1;
      // The log of a machine is all that anybody has of the run.
      console.log(`\nFAILED ${[...path, name].join(' > ')}\n${JSON.stringify(diag ?? {}, null, 2)}`);
    }
  });
  parser.on('bailout', () => {
    counts.failed += 1;
  });
}

const parser = new Parser();
count(parser);
parser.end(text);
// A run that stopped before its tests (lint, build, types) failed all the same.
if (counts.passed + counts.failed === 0) counts.failed = 1;
// A line of its own, whatever a reporter has left on the last one.
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
