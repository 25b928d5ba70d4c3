/** Stands for your gateway: MSGI applications on node:http2. Usage: node gateway.js APPLICATION PORT */
import { pathToFileURL } from 'node:url';
import { serveNode } from 'msgi/node';

const [application, port] = process.argv.slice(2);
const module = await import(pathToFileURL(application).href);
const server = await serveNode(module.default, { port: Number(port) });
process.once('SIGTERM', () => server.close());
