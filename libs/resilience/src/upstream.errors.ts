import { defineErrors } from '@plinth/kernel';

const failed = 'Try again after Retry-After where there is one, with the same Idempotency-Key.';

/** Failures of the other side of a call, or of the way there. */
export const upstreamErrors = defineErrors({
  /** It was not reached, or not tried while its breaker is open. */
  unavailable: {
    code: 'upstream_unavailable',
    kind: 'unavailable',
    detail: 'A part of the service is not available at the moment.',
    remedy: failed,
    with: (retryAfterSeconds = '1', cause?: unknown) => ({ headers: { 'retry-after': retryAfterSeconds }, cause }),
  },
  /** There was no place for the call, here: not the other side's failure, so it does not count against the breaker. */
  overloaded: {
    code: 'upstream_overloaded',
    kind: 'unavailable',
    detail: 'A part of the service has more to do than it can take at the moment.',
    remedy: failed,
    headers: { 'retry-after': '1' },
  },
  /** Of a target that a tenant has named. */
  targetForbidden: {
    code: 'target_forbidden',
    kind: 'invalid',
    detail: 'The target may not be called.',
    remedy: 'Name an https URL on the public internet, without credentials and on an allowed port.',
    with: (detail: string) => ({ detail }),
  },
  timedOut: {
    code: 'upstream_timeout',
    kind: 'gateway_timeout',
    detail: 'A part of the service did not answer in time.',
    remedy: 'Try again with the same Idempotency-Key: what the first request did is answered, not done twice.',
    with: (cause?: unknown) => ({ cause }),
  },
  /** Malformed, cut, or larger than agreed. */
  answerInvalid: {
    code: 'upstream_invalid_answer',
    kind: 'bad_gateway',
    detail: 'A part of the service gave no usable answer.',
    remedy: failed,
    with: (cause?: unknown) => ({ cause }),
  },
  failed: {
    code: 'upstream_failed',
    kind: 'bad_gateway',
    detail: 'A part of the service failed.',
    remedy: failed,
    with: (cause: unknown) => ({ cause }),
  },
  failedBusy: {
    code: 'upstream_failed',
    kind: 'unavailable',
    detail: 'A part of the service is not available at the moment.',
    remedy: failed,
    with: (retryAfterSeconds = '1', cause?: unknown) => ({ headers: { 'retry-after': retryAfterSeconds }, cause }),
  },
  failedLate: {
    code: 'upstream_failed',
    kind: 'gateway_timeout',
    detail: 'A part of the service did not answer in time.',
    remedy: failed,
    with: (cause: unknown) => ({ cause }),
  },
});
