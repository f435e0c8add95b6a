import type { QuotaMetric } from '@plinth/contracts';
import { defineErrors } from '@plinth/kernel';
import type { QuotaStanding } from './wire.js';

/** Nobody knows when a standing metric has room again; clients that heed the header ask once an hour. */
const standingRetrySeconds = 3_600;

export const quotaErrors = defineErrors({
  exhausted: {
    code: 'quota_exhausted',
    kind: 'throttled',
    detail: 'The tenant’s quota is used up, or less of it is left than this may use.',
    remedy: 'Wait for `resetsAt` (Retry-After), ask for less (of a model: a lower `max_tokens`), give back what stands, or ask the platform’s operator for a higher limit.',
    with: (metric: QuotaMetric, standing: QuotaStanding, now: Date) => {
      const { limit, period, resetsInMs } = standing;
      const resetsAt = resetsInMs === null ? null : new Date(now.getTime() + resetsInMs).toISOString();
      const retryAfter = resetsInMs === null ? standingRetrySeconds : Math.max(1, Math.ceil(resetsInMs / 1000));
      return {
        // The clients of AI providers heed the last one: until the reset a retry is in vain.
        headers: { 'retry-after': String(retryAfter), 'x-should-retry': 'false', ...rateLimitHeaders(metric, { ...standing, remaining: 0 }) },
        members: { metric, limit, period, resetsAt },
      };
    },
  },
  unconfirmed: {
    code: 'quota_unconfirmed',
    kind: 'unavailable',
    detail: 'Whether the tenant’s quota has room cannot be found out at the moment.',
    remedy: 'Try again after Retry-After.',
    headers: { 'retry-after': '1' },
    with: (cause: unknown) => ({ cause }),
  },
});

/** Of the billing month, which has no fixed length: the window that the policy names. */
const monthSeconds = 2_592_000;
/** Of an integer in a structured field (RFC 9651, section 3.3.1). */
const maxFieldInteger = 999_999_999_999_999;

/**
 * Where a caller stands, in the fields of draft-ietf-httpapi-ratelimit-headers-10: the quota of the policy named by the
 * metric, what remains of it and the seconds to its reset.
 */
export function rateLimitHeaders(metric: QuotaMetric, { limit, remaining, resetsInMs }: QuotaStanding): Readonly<Record<string, string>> {
  const [window, reset] = resetsInMs === null ? ['', ''] : [`;w=${monthSeconds}`, `;t=${Math.ceil(resetsInMs / 1000)}`];
  const [quota, left] = [limit, remaining].map((units) => Math.min(units, maxFieldInteger));
  return { 'ratelimit-policy': `"${metric}";q=${quota}${window}`, ratelimit: `"${metric}";r=${left}${reset}` };
}
