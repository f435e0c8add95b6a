import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

describe('/v1/tenants/{id}', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  it('shows its owner the tenant, with its version as the entity tag', async () => {
    const { tenant, owner } = await service.register();
    const answer = await service.call('GET', `/v1/tenants/${tenant.id}`, { as: owner });
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).toBe('"1"');
    expect(answer.json()).toEqual(expect.objectContaining({ id: tenant.id, name: 'Acme', timeZone: 'UTC', settings: {}, contactEmail: null }));
  });

  it('changes what is sent and nothing else, and tells of it in order', async () => {
    const { tenant, owner } = await service.register();
    const patch = (body: object) => service.call('PATCH', `/v1/tenants/${tenant.id}`, { as: owner, body });
    expect((await patch({ name: 'Acme 2', settings: { theme: { dark: true, size: 2 } } })).headers['etag']).toBe('"2"');
    const second = await patch({ settings: { theme: { dark: null } }, timeZone: 'Europe/Zurich', contactEmail: 'Ops@Acme.example' });
    expect(second.status).toBe(200);
    expect(second.json()).toMatchObject({ name: 'Acme 2', settings: { theme: { size: 2 } }, timeZone: 'Europe/Zurich', contactEmail: 'ops@acme.example' });
    const events = await service.database.query(
      `SELECT aggregate_version, payload -> 'changed' AS changed FROM tenancy.event_outbox WHERE tenant_id = $1 AND event_type = 'tenant.updated' ORDER BY sequence`,
      [tenant.id],
    );
    expect(events).toEqual([
      { aggregate_version: '2', changed: ['name', 'settings'] },
      { aggregate_version: '3', changed: ['contactEmail', 'timeZone', 'settings'] },
    ]);
  });

  it('audits before and after', async () => {
    const { tenant, owner } = await service.register();
    await service.call('PATCH', `/v1/tenants/${tenant.id}`, { as: owner, body: { name: 'New' } });
    const [row] = await service.database.query<{ payload: unknown }>(
      `SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'tenant.update'`,
      [tenant.id],
    );
    expect(row?.payload).toMatchObject({ actor: { id: owner.id }, before: { name: 'Acme' }, after: { name: 'New' } });
  });

  it("answers 404 for another tenant's id, as for one that does not exist, and leaves it unchanged", async () => {
    const mine = await service.register();
    const theirs = await service.register();
    for (const id of [theirs.tenant.id, newId()]) {
      const read = await service.call('GET', `/v1/tenants/${id}`, { as: mine.owner });
      const write = await service.call('PATCH', `/v1/tenants/${id}`, { as: mine.owner, body: { name: 'Mine now' } });
      expect([read.status, write.status]).toEqual([404, 404]);
      expect(read.json()).toMatchObject({ code: 'tenant_not_found' });
    }
    expect((await service.call('GET', `/v1/tenants/${theirs.tenant.id}`, { as: theirs.owner })).json()).toMatchObject({ name: 'Acme' });
  });

  it('lets a viewer read and not write', async () => {
    const { tenant, owner } = await service.register();
    const viewer = { ...owner, roles: ['viewer'] };
    expect((await service.call('GET', `/v1/tenants/${tenant.id}`, { as: viewer })).status).toBe(200);
    expect((await service.call('PATCH', `/v1/tenants/${tenant.id}`, { as: viewer, body: { name: 'x' } })).status).toBe(403);
  });

  it('lets one of two changes with one entity tag through', async () => {
    const { tenant, owner } = await service.register();
    const patch = (name: string) => service.call('PATCH', `/v1/tenants/${tenant.id}`, { as: owner, body: { name }, headers: { 'if-match': '"1"' } });
    const answers = await Promise.all([patch('one'), patch('two')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it.each([
    ['a bad id', (id: string) => `${id}x`, { name: 'a' }, 400, 'id_malformed'],
    ['an unknown field', (id: string) => id, { tier: 'enterprise' }, 422, 'validation_failed'],
    ['a field that the server owns', (id: string) => id, { name: 'a', status: 'active' }, 422, 'validation_failed'],
    ['null for a name', (id: string) => id, { name: null }, 422, 'validation_failed'],
    ['an unknown time zone', (id: string) => id, { timeZone: 'Mars/Olympus' }, 422, 'validation_failed'],
    ['settings that are no object', (id: string) => id, { settings: [1] }, 422, 'validation_failed'],
    ['a setting that does not fit its schema', (id: string) => id, { settings: { locale: 'German' } }, 422, 'settings_invalid'],
    ['settings that are too large', (id: string) => id, { settings: { a: 'x'.repeat(70_000) } }, 422, 'settings_too_large'],
  ])('refuses %s', async (_, path, body, status, code) => {
    const { tenant, owner } = await service.register();
    const answer = await service.call('PATCH', `/v1/tenants/${path(tenant.id)}`, { as: owner, body });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ code });
  });

  it('has billing data that the owner alone reads and writes, whole, told by name only', async () => {
    const { tenant, owner } = await service.register();
    const billing = (as: Principal, body?: object, headers = {}) => service.call(body === undefined ? 'GET' : 'PUT', `/v1/tenants/${tenant.id}/billing`, { as, ...(body === undefined ? {} : { body }), headers });
    expect((await billing(owner)).json()).toMatchObject({ company: null, addressLines: [] });
    const put = await billing(owner, { company: 'Acme Ltd', addressLines: ['1 Road'], country: 'CH', email: 'Bills@Acme.example' }, { 'if-match': '"1"' });
    expect([put.status, put.headers['etag'], put.json()]).toEqual([200, '"2"', expect.objectContaining({ company: 'Acme Ltd', city: null, email: 'bills@acme.example' })]);
    expect((await billing(owner, { company: 'Other' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await billing(owner, { company: 'Acme Ltd' })).json()).toMatchObject({ company: 'Acme Ltd', country: null, email: null });
    for (const roles of [['admin'], ['member'], ['viewer']]) expect([(await billing({ ...owner, roles })).status, (await billing({ ...owner, roles }, {})).status]).toEqual([403, 403]);
    for (const body of [{ country: 'Switzerland' }, { email: 'x' }, { addressLines: 'x' }, { addressLines: Array(6).fill('x') }, { iban: 'x' }]) expect((await billing(owner, body)).status).toBe(422);
    const rows = await service.database.query<{ payload: { personal?: string[] } }>(`SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 ORDER BY sequence OFFSET 3`, [tenant.id]);
    expect(rows).toMatchObject([{ payload: { changed: ['billing'] } }, { payload: { personal: ['/before/billing', '/after/billing'] } }, { payload: { changed: ['billing'] } }, {}]);
    expect(JSON.stringify(rows.filter(({ payload }) => payload.personal === undefined))).not.toContain('Acme Ltd');
    const theirs = await service.register();
    expect((await service.call('GET', `/v1/tenants/${tenant.id}/billing`, { as: theirs.owner })).status).toBe(404);
  });

  it('is closed to who comes past the gateway', async () => {
    const { tenant } = await service.register();
    for (const headers of [{}, { authorization: 'Bearer x' }, { 'x-plinth-identity': 'x', 'x-plinth-signature': 't=1;v1=x' }]) {
      const answer = await service.app.inject({ method: 'GET', url: `/v1/tenants/${tenant.id}`, headers });
      expect(answer.statusCode).toBe(401);
    }
  });
});

describe('the tenancy schema', () => {
  it('shows no row of any table to the app role without a tenant', async () => {
    const service = await bootTenantService({ sendsMail: true });
    try {
      const { request, owner, tenant } = await service.register();
      const key = (await service.call('POST', '/v1/api-keys', { as: owner, body: { name: 'x', scopes: ['*'] } })).json() as unknown as { id: string };
      const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
      await service.call('POST', `/v1/tenants/${tenant.id}/suspend`, { as: operator, body: { reason: 'x' } });
      const { refreshToken } = (await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } })).json();
      await service.call('POST', '/v1/auth/refresh', { body: { refreshToken } });
      const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
      await service.call('POST', '/internal/v1/api-keys/uses', { as: gateway, body: { uses: [{ id: key.id, at: new Date().toISOString() }] } });
      await service.call('POST', '/internal/v1/quotas/reserve', { as: gateway, body: { tenantId: tenant.id, metric: 'ai_tokens', reservationId: newId(), units: 1, ttlSeconds: 60 } });
      await service.database.query(`INSERT INTO tenancy.quota_change (tenant_id, metric, kind, reason, operator_id, at) VALUES ($1, 'ai_tokens', 'reset', 'x', $1, now())`, [tenant.id]);
      await service.mail.token(request.email, 'verify-email');
      const role = (await service.call('POST', `/v1/tenants/${tenant.id}/roles`, { as: owner, body: { name: 'Readers', capabilities: ['project.view'] } })).json() as unknown as { id: string };
      const member = await service.join(owner, { role: 'viewer', customRoleIds: [role.id] });
      await service.database.query(`INSERT INTO tenancy.internal_role (tenant_id, account_id, role, given_by) VALUES ($1, $2, 'INTERNAL_MANAGER', $2)`, [tenant.id, member.id]);
      await service.database.query(`INSERT INTO tenancy.operator_access (id, tenant_id, operator_id, capabilities, reason, minutes, status, requested_at, answer_by, version) VALUES ($1, $1, $2, '{tenant.read}', 'x', 60, 'requested', now(), now(), 1)`, [tenant.id, owner.id]);
      await service.database.query(`INSERT INTO tenancy.credential (id, tenant_id, account_id, kind, sealed, issuer, issued_on, expires_on, expires_at, status, submitted_at, version) VALUES ($1, $1, $2, 'a_licence', 'x', 'x', now(), now(), now(), 'submitted', now(), 1)`, [tenant.id, owner.id]);
      const factor = `INSERT INTO tenancy.second_factor (account_id, sealed, created_at) VALUES ($1, 'x', now())`;
      await service.database.query(`WITH made AS (${factor} RETURNING account_id) INSERT INTO tenancy.recovery_code (account_id, code_hash) SELECT account_id, 'x' FROM made`, [owner.id]);
      await service.call('POST', '/v1/feature-flags', { as: operator, body: { key: 'a-flag', type: 'boolean' } });
      await service.database.query('INSERT INTO tenancy.consent_withdrawal (consent_id, account_id, withdrawn_at) SELECT id, account_id, now() FROM tenancy.consent WHERE account_id = $1', [owner.id]);
      await service.call('POST', `/v1/tenants/${tenant.id}/legal-holds`, { as: owner, body: { reason: 'a claim' } });
      await service.database.query(`INSERT INTO tenancy.retention_policy (tenant_id, data_class, days, version, updated_at, updated_by) VALUES ($1, 'ended_invitations', 30, 1, now(), $2)`, [tenant.id, owner.id]);
      await service.database.query(`INSERT INTO tenancy.data_export (id, tenant_id, account_id, requested_at, due_at, expires_at) VALUES (gen_random_uuid(), $1, $2, now(), now() + interval '1 day', now() + interval '1 day')`, [tenant.id, owner.id]);
      await service.database.query(`INSERT INTO tenancy.usage_active_user_day (tenant_id, day, account_id) VALUES ($1, now(), $2)`, [tenant.id, owner.id]);
      await service.database.query(`INSERT INTO tenancy.usage_created_day (tenant_id, day, kind, things) VALUES ($1, now(), 'roles', 1)`, [tenant.id]);
      await service.database.query(`INSERT INTO tenancy.usage_route_day (tenant_id, day, method, route, calls, by_api_keys, refused, failed, durations, counted_until) VALUES ($1, now(), 'GET', '/', 1, 0, 0, 0, '{1}', now())`, [tenant.id]);
      await service.database.query(`INSERT INTO tenancy.inbox (consumer_group, event_id, topic, partition, "offset") VALUES ('x', $1, 'x', 0, 0)`, [tenant.id]);
      const tables = await service.database.query<{ name: string }>(
        `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'tenancy' AND c.relkind IN ('r', 'p') AND has_table_privilege('plinth_tenancy_app', c.oid, 'SELECT')`,
      );
      expect(tables.map(({ name }) => name).sort()).toEqual(['account', 'api_key', 'api_key_use', 'consent', 'consent_withdrawal', 'credential', 'data_export', 'feature_flag', 'feature_flag_change', 'idempotency_record', 'inbox', 'internal_role', 'invitation', 'legal_hold', 'mailed_token', 'membership', 'membership_role', 'operator_access', 'policy_text', 'policy_version', 'quota_change', 'quota_grant', 'quota_window', 'recovery_code', 'retention_policy', 'role', 'second_factor', 'session', 'tenant', 'usage_active_user_day', 'usage_created_day', 'usage_route_day', 'used_refresh_token']);
      const urls = { appDatabaseUrl: service.database.appUrl('tenancy'), systemDatabaseUrl: service.database.systemUrl('tenancy') };
      const transactor = new Transactor({ ...urls, poolSize: 1, applicationName: 'test' });
      for (const { name } of tables) {
        expect(await service.database.query(`SELECT 1 FROM tenancy.${name} LIMIT 1`)).toHaveLength(1);
        const visible = await transactor.read({ tenantId: null, principalId: null }, (conn) => conn.query(`SELECT 1 FROM tenancy.${name}`));
        // What people agree to they read before they are anybody; the inbox holds ids of events alone.
        expect(visible.length > 0).toBe(name.startsWith('policy_') || name === 'inbox');
      }
      // What the app role may only add to, or not touch at all, it cannot read with a tenant either.
      for (const name of ['mail', 'revocation', 'operator']) {
        const reading = transactor.read({ tenantId: tenant.id, principalId: owner.id }, (conn) => conn.query(`SELECT 1 FROM tenancy.${name}`));
        await expect(reading).rejects.toThrow('permission denied');
      }
      const unforced = await service.database.query(
        `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'tenancy' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
           AND c.relname NOT IN ('schema_migration', 'outbox_aggregate', 'inbox')`,
      );
      expect(unforced).toEqual([]);
      await transactor.close();
    } finally {
      await service.close();
    }
  });
});
