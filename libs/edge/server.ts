import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { Catch, Module, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import multipart from '@fastify/multipart';
import { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { AccessLog } from './access.ts';
import { arrivalMs, refuseUnheard } from './arrival.ts';
import { Told } from './command.ts';
import { documents, serveDocuments } from './docs.ts';
import { idPattern } from './fields.ts';
import { PolicyGuard } from './guard.ts';
import { tellIncomplete } from './incomplete.ts';
import { Metrics } from './metrics.ts';
import { OperationsController } from './operations.http.ts';
import { PARTS, pathOf, type EdgeRequest, type Parts } from './parts.ts';
import type { Described } from './openapi.ts';
import { asProblem, languageOf, Problem, problemDocument, problemStatus } from './problem.ts';
import { routesOf, type Route } from './routes.ts';

export interface ServerOptions {
  readonly parts: Parts;
  /** The contexts that it serves. */
  readonly modules: readonly (Type | DynamicModule)[];
  /** Where log lines go, JSON each; nowhere where null. */
  readonly log: { readonly level: string; readonly stream: { write(line: string): void } } | null;
  /** Bytes of a body at most. */
  readonly bodyLimit?: number;
  /** How long a request may take to arrive, its headers alone no longer, and how often that is looked at. */
  readonly arrival?: { readonly requestMs: number; readonly headersMs: number; readonly lookedAtMs: number };
  /** What the API document at /openapi.json and the page at /docs say; neither is served where it is absent. */
  readonly described?: Described;
}

export interface Server {
  readonly app: NestFastifyApplication;
  readonly routes: readonly Route[];
  readonly access: AccessLog;
}

/** The HTTP edge around some contexts: one guard, one pipe, one filter, and the hooks that turn outcomes into responses. Not listening yet. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { parts, modules, log, bodyLimit = 1024 * 1024 } = options;
  const { arrival = { requestMs: arrivalMs, headersMs: 15_000, lookedAtMs: 15_000 } } = options;
  const access = new AccessLog(parts);
  const metrics = new Metrics(parts);
  const adapter = new FastifyAdapter({
    logger: log === null ? false : { level: log.level, base: null, stream: log.stream },
    logController: new Faults({ disableRequestLogging: true }),
    bodyLimit,
    connectionTimeout: arrivalMs,
    requestTimeout: arrival.requestMs,
    clientErrorHandler: refuseUnheard,
    keepAliveTimeout: 65_000,
    http: { maxHeaderSize: 16 * 1024, headersTimeout: arrival.headersMs, connectionsCheckingInterval: arrival.lookedAtMs },
    routerOptions: { maxParamLength: 100 },
    exposeHeadRoutes: false,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    genReqId: correlationIdOf,
    // No Nest middleware is used: without its runner a request is a few steps shorter.
    skipMiddie: true,
    // Fastify's own words for an address that it cannot read would quote it.
    frameworkErrors: (error: unknown, request: EdgeRequest, reply: FastifyReply) => refuse(request, reply, error),
  });
  const fastify = adapter.getInstance();
  // Lines carry the correlation id themselves; a logger per request would cost more than the line, and so does Fastify's look at another factory's.
  fastify.log.child = () => fastify.log;
  fastify.removeContentTypeParser('text/plain');
  await takeFiles(fastify);
  const served: string[] = [];
  fastify.addHook('onRoute', ({ url }) => void served.push(url));
  hook(fastify, parts, access, metrics, log);

  const app = await NestFactory.create<NestFastifyApplication>(edgeModule(parts, metrics, access, modules), adapter, {
    logger: nestLogger(fastify.log),
    abortOnError: false,
    // Fastify's own parser takes JSON; Nest's would take forms beside it.
    bodyParser: false,
  });
  const routes = routesOf(app);
  if (options.described) serveDocuments(fastify, app, options.described);
  await app.init();
  assertKnown(served, routes);
  return { app, routes, access };
}

/** Bytes of an uploaded file at most. */
export const fileLimit = 64 * 1024 * 1024;

/** Forms with a file, where a handler takes them: it reads the parts itself, after the guard. */
async function takeFiles(fastify: FastifyInstance): Promise<void> {
  await fastify.register(multipart, { limits: { fileSize: fileLimit, files: 1, fields: 220, fieldSize: 4096, parts: 221 } });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const taken = !request.isMultipart() || request.routeOptions.url === '/v1/imports';
    done(taken ? undefined : new Problem('MEDIA_TYPE_UNSUPPORTED'));
  });
}

