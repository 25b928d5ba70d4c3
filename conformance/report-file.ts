/** The report's file: whether it can be written is known before the run, and it is there whole or not at all. */
import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './usage.ts';

/** Throws UsageError, which says what stands in the way. */
export function checkReportFile(file: string): void {
  const folder = dirname(resolve(file));
  if (!isFolder(folder))
    throw new UsageError(`the report cannot go to ${file}: there is no folder ${folder}, make it first`);
  if (isFolder(file)) throw new UsageError(`the report cannot go to ${file}: that is a folder, name a file in it`);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`the report cannot go to ${file}: the folder ${folder} may not be written to`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Writes beside the file and renames, so that nobody reads half a report. */
export function writeReportFile(file: string, text: string): void {
  const beside = `${file}.${process.pid}.part`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new UsageError(`the report could not be written to ${file}: ${(error as Error).message}`);
  }
}
