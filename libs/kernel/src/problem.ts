import { assertNever } from './assert-never.js';

/** What went wrong, in the terms a caller can act on; each kind has one HTTP status. */
export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'timeout'
  | 'conflict'
  | 'precondition_failed'
  | 'too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'invalid'
  | 'precondition_required'
  | 'throttled'
  | 'header_too_large'
  | 'internal'
  | 'bad_gateway'
  | 'unavailable'
  | 'gateway_timeout'
  | 'storage_full';

/** One invalid part of a request; `pointer` is an RFC 6901 JSON pointer into the body. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** What a problem document may carry beside its standard members. */
export interface ProblemExtra {
  readonly errors?: readonly FieldError[];
  /** Response headers that belong to the answer, e.g. `Retry-After` or `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Extension members of the problem document (RFC 9457, section 3.2). */
  readonly members?: Readonly<Record<string, unknown>>;
  /** The error behind this one: for the log, never for the caller. */
  readonly cause?: unknown;
}

/**
 * A failure that the caller is told of, as one RFC 9457 problem document.
 *
 * `code` is stable and snake_case; `detail` is written for the caller and holds no internal
 * fact and no personal data.
 */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    readonly detail?: string,
    readonly extra: ProblemExtra = {},
  ) {
    super(code, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'Problem';
  }

  get status(): number {
    return statusOf(this.kind);
  }
}

/**
 * A refusal that is an outcome and not an accident: a service *returns* it, so that what it wrote
 * (a counted failed login, an audit record) is committed, and the caller is answered the problem.
 */
export class Rejection {
  constructor(readonly problem: Problem) {}
}

export function reject(problem: Problem): Rejection {
  return new Rejection(problem);
}

/** The HTTP status of each kind (contract: "HTTP", errors). */
export function statusOf(kind: ErrorKind): number {
  switch (kind) {
    case 'malformed':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'forbidden':
      return 403;
    case 'not_found':
      return 404;
    case 'method_not_allowed':
      return 405;
    case 'not_acceptable':
      return 406;
    case 'timeout':
      return 408;
    case 'conflict':
      return 409;
    case 'precondition_failed':
      return 412;
    case 'too_large':
      return 413;
    case 'uri_too_long':
      return 414;
    case 'unsupported_media_type':
      return 415;
    case 'invalid':
      return 422;
    case 'precondition_required':
      return 428;
    case 'throttled':
      return 429;
    case 'header_too_large':
      return 431;
    case 'internal':
      return 500;
    case 'bad_gateway':
      return 502;
    case 'unavailable':
      return 503;
    case 'gateway_timeout':
      return 504;
    case 'storage_full':
      return 507;
    default:
      return assertNever(kind);
  }
}
