import { statusOf, type ErrorKind } from './error-kind.js';

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
 * fact and no personal data. Made by the entries of an error catalogue (`defineErrors`).
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

  /** The HTTP status, which follows from the kind alone. */
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

/** For a service to return: thrown, the problem would roll back what was written. */
export function reject(problem: Problem): Rejection {
  return new Rejection(problem);
}
