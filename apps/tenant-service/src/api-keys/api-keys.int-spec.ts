import { hashApiKey, parseApiKey } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

interface CreatedKey {
  readonly id: string;
  readonly key: string;
  readonly scopes: string[];
}

describe('/v1/api-keys', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  async function create(as: Principal, body: object = {}, key?: string) {
    const answer = await service.call('POST', '/v1/api-keys', { as, body: { name: 'CI', scopes: ['*'], ...body }, ...(key === undefined ? {} : { key }) });
    return { answer, made: answer.json() as unknown as CreatedKey };
  }

  const list = async (as: Principal, query = '') =>
    (await service.call('GET', `/v1/api-keys${query}`, { as })).json() as unknown as { data: { id: string; status: string; name: string }[]; nextCursor: string | null };

  const revoke = (as: Principal, id: string, key?: string) => service.call('DELETE', `/v1/api-keys/${id}`, { as, ...(key === undefined ? {} : { key }) });

  it('shows the key once, and stores its hash alone', async () => {
    const { owner } = await service.register();
    const { answer, made } = await create(owner, { name: 'CI' });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/api-keys/${made.id}`);
    expect(parseApiKey(made.key)).toEqual({ environment: 'test', id: made.id });
    const [row] = await service.database.query<{ hash: string }>(`SELECT encode(key_hash, 'hex') AS hash FROM tenancy.api_key WHERE id = $1`, [made.id]);
    expect(row?.hash).toBe(hashApiKey(made.key));
    const listed = await service.call('GET', '/v1/api-keys', { as: owner });
    expect(listed.text).toContain(made.id);
    const secret = made.key.split('_')[3] ?? '';
    const everything = await service.database.query<{ text: string }>(
      `SELECT (SELECT string_agg(k::text, '') FROM tenancy.api_key k) || (SELECT string_agg(e::text, '') FROM tenancy.event_outbox e) AS text`,
    );
    for (const place of [listed.text, everything[0]?.text ?? '', service.logLines.join('')]) expect(place).not.toContain(secret);
  });

  it('answers a retry with the same key, and makes one', async () => {
    const { owner } = await service.register();
    const idempotencyKey = newId();
    const first = await create(owner, {}, idempotencyKey);
    expect((await create(owner, {}, idempotencyKey)).answer.text).toBe(first.answer.text);
    expect((await list(owner)).data).toHaveLength(1);
  });

  it('tells of creation and revocation, and audits both with the name as personal', async () => {
    const { owner, tenant } = await service.register();
    const { made } = await create(owner, { scopes: ['tenant.read'] });
    expect((await revoke(owner, made.id)).status).toBe(204);
    const rows = await service.database.query<{ event_type: string; payload: Record<string, unknown> }>(
      `SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type LIKE 'api_key.%' OR payload ->> 'action' LIKE 'api_key.%') ORDER BY sequence`,
      [tenant.id],
    );
    expect(rows).toMatchObject([
      { event_type: 'api_key.created', payload: { apiKeyId: made.id, tenantId: tenant.id, scopes: ['tenant.read'] } },
      { event_type: 'audit.recorded', payload: { action: 'api_key.create', resource: { id: made.id }, personal: ['/after/name'] } },
      { event_type: 'api_key.revoked', payload: { apiKeyId: made.id } },
      { event_type: 'audit.recorded', payload: { action: 'api_key.revoke', before: { status: 'active' }, after: { status: 'revoked' } } },
    ]);
  });

  it('revokes once: again is 204 and changes nothing', async () => {
    const { owner } = await service.register();
    const { made } = await create(owner);
    const count = async () => (await service.database.query('SELECT 1 FROM tenancy.revocation WHERE subject_id = $1', [made.id])).length;
    expect((await revoke(owner, made.id)).status).toBe(204);
    expect((await revoke(owner, made.id)).status).toBe(204);
    expect(await count()).toBe(1);
    expect((await list(owner)).data).toMatchObject([{ id: made.id, status: 'revoked' }]);
  });

  it.each(['limit=0', 'limit=201', 'limit=-1', 'limit=abc', 'limit=1.5', 'limit=1e1', 'limit=%2B1', 'limit=', 'limit=1&limit=2', 'cursor=', 'cursor=abc', 'cursor=a.b', 'cursor=1&cursor=2', 'offset=1', '__proto__=1', 'constructor=1'])(
    'answers 400 to %s',
    async (query) => {
      const { owner } = await service.register();
      const answer = await service.call('GET', `/v1/api-keys?${query}`, { as: owner });
      expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: expect.stringMatching(/^(query|cursor)_invalid$/) })]);
    },
  );

  it('lists the newest first, page by page, and takes no cursor of another tenant', async () => {
    const { owner } = await service.register();
    const made: string[] = [];
    for (const name of ['one', 'two', 'three']) made.unshift((await create(owner, { name })).made.id);
    const first = await list(owner, '?limit=2');
    const second = await list(owner, `?limit=2&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(made);
    expect(second.nextCursor).toBeNull();
    const other = await service.register();
    const stolen = await service.call('GET', `/v1/api-keys?cursor=${first.nextCursor}`, { as: other.owner });
    expect(stolen.status).toBe(400);
    expect(stolen.json()).toMatchObject({ code: 'cursor_invalid' });
  });

  it("neither shows nor revokes another tenant's key: 404, and it stays active", async () => {
    const mine = await service.register();
    const theirs = await service.register();
    const { made } = await create(theirs.owner);
    const answer = await revoke(mine.owner, made.id);
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'api_key_not_found' });
    expect((await revoke(mine.owner, newId())).status).toBe(404);
    expect((await list(mine.owner)).data).toEqual([]);
    expect((await list(theirs.owner)).data).toMatchObject([{ id: made.id, status: 'active' }]);
  });

  it.each([
    ['a scope beyond the creator’s role', ['admin'], { scopes: ['tenant.suspend'] }, 'scopes_invalid'],
    ['a scope that does not exist', ['owner'], { scopes: ['tenant.read', 'everything'] }, 'scopes_invalid'],
    ['* beside others', ['owner'], { scopes: ['*', 'tenant.read'] }, 'scopes_invalid'],
    ['a name of Object’s prototype as a scope', ['owner'], { scopes: ['constructor'] }, 'scopes_invalid'],
    ['no scopes', ['owner'], { scopes: [] }, 'validation_failed'],
    ['the same scope twice', ['owner'], { scopes: ['tenant.read', 'tenant.read'] }, 'validation_failed'],
    ['scopes that are no texts', ['owner'], { scopes: [1] }, 'validation_failed'],
    ['no name', ['owner'], { name: '' }, 'validation_failed'],
    ['a network that is none', ['owner'], { allowedAddresses: ['203.0.113.0/33'] }, 'validation_failed'],
    ['a name instead of a network', ['owner'], { allowedAddresses: ['localhost'] }, 'validation_failed'],
    ['more networks than fifty', ['owner'], { allowedAddresses: Array.from({ length: 51 }, (_, n) => `10.0.${n}.0/24`) }, 'validation_failed'],
    ['networks that are no list', ['owner'], { allowedAddresses: '10.0.0.0/8' }, 'validation_failed'],
    ['an expiry in the past', ['owner'], { expiresAt: '2020-01-01T00:00:00Z' }, 'expiry_past'],
    ['an expiry without a zone', ['owner'], { expiresAt: '2099-01-01T00:00:00' }, 'validation_failed'],
    ['a field that the server owns', ['owner'], { tenantId: newId() }, 'validation_failed'],
  ])('refuses %s with 422', async (_, roles, body, code) => {
    const { owner } = await service.register();
    const { answer } = await create({ ...owner, roles }, body);
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({ code });
    expect((await list(owner)).data).toEqual([]);
  });

  it('is closed to who lacks the capability', async () => {
    const { owner } = await service.register();
    for (const roles of [['member'], ['viewer'], []]) {
      expect((await create({ ...owner, roles })).answer.status).toBe(403);
      expect((await service.call('GET', '/v1/api-keys', { as: { ...owner, roles } })).status).toBe(403);
    }
    expect((await create({ type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] })).answer.status).toBe(403);
  });

  it('lets a key make keys of no more than its own scopes, in the name of its creator', async () => {
    const { owner } = await service.register();
    const { made } = await create(owner, { scopes: ['api_key.create', 'tenant.read'] });
    const asKey: Principal = { ...owner, type: 'api_key', id: made.id, scopes: made.scopes };
    expect((await create(asKey, { scopes: ['tenant.update'] })).answer.status).toBe(422);
    const child = await create(asKey, { scopes: ['*'] });
    expect(child.made).toMatchObject({ scopes: ['api_key.create', 'tenant.read'], createdBy: owner.id });
    expect((await service.call('GET', '/v1/api-keys', { as: asKey })).status).toBe(403);
  });

  it('tells a gateway the facts, with the role that the creator has now', async () => {
    const { owner, tenant } = await service.register();
    const { made } = await create(owner, { scopes: ['tenant.read'], expiresAt: '2099-01-01T00:00:00Z' });
    const facts = async () => (await service.call('GET', `/internal/v1/api-keys/${made.id}`, { as: gateway })).json();
    const expected = { id: made.id, tenantId: tenant.id, hash: hashApiKey(made.key), scopes: ['tenant.read'], expiresAt: '2099-01-01T00:00:00.000Z' };
    expect(await facts()).toEqual({ ...expected, createdBy: owner.id, allowedAddresses: [], roles: ['owner'], capabilities: [], status: 'active', tenantStatus: 'active' });
    await service.database.query(`UPDATE tenancy.membership SET role = 'viewer' WHERE account_id = $1`, [owner.id]);
    expect(await facts()).toMatchObject({ roles: ['viewer'] });
    await service.database.query(`UPDATE tenancy.account SET status = 'disabled' WHERE id = $1`, [owner.id]);
    await revoke(owner, made.id);
    expect(await facts()).toMatchObject({ roles: [], status: 'revoked' });
  });

  it('tells its facts to services alone, and 404 where there is no such key', async () => {
    const { owner } = await service.register();
    const { made } = await create(owner);
    for (const as of [owner, { ...owner, type: 'operator' as const, tenantId: null, roles: ['PLATFORM_ADMIN'] }]) {
      expect((await service.call('GET', `/internal/v1/api-keys/${made.id}`, { as })).status).toBe(403);
    }
    expect((await service.call('GET', `/internal/v1/api-keys/${newId()}`, { as: gateway })).status).toBe(404);
  });
});
