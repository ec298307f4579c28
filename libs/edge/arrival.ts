import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { EdgeRequest } from './parts.ts';
import { Problem, problemDocument, problemStatus } from './problem.ts';

/** How long a request may take until all of it is there; one on which nothing comes ends after as long. */
export const arrivalMs = 60_000;
/** As long as 64 MiB take on a slow line. */
const slowArrivalMs = 600_000;

/** Connections whose request may take longer. */
const patient = new WeakSet<Socket>();

const timedOut = 'ERR_HTTP_REQUEST_TIMEOUT';

/** For a handler whose request the guard admitted: its body may take longer than others, until all of it is there. */
export function takesLong({ raw }: EdgeRequest, ms = slowArrivalMs): void {
  const { socket } = raw;
  // As Node hangs it there. Fastify listens to the first of several (the addresses of `localhost`) alone.
  const { server } = socket as Socket & { readonly server?: Server };
  if (server?.listenerCount('clientError') === 0) server.on('clientError', refuseUnheard);
  patient.add(socket);
  const timer = setTimeout(() => {
    patient.delete(socket);
    refuseUnheard(Object.assign(new Error('a request took too long'), { code: timedOut }), socket);
  }, ms).unref();
  const arrived = (): void => {
    clearTimeout(timer);
    patient.delete(socket);
  };
  raw.once('end', arrived).once('close', arrived);
}

/**
 * Of what never became a request: not HTTP, too large a header, or not there in time. Node leaves a connection open whose error is passed over,
 * and does not look at that request again.
 */
export function refuseUnheard(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === timedOut && patient.has(socket)) return;
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(answerTo(error.code));
  socket.destroy(error);
}

function answerTo(code: string | undefined): string {
  const of = new Problem(
    code === timedOut ? 'REQUEST_TIMEOUT' : code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'BAD_REQUEST',
  );
  const correlationId = randomUUID();
  const instance = `urn:ledger:request:${correlationId}`;
  const body = JSON.stringify(problemDocument(of, { language: 'zh', instance, correlationId }));
  const status = problemStatus(of.code);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    'content-language: zh',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
