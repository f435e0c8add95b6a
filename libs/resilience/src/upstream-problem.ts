import { Problem, type ErrorKind } from '@plinth/kernel';

/** A failure of the other side or of the way there, told as 502, 503 or 504. It counts against the breaker. */
export class UpstreamProblem extends Problem {
  constructor(
    code: string,
    kind: ErrorKind & ('bad_gateway' | 'unavailable' | 'gateway_timeout'),
    detail: string,
    /**
     * Whether another try may end otherwise. Not after a time limit: what took too long once has used up
     * the time, and may still be at work over there.
     */
    readonly transient: boolean,
    cause?: unknown,
    retryAfterSeconds = '1',
  ) {
    super(code, kind, detail, { cause, ...(kind === 'unavailable' ? { headers: { 'retry-after': retryAfterSeconds } } : {}) });
    this.name = 'UpstreamProblem';
  }
}

/** The breaker is open: the call was not tried. @param retryAfterSeconds when the next try is let through */
export function breakerOpen(retryAfterSeconds: number): Problem {
  return new Problem('upstream_unavailable', 'unavailable', 'A part of the service is not available at the moment.', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

export function upstreamTimedOut(cause?: unknown): UpstreamProblem {
  return new UpstreamProblem('upstream_timeout', 'gateway_timeout', 'A part of the service did not answer in time.', false, cause);
}

/** The answer cannot be used: malformed or cut. */
export function upstreamAnswerInvalid(cause?: unknown): UpstreamProblem {
  return new UpstreamProblem('upstream_invalid_answer', 'bad_gateway', 'A part of the service gave no usable answer.', true, cause);
}

/** The answer is larger than agreed; it would be the next time. */
export function upstreamAnswerTooLarge(): UpstreamProblem {
  const cause = new Error('the answer is too large');
  return new UpstreamProblem('upstream_invalid_answer', 'bad_gateway', 'A part of the service gave no usable answer.', false, cause);
}

/** An answer of 5xx, from a destination where that counts as having failed. Its body is not passed on. */
export function upstreamFailed(status: number, name: string, retryAfterSeconds?: string): UpstreamProblem {
  const cause = new Error(`${name} answered ${status}`);
  // 529 is what AI providers say when they are overloaded.
  if (status === 503 || status === 529) {
    const detail = 'A part of the service is not available at the moment.';
    return new UpstreamProblem('upstream_failed', 'unavailable', detail, true, cause, retryAfterSeconds);
  }
  if (status === 504) return new UpstreamProblem('upstream_failed', 'gateway_timeout', 'A part of the service did not answer in time.', true, cause);
  return new UpstreamProblem('upstream_failed', 'bad_gateway', 'A part of the service failed.', true, cause);
}

function upstreamUnavailable(cause: unknown): UpstreamProblem {
  const detail = 'A part of the service is not available at the moment.';
  return new UpstreamProblem('upstream_unavailable', 'unavailable', detail, true, cause);
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
