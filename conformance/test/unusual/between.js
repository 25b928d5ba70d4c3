/** The kit's application behind a pipe with a man in the middle: MSGI_BETWEEN is his program. */
import { fileURLToPath } from 'node:url';
import { processApp } from 'msgi/process';

const { MSGI_PROGRAM, MSGI_APPLICATION, MSGI_BETWEEN } = process.env;
const between = fileURLToPath(new URL(MSGI_BETWEEN ?? '', import.meta.url));

export default processApp([process.execPath, between, MSGI_PROGRAM, 'process', MSGI_APPLICATION]);
