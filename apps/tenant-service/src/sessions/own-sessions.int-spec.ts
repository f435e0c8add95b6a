import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

describe('a caller’s own', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  /** An account with as many sessions, and its owner in the newest of them. */
  async function signedIn(sessions: number) {
    const { request, owner, user, tenant } = await service.register();
    const { email, password } = request;
    for (let n = 0; n < sessions; n += 1) await service.call('POST', '/v1/auth/login', { body: { email, password } });
    const ids = (await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1 ORDER BY id DESC', [user.id])).map(({ id }) => id);
    const caller: Principal = { ...owner, ...(ids[0] === undefined ? {} : { sessionId: ids[0] }) };
    return { caller, email, user, tenant, ids };
  }

  const key: Principal = { type: 'api_key', id: newId(), tenantId: newId(), roles: ['owner'], scopes: ['*'] };

  it('standing says who has signed in, where it belongs and what it may do', async () => {
    const { caller, email, user, tenant, ids } = await signedIn(1);
    const answer = await service.call('GET', '/v1/auth/me', { as: caller });
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        type: 'user',
        user: { id: user.id, email },
        sessionId: ids[0],
        memberships: [{ tenantId: tenant.id, roles: ['owner'] }],
        activeTenant: { id: tenant.id, roles: ['owner'] },
        capabilities: expect.arrayContaining(['api_key.create', 'tenant.update']),
        outstandingConsents: [],
      },
    ]);
    const { capabilities } = answer.json() as unknown as { capabilities: string[] };
    expect(capabilities.filter((name) => name.startsWith('dead_letter.'))).toEqual([]);
  });

  it('sessions are listed newest first, with the one that asks', async () => {
    const { caller, ids } = await signedIn(3);
    const { data } = (await service.call('GET', '/v1/auth/sessions', { as: caller })).json() as unknown as { data: { id: string; current: boolean }[] };
    expect(data.map(({ id, current }) => [id, current])).toEqual(ids.map((id, at) => [id, at === 0]));
  });

  it('sessions show by what and from where they were opened, and when they were last used', async () => {
    const { request, owner, user } = await service.register();
    const { email, password } = request;
    await service.call('POST', '/v1/auth/login', { body: { email, password } });
    const [row] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    const sessionId = row?.id ?? '';
    const listed = async () => ((await service.call('GET', '/v1/auth/sessions', { as: { ...owner, sessionId } })).json() as unknown as { data: Record<string, unknown>[] }).data[0] ?? {};
    const first = await listed();
    expect(first).toMatchObject({ id: sessionId, userAgent: 'test-agent/1.0', ip: '203.0.113.7', refreshedAt: null, lastUsedAt: first['createdAt'] });
    await service.database.query(`UPDATE tenancy.session SET refreshed_at = created_at + interval '1 hour' WHERE id = $1`, [sessionId]);
    const later = await listed();
    expect(later['lastUsedAt']).toBe(later['refreshedAt']);
    // The trail has both of the sign-in, as of every call; no event and no line of the log has either.
    const events = await service.database.query<{ row: string }>(`SELECT o::text AS row FROM tenancy.event_outbox o WHERE event_type <> 'audit.recorded' AND payload @> $1`, [JSON.stringify({ sessionId })]);
    expect(events).toHaveLength(1);
    for (const text of [...events.map(({ row: told }) => told), ...service.logLines]) expect(text).not.toMatch(/test-agent|203\.0\.113\.7/);
  });

  it('session is ended by its person, at once and for its refresh token, and nobody else’s is', async () => {
    const { caller, ids } = await signedIn(2);
    const [, other = ''] = ids;
    const stranger = await signedIn(1);
    expect((await service.call('DELETE', `/v1/auth/sessions/${other}`, { as: stranger.caller })).json()).toMatchObject({ status: 404, code: 'session_not_found' });
    expect((await service.call('DELETE', `/v1/auth/sessions/${other}`, { as: caller })).status).toBe(204);
    expect((await service.call('DELETE', `/v1/auth/sessions/${other}`, { as: caller })).status).toBe(404);
    const { data } = (await service.call('GET', '/v1/auth/sessions', { as: caller })).json() as unknown as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual([ids[0]]);
    expect(await service.database.query(`SELECT 1 FROM tenancy.revocation WHERE subject_id = $1`, [other])).toHaveLength(1);
    const told = await service.database.query(`SELECT 1 FROM tenancy.event_outbox WHERE event_type = 'session.revoked' AND payload @> $1`, [JSON.stringify({ sessionId: other, reason: 'revoked' })]);
    expect(told).toHaveLength(1);
  });

  it('sessions are what people have: a key is refused', async () => {
    for (const [method, path] of [['GET', '/v1/auth/me'], ['GET', '/v1/auth/sessions'], ['DELETE', `/v1/auth/sessions/${newId()}`]] as const) {
      expect((await service.call(method, path, { as: key })).json()).toMatchObject({ status: 403, code: 'session_required' });
    }
  });
});
