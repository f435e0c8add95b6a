import type { Instruments, Metrics } from '@plinth/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { httpMetrics } from './metrics.js';
import { findContext } from './request-context.js';

const countedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Counts answers. Labels are of the code alone: the template of the route, a method of the few that
 * mean something, the status. Nothing that a client chooses can make a new series.
 */
export class HttpMetrics {
  private readonly instruments: Instruments<typeof httpMetrics>;

  constructor(metrics: Metrics) {
    this.instruments = metrics.of(httpMetrics);
  }

  /** Counts a request at its end, with its duration in seconds. One that was not answered, because the client left, has the status class `none`. */
  count(request: FastifyRequest, reply: FastifyReply): void {
    const method = countedMethods.has(request.method) ? request.method : 'other';
    const route = routeOf(request);
    const answered = reply.raw.headersSent;
    const status_class = answered ? `${Math.floor(reply.statusCode / 100)}xx` : 'none';
    this.instruments.requests.add({ method, route, status_class });
    this.instruments.duration.observe({ method, route, status_class }, reply.elapsedTime / 1000);
    if (answered && reply.statusCode >= 400) this.instruments.errors.add({ method, route, status: String(reply.statusCode) });
  }

  /** A request that the router refused before it had a route, and that no hook sees. */
  countUnroutable(request: FastifyRequest, status: number): void {
    const method = countedMethods.has(request.method) ? request.method : 'other';
    this.instruments.requests.add({ method, route: 'unknown', status_class: `${Math.floor(status / 100)}xx` });
    this.instruments.errors.add({ method, route: 'unknown', status: String(status) });
  }
}

/** The template of a request's route. The gateway's catch-all is none: what it knows of its table it says in the context. */
export function routeOf(request: FastifyRequest): string {
  const url = findContext(request)?.route ?? request.routeOptions.url;
  return url === undefined || url.includes('*') ? 'unknown' : url;
}
