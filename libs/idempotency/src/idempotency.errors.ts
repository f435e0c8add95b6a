import { defineErrors } from '@plinth/kernel';

/** What a keyed request is told instead of its answer (contract: "Idempotency-Key"). */
export const idempotencyErrors = defineErrors({
  keyRequired: {
    code: 'idempotency_key_required',
    kind: 'malformed',
    detail: 'This request needs an Idempotency-Key header.',
    remedy: 'Send a fresh random key with each new request, and the same one with its retries.',
  },
  keyMalformed: {
    code: 'idempotency_key_malformed',
    kind: 'malformed',
    detail: 'Idempotency-Key must be 1 to 255 printable ASCII characters.',
    remedy: 'Use a UUID.',
  },
  inProgress: {
    code: 'idempotency_in_progress',
    kind: 'conflict',
    detail: 'The first request with this key is still running.',
    remedy: 'Send the same request again after Retry-After: it answers what the first one did.',
    headers: { 'retry-after': '1' },
  },
  keyReused: {
    code: 'idempotency_key_reused',
    kind: 'invalid',
    detail: 'This Idempotency-Key was used for another request.',
    remedy: 'Use a new key: one key stands for one request, its path, body and If-Match.',
  },
  /** To wait changes nothing, which `x-should-retry` tells the clients that go by it (OpenAI's, Anthropic's). */
  outcomeUnknown: {
    code: 'outcome_unknown',
    kind: 'conflict',
    detail: 'The first request with this key ended without a record of its outcome. Use a new key to ask again.',
    remedy: 'Ask again with a new Idempotency-Key: the effect may happen, and be charged for, a second time.',
    headers: { 'x-should-retry': 'false' },
  },
});
