import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '@plinth/http';
import { DatabaseSession } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootTenantService } from '../testing.js';
import { RevocationsRepository } from './revocations.repository.js';

type Line = Record<string, unknown> & { readonly type: string; readonly sequence: number };

const fine = { tenantSuspended: false, tenantDeactivated: false, sessionRevoked: false, apiKeyRevoked: false };
const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };

describe('what is revoked', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let port: number;
  beforeAll(async () => {
    service = await bootTenantService();
    await service.app.listen(0, '127.0.0.1');
    ({ port } = service.app.getHttpServer().address() as AddressInfo);
  });
  afterAll(() => service.close());

  const suspend = (id: string) => service.call('POST', `/v1/tenants/${id}/suspend`, { as: operator, body: { reason: 'test' } });
  const restore = (id: string) => service.call('POST', `/v1/tenants/${id}/restore`, { as: operator });

  /** A user with a session of its own. */
  async function signIn() {
    const { request: account, owner, tenant } = await service.register();
    await service.call('POST', '/v1/auth/login', { body: { email: account.email, password: account.password } });
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [owner.id]);
    return { tenant, caller: { ...owner, sessionId: session?.id ?? '' } };
  }

  const logout = (as: Principal, key?: string) => service.call('POST', '/v1/auth/logout', { as, ...(key === undefined ? {} : { key }) });

  /** Follows the feed as a gateway does; the lines gather. */
  async function follow() {
    const sent = request({ host: '127.0.0.1', port, path: '/internal/v1/revocations', headers: await service.identity('GET', '/internal/v1/revocations', gateway), agent: false });
    sent.on('error', () => undefined);
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    const lines: Line[] = [];
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.map((part) => JSON.parse(part) as Line));
    });
    await eventually(() => expect(lines.length).toBeGreaterThan(0));
    return { response, lines, [Symbol.dispose]: () => void sent.destroy() };
  }

  it('is a snapshot first, then each change as it is committed, then heartbeats', async () => {
    const { tenant } = await service.register();
    const other = await service.register();
    await suspend(other.tenant.id);
    using feed = await follow();
    expect(feed.response.headers['content-type']).toBe('application/x-ndjson');
    expect(feed.lines[0]).toMatchObject({ type: 'snapshot', suspendedTenants: expect.arrayContaining([other.tenant.id]) });
    await suspend(tenant.id);
    const committed = performance.now();
    await eventually(() => expect(feed.lines).toContainEqual(expect.objectContaining({ type: 'change', kind: 'tenant_suspended', id: tenant.id })));
    expect(performance.now() - committed).toBeLessThan(1_000);
    await eventually(() => expect(feed.lines.at(-1)?.type).toBe('heartbeat'));
    const sequences = feed.lines.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  });

  it('tells of a deactivated tenant, and no more of its suspension', async () => {
    const { tenant } = await service.register();
    await suspend(tenant.id);
    using feed = await follow();
    await service.call('POST', `/v1/tenants/${tenant.id}/deactivate`, { as: operator });
    await eventually(() => expect(feed.lines).toContainEqual(expect.objectContaining({ kind: 'tenant_deactivated', id: tenant.id })));
    using next = await follow();
    expect(next.lines[0]?.['suspendedTenants']).not.toContain(tenant.id);
    expect(next.lines[0]?.['deactivatedTenants']).toContain(tenant.id);
  });

  it('stands in the next snapshot: suspended tenants, ended sessions, revoked keys', async () => {
    const { tenant, caller } = await signIn();
    const made = (await service.call('POST', '/v1/api-keys', { as: caller, body: { name: 'x', scopes: ['*'] } })).json() as unknown as { id: string };
    await service.call('DELETE', `/v1/api-keys/${made.id}`, { as: caller });
    await logout(caller);
    await suspend(tenant.id);
    using feed = await follow();
    expect(feed.lines[0]).toMatchObject({
      suspendedTenants: expect.arrayContaining([tenant.id]),
      revokedSessions: expect.arrayContaining([caller.sessionId]),
      revokedApiKeys: expect.arrayContaining([made.id]),
    });
    await restore(tenant.id);
    await eventually(() => expect(feed.lines).toContainEqual(expect.objectContaining({ kind: 'tenant_restored', id: tenant.id })));
    using next = await follow();
    expect(next.lines[0]?.['suspendedTenants']).not.toContain(tenant.id);
  });

  it('is told in the order of commits, however they overlap', async () => {
    using feed = await follow();
    const tenants = await Promise.all(Array.from({ length: 8 }, () => service.register()));
    await Promise.all(tenants.map(({ tenant }) => suspend(tenant.id)));
    const told = () => feed.lines.filter(({ type }) => type === 'change');
    await eventually(() => expect(told()).toHaveLength(8));
    const rows = await service.database.query<{ sequence: string }>('SELECT sequence FROM tenancy.revocation ORDER BY sequence DESC LIMIT 8');
    expect(told().map(({ sequence }) => sequence)).toEqual(rows.map(({ sequence }) => Number(sequence)).reverse());
  });

  it('is answered for one caller, from the tables', async () => {
    const { tenant, caller } = await signIn();
    const check = async (body: object) => (await service.call('POST', '/internal/v1/callers/check', { as: gateway, body, key: null })).json();
    const body = { tenantId: tenant.id, sessionId: caller.sessionId, apiKeyId: newId() };
    expect(await check(body)).toEqual(fine);
    await logout(caller);
    await suspend(tenant.id);
    expect(await check(body)).toEqual({ ...fine, tenantSuspended: true, sessionRevoked: true });
    await service.call('POST', `/v1/tenants/${tenant.id}/deactivate`, { as: operator });
    expect(await check(body)).toMatchObject({ tenantSuspended: false, tenantDeactivated: true });
    expect(await check({})).toEqual(fine);
  });

  it('is told to services alone', async () => {
    const { owner } = await service.register();
    for (const as of [owner, operator]) {
      expect((await service.call('GET', '/internal/v1/revocations', { as })).status).toBe(403);
      expect((await service.call('POST', '/internal/v1/callers/check', { as, body: {} })).status).toBe(403);
    }
    expect((await service.call('GET', '/internal/v1/revocations')).status).toBe(401);
  });

  describe('by POST /v1/auth/logout', () => {
    it('is the caller’s session, once, with an event and an audit record', async () => {
      const { tenant, caller } = await signIn();
      const key = newId();
      expect((await logout(caller, key)).status).toBe(204);
      expect((await logout(caller, key)).headers['idempotent-replayed']).toBe('true');
      expect((await logout(caller)).status).toBe(204);
      const told = await service.database.query(
        `SELECT coalesce(payload ->> 'action', event_type) AS what FROM tenancy.event_outbox
         WHERE tenant_id = $1 AND (event_type = 'user.logged_out' OR payload ->> 'action' = 'auth.logout') ORDER BY sequence`,
        [tenant.id],
      );
      expect(told).toEqual([{ what: 'user.logged_out' }, { what: 'auth.logout' }]);
      expect(await service.database.query('SELECT kind FROM tenancy.revocation WHERE subject_id = $1', [caller.sessionId])).toEqual([{ kind: 'session_revoked' }]);
    });

    it('is nobody else’s session', async () => {
      const mine = await signIn();
      const theirs = await signIn();
      expect((await logout({ ...mine.caller, sessionId: theirs.caller.sessionId })).status).toBe(204);
      expect(await service.database.query('SELECT revoked_at FROM tenancy.session WHERE id = $1', [theirs.caller.sessionId])).toEqual([{ revoked_at: null }]);
    });

    it('needs a session: 401 for nobody, 403 for a key', async () => {
      const { owner } = await service.register();
      expect((await logout({ type: 'anonymous', id: null, tenantId: null, roles: [] })).status).toBe(401);
      expect((await logout({ ...owner, type: 'api_key', id: newId(), scopes: ['*'] })).json()).toMatchObject({ status: 403, code: 'session_required' });
    });
  });
});

