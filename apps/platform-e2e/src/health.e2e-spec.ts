import { services } from '@plinth/contracts';
import { killPart, restartPart } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

interface Ready {
  readonly status: string | number;
  readonly degraded?: readonly string[];
  readonly details?: Readonly<Record<string, { status: string }>>;
}

describe('the health of the services', () => {
  const stack = runningStack();
  const names = Object.keys(stack.facts.services);

  const get = async (name: string, path: string) => {
    const answer = await fetch(`${stack.facts.services[name]?.url}${path}`, { signal: AbortSignal.timeout(10_000) });
    return { status: answer.status, body: (await answer.json()) as Ready };
  };
  const allReady = () => eventually(async () => {
    for (const name of names) expect(await get(name, '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok', degraded: [] } });
  }, { withinMs: 40_000 });

  it('is up, alive and ready on every service', async () => {
    expect(names.sort()).toEqual(services.map(({ name }) => name).sort());
    await allReady();
    for (const name of names) {
      expect((await get(name, '/health')).status).toBe(200);
      expect((await get(name, '/health/live')).status).toBe(200);
      expect((await get(name, '/health/ready')).body.details).toMatchObject({ database: { status: 'up' }, kafka: { status: 'up' } });
    }
  });

  it('says degraded without Kafka, goes on accepting writes, and loses none of them', async () => {
    const owner = await stack.newTenant();
    await killPart(stack.home, 'kafka');
    try {
      await eventually(async () => {
        for (const name of names) expect(await get(name, '/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded', degraded: ['kafka'] } });
      }, { withinMs: 20_000 });
      for (const name of ['one', 'two', 'three']) {
        expect((await stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { name } })).status).toBe(200);
      }
    } finally {
      await restartPart(stack.home, 'kafka');
    }
    await eventually(async () => {
      const names = (await stack.auditEntries(owner, '?action=tenant.update')).map(({ after }) => after?.['name']);
      expect(names).toEqual(['three', 'two', 'one']);
    }, { withinMs: 40_000 });
    await allReady();
  }, 120_000);

  it('is not ready without PostgreSQL but alive, answers 503 with Retry-After, and recovers without a restart', async () => {
    const owner = await stack.newTenant();
    const patch = (name: string) => stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { name } });
    await killPart(stack.home, 'postgres');
    try {
      const began = performance.now();
      const refused = await patch('nobody home');
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBeTruthy();
      expect((await get('tenant-service', '/health/ready')).status).toBe(503);
      expect((await get('tenant-service', '/health/live')).status).toBe(200);
      expect((await get('gateway', '/health/ready'))).toMatchObject({ status: 200, body: { status: 'degraded' } });
    } finally {
      await restartPart(stack.home, 'postgres');
    }
    await allReady();
    expect((await patch('back')).status).toBe(200);
    await eventually(async () => expect((await stack.auditEntries(owner, '?action=tenant.update'))[0]?.after?.['name']).toBe('back'), { withinMs: 20_000 });
  }, 120_000);
});
