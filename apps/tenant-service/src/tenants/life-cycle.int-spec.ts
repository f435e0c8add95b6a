import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

describe('the life of a tenant', () => {
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

  describe('by its deactivation', () => {
    const deactivate = (id: string, as: Principal, body?: object) => service.call('POST', `/v1/tenants/${id}/deactivate`, { as, ...(body === undefined ? {} : { body }) });

    it('ends for good, by its owner, with event, record and a line in the feed; no step leads on', async () => {
      const { tenant, owner } = await service.register();
      const answer = await deactivate(tenant.id, owner, { reason: 'we moved' });
      expect([answer.status, answer.json()]).toEqual([200, expect.objectContaining({ status: 'deactivated' })]);
      const told = await service.database.query(
        `SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 ORDER BY sequence OFFSET 3`,
        [tenant.id],
      );
      expect(told).toMatchObject([
        { event_type: 'tenant.deactivated', payload: { tenantId: tenant.id } },
        { event_type: 'audit.recorded', payload: { actor: { type: 'user', id: owner.id }, action: 'tenant.deactivate', reason: 'we moved', before: { status: 'active' }, after: { status: 'deactivated' } } },
      ]);
      expect(await service.database.query('SELECT kind FROM tenancy.revocation WHERE subject_id = $1', [tenant.id])).toEqual([{ kind: 'tenant_deactivated' }]);
      const statuses = [await suspend(tenant.id), await restore(tenant.id), await deactivate(tenant.id, operator), await service.call('POST', `/v1/tenants/${tenant.id}/activate`, { as: operator })];
      expect(statuses.map(({ status }) => status)).toEqual([409, 409, 409, 409]);
    });

    it('is an operator’s too, also of a suspended one, and nobody else’s', async () => {
      const { tenant, owner } = await service.register();
      const other = await service.register();
      for (const as of [{ ...owner, roles: ['admin'] }, { ...owner, roles: ['member'] }, { ...operator, roles: ['PLATFORM_VIEWER'] }]) expect((await deactivate(tenant.id, as)).status).toBe(403);
      expect((await deactivate(tenant.id, other.owner)).status).toBe(404);
      await suspend(tenant.id);
      expect((await deactivate(tenant.id, operator, { reason: 'fraud' })).status).toBe(200);
    });

    it('takes the tenant out of new tokens, and marks its keys', async () => {
      const { tenant, owner, request } = await service.register();
      const made = (await service.call('POST', '/v1/api-keys', { as: owner, body: { name: 'x', scopes: ['*'] } })).json() as unknown as { id: string };
      const signIn = async () => {
        const { accessToken } = (await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } })).json() as unknown as { accessToken: string };
        return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { mbr: { tid: string }[] };
      };
      expect((await signIn()).mbr.map(({ tid }) => tid)).toEqual([tenant.id]);
      await deactivate(tenant.id, owner);
      expect((await signIn()).mbr).toEqual([]);
      const facts = await service.call('GET', `/internal/v1/api-keys/${made.id}`, { as: { type: 'service', id: 'gateway', tenantId: null, roles: [] } });
      expect(facts.json()).toMatchObject({ status: 'active', tenantStatus: 'deactivated' });
    });
  });

  it('begins by the activation of a pending one, which no token names before', async () => {
    const { tenant, owner } = await service.register();
    await service.database.query(`UPDATE tenancy.tenant SET status = 'pending' WHERE id = $1`, [tenant.id]);
    const activate = (as: Principal, body?: object) => service.call('POST', `/v1/tenants/${tenant.id}/activate`, { as, ...(body === undefined ? {} : { body }) });
    expect((await activate(owner)).status).toBe(403);
    expect((await suspend(tenant.id)).status).toBe(409);
    expect((await activate(operator, { reason: 'verified by telephone' })).json()).toMatchObject({ status: 'active' });
    expect((await activate(operator)).json()).toMatchObject({ status: 409, code: 'tenant_status_conflict' });
    const told = await service.database.query(`SELECT event_type, payload ->> 'reason' AS reason FROM tenancy.event_outbox WHERE tenant_id = $1 ORDER BY sequence OFFSET 3`, [tenant.id]);
    expect(told).toEqual([{ event_type: 'tenant.activated', reason: null }, { event_type: 'audit.recorded', reason: 'verified by telephone' }]);
  });

  it('has a tier that operators alone set, told once a change', async () => {
    const { tenant, owner } = await service.register();
    const setTier = (as: Principal, body: object) => service.call('PUT', `/v1/admin/tenants/${tenant.id}/tier`, { as, body });
    expect((await setTier(owner, { tier: 'enterprise' })).status).toBe(403);
    expect((await setTier({ ...operator, roles: ['PLATFORM_VIEWER'] }, { tier: 'enterprise' })).status).toBe(403);
    for (const body of [{}, { tier: 'gold' }, { tier: 'basic', status: 'active' }]) expect((await setTier(operator, body)).status).toBe(422);
    expect((await setTier(operator, { tier: 'enterprise', reason: 'contract 12' })).json()).toMatchObject({ tier: 'enterprise' });
    expect((await setTier(operator, { tier: 'enterprise' })).status).toBe(200);
    const events = await service.database.query(`SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND event_type = 'tenant.tier_changed'`, [tenant.id]);
    expect(events).toEqual([{ payload: { tenantId: tenant.id, tier: 'enterprise', previousTier: 'free' } }]);
    const stale = await service.call('PUT', `/v1/admin/tenants/${tenant.id}/tier`, { as: operator, body: { tier: 'basic' }, headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
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
