import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** What is on its way through a new connection arrives within this time. */
const graceMs = 1_000;

/**
 * Lets a server that closes go as soon as its answers are out. Node's own `closeIdleConnections` knows those that were answered; one that was opened
 * ahead and never asked anything, as browsers and clients do, would hold the server until its header times out.
 */
export function connectionsOf(server: Server): { closeIdle(): void } {
  const silent = new Map<Socket, number>();
  server.on('connection', (socket) => {
    silent.set(socket, Date.now());
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => void silent.delete(socket));
  return {
    closeIdle: () => {
      server.closeIdleConnections();
      for (const [socket, since] of silent) if (Date.now() - since > graceMs) socket.destroy();
    },
  };
}
