import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

interface Row {
  readonly metric: string;
  readonly limit: number;
  readonly used: number;
  readonly reserved: number;
  readonly percent: number;
  readonly period: string | null;
  readonly resetsAt: string | null;
}

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

describe('the quotas of a tenant', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  async function newTenant() {
    const { owner, tenant } = await service.register();
    const path = `/v1/tenants/${tenant.id}`;
    const rows = async () => ((await service.call('GET', `${path}/quotas`, { as: owner })).json() as unknown as { data: Row[] }).data;
    return {
      ...{ owner, tenant, path, rows },
      row: async (metric: string) => (await rows()).find((row) => row.metric === metric),
      async use(metric: string, units: number) {
        const grant = { tenantId: tenant.id, metric, reservationId: newId() };
        expect((await service.call('POST', '/internal/v1/quotas/reserve', { as: gateway, body: { ...grant, units, ttlSeconds: 60 }, key: null })).status).toBe(200);
        expect((await service.call('POST', '/internal/v1/quotas/settle', { as: gateway, body: { ...grant, units }, key: null })).status).toBe(200);
      },
      setLimit: (metric: string, body: object, as = operator) => service.call('PUT', `${path}/quotas/${metric}`, { as, body }),
      reset: (body: object, as = operator) => service.call('POST', `${path}/quotas/reset`, { as, body }),
    };
  }

  const told = (tenantId: string) =>
    service.database.query<{ what: string; payload: Record<string, unknown> }>(
      `SELECT coalesce(payload ->> 'action', event_type) AS what, payload FROM tenancy.event_outbox
       WHERE tenant_id = $1 AND (event_type LIKE 'quota.%' OR payload ->> 'action' LIKE 'quota.%') ORDER BY sequence`,
      [tenantId],
    );

  it('are a row for each metric, before anything was used and after', async () => {
    const { rows, row, use } = await newTenant();
    const before = await rows();
    expect(before.map(({ metric }) => metric)).toEqual(['api_calls', 'ai_tokens', 'storage_bytes', 'users', 'documents', 'analyses']);
    const month = new Date().toISOString().slice(0, 7);
    const resetsAt = expect.stringMatching(/^\d{4}-\d\d-01T00:00:00\.000Z$/);
    expect(before[0]).toEqual({ metric: 'api_calls', limit: 10_000_000, used: 0, reserved: 0, percent: 0, period: month, resetsAt });
    expect(before[4]).toEqual({ metric: 'documents', limit: 10_000, used: 0, reserved: 0, percent: 0, period: null, resetsAt: null });
    await use('ai_tokens', 2_500_000);
    expect(await row('ai_tokens')).toEqual({ metric: 'ai_tokens', limit: 10_000_000, used: 2_500_000, reserved: 0, percent: 25, period: month, resetsAt });
  });

  it('are those of the tier, until an operator says otherwise, with the reason in the tenant’s own trail', async () => {
    const { tenant, owner, row, setLimit, path } = await newTenant();
    expect((await setLimit('ai_tokens', { limit: 500, reason: 'a pilot' })).json()).toMatchObject({ metric: 'ai_tokens', limit: 500 });
    expect(await row('ai_tokens')).toMatchObject({ limit: 500 });
    expect((await setLimit('ai_tokens', { limit: null, reason: 'the pilot is over' })).json()).toMatchObject({ limit: 10_000_000 });
    await service.call('PUT', `/v1/admin/tenants/${tenant.id}/tier`, { as: operator, body: { tier: 'basic' } });
    expect(await row('ai_tokens')).toMatchObject({ limit: 50_000_000 });
    expect(await told(tenant.id)).toMatchObject([
      { what: 'quota.limit_changed', payload: { metric: 'ai_tokens', limit: 500, previousLimit: 10_000_000 } },
      { what: 'quota.set_limit', payload: { reason: 'a pilot', actor: { type: 'operator', id: operator.id }, before: { limit: 10_000_000 }, after: { limit: 500 } } },
      { what: 'quota.limit_changed', payload: { limit: 10_000_000, previousLimit: 500 } },
      { what: 'quota.set_limit', payload: { reason: 'the pilot is over' } },
    ]);
    const changes = (await service.call('GET', `${path}/quotas/changes`, { as: owner })).json();
    expect(changes).toMatchObject({ data: [{ kind: 'limit_removed', limit: null, reason: 'the pilot is over' }, { kind: 'limit_set', limit: 500, operatorId: operator.id }], nextCursor: null });
  });

  it('begin anew by an operator: nothing is used, and what was stays in the history', async () => {
    const { tenant, owner, row, use, reset, path } = await newTenant();
    await use('ai_tokens', 70);
    const month = new Date().toISOString().slice(0, 7);
    const answer = await reset({ metric: 'ai_tokens', reason: 'an outage of ours' });
    expect(answer.json()).toMatchObject({ data: [{ metric: 'ai_tokens', used: 0, period: `${month}.2` }] });
    await use('ai_tokens', 5);
    expect(await row('ai_tokens')).toMatchObject({ used: 5, period: `${month}.2` });
    expect((await service.call('GET', `${path}/usage`, { as: owner })).json()).toMatchObject({
      data: [
        { metric: 'ai_tokens', period: `${month}.2`, used: 5, closedAt: null },
        { metric: 'ai_tokens', period: month, used: 70, forfeited: 0, overrun: 0, closedAt: expect.any(String) },
      ],
    });
    expect(await told(tenant.id)).toMatchObject([
      { what: 'quota.reset', payload: { metric: 'ai_tokens', period: month, nextPeriod: `${month}.2`, used: 70 } },
      { what: 'quota.reset', payload: { reason: 'an outage of ours', before: { used: 70 }, after: { used: 0 } } },
    ]);
    const all = (await reset({ reason: 'all of them' })).json() as unknown as { data: Row[] };
    expect(all.data.map(({ metric, used }) => [metric, used])).toEqual([['api_calls', 0], ['ai_tokens', 0], ['analyses', 0]]);
  });

  it('cannot be reset where they stand: 422', async () => {
    const { reset } = await newTenant();
    expect((await reset({ metric: 'documents', reason: 'x' })).json()).toMatchObject({ status: 422, code: 'quota_not_resettable' });
  });

  it('count a grant that was taken before a reset to where it was taken from', async () => {
    const { tenant, owner, row, reset, path } = await newTenant();
    const grant = { tenantId: tenant.id, metric: 'ai_tokens', reservationId: newId() };
    await service.call('POST', '/internal/v1/quotas/reserve', { as: gateway, body: { ...grant, units: 50, ttlSeconds: 60 }, key: null });
    await reset({ metric: 'ai_tokens', reason: 'x' });
    await service.call('POST', '/internal/v1/quotas/settle', { as: gateway, body: { ...grant, units: 40 }, key: null });
    expect(await row('ai_tokens')).toMatchObject({ used: 0, reserved: 0 });
    expect((await service.call('GET', `${path}/usage`, { as: owner })).json()).toMatchObject({ data: [{ used: 0 }, { used: 40, reserved: 0 }] });
  });

  it('show the caller what is left, as a key with the scope too', async () => {
    const { owner, use } = await newTenant();
    await use('analyses', 10);
    for (const as of [owner, { ...owner, roles: ['viewer'] }, { ...owner, type: 'api_key' as const, id: newId(), scopes: ['quota.read'] }]) {
      const { data } = (await service.call('GET', '/v1/usage/me', { as })).json() as unknown as { data: Record<string, unknown>[] };
      expect(data.find(({ metric }) => metric === 'analyses')).toMatchObject({ limit: 10_000, used: 10, remaining: 9_990, reset: expect.any(Number) });
      expect(data.find(({ metric }) => metric === 'users')).toMatchObject({ used: 1, remaining: 24, reset: null, resetsAt: null });
    }
  });

  it('are another tenant’s to nobody: 404', async () => {
    const [mine, theirs] = [await newTenant(), await newTenant()];
    for (const path of ['quotas', 'quotas/changes', 'usage']) {
      expect((await service.call('GET', `${theirs.path}/${path}`, { as: mine.owner })).status).toBe(404);
      expect((await service.call('GET', `/v1/tenants/${newId()}/${path}`, { as: mine.owner })).status).toBe(404);
      expect((await service.call('GET', `${mine.path}/${path}`, { as: { ...mine.owner, type: 'api_key', id: newId(), scopes: ['tenant.read'] } })).status).toBe(403);
    }
  });

  it('are changed by operators with the capability alone', async () => {
    const { owner, setLimit, reset, row } = await newTenant();
    for (const as of [owner, { ...operator, roles: ['PLATFORM_VIEWER'] }, { ...owner, roles: ['owner', 'PLATFORM_ADMIN'] }]) {
      expect((await setLimit('ai_tokens', { limit: 1, reason: 'x' }, as)).status).toBe(403);
      expect((await reset({ reason: 'x' }, as)).status).toBe(403);
    }
    expect(await row('ai_tokens')).toMatchObject({ limit: 10_000_000 });
  });

  it('refuse what is no limit, no metric, no reason and no tenant', async () => {
    const { setLimit } = await newTenant();
    for (const body of [{ limit: -1, reason: 'x' }, { limit: 1.5, reason: 'x' }, { limit: 2 ** 53, reason: 'x' }, { limit: 1 }, { reason: 'x' }, { limit: 1, reason: '' }]) {
      expect((await setLimit('ai_tokens', body)).status).toBe(422);
    }
    expect((await setLimit('constructor', { limit: 1, reason: 'x' })).json()).toMatchObject({ status: 404, code: 'quota_metric_unknown' });
    const nobody = await service.call('POST', `/v1/tenants/${newId()}/quotas/reset`, { as: operator, body: { reason: 'x' } });
    expect(nobody.json()).toMatchObject({ status: 404, code: 'tenant_not_found' });
  });

  it('are reset once, however often it is asked with one key', async () => {
    const { tenant, path } = await newTenant();
    const key = newId();
    for (let retry = 0; retry < 3; retry += 1) expect((await service.call('POST', `${path}/quotas/reset`, { as: operator, body: { metric: 'ai_tokens', reason: 'x' }, key })).status).toBe(200);
    expect((await told(tenant.id)).filter(({ what }) => what === 'quota.reset')).toHaveLength(2);
  });
});
