/** Stands for your gateway: it starts the command behind `--` and says MSGI/process to it. Usage: node gateway.js PORT -- COMMAND … */
import { processApp } from 'msgi/process';
import { serve } from 'msgi/server';

const [port, , ...command] = process.argv.slice(2);
const server = await serve(processApp(command), { port: Number(port) });
process.once('SIGTERM', () => server.close());
