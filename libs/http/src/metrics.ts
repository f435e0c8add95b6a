import { defineMetrics, durationBuckets } from '@plinth/telemetry';

/** What the HTTP layer counts. A route is its template; whatever has none counts as `unknown`. */
export const httpMetrics = defineMetrics({
  requests: {
    name: 'plinth_http_requests_total',
    kind: 'counter',
    help: 'Requests answered, by status class (none: the connection ended before an answer).',
    labels: ['method', 'route', 'status_class'],
  },
  errors: {
    name: 'plinth_http_errors_total',
    kind: 'counter',
    help: 'Requests answered with a 4xx or 5xx status, by that status.',
    labels: ['method', 'route', 'status'],
  },
  duration: {
    name: 'plinth_http_request_duration_seconds',
    kind: 'histogram',
    help: 'Time from the head of a request to the last byte of its answer.',
    labels: ['method', 'route', 'status_class'],
    buckets: durationBuckets,
  },
});
