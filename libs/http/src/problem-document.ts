import { HttpException } from '@nestjs/common';
import { Problem, transferErrors, type ErrorKind } from '@plinth/kernel';
import { httpErrors } from './http.errors.js';
import { toldPath } from './told-path.js';

/** What each kind is called, for people. */
export const titles: Readonly<Record<ErrorKind, string>> = {
  malformed: 'Malformed request',
  unauthenticated: 'Authentication required',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  not_acceptable: 'Not acceptable',
  timeout: 'Request timed out',
  conflict: 'Conflict',
  precondition_failed: 'Precondition failed',
  too_large: 'Too large',
  uri_too_long: 'URI too long',
  unsupported_media_type: 'Unsupported media type',
  invalid: 'Invalid request',
  precondition_required: 'Precondition required',
  throttled: 'Too many requests',
  header_too_large: 'Header fields too large',
  internal: 'Internal error',
  bad_gateway: 'Bad gateway',
  unavailable: 'Service unavailable',
  gateway_timeout: 'Gateway timeout',
  storage_full: 'Insufficient storage',
};

/** The one shape of every failure (RFC 9457, with the members of the contract). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly requestId: string;
  readonly [member: string]: unknown;
}

export const problemContentType = 'application/problem+json; charset=utf-8';

/**
 * Any thrown value as a problem. What is not one of ours, or the framework's refusal of a request,
 * is `internal`: its message stays in the log.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Fastify's refusals reach filters as HttpExceptions (adapter) or bare (its own hooks).
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status >= 500) return httpErrors.internal(error);
  switch (status) {
    case 404:
      return httpErrors.routeNotFound();
    case 408:
      return transferErrors.requestTimeout();
    case 413:
      return transferErrors.bodyTooLarge();
    case 415:
      return httpErrors.contentTypeUnsupported();
    default:
      return httpErrors.requestMalformed(error);
  }
}

/** @param path without the query, which may hold personal data, and told only as far as it is plain (`toldPath`) */
export function problemDocument(problem: Problem, path: string, requestId: string): ProblemDocument {
  const title = titles[problem.kind];
  return {
    type: `urn:plinth:problem:${problem.code}`,
    title,
    status: problem.status,
    detail: problem.detail ?? `${title}.`,
    instance: toldPath(path),
    code: problem.code,
    requestId,
    ...(problem.extra.errors ? { errors: problem.extra.errors } : {}),
    ...problem.extra.members,
  };
}
