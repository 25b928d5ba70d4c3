#!/usr/bin/env node
/** The program `msgi`: the kit's commands, `serve`, which starts the reference server, and `process`, a host. */

const SERVE = { name: 'serve', summary: 'run the reference server with an application' };
const PROCESS = { name: 'process', summary: 'host an application for a server that speaks MSGI/process' };

const argv = process.argv.slice(2);
const [command, ...rest] = argv;

/** A reader that has seen enough (`msgi list | head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 2);
});

if (command === '--version' || command === '-V') await finish(await version());
else if (command === 'serve') await finish(await serve(rest));
else if (command === 'help' && rest[0] === 'serve') await finish(await serve(['--help']));
else if (command === 'process') await finish(await host(rest));
else if (command === 'help' && rest[0] === 'process') await finish(await host(['--help']));
else await finish(await kit(argv));

/** As commander prints it: a run asks its subject first, and the reference server is this program. */
async function version(): Promise<number> {
  const { VERSION } = await import('./conformance/version.ts');
  process.stdout.write(`${VERSION}\n`);
  return 0;
}

/** A server that starts does not wait for it: its cases take four times as long to load as the server. */
async function kit(words: readonly string[]): Promise<number> {
  const { main } = await import('./conformance/cli.ts');
  return main(words, [SERVE, PROCESS]);
}

/** Imported only here, so that the kit never loads the server that it judges. */
async function serve(options: readonly string[]): Promise<number> {
  const { run } = await import('./reference-impl/main.ts');
  return run(options);
}

/** The host of the process binding, which needs neither the kit nor the server. */
async function host(options: readonly string[]): Promise<number> {
  const { run } = await import('./binding/main.ts');
  return run(options);
}

/** Ends the process once what was printed is read, whatever connections may be left of an interrupted run. */
async function finish(status: number): Promise<never> {
  process.exitCode = status;
  await Promise.all([process.stdout, process.stderr].map(stream => new Promise(done => stream.write('', done))));
  process.exit(status);
}
