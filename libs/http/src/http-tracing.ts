import type { Span, Tracing } from '@plinth/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { routeOf } from './http-metrics.js';
import { findContext } from './request-context.js';

/** Probes and scrapes come every few seconds, and lead nowhere. */
const untraced = /^\/(?:health|metrics)(?:[/?]|$)/;

/** A span for each request, where spans are recorded: the caller's trace goes on with it, and all that the request causes stands below it. */
export class HttpTracing {
  private readonly spans = new WeakMap<object, Span>();

  constructor(private readonly tracing: Tracing) {}

  /** @returns undefined for probes and scrapes, and where nothing is recorded */
  begin(request: FastifyRequest): Span | undefined {
    if (untraced.test(request.raw.url ?? '/')) return undefined;
    const { traceparent } = request.headers;
    // Its name is found with its route.
    const span = this.tracing.start({ name: request.method, kind: 'server', parent: typeof traceparent === 'string' ? traceparent : null, fields: { method: request.method } });
    if (span !== undefined) this.spans.set(request.raw, span);
    return span;
  }

  /** Failed is what was not answered, or with a 5xx; a 4xx is the caller's. */
  end(request: FastifyRequest, reply: FastifyReply): void {
    const span = this.spans.get(request.raw);
    if (span === undefined) return;
    const route = routeOf(request);
    const requestId = findContext(request)?.requestId;
    // Without an answer the client has left, or was cut off.
    const answered = reply.raw.headersSent;
    span.end({
      name: `${request.method} ${route}`,
      fields: { route, ...(requestId === undefined ? {} : { requestId }), ...(answered ? { status: reply.statusCode } : { error: 'no_answer' }) },
      failed: !answered || reply.statusCode >= 500,
    });
  }
}