const edgeModule = (parts: Parts, metrics: Metrics, access: AccessLog, modules: ServerOptions['modules']): DynamicModule => ({
  module: EdgeModule,
  global: true,
  imports: [...modules],
  controllers: [OperationsController],
  providers: [
    { provide: PARTS, useValue: parts },
    { provide: Metrics, useValue: metrics },
    { provide: AccessLog, useValue: access },
    { provide: APP_GUARD, useClass: PolicyGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
  exports: [PARTS, AccessLog],
});

@Module({})
class EdgeModule {}

/** What Fastify serves beside the controllers' routes would be open to anybody. */
function assertKnown(served: readonly string[], routes: readonly Route[]): void {
  const known = new Set([...routes.map(({ path }) => path), ...documents]);
  const open = served.filter((url) => !known.has(url));
  if (open.length > 0) throw new Error(`no policy guards ${open.join(', ')}`);
}

// ── responses ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Everything thrown, by guards, pipes, handlers and Fastify itself. */
@Catch()
class ProblemFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    refuse(http.getRequest<EdgeRequest>(), http.getResponse<FastifyReply>(), thrown);
  }
}

function refuse(request: EdgeRequest, reply: FastifyReply, thrown: unknown): void {
  if (reply.sent) return;
  const problem = asProblem(thrown);
  // Nest keeps of a body that could not be read nothing but the status; whatever fails before the guard on a route that takes one is that.
  const unread =
    problem.code === 'BAD_REQUEST' &&
    request.operation === null &&
    request.method === 'POST' &&
    request.routeOptions.url !== undefined;
  void reply.send(tellProblem(request, reply, unread ? new Problem('MALFORMED_JSON') : problem, thrown));
}

function tellProblem(request: EdgeRequest, reply: FastifyReply, problem: Problem | Refusal, thrown?: unknown): object {
  const code = isRefusal(problem) ? problem.refused : problem.code;
  const status = problemStatus(code);
  // The stack goes into the log alone, and a message may quote what was sent: neither is answered.
  if (status === 500) request.log.error({ correlationId: request.id, operation: request.operation, ...faultOf(thrown) }, 'fault');
  if (status === 401)
    reply.header('www-authenticate', `Bearer realm="ledger"${code === 'TOKEN_MISSING' ? '' : ', error="invalid_token"'}`);
  if (status === 503) reply.header('retry-after', '1');
  if (code === 'AS_OF_NOT_BUILT') reply.header('location', '/v1/as-of');
  const language = languageOf(request.headers['accept-language']);
  reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('content-language', language)
    .header('x-correlation-id', request.id);
  return problemDocument(problem, { language, instance: instanceOf(request, status), correlationId: request.id });
}

/** The address, where it names something of ours; else the request itself: what somebody typed there by mistake is not said back. */
function instanceOf(request: EdgeRequest, status: number): string {
  const parameters = Object.values((request.params ?? {}) as Record<string, string>);
  const isOurs = status !== 404 && request.routeOptions.url !== undefined && parameters.every((value) => idPattern.test(value));
  return isOurs ? pathOf(request) : `urn:ledger:request:${request.id}`;
}

/** Name and place of a fault; its message may hold personal data and stays out, all its lines. */
const faultOf = (thrown: unknown): object =>
  thrown instanceof Error
    ? {
        fault: thrown.name,
        code: (thrown as { code?: unknown }).code,
        at: thrown.stack
          ?.split('\n')
          .filter((line) => /^ +at /.test(line))
          .slice(-8)
          .map((line) => line.trim()),
      }
    : { fault: typeof thrown };

/** Of what Fastify would log by itself: an answer that broke off on the way, since its status had left already. */
class Faults extends LogController {
  override streamError(error: Error & { readonly code?: unknown }, request: EdgeRequest): void {
    // Who hung up is no fault of ours.
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    request.log.error({ correlationId: request.id, operation: request.operation, ...faultOf(error) }, 'an answer broke off');
  }
}

