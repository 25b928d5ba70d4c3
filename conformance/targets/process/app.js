/** The kit's application in a process of its own: forwarded to over MSGI/process. */
import { processApp } from 'msgi/process';

const { MSGI_PROGRAM, MSGI_APPLICATION, MSGI_PROCESSES = '1' } = process.env;

export default processApp([process.execPath, MSGI_PROGRAM, 'process', MSGI_APPLICATION], {
  processes: Number(MSGI_PROCESSES),
});
