import { metricLines, parseScrape } from './stack-metrics.ts';

const scrape = `# HELP plinth_http_requests_total Requests.
# TYPE plinth_http_requests_total counter
plinth_http_requests_total{method="GET",route="/v1/tenants/{id}",status_class="2xx",service="gateway"} 40
plinth_http_requests_total{method="GET",route="unknown",status_class="4xx",service="gateway"} 2
plinth_http_requests_total{method="GET",route="/health/ready",status_class="2xx",service="gateway"} 900
plinth_http_requests_total{method="GET",route="/v1/tenants/:id",status_class="5xx",service="tenant-service"} 7
plinth_outbox_events{source="tenant-service",status="pending",service="outbox-relay"} 3
plinth_outbox_events{source="ai-gateway",status="processing",service="outbox-relay"} 1
plinth_outbox_events{source="ai-gateway",status="failed",service="outbox-relay"} 5
plinth_outbox_oldest_unpublished_seconds{source="tenant-service",service="outbox-relay"} 75.2
plinth_consumer_lag_messages{group="audit-service",topic="plinth.audit",partition="0",service="audit-service"} 4
plinth_consumer_lag_messages{group="audit-service",topic="plinth.audit",partition="1",service="audit-service"} 6
plinth_consumer_dead_letters_total{group="audit-service",service="audit-service"} 1
plinth_resilience_breaker_state{destination="tenant-service",state="open",service="gateway"} 1
plinth_resilience_breaker_state{destination="tenant-service",state="closed",service="gateway"} 0
plinth_resilience_breaker_state{destination="audit-service",state="closed",service="gateway"} 1
plinth_job_last_run_timestamp_seconds{job="purge",outcome="succeeded",service="scheduler"} 1000
plinth_process_cpu 1e-05
`;

describe('the figures of make status', () => {
  it('say what the services count, without probes', () => {
    expect(metricLines(parseScrape(scrape), new Date(1_120_000))).toEqual([
      'requests      42 at the gateway: 2 refused (4xx), 0 failed (5xx)',
      'outbox        4 waiting, the oldest for 1 min; 5 failed',
      'consumer lag  audit-service 10',
      'dead letters  1 since the start',
      'breakers      gateway -> tenant-service open',
      'jobs          purge succeeded 2 min ago',
    ]);
  });

  it('are not there where no service answers, and say what is not known', () => {
    expect(metricLines([], new Date())).toEqual([]);
    expect(metricLines(parseScrape('plinth_x 1\n'), new Date())).toContain('consumer lag  unknown');
  });

  it('are read with labels that hold braces, commas and escaped quotes', () => {
    expect(parseScrape('plinth_x{a="/v1/{id}",b="say \\"a, b\\""} 1e-05')).toEqual([{ name: 'plinth_x', labels: { a: '/v1/{id}', b: 'say \\"a, b\\"' }, value: 0.00001 }]);
  });
});
