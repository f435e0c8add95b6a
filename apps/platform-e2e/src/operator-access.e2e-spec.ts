import { eventually } from '@plinth/testing';
import { runningStack, type AuditEntry } from './stack.js';

/** From the answer of a change to the moment at which it counts everywhere (architecture: "Revocation in a second"). */
const second = { withinMs: 1_000 };

interface Access {
  readonly id: string;
  readonly status: string;
  readonly cause: string | null;
}

describe('an operator who looks into a tenant', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const { email, password } = stack.facts.operator;

  it('asks, is let in by the owner for what was asked, stands in the tenant’s own trail with each call, and is out when the owner says so', async () => {
    const [owner, other] = [await stack.newTenant('Looked into'), await stack.newTenant('Another')];
    const token = await gateway.signIn(email, password);
    const tenant = `/v1/tenants/${owner.tenantId}`;
    const there = { authorization: `Bearer ${token}`, 'x-tenant-id': owner.tenantId };
    const call = (method: string, path: string, body?: object, headers: Record<string, string> = there) => gateway.call<{ code?: string; name?: string }>(method, path, { headers, ...(body === undefined ? {} : { body }) });
    const ask = (body: object) => gateway.call<Access>('POST', `/v1/admin/tenants/${owner.tenantId}/access`, { token, body });
    const decide = (id: string, decision: string, as = owner.token) => gateway.call<Access & { code?: string }>('POST', `${tenant}/operator-access/${id}/${decision}`, { token: as });

    // Nothing without an access, as ever; and nothing by asking alone.
    expect((await call('GET', tenant)).body.code).toBe('tenant_forbidden');
    const asked = await ask({ reason: 'Ticket 4711: the settings do not save', capabilities: ['tenant.read', 'tenant.update', 'audit.read'], minutes: 30 });
    expect([asked.status, asked.body.status]).toEqual([201, 'requested']);
    expect((await call('GET', tenant)).body.code).toBe('tenant_forbidden');

    // The owner sees who asks and why, and lets it in; nobody else does.
    const { body: list } = await gateway.call<{ data: Access[] }>('GET', `${tenant}/operator-access`, { token: owner.token });
    expect(list.data).toMatchObject([{ id: asked.body.id, status: 'requested', reason: 'Ticket 4711: the settings do not save' }]);
    const key = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'CI', scopes: ['*'] } });
    const byKey = await gateway.call<{ code: string }>('POST', `${tenant}/operator-access/${asked.body.id}/approve`, { headers: { 'x-api-key': key.body.key } });
    expect([byKey.body.code, (await decide(asked.body.id, 'approve', other.token)).status]).toEqual(['person_required', 404]);
    expect((await decide(asked.body.id, 'approve')).body.status).toBe('granted');

    // What was granted, in this tenant, and nothing else.
    await eventually(async () => expect((await call('GET', tenant)).body.name).toBe('Looked into'), second);
    expect((await call('PATCH', tenant, { settings: { locale: 'de-CH' } })).status).toBe(200);
    expect((await call('GET', '/v1/audit/entries?limit=1')).status).toBe(200);
    expect((await call('GET', `/v1/tenants/${other.tenantId}`)).status).toBe(404);
    expect((await call('GET', tenant, undefined, { ...there, 'x-tenant-id': other.tenantId })).body.code).toBe('tenant_forbidden');
    for (const [method, path] of [['GET', `${tenant}/members`], ['GET', '/v1/api-keys'], ['GET', '/v1/auth/me'], ['GET', '/v1/admin/jobs']] as const) expect([path, (await call(method, path)).status]).toEqual([path, 403]);
    expect((await call('POST', '/v1/api-keys', { name: 'mine', scopes: ['tenant.read'] })).status).toBe(403);
    expect((await call('PATCH', tenant, { settings: { operatorAccess: 'open' } })).body.code).toBe('person_required');
    // As the platform's operator it goes on beside it.
    expect((await gateway.call('GET', '/v1/admin/jobs', { token })).status).toBe(200);

    expect((await decide(asked.body.id, 'end')).body).toMatchObject({ status: 'ended', cause: 'tenant' });
    await eventually(async () => expect((await call('GET', tenant)).body.code).toBe('tenant_forbidden'), second);

    // The tenant's own trail has all of it: the request, the answer, each call with its path, the change, the end.
    const [operator] = await stack.query<{ id: string }>('SELECT id FROM tenancy.account WHERE email = $1', [email]);
    const entries = await eventually(async () => {
      const found = (await stack.auditEntries(owner, '?limit=100')).filter(({ actor, action }) => actor.id === operator?.id || action.startsWith('operator_access.'));
      const actions = found.map(({ action }) => action);
      for (const action of ['operator_access.request', 'operator_access.grant', 'operator_access.end', 'tenant.update']) expect(actions).toContain(action);
      expect(actions.filter((action) => action === 'operator_access.call').length).toBeGreaterThanOrEqual(9);
      return found;
    }, { withinMs: 15_000 });
    const of = (action: string): AuditEntry[] => entries.filter((entry) => entry.action === action);
    for (const entry of [...of('operator_access.call'), ...of('tenant.update')]) {
      expect(entry.actor).toEqual({ type: 'operator', id: operator?.id });
      expect(entry.reason).toBe(`operator access ${asked.body.id}: Ticket 4711: the settings do not save`);
    }
    expect(of('operator_access.call').map(({ after }) => `${String(after?.['method'])} ${String(after?.['path'])}`)).toEqual(expect.arrayContaining([`GET ${tenant}`, `PATCH ${tenant}`, 'GET /v1/audit/entries', `GET /v1/tenants/${other.tenantId}`, 'POST /v1/api-keys']));
    expect(of('operator_access.grant')).toMatchObject([{ actor: { type: 'user', id: owner.userId } }]);
    const theirs = (await stack.auditEntries(other, '?limit=100')).filter(({ actor }) => actor.type === 'operator');
    expect(theirs).toEqual([]);
  }, 60_000);

  it('is out within a second when a tenant closes itself, when the operator is suspended, and by the clock; the trail is told by the job', async () => {
    const owner = await stack.newTenant('Open, then closed');
    const tenant = `/v1/tenants/${owner.tenantId}`;
    // An operator of its own, for its account is disabled.
    const address = `${owner.tenantId}@operators.example`;
    const [account] = await stack.query<{ id: string }>(
      `WITH made AS (
         INSERT INTO tenancy.account (id, email, password_hash, status, created_at, updated_at)
         SELECT gen_random_uuid(), $1, password_hash, status, now(), now() FROM tenancy.account WHERE email = $2 RETURNING id
       ) INSERT INTO tenancy.operator (account_id, roles, created_at) SELECT id, '{PLATFORM_ADMIN}', now() FROM made RETURNING account_id AS id`,
      [address, email],
    );
    const token = await gateway.signIn(address, password);
    const read = () => gateway.call<{ code?: string }>('GET', tenant, { headers: { authorization: `Bearer ${token}`, 'x-tenant-id': owner.tenantId } });
    const policy = (operatorAccess: string) => gateway.call('PATCH', tenant, { token: owner.token, body: { settings: { operatorAccess } } });
    const ask = (minutes: number) => gateway.call<Access>('POST', `/v1/admin/tenants/${owner.tenantId}/access`, { token, body: { reason: 'Ticket 4712', minutes } });
    const isIn = () => eventually(async () => expect((await read()).status).toBe(200), second);
    const isOut = () => eventually(async () => expect((await read()).body.code).toBe('tenant_forbidden'), second);

    expect((await policy('open')).status).toBe(200);
    expect((await ask(30)).body.status).toBe('granted');
    await isIn();
    expect((await policy('closed')).status).toBe(200);
    await isOut();
    expect((await ask(30)).status).toBe(403);

    expect((await policy('open')).status).toBe(200);
    const first = await ask(30);
    await isIn();
    await stack.query(`UPDATE tenancy.account SET status = 'disabled' WHERE id = $1`, [account?.id]);
    await isOut();
    await stack.query(`UPDATE tenancy.account SET status = 'active' WHERE id = $1`, [account?.id]);
    await isIn();

    // Its time is over: nobody has to say so, and the job tells the trail of it.
    await stack.query(`UPDATE tenancy.operator_access SET decided_at = decided_at - interval '30 minutes', expires_at = expires_at - interval '30 minutes' WHERE id = $1`, [first.body.id]);
    await stack.query(`INSERT INTO tenancy.revocation (kind, subject_id) VALUES ('memberships_changed', $1)`, [account?.id]);
    await isOut();
    const operator = await gateway.signIn(email, password);
    expect((await gateway.call('POST', '/v1/admin/jobs/finish_operator_access/run', { token: operator })).status).toBe(202);
    await eventually(async () => {
      const ends = (await stack.auditEntries(owner, '?limit=100')).filter(({ action }) => action === 'operator_access.end');
      expect(ends.map(({ after }) => after?.['cause']).sort()).toEqual(['expired', 'policy']);
    }, { withinMs: 30_000 });
  }, 90_000);
});
