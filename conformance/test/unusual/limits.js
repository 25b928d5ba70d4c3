/** The reference server under limits of its own: MSGI_LIMITS is their JSON. The application, then the port. */
import { serve } from 'msgi/server';

const [, , file = '', port = '0'] = process.argv;
const { default: application } = await import(file);
const limits = JSON.parse(process.env.MSGI_LIMITS ?? '{}');
const { address, close } = await serve(application, { port: Number(port), protocols: ['websocket'], limits });
process.stdout.write(`${JSON.stringify({ address })}\n`);
process.once('SIGTERM', () => close());
