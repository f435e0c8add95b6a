import { familiesOf, labelValuesOf, seriesOf } from '@plinth/testing';
import { tenantA, TestGateway, user } from './testing.js';

async function scrape(gateway: TestGateway): Promise<string> {
  const { status, text, headers } = await gateway.send('GET', '/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return text;
}

describe('the metrics of the gateway', () => {
  it('tell of requests, the calls to each service, its breaker, and the pools', async () => {
    await using gateway = await TestGateway.start();
    await gateway.send('GET', '/v1/policies');
    const text = await scrape(gateway);
    const families = familiesOf(text);
    for (const name of ['plinth_http_requests_total', 'plinth_http_errors_total', 'plinth_http_request_duration_seconds', 'plinth_resilience_calls_total', 'plinth_resilience_breaker_state', 'plinth_database_transactions_total', 'plinth_database_pool_connections']) {
      expect(families).toContain(name);
    }
    expect(text).toContain('plinth_http_requests_total{method="GET",route="/v1/policies",status_class="2xx",service="gateway"} 1');
    expect(text).toContain('plinth_resilience_breaker_state{destination="tenant-service",state="closed",service="gateway"} 1');
  });

  it('do not exist for who comes through a proxy', async () => {
    await using gateway = await TestGateway.start();
    const proxied: Record<string, string>[] = [{ 'x-forwarded-for': '203.0.113.7' }, { forwarded: 'for=203.0.113.7' }, { via: '1.1 edge' }];
    for (const headers of proxied) {
      expect(await gateway.send('GET', '/metrics', headers)).toMatchObject({ status: 404, problem: { code: 'not_found' } });
    }
  });

  it('count a call that a service does not answer as failed', async () => {
    await using gateway = await TestGateway.start();
    await gateway.tenants.stop();
    await gateway.send('GET', '/v1/policies');
    const calls = seriesOf(await scrape(gateway), 'plinth_resilience_calls_total');
    expect(calls.get('{destination="tenant-service",outcome="failed",service="gateway"}')).toBeGreaterThanOrEqual(1);
  });

  it('hold no path, id or e-mail, and grow no series under 10,000 random paths', async () => {
    await using gateway = await TestGateway.start();
    const authorization = gateway.bearer;
    await gateway.send('GET', `/v1/tenants/${tenantA}?email=ann@example.org`, authorization);
    await gateway.send('GET', '/nowhere/at/all');
    await scrape(gateway);
    const before = seriesOf(await scrape(gateway), 'plinth_http_requests_total').size;
    for (let sent = 0; sent < 10_000; sent++) await gateway.app.inject({ method: 'GET', url: `/${Math.random().toString(36)}/${sent}` });
    const after = await scrape(gateway);
    expect(seriesOf(after, 'plinth_http_requests_total').size).toBe(before);
    const values = [...labelValuesOf(after)];
    expect(values).toContain('/v1/tenants/{id}');
    expect(values.filter((value) => value.includes('@') || value.includes(tenantA) || value.includes(user.userId) || value.includes('nowhere'))).toEqual([]);
  });
});
