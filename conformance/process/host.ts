/**
 * {host} of a manifest: the program that a server starts as the process of the application, on descriptors 0 and 1. It hosts
 * the application that it is given; where the kit judges the pipe itself (MSGI_CONTROL=pipe:word@host:port) it hosts nothing, and
 * carries the octets of the pipe to the kit and back: the kit is the host then.
 */
import { connect } from 'node:net';
import { CONTROL } from '../application/messages.ts';
import { PIPE } from './pipes.ts';

function relay(address: string): void {
  const [, word = '', host = '', port] = /^(.*)@(.*):([0-9]+)$/.exec(address) ?? [];
  const kit = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  kit.write(word);
  const leave = (): void => process.exit(0);
  process.stdin.pipe(kit);
  kit.on('data', octets => process.stdout.write(octets));
  // What was written before goes out first.
  kit.on('end', () => process.stdout.write('', leave));
  kit.on('error', leave).on('close', leave);
  process.stdout.on('error', () => kit.destroy());
}

const control = process.env[CONTROL] ?? '';
if (control.startsWith(PIPE)) relay(control.slice(PIPE.length));
else {
  const { run } = await import('../../binding/main.ts');
  // "process" comes before the application, as for the program msgi.
  process.exitCode = await run(process.argv.slice(3));
}