describe('the purge of the feed', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const as = async (url: string, sql: string) => {
    const session = await DatabaseSession.open(url, { applicationName: 'purge-test' });
    return await session.query(sql).finally(() => session.close());
  };
  const told = async () => (await service.database.query<{ subject_id: string }>('SELECT subject_id FROM tenancy.revocation ORDER BY sequence')).map(({ subject_id }) => subject_id);

  it('deletes what was told long ago, never the last hour; what is suspended and revoked stays so, and a gateway that comes then knows', async () => {
    const { owner, tenant } = await service.register();
    const made = (await service.call('POST', '/v1/api-keys', { as: owner, body: { name: 'x', scopes: ['*'] } })).json() as unknown as { id: string };
    await service.call('DELETE', `/v1/api-keys/${made.id}`, { as: owner });
    await service.call('POST', `/v1/tenants/${tenant.id}/suspend`, { as: operator, body: { reason: 'test' } });
    await service.database.query(`UPDATE tenancy.revocation SET at = at - interval '2 hours'`);
    const other = await service.register();
    await service.call('POST', `/v1/tenants/${other.tenant.id}/suspend`, { as: operator, body: { reason: 'test' } });

    const scheduler = service.database.systemUrl('scheduler');
    expect(await as(scheduler, `SELECT tenancy.purge_revocations('infinity', 1) AS gone`)).toEqual([{ gone: 1 }]);
    expect(await as(scheduler, `SELECT tenancy.purge_revocations('infinity', 100) AS gone`)).toEqual([{ gone: 1 }]);
    expect(await told()).toEqual([other.tenant.id]);

    const check = await service.call('POST', '/internal/v1/callers/check', { as: gateway, body: { tenantId: tenant.id, apiKeyId: made.id }, key: null });
    expect(check.json()).toMatchObject({ tenantSuspended: true, apiKeyRevoked: true });
    const { suspendedTenants } = await service.app.get(RevocationsRepository).readSnapshot();
    expect(suspendedTenants).toEqual(expect.arrayContaining([tenant.id, other.tenant.id]));
  });

  it('tells a follower what comes after, though nothing is left of what came before', async () => {
    await service.database.query('DELETE FROM tenancy.revocation');
    const repository = service.app.get(RevocationsRepository);
    const { sequence } = await repository.readSnapshot();
    const { tenant } = await service.register();
    await service.call('POST', `/v1/tenants/${tenant.id}/suspend`, { as: operator, body: { reason: 'test' } });
    expect(await repository.listAfter(sequence)).toEqual([expect.objectContaining({ kind: 'tenant_suspended', id: tenant.id })]);
  });

  it.each(['app', 'system'] as const)('is refused to the service itself: %s', async (role) => {
    await expect(as(role === 'app' ? service.database.appUrl('tenancy') : service.database.systemUrl('tenancy'), `SELECT tenancy.purge_revocations('infinity', 1)`)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the feed', () => {
  it('ends with the service, which does not wait for its followers', async () => {
    const service = await bootTenantService();
    await service.app.listen(0, '127.0.0.1');
    const { port } = service.app.getHttpServer().address() as AddressInfo;
    const path = '/internal/v1/revocations';
    const sent = request({ host: '127.0.0.1', port, path, headers: await service.identity('GET', path, gateway), agent: false });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    const ended = once(response, 'end');
    await service.close();
    await ended;
  });
});
