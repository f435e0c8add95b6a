import { familiesOf, labelValuesOf, seriesOf } from '@plinth/testing';
import { bootTenantService } from './testing.js';

describe('the metrics of tenant-service', () => {
  it('tell of requests, committed and refused transactions and the pools, and of nobody', async () => {
    const service = await bootTenantService();
    try {
      const { request, tenant, owner } = await service.register();
      await service.call('GET', `/v1/tenants/${tenant.id}`, { as: owner });
      const { body } = await service.app.inject({ method: 'GET', url: '/metrics' });
      for (const name of ['plinth_http_requests_total', 'plinth_http_request_duration_seconds', 'plinth_database_pool_waiting_requests', 'plinth_process_process_cpu_seconds_total']) {
        expect(familiesOf(body)).toContain(name);
      }
      const committed = seriesOf(body, 'plinth_database_transactions_total').get('{role="app",outcome="committed",service="tenant-service"}') ?? 0;
      expect(committed).toBeGreaterThan(0);
      expect(body).toContain('plinth_http_requests_total{method="GET",route="/v1/tenants/:id",status_class="2xx",service="tenant-service"} 1');
      const personal = [request.email, tenant.id, owner.id ?? ''];
      expect([...labelValuesOf(body)].filter((value) => personal.some((part) => value.includes(part)))).toEqual([]);
    } finally {
      await service.close();
    }
  });
});
