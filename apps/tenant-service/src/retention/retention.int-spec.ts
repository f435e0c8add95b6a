import { retentionClassNames } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

describe('retention', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
  const scheduler: Principal = { type: 'service', id: 'scheduler', tenantId: null, roles: [] };
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  interface Row {
    readonly dataClass: string;
    readonly days: number;
    readonly decidedBy: string;
    readonly due: number;
    readonly held: number;
    readonly holds: readonly object[];
  }
  const data = async (path: string, as: Principal) => (await service.call('GET', path, { as })).json()['data'] as unknown as Row[];
  const row = async (path: string, as: Principal, dataClass = 'ended_invitations') => (await data(path, as)).find((each) => each.dataClass === dataClass);
  const set = (as: Principal, tenantId: string, days: unknown, dataClass = 'ended_invitations') => service.call('PUT', `/v1/tenants/${tenantId}/retention/${dataClass}`, { as, body: { days } });
  const enforce = async () => (await service.call('POST', '/internal/v1/retention/enforce', { as: scheduler, body: {} })).json() as unknown as { deleted: Record<string, number>; held: Record<string, number>; more: boolean };
  const trailOf = async (tenantId: string | null, action: string) =>
    (await service.database.query<{ after: object }>(`SELECT payload -> 'after' AS after FROM tenancy.event_outbox WHERE tenant_id IS NOT DISTINCT FROM $1 AND payload ->> 'action' = $2 ORDER BY sequence`, [tenantId, action])).map(({ after }) => after);
  const setup = async () => {
    const { owner, tenant, user } = await service.register();
    return { owner, tenantId: tenant.id, accountId: user.id };
  };
  const invitations = async (tenantId: string, accountId: string, howMany: number, daysAgo: number) => {
    await service.database.query(
      `INSERT INTO tenancy.invitation (id, tenant_id, email, role, roles, custom_role_ids, token_hash, invited_by, created_at, expires_at, revoked_at)
       SELECT gen_random_uuid(), $1, gen_random_uuid() || '@plinth.example', 'viewer', '{}', '{}', uuid_send(gen_random_uuid()), $2, now() - interval '2 years', now(), now() - make_interval(days => $4)
       FROM generate_series(1, $3)`,
      [tenantId, accountId, howMany, daysAgo],
    );
  };
  const countOf = async (tenantId: string) => (await service.database.query('SELECT FROM tenancy.invitation WHERE tenant_id = $1', [tenantId])).length;

  it('is the platform’s until a tenant chooses its own within bounds, and again when it gives that back', async () => {
    const { owner, tenantId } = await setup();
    const path = `/v1/tenants/${tenantId}/retention`;
    expect((await data(path, owner)).map(({ dataClass, decidedBy }) => [dataClass, decidedBy])).toEqual([['ended_invitations', 'default'], ['ended_api_keys', 'default'], ['usage_people', 'default'], ['ended_sessions', 'platform'], ['obsolete_consents', 'platform']]);
    expect((await set(owner, tenantId, 30)).json()).toMatchObject({ dataClass: 'ended_invitations', days: 30, decidedBy: 'tenant', defaultDays: 90, minDays: 7, maxDays: 3650 });
    await set(owner, tenantId, 30);
    expect(await row(path, owner)).toMatchObject({ days: 30, decidedBy: 'tenant' });
    expect((await set(owner, tenantId, null)).json()).toMatchObject({ days: 90, decidedBy: 'default' });
    expect(await trailOf(tenantId, 'retention.set')).toEqual([{ dataClass: 'ended_invitations', days: 30 }, { dataClass: 'ended_invitations', days: null }]);
    const events = await service.database.query<{ payload: object }>(`SELECT payload FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type = 'retention.policy_changed' ORDER BY sequence`, [tenantId]);
    expect(events.map(({ payload }) => payload)).toEqual([30, 90].map((days) => ({ tenantId, dataClass: 'ended_invitations', days })));
  });

  it.each([[6], [3651], [-1], [0]])('is not %d days, which is out of bounds', async (days) => {
    const { owner, tenantId } = await setup();
    expect(codeOf(await set(owner, tenantId, days))).toEqual([422, 'retention_days_out_of_bounds']);
  });

  it.each(['1', 1.5, [30], true])('is not %p: days are whole numbers', async (days) => {
    const { owner, tenantId } = await setup();
    expect((await set(owner, tenantId, days)).status).toBe(422);
  });

  it('is chosen by the owner alone, of the own tenant, and not of what is the platform’s', async () => {
    const [one, other] = [await setup(), await setup()];
    const admin = await service.join(one.owner, { role: 'admin' });
    for (const dataClass of ['ended_sessions', 'obsolete_consents', 'nothing', '__proto__']) expect(codeOf(await set(one.owner, one.tenantId, 30, dataClass))).toEqual([404, 'retention_class_unknown']);
    expect((await set(admin, one.tenantId, 30)).status).toBe(403);
    expect((await set(other.owner, one.tenantId, 30)).status).toBe(404);
    expect((await service.call('GET', `/v1/tenants/${one.tenantId}/retention/preview`, { as: other.owner })).status).toBe(404);
    expect((await service.call('GET', '/v1/admin/retention/preview', { as: one.owner })).status).toBe(403);
    expect((await service.call('POST', '/internal/v1/retention/enforce', { as: one.owner, body: {} })).status).toBe(403);
    expect(await row(`/v1/tenants/${one.tenantId}/retention`, admin)).toMatchObject({ days: 90 });
  });

  it('tells before what would go, what is held and why; deletes that, in steps, and counts it in the trail of each tenant', async () => {
    const [free, held] = [await setup(), await setup()];
    await invitations(free.tenantId, free.accountId, 1_203, 100);
    await invitations(free.tenantId, free.accountId, 4, 50);
    await invitations(held.tenantId, held.accountId, 5, 100);
    const hold = await service.call('POST', `/v1/tenants/${held.tenantId}/legal-holds`, { as: held.owner, body: { reason: 'the case of 2026' } });
    expect(await row(`/v1/tenants/${free.tenantId}/retention/preview`, free.owner)).toMatchObject({ days: 90, due: 1_203, held: 0, holds: [] });
    expect(await row(`/v1/tenants/${held.tenantId}/retention/preview`, held.owner)).toMatchObject({ due: 0, held: 5, holds: [{ id: hold.json()['id'], rows: 5, reason: 'the case of 2026' }] });
    expect(await row('/v1/admin/retention/preview', operator)).toMatchObject({ due: 1_203, held: 5 });

    const answer = await enforce();
    expect(answer).toMatchObject({ deleted: { ended_invitations: 1_203 }, held: { ended_invitations: 5 }, more: false });
    expect([await countOf(free.tenantId), await countOf(held.tenantId)]).toEqual([4, 5]);
    expect(await trailOf(free.tenantId, 'retention.delete')).toEqual([500, 500, 203].map((deleted) => ({ dataClass: 'ended_invitations', deleted })));
    expect(await trailOf(held.tenantId, 'retention.delete')).toEqual([]);
    expect((await trailOf(null, 'retention.enforce')).at(-1)).toEqual({ deleted: answer.deleted, held: answer.held });

    await service.call('POST', `/v1/tenants/${held.tenantId}/legal-holds/${String(hold.json()['id'])}/release`, { as: held.owner, body: { reason: 'settled' } });
    expect((await enforce()).deleted).toMatchObject({ ended_invitations: 5 });
    expect(await trailOf(held.tenantId, 'retention.delete')).toEqual([{ dataClass: 'ended_invitations', deleted: 5 }]);
  });

  it('tells a tenant of a hold of the platform’s that there is one, and not why', async () => {
    const { owner, tenantId, accountId } = await setup();
    await invitations(tenantId, accountId, 2, 100);
    const hold = await service.call('POST', '/v1/admin/legal-holds', { as: operator, body: { accountId, reason: 'an investigation' } });
    expect(await row(`/v1/tenants/${tenantId}/retention/preview`, owner)).toMatchObject({ due: 0, held: 2, holds: [{ id: hold.json()['id'], rows: 2, reason: null }] });
    expect(await row('/v1/admin/retention/preview', operator)).toMatchObject({ holds: [{ reason: 'an investigation' }] });
  });

  it('deletes and counts each row once where two runs meet', async () => {
    const { tenantId, accountId } = await setup();
    await invitations(tenantId, accountId, 1_000, 100);
    const runs = await Promise.all([enforce(), enforce()]);
    const counted = (await trailOf(tenantId, 'retention.delete')) as { deleted: number }[];
    expect(runs.reduce((sum, { deleted }) => sum + (deleted['ended_invitations'] ?? 0), 0)).toBe(1_000);
    expect(counted.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(1_000);
    expect(await countOf(tenantId)).toBe(0);
  });

  it('of one class that fails leaves what it holds, and lets the others have their turn', async () => {
    const { tenantId, accountId } = await setup();
    await invitations(tenantId, accountId, 3, 100);
    await service.database.query('ALTER TABLE tenancy.api_key_use RENAME TO api_key_use_gone');
    await service.database.query(
      `INSERT INTO tenancy.api_key (id, tenant_id, created_by, name, key_hash, scopes, created_at, revoked_at) VALUES ($1, $2, $3, 'x', $4, '{}', now(), now() - interval '400 days')`,
      [newId(), tenantId, accountId, Buffer.alloc(32, 7)],
    );
    try {
      expect((await service.call('POST', '/internal/v1/retention/enforce', { as: scheduler, body: {} })).status).toBe(500);
      expect(await countOf(tenantId)).toBe(0);
      expect(await service.database.query('SELECT FROM tenancy.api_key WHERE tenant_id = $1', [tenantId])).toHaveLength(1);
    } finally {
      await service.database.query('ALTER TABLE tenancy.api_key_use_gone RENAME TO api_key_use');
    }
    expect((await enforce()).deleted).toMatchObject({ ended_api_keys: 1 });
  });

  it('leaves the list of own sessions and the refresh of an open one as they are', async () => {
    const { request, user, owner } = await service.register();
    const login = async () => (await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } })).json() as unknown as { refreshToken: string };
    const { refreshToken } = await login();
    const refresh = async (token: string) => await service.call('POST', '/v1/auth/refresh', { body: { refreshToken: token } });
    await refresh(refreshToken);
    await enforce();
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    const listed = (await service.call('GET', '/v1/auth/sessions', { as: { ...owner, sessionId: session?.id ?? '' } })).json()['data'] as unknown as unknown[];
    expect(listed).toHaveLength(1);
    await service.database.query(`UPDATE tenancy.used_refresh_token SET used_at = now() - interval '1 hour' WHERE account_id = $1`, [user.id]);
    expect(codeOf(await refresh(refreshToken))).toEqual([401, 'refresh_token_invalid']);
    const [ended] = await service.database.query<{ revoked: boolean }>('SELECT revoked_at IS NOT NULL AS revoked FROM tenancy.session WHERE account_id = $1', [user.id]);
    expect(ended?.revoked).toBe(true);
  });

  it('has the fences of the database as the least days of each class', async () => {
    const [found] = await service.database.query<{ body: string }>(`SELECT prosrc AS body FROM pg_proc WHERE proname = 'past_retention'`);
    expect(found?.body).toMatch(/greatest\(7, [^]*greatest\(30, [^]*greatest\(365, /);
    for (const name of retentionClassNames) expect(found?.body).toContain(`'${name}'`);
  });
});