function hook(fastify: FastifyInstance, parts: Parts, access: AccessLog, metrics: Metrics, log: ServerOptions['log']): void {
  fastify.decorateRequest('principal', null);
  fastify.decorateRequest('operation', null);
  fastify.decorateRequest('policy', null);
  fastify.decorateRequest('subjectId', null);

  fastify.addHook('preSerialization', (request, reply, payload, done) => {
    if (isRefusal(payload)) {
      if (request.policy?.command) metrics.commanded(request.policy.command, payload.refused);
      done(null, tellProblem(request, reply, payload));
      return;
    }
    if (!(payload instanceof Told)) {
      done(null, payload);
      return;
    }
    if (request.policy?.command) {
      metrics.commanded(request.policy.command, outcomeOf(payload.body));
      parts.views.notify();
    }
    const whole = payload.tell(reply);
    const incomplete = tellIncomplete(request, reply, parts);
    const body = incomplete.length === 0 ? whole : { ...whole, incomplete };
    const recorded = recordRead(request, payload, access);
    // oxlint-disable-next-line promise/no-callback-in-promise -- a hook with a callback spares every other answer a promise
    if (recorded) recorded.then(() => done(null, body), done);
    else done(null, body);
  });

  const writes = log !== null && ['trace', 'debug', 'info'].includes(log.level);
  fastify.addHook('onResponse', (request, reply, done) => {
    const ms = reply.elapsedTime;
    metrics.answered(request.operation ?? 'none', reply.statusCode, ms / 1000);
    if (writes) log.stream.write(lineOf(request, reply, ms));
    done();
  });
}

/** In the logger's own form, without its way there: nothing here needs quoting but the route of a document. */
function lineOf(
  { id, operation, method, principal, routeOptions }: EdgeRequest,
  { statusCode }: FastifyReply,
  ms: number,
): string {
  const text = (value: string | null | undefined): string => (value === null || value === undefined ? 'null' : `"${value}"`);
  return (
    `{"level":30,"time":${Date.now()},"correlationId":"${id}","operation":${text(operation)},"method":"${method}",` +
    `"route":${text(routeOptions.url)},"status":${statusCode},"ms":${ms.toFixed(2)},"role":${text(principal?.role)},` +
    `"institution":${text(principal?.institution)}}\n`
  );
}

const outcomeOf = (body: object): string => {
  const { repeated, events } = body as { repeated?: boolean; events?: readonly string[] };
  return repeated ? 'repeated' : events?.length === 0 ? 'unchanged' : 'done';
};

/** A promise where the answer must wait until the read is on the log: for auditors, whose access is granted on that condition. */
function recordRead(request: EdgeRequest, told: Told, access: AccessLog): Promise<void> | null {
  const { policy, principal, subjectId } = request;
  if (!policy?.recorded || !principal || (policy.recorded === 'person' && subjectId === null)) return null;
  // Lists of her own are her own reads too.
  if (policy.may !== 'anyone' && policy.may[principal.role] === 'own') return null;
  const written = access.record(request, told.meta.subjects ?? null);
  if (principal.role === 'auditor') return written;
  written.catch((fault: unknown) =>
    request.log.error({ correlationId: request.id, ...faultOf(fault) }, 'a read was not recorded'),
  );
  return null;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^[0-9a-f]{32}$/;

/** The caller's correlation id or trace, else a new one. Only what looks like random hex is taken: it is stored with events in the clear. */
function correlationIdOf(request: { headers: NodeJS.Dict<string | string[]> }): string {
  const given = request.headers['x-correlation-id'];
  if (typeof given === 'string' && uuid.test(given)) return given;
  const parent = request.headers['traceparent'];
  const trace = typeof parent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(parent)?.[1] : undefined;
  return trace ?? randomUUID();
}

/** Nest's own words, which matter only when something is wrong. */
const nestLogger = (logger: FastifyBaseLogger): LoggerService => ({
  log: () => {},
  warn: (message: unknown) => logger.warn({ nest: String(message) }),
  error: (message: unknown) => logger.error({ nest: message instanceof Error ? message.name : 'fault' }),
  fatal: (message: unknown) => logger.error({ nest: message instanceof Error ? message.name : 'fault' }),
});
