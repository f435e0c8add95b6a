import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

describe('the suspension of a tenant', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
  const suspend = (id: string, as: Principal = operator, body: object = { reason: 'unpaid' }) => service.call('POST', `/v1/tenants/${id}/suspend`, { as, body });
  const restore = (id: string, as: Principal = operator) => service.call('POST', `/v1/tenants/${id}/restore`, { as });

  it('goes from active to suspended and back, and nowhere else: 409', async () => {
    const { tenant } = await service.register();
    expect((await restore(tenant.id)).json()).toMatchObject({ status: 409, code: 'tenant_status_conflict' });
    const suspended = await suspend(tenant.id);
    expect(suspended.status).toBe(200);
    expect(suspended.json()).toMatchObject({ id: tenant.id, status: 'suspended' });
    expect(suspended.headers['etag']).toBe('"2"');
    expect((await suspend(tenant.id)).json()).toMatchObject({ status: 409, code: 'tenant_status_conflict' });
    expect((await restore(tenant.id)).json()).toMatchObject({ status: 'active' });
    await service.database.query(`UPDATE tenancy.tenant SET status = 'deactivated' WHERE id = $1`, [tenant.id]);
    expect([(await suspend(tenant.id)).status, (await restore(tenant.id)).status]).toEqual([409, 409]);
  });

  it('stands in the tenant’s own trail with the reason and the operator, and in events and the feed', async () => {
    const { tenant } = await service.register();
    await suspend(tenant.id, operator, { reason: 'terms of use, section 4' });
    await restore(tenant.id);
    const rows = await service.database.query<{ event_type: string; payload: Record<string, unknown> }>(
      `SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 ORDER BY sequence OFFSET 3`,
      [tenant.id],
    );
    expect(rows).toMatchObject([
      { event_type: 'tenant.suspended', payload: { tenantId: tenant.id } },
      {
        event_type: 'audit.recorded',
        payload: {
          tenantId: tenant.id,
          actor: { type: 'operator', id: operator.id },
          action: 'tenant.suspend',
          reason: 'terms of use, section 4',
          before: { status: 'active' },
          after: { status: 'suspended' },
        },
      },
      { event_type: 'tenant.restored' },
      { event_type: 'audit.recorded', payload: { action: 'tenant.restore', reason: null } },
    ]);
    const feed = await service.database.query('SELECT kind FROM tenancy.revocation WHERE subject_id = $1 ORDER BY sequence', [tenant.id]);
    expect(feed).toEqual([{ kind: 'tenant_suspended' }, { kind: 'tenant_restored' }]);
  });

  it('needs an operator with the capability: an owner, a viewer of the platform and a key do not have it', async () => {
    const { tenant, owner } = await service.register();
    const refused: Principal[] = [
      owner,
      { ...owner, roles: ['owner', 'PLATFORM_ADMIN'] },
      { ...owner, type: 'api_key', scopes: ['*', 'tenant.suspend'] },
      { ...operator, roles: ['PLATFORM_VIEWER'] },
      { ...operator, roles: ['owner'] },
    ];
    for (const as of refused) expect((await suspend(tenant.id, as)).status).toBe(403);
    expect((await service.call('GET', `/v1/tenants/${tenant.id}`, { as: owner })).json()).toMatchObject({ status: 'active' });
  });

  it('lets an operator read nothing of a tenant', async () => {
    const { tenant } = await service.register();
    for (const path of [`/v1/tenants/${tenant.id}`, '/v1/api-keys']) {
      expect((await service.call('GET', path, { as: operator })).status).toBe(403);
      expect((await service.call('GET', path, { as: { ...operator, tenantId: tenant.id, roles: ['PLATFORM_ADMIN', 'owner'] } })).status).toBe(403);
    }
  });

  it('is 404 for a tenant that does not exist, 400 for no id, 422 without a reason', async () => {
    const { tenant } = await service.register();
    expect((await suspend(newId())).json()).toMatchObject({ status: 404, code: 'tenant_not_found' });
    expect((await suspend('x')).status).toBe(400);
    for (const body of [{}, { reason: '' }, { reason: 1 }, { reason: 'x', status: 'active' }]) expect((await suspend(tenant.id, operator, body)).status).toBe(422);
  });

  it('happens once of ten at the same time', async () => {
    const { tenant } = await service.register();
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => suspend(tenant.id)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  });

  it('leaves sign-in as it is', async () => {
    const { tenant, request } = await service.register();
    await suspend(tenant.id);
    expect((await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } })).status).toBe(200);
  });
});
