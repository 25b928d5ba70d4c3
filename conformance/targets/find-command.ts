/** Where a command is that a subject, or the kit, needs. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The path of an executable file: `command` itself where it is a path, else found on PATH and then in `more`; or null. */
export function findCommand(command: string, more: readonly string[] = []): string | null {
  if (command.includes('/')) return isExecutable(command) ? command : null;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...more].filter(isAbsolute);
  return folders.map(folder => join(folder, command)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
