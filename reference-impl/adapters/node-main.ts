/**
 * A module's application on node:http2:
 *
 *   node dist/reference-impl/adapters/node-main.js APP [--port N] [--tls-port N --cert FILE --key FILE] [--grace MS] [--kill MS]
 *
 * On listening, one line of JSON goes to stdout: {"address":"http://127.0.0.1:8080","pid":1}. SIGINT and SIGTERM finish
 * what is under way and exit.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { load, oneLifespan } from '../main.ts';
import { untilSignal } from '../run.ts';
import { type NodeRunning, type ServeNodeOptions, serveNode } from './serve-node.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    'tls-port': { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    'initial-window': { type: 'string' },
    grace: { type: 'string' },
    kill: { type: 'string' },
    protocol: { type: 'string', multiple: true },
  },
});

async function listen(file: string): Promise<readonly NodeRunning[]> {
  const hosted = oneLifespan(await load(file));
  const window = values['initial-window'];
  const common: ServeNodeOptions = {
    ...(window !== undefined && { initialWindow: Number(window) }),
    ...(values.grace !== undefined && { grace: Number(values.grace) }),
    ...(values.kill !== undefined && { kill: Number(values.kill) }),
    ...(values.protocol !== undefined && { protocols: values.protocol }),
  };
  const running = [await serveNode(hosted, { ...common, port: Number(values.port) })];
  const { cert, key, 'tls-port': tlsPort } = values;
  if (tlsPort !== undefined && cert !== undefined && key !== undefined) {
    const tls = { cert: readFileSync(cert), key: readFileSync(key) };
    running.push(await serveNode(hosted, { ...common, port: Number(tlsPort), tls }));
  }
  return running;
}

try {
  const [file] = positionals;
  if (file === undefined) throw new Error('give the path of a module, such as examples/hello.js');
  await untilSignal(async () => {
    const running = await listen(file);
    const [first, second] = running;
    const report = { address: first?.address, pid: process.pid, ...(second && { tls: second.address }) };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return running;
  });
} catch (error) {
  process.stderr.write(`node-main: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
