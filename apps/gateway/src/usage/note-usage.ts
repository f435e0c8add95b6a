import { contextOf } from '@plinth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { UsageRecorder } from './usage-recorder.js';

/** Counts a forwarded call when its answer has gone out: who called is known by then, and the route by its template. A client that left early has no answer that could count. */
export function noteUsage(recorder: UsageRecorder, request: FastifyRequest, reply: FastifyReply): void {
  const { principal, route } = contextOf(request);
  if (route === undefined || !reply.raw.headersSent) return;
  const { method } = request;
  recorder.note(principal, { method: method === 'HEAD' ? 'GET' : method, route, status: reply.statusCode, durationMs: reply.elapsedTime });
}
