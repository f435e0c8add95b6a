import type { ServerOptions, ServerResponse } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestLogger, type Logger } from '@plinth/logging';
import { Metrics, Tracing, type Span } from '@plinth/telemetry';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AnswerInterceptor } from './answer.interceptor.js';
import { keepBodyBytes } from './body-bytes.js';
import { decodeBody } from './body-coding.js';
import { bodyLimitOf, defaultBodyLimitBytes, limitBodiesByRoute } from './body-limit.js';
import { drainingOf } from './draining.js';
import type { ErrorDialect } from './error-dialect.js';
import { HttpMetrics } from './http-metrics.js';
import { HttpTracing } from './http-tracing.js';
import { httpErrors } from './http.errors.js';
import { parseJsonBody } from './json-body.js';
import { answerNotModified } from './not-modified.js';
import { problemContentType, problemDocument } from './problem-document.js';
import { ProblemFilter } from './problem.filter.js';
import { attachContext, contextOf, RequestContext } from './request-context.js';
import { requestIdOf, traceOf } from './request-ids.js';
import { RouteMethods } from './route-methods.js';
import { checkUrl } from './url-check.js';
import { DtoPipe } from './validation.pipe.js';

/** Where one app of the suite differs from the others. */
export interface HttpAppOptions {
  readonly logger: Logger;
  /** The gateway streams bodies on and registers a parser of its own. */
  readonly parseBodies?: boolean;
  /** Keeps each body's bytes beside what they mean (`bodyBytesOf`), for an app that passes them on. */
  readonly keepBodyBytes?: boolean;
  /** In whose shape failures of the path's route are told; problem documents by default. */
  readonly dialectOf?: (path: string) => ErrorDialect;
  /** Of Node's server, beside and over the defaults here. */
  readonly server?: ServerOptions;
}

type AppModule = Parameters<typeof NestFactory.create>[0];

const requestTimeoutMs = 30_000;
const headersTimeoutMs = 10_000;
/** How often Node looks for requests that take longer than the two limits. */
const timeoutCheckMs = 2_000;

/** A Nest application on Fastify with the suite's way of reading requests and answering failures; counts and traces them where it has `TelemetryModule`. */
export async function createHttpApp(module: AppModule, options: HttpAppOptions): Promise<NestFastifyApplication> {
  // Filled in below: the hooks must stand before Nest, and so the metrics, exist.
  const telemetry: { metrics?: HttpMetrics; tracing?: HttpTracing } = {};
  const adapter = new FastifyAdapter({
    bodyLimit: defaultBodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: timeoutCheckMs, ...options.server },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const status = answerUnroutable(error, request, reply);
      telemetry.metrics?.countUnroutable(request, status);
    },
    // Closing ends idle connections at once and waits for requests in flight; `true` would cut those.
    forceCloseConnections: 'idle',
    // What comes by a connection that is still open is served, with its end; Fastify's own refusal is no problem document.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  const routes = new RouteMethods();
  routes.watch(fastify);
  limitBodiesByRoute(fastify);
  addRequestHooks(fastify, options, (request) => telemetry.tracing?.begin(request));
  answerNotModified(fastify);
  fastify.addHook('onResponse', async (request, reply) => {
    telemetry.metrics?.count(request, reply);
    telemetry.tracing?.end(request, reply);
  });
  closeConnectionsWhenDraining(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: new NestLogger(options.logger),
    abortOnError: false,
  });
  Object.assign(telemetry, telemetryOf(app));
  if (options.parseBodies !== false) useStrictJson(fastify, options);
  app.useGlobalFilters(new ProblemFilter(options.logger, routes));
  app.useGlobalInterceptors(new AnswerInterceptor());
  app.useGlobalPipes(new DtoPipe());
  return app;
}

/** A module of a test may have none; every service has it by `ServiceModule`. */
function telemetryOf(app: NestFastifyApplication): { metrics?: HttpMetrics; tracing?: HttpTracing } {
  try {
    return { metrics: new HttpMetrics(app.get(Metrics, { strict: false })), tracing: new HttpTracing(app.get(Tracing, { strict: false })) };
  } catch {
    return {};
  }
}

/** The router refuses a path that it cannot decode, or with too long a parameter, before any hook has run. Returns the status. */
function answerUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): number {
  const requestId = requestIdOf(request.headers['x-request-id']);
  const problem = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? httpErrors.urlTooLong() : httpErrors.urlMalformed();
  const path = request.raw.url?.split('?')[0] ?? '/';
  void reply
    .code(problem.status)
    .headers({ 'x-request-id': requestId, 'content-type': problemContentType, 'cache-control': 'no-store' })
    .send(JSON.stringify(problemDocument(problem, path, requestId)));
  return problem.status;
}

function addRequestHooks(fastify: FastifyInstance, { logger, dialectOf }: HttpAppOptions, beginSpan: (request: FastifyRequest) => Span | undefined): void {
  fastify.addHook('onRequest', async (request, reply) => {
    const requestId = requestIdOf(request.headers['x-request-id']);
    const { traceId, traceparent } = beginSpan(request) ?? traceOf(request.headers.traceparent);
    const ifMatch = request.headers['if-match'] ?? null;
    const context = new RequestContext(requestId, traceId, traceparent, request.method, request.raw.url ?? '/', ifMatch);
    if (dialectOf !== undefined) context.dialect = dialectOf(request.raw.url ?? '/');
    attachContext(request, context);
    void reply.header('x-request-id', requestId);
    checkUrl(request.raw.url ?? '/');
  });
  fastify.addHook('onResponse', async (request, reply) => logRequest(logger, request, reply.statusCode, reply.elapsedTime));
}

/** An answer given while the application drains or closes ends its connection; kept alive, it would hold up the end for over a minute. */
function closeConnectionsWhenDraining(fastify: FastifyInstance): void {
  const answering = new Set<ServerResponse>();
  const draining = drainingOf(fastify.server);
  draining.onBegin(() => {
    for (const raw of answering) raw.shouldKeepAlive = false;
  });
  fastify.addHook('onRequest', async (_request, { raw }) => {
    raw.shouldKeepAlive = raw.shouldKeepAlive && !draining.active;
    answering.add(raw);
    raw.once('close', () => answering.delete(raw));
  });
  fastify.addHook('preClose', async () => draining.begin());
}

function logRequest(logger: Logger, request: FastifyRequest, status: number, durationMs: number): void {
  const context = contextOf(request);
  const route = context.route ?? request.routeOptions.url;
  // Probes every few seconds would drown the rest.
  if (route?.startsWith('/health') && status < 500) return;
  const { requestId, traceId, tenantId, principal } = context;
  logger.info('request', {
    requestId,
    traceId,
    tenantId,
    principalType: principal.type,
    method: request.method,
    ...(route === undefined ? {} : { route }),
    status,
    durationMs: Math.round(durationMs * 10) / 10,
  });
}

/** One parser, for JSON in UTF-8; any other content type is 415. */
function useStrictJson(fastify: FastifyInstance, { keepBodyBytes: keepsBytes = false }: HttpAppOptions): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, received: Buffer) => {
    const charset = /;\s*charset="?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw httpErrors.contentTypeUnsupported();
    const body = await decodeBody(received, request.headers['content-encoding'], bodyLimitOf(request));
    if (keepsBytes) keepBodyBytes(request, body);
    return parseJsonBody(body);
  });
}
