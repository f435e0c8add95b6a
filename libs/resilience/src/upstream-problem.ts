import { Problem } from '@plinth/kernel';
import { upstreamErrors } from './upstream.errors.js';

/** A failure of the other side or of the way there, told as 502, 503 or 504. It counts against the breaker. */
export class UpstreamProblem extends Problem {
  constructor(
    problem: Problem,
    /**
     * Whether another try may end otherwise. Not after a time limit: what took too long once has used up
     * the time, and may still be at work over there.
     */
    readonly transient: boolean,
  ) {
    super(problem.code, problem.kind, problem.detail, problem.extra);
    this.name = 'UpstreamProblem';
  }
}

/** The breaker is open: the call was not tried. @param retryAfterSeconds when the next try is let through */
export function breakerOpen(retryAfterSeconds: number): Problem {
  return upstreamErrors.unavailable(String(retryAfterSeconds));
}

/** No answer in time: Problem `upstream_timeout` (504), and no other try. */
export function upstreamTimedOut(cause?: unknown): UpstreamProblem {
  return new UpstreamProblem(upstreamErrors.timedOut(cause), false);
}

/** The answer cannot be used: malformed or cut. */
export function upstreamAnswerInvalid(cause?: unknown): UpstreamProblem {
  return new UpstreamProblem(upstreamErrors.answerInvalid(cause), true);
}

/** The answer is larger than agreed; it would be the next time. */
export function upstreamAnswerTooLarge(): UpstreamProblem {
  return new UpstreamProblem(upstreamErrors.answerInvalid(new Error('the answer is too large')), false);
}

/** An answer of 5xx, from a destination where that counts as having failed. Its body is not passed on. */
export function upstreamFailed(status: number, name: string, retryAfterSeconds?: string): UpstreamProblem {
  const cause = new Error(`${name} answered ${status}`);
  // 529 is what AI providers say when they are overloaded.
  if (status === 503 || status === 529) return new UpstreamProblem(upstreamErrors.failedBusy(retryAfterSeconds, cause), true);
  return new UpstreamProblem(status === 504 ? upstreamErrors.failedLate(cause) : upstreamErrors.failed(cause), true);
}

function upstreamUnavailable(cause: unknown): UpstreamProblem {
  return new UpstreamProblem(upstreamErrors.unavailable(undefined, cause), true);
}

/** Errors of a connection that never came about; `syscall: connect` covers the rest. */
const NOT_CONNECTED: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
];
const TIMED_OUT: readonly string[] = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];

/** What an error of the HTTP client means to our caller. Problems pass unchanged. */
export function asUpstreamProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (typeof code === 'string') {
    if (NOT_CONNECTED.includes(code) || syscall === 'connect') return upstreamUnavailable(error);
    if (TIMED_OUT.includes(code)) return upstreamTimedOut(error);
  }
  return upstreamAnswerInvalid(error);
}
