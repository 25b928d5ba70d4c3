/** The end of a connection that was closed from this side. */
import type { Socket } from 'node:net';

/** Milliseconds until a connection that was ended here is destroyed, whatever the peer does. */
const LINGER = 1000;

/** A reset of the transport would destroy the last words, so the peer's FIN is waited for. */
export function linger(socket: Socket): void {
  if (socket.readableEnded) return;
  const timer = setTimeout(() => socket.destroy(), LINGER);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
