import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

interface MemberBody {
  readonly accountId: string;
  readonly email: string;
  readonly role: string;
  readonly internalRoles: string[];
}

const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

describe('/v1/tenants/{id}/members', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let operator: Principal;
  beforeAll(async () => {
    service = await bootTenantService();
    const { user } = await service.register();
    await service.database.query(`INSERT INTO tenancy.operator (account_id, roles, created_at) VALUES ($1, '{PLATFORM_ADMIN}', now())`, [user.id]);
    operator = { type: 'operator', id: user.id, tenantId: null, roles: ['PLATFORM_ADMIN'] };
  });
  afterAll(() => service.close());

  const at = (tenantId: string | null, rest = '') => `/v1/tenants/${tenantId}/members${rest}`;
  const change = (as: Principal, accountId: string | null, body: object, headers: Record<string, string> = {}) => service.call('PATCH', at(as.tenantId, `/${accountId}`), { as, body, headers });
  const remove = (as: Principal, accountId: string | null) => service.call('DELETE', at(as.tenantId, `/${accountId}`), { as });
  const leave = (as: Principal) => service.call('POST', `/v1/tenants/${as.tenantId}/leave`, { as });
  const transfer = (as: Principal, accountId: string | null) => service.call('POST', `/v1/tenants/${as.tenantId}/transfer-ownership`, { as, body: { accountId } });
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const membersOf = async (as: Principal) => (await service.call('GET', at(as.tenantId), { as })).json() as unknown as { data: MemberBody[] };
  const rolesOf = async (as: Principal) => Object.fromEntries((await membersOf(as)).data.map(({ accountId, role }) => [accountId, role]));
  const feedOf = async (accountId: string | null) => (await service.database.query(`SELECT 1 FROM tenancy.revocation WHERE kind = 'memberships_changed' AND subject_id = $1`, [accountId])).length;
  const told = async (tenantId: string | null, of: string) =>
    await service.database.query<{ event_type: string; payload: Record<string, unknown> }>(
      `SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type = $2 OR payload ->> 'action' = $2) ORDER BY sequence`,
      [tenantId, of],
    );

  it('lists who belongs to the tenant, in the order of joining, page by page', async () => {
    const { owner, request } = await service.register();
    const joined = [owner.id];
    for (const role of ['admin', 'member', 'viewer']) joined.push((await service.join(owner, { role })).id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = (await service.call('GET', at(owner.tenantId, `?limit=3${cursor && `&cursor=${cursor}`}`), { as: owner })).json() as unknown as { data: MemberBody[]; nextCursor: string | null };
      seen.push(...page.data.map(({ accountId }) => accountId));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(joined);
    expect((await membersOf(owner)).data[0]).toEqual({ accountId: owner.id, email: request.email, role: 'owner', roles: [], internalRoles: [], customRoles: [], joinedAt: expect.any(String) });
  });

  it('changes roles for the next call on, tells of it, and keeps before and after in the trail', async () => {
    const { owner, tenant } = await service.register();
    const member = await service.join(owner, { role: 'viewer' });
    const before = await feedOf(member.id);
    const answer = await change(owner, member.id, { role: 'member', roles: ['client', 'estimator'] });
    expect([answer.status, answer.json()]).toEqual([200, expect.objectContaining({ role: 'member', roles: ['client', 'estimator'] })]);
    expect(await feedOf(member.id)).toBe(before + 1);
    expect(await told(tenant.id, 'member.roles_changed')).toMatchObject([{ payload: { accountId: member.id, role: 'member', roles: ['client', 'estimator'] } }]);
    expect(await told(tenant.id, 'member.set_roles')).toMatchObject([{ payload: { before: { role: 'viewer' }, after: { role: 'member', roles: ['client', 'estimator'] } } }]);
    const standing = await service.call('GET', `/internal/v1/accounts/${member.id}/standing`, { as: gateway });
    expect((standing.json() as unknown as { memberships: object[] }).memberships).toContainEqual({ tenantId: tenant.id, roles: ['member', 'client', 'estimator'], capabilities: [] });
  });

  it('takes what is so already for no change: no version, no event, no entry, nothing for gateways', async () => {
    const { owner, tenant } = await service.register();
    const member = await service.join(owner, { role: 'member', roles: ['client'] });
    const [fed, { headers, text }] = [await feedOf(member.id), await service.call('GET', at(owner.tenantId, `/${member.id}`), { as: owner })];
    for (const body of [{}, { role: 'member' }, { roles: ['client'] }]) {
      const same = await change(owner, member.id, body);
      expect([same.status, same.text, same.headers['etag']]).toEqual([200, text, headers['etag']]);
    }
    expect([await told(tenant.id, 'member.roles_changed'), await told(tenant.id, 'member.set_roles'), await feedOf(member.id)]).toEqual([[], [], fed]);
  });

  it('refuses a change of what is not as the caller saw it', async () => {
    const { owner } = await service.register();
    const member = await service.join(owner, { role: 'viewer' });
    const { headers } = await service.call('GET', at(owner.tenantId, `/${member.id}`), { as: owner });
    const etag = String(headers['etag']);
    expect((await change(owner, member.id, { role: 'member' }, { 'if-match': etag })).status).toBe(200);
    expect(codeOf(await change(owner, member.id, { role: 'admin' }, { 'if-match': etag }))).toEqual([412, 'precondition_failed']);
    expect((await rolesOf(owner))[member.id ?? '']).toBe('member');
  });

  it('keeps the last owner, whichever way it would go', async () => {
    const { owner } = await service.register();
    const admin = await service.join(owner, { role: 'admin' });
    for (const answer of [await change(owner, owner.id, { role: 'admin' }), await remove(owner, owner.id), await leave(owner)]) expect(codeOf(answer)).toEqual([409, 'last_owner']);
    for (const answer of [await change(admin, owner.id, { role: 'member' }), await remove(admin, owner.id)]) expect(codeOf(answer)).toEqual([403, 'role_not_yours_to_give']);
    expect((await rolesOf(owner))[owner.id ?? '']).toBe('owner');
  });

  it.each([
    ['leave', (one: Principal) => leave(one)],
    ['step down', (one: Principal) => change(one, one.id, { role: 'viewer' })],
  ])('keeps one of two owners who %s at once', async (_, go) => {
    const { owner } = await service.register();
    const other = await service.join(owner, { role: 'owner' });
    const answers = await Promise.all([owner, other].map(go));
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(1);
    const owners = await service.database.query(`SELECT 1 FROM tenancy.membership WHERE tenant_id = $1 AND role = 'owner'`, [owner.tenantId]);
    expect(owners).toHaveLength(1);
  });

  it('passes ownership on from person to member', async () => {
    const { owner, tenant } = await service.register();
    const heir = await service.join(owner, { role: 'viewer' });
    expect(codeOf(await transfer(owner, newId()))).toEqual([404, 'member_not_found']);
    expect(codeOf(await transfer({ ...owner, type: 'api_key', scopes: ['*'] }, heir.id))).toEqual([403, 'person_required']);
    expect((await transfer(heir, heir.id)).status).toBe(403);
    expect((await transfer(owner, heir.id)).status).toBe(204);
    expect(await rolesOf(owner)).toEqual({ [owner.id ?? '']: 'admin', [heir.id ?? '']: 'owner' });
    expect(await told(tenant.id, 'tenant.transfer')).toMatchObject([{ payload: { before: { ownerId: owner.id }, after: { ownerId: heir.id } } }]);
    // The token says owner still.
    expect((await transfer(owner, owner.id)).status).toBe(403);
  });

  it('removes a member with all its roles, and its keys are worth nothing', async () => {
    const { owner, tenant } = await service.register();
    const admin = await service.join(owner, { role: 'admin' });
    const made = (await service.call('POST', '/v1/api-keys', { as: admin, body: { name: 'CI', scopes: ['*'] } })).json() as unknown as { id: string };
    const factsOf = async () => (await service.call('GET', `/internal/v1/api-keys/${made.id}`, { as: gateway })).json() as unknown as { roles?: string[] };
    expect((await factsOf()).roles).toEqual(['admin']);
    expect((await remove(owner, admin.id)).status).toBe(204);
    expect((await factsOf()).roles ?? []).toEqual([]);
    expect(codeOf(await remove(owner, admin.id))).toEqual([404, 'member_not_found']);
    expect(await told(tenant.id, 'member.removed')).toHaveLength(1);
    expect(await told(tenant.id, 'user.remove')).toMatchObject([{ payload: { before: { role: 'admin' } } }]);
  });

  it('has nothing for whoever is of another tenant', async () => {
    const { owner } = await service.register();
    const member = await service.join(owner, { role: 'member' });
    const { owner: stranger } = await service.register();
    const calls = [
      service.call('GET', at(owner.tenantId), { as: stranger }),
      service.call('GET', at(owner.tenantId, `/${member.id}`), { as: stranger }),
      service.call('PATCH', at(owner.tenantId, `/${member.id}`), { as: stranger, body: { role: 'viewer' } }),
      service.call('DELETE', at(owner.tenantId, `/${member.id}`), { as: stranger }),
      service.call('POST', `/v1/tenants/${owner.tenantId}/transfer-ownership`, { as: stranger, body: { accountId: stranger.id } }),
      // Its own tenant, and another's member.
      service.call('GET', at(stranger.tenantId, `/${member.id}`), { as: stranger }),
      service.call('DELETE', at(stranger.tenantId, `/${member.id}`), { as: stranger }),
      change(stranger, member.id, { role: 'owner' }),
      transfer(stranger, member.id),
    ];
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 404));
    expect((await rolesOf(owner))[member.id ?? '']).toBe('member');
  });

  describe('INTERNAL_* roles', () => {
    const set = (as: Principal, tenantId: string | null, accountId: string | null, roles: string[]) =>
      service.call('PUT', `/v1/admin/tenants/${tenantId}/members/${accountId}/internal-roles`, { as, body: { roles, reason: 'a test' } });

    it('are given by an operator, stand in the tenant’s own trail, and survive what the tenant changes', async () => {
      const { owner, tenant } = await service.register();
      const member = await service.join(owner, { role: 'member' });
      expect((await set(operator, tenant.id, member.id, ['INTERNAL_MANAGER', 'INTERNAL_AUDITOR'])).json()).toMatchObject({ internalRoles: ['INTERNAL_AUDITOR', 'INTERNAL_MANAGER'] });
      await change(owner, member.id, { role: 'viewer', roles: [] });
      expect((await membersOf(owner)).data[1]).toMatchObject({ role: 'viewer', internalRoles: ['INTERNAL_AUDITOR', 'INTERNAL_MANAGER'] });
      expect(await told(tenant.id, 'member.set_internal_roles')).toMatchObject([{ payload: { reason: 'a test', before: { internalRoles: [] }, after: { internalRoles: ['INTERNAL_AUDITOR', 'INTERNAL_MANAGER'] } } }]);
      expect((await set(operator, tenant.id, member.id, [])).json()).toMatchObject({ internalRoles: [] });
      expect((await set(operator, tenant.id, newId(), [])).status).toBe(404);
      expect((await set(operator, tenant.id, member.id, ['owner'])).status).toBe(422);
      expect((await set(owner, tenant.id, owner.id, ['INTERNAL_MANAGER'])).status).toBe(403);
    });

    it('are refused by the database to whoever is no operator, and to the service’s own rights', async () => {
      const { owner } = await service.register();
      const as = async (principalId: string | null, statement: string) => {
        const urls = { appDatabaseUrl: service.database.appUrl('tenancy'), systemDatabaseUrl: service.database.systemUrl('tenancy') };
        const transactor = new Transactor({ ...urls, poolSize: 1, applicationName: 'test' });
        try {
          return await transactor.run({ tenantId: owner.tenantId, principalId }, (tx) => tx.query(statement));
        } finally {
          await transactor.close();
        }
      };
      const give = `SELECT tenancy.set_internal_roles('${owner.id}', '{INTERNAL_MANAGER}')`;
      await expect(as(owner.id, give)).rejects.toMatchObject({ code: '42501' });
      await expect(as(owner.id, `INSERT INTO tenancy.internal_role (tenant_id, account_id, role, given_by) VALUES ('${owner.tenantId}', '${owner.id}', 'INTERNAL_MANAGER', '${owner.id}')`)).rejects.toMatchObject({ code: '42501' });
      await expect(as(owner.id, `UPDATE tenancy.membership SET roles = '{INTERNAL_MANAGER}' WHERE account_id = '${owner.id}'`)).rejects.toMatchObject({ code: '23514' });
      await expect(as(operator.id, give)).resolves.toBeDefined();
    });
  });
});
