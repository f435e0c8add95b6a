import { Problem } from '@plinth/kernel';

/** What a keyed request is told instead of its answer (contract: "Idempotency-Key"). */
export const idempotencyErrors = {
  keyRequired: () => new Problem('idempotency_key_required', 'malformed', 'This request needs an Idempotency-Key header.'),
  keyMalformed: () => new Problem('idempotency_key_malformed', 'malformed', 'Idempotency-Key must be 1 to 255 printable ASCII characters.'),
  keyReused: () => new Problem('idempotency_key_reused', 'invalid', 'This Idempotency-Key was used for another request.'),
  inProgress: () =>
    new Problem('idempotency_in_progress', 'conflict', 'The first request with this key is still running.', { headers: { 'retry-after': '1' } }),
  /** To wait changes nothing, which `x-should-retry` tells the clients that go by it (OpenAI's, Anthropic's). */
  outcomeUnknown: () =>
    new Problem('outcome_unknown', 'conflict', 'The first request with this key ended without a record of its outcome. Use a new key to ask again.', {
      headers: { 'x-should-retry': 'false' },
    }),
};
