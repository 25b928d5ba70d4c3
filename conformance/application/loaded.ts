/** An application or middleware, as its module exports it. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { App, Application } from '../../spec/msgi.ts';
import { UsageError } from '../usage.ts';
import type { Wish } from './requests.ts';

export type Middleware = (next: App) => App;

export interface Loaded {
  readonly application: Application;
  /** The module's own list of requests. */
  readonly wishes: readonly Wish[] | undefined;
}

/** What a module exports by default: an application, or an object that carries one. Throws UsageError for anything else. */
export async function loadApplication(file: string): Promise<Loaded> {
  const module = await importFile(file);
  const hosted = module['default'];
  const wishes = (module['certify'] as { readonly requests?: readonly Wish[] } | undefined)?.requests;
  if (typeof hosted === 'function') return { application: { app: hosted as App }, wishes };
  if (typeof hosted === 'object' && hosted !== null && typeof (hosted as Application).app === 'function')
    return { application: hosted as Application, wishes };
  throw new UsageError('there is no application as its default export: add "export default app"');
}

/** Middleware is a function that gives an application for an application: the export `middleware`, or the default one. */
export async function loadMiddleware(file: string): Promise<Middleware> {
  const module = await importFile(file);
  const found = module['middleware'] ?? module['default'];
  if (typeof found === 'function') return found as Middleware;
  throw new UsageError(
    'there is no middleware: export a function "middleware" that takes an application and gives one',
  );
}

async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(file)) throw new UsageError('there is no such file');
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UsageError(`it cannot be loaded: ${why}`);
  }
}
