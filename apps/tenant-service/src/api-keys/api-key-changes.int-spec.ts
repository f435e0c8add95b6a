import { hashApiKey, parseApiKey } from '@plinth/auth';
import { DatabaseSession } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { bootTenantService } from '../testing.js';
import type { ApiKeyView } from './api-key.js';

const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
const day = 86_400;

type ShownKey = ApiKeyView & { readonly key: string; readonly code?: string; readonly previous: { id: string; overlapEndsAt: string } };
type Options = { readonly headers?: Record<string, string>; readonly key?: string };

describe('what becomes of an API key', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, as: Principal, body?: object, options: Options = {}) {
    const answer = await service.call(method, path, { as, ...(body === undefined ? {} : { body }), ...options });
    return { status: answer.status, headers: answer.headers, text: answer.text, body: (answer.text === '' ? {} : answer.json()) as unknown as ShownKey };
  }

  const create = async (as: Principal, more: object = {}) => (await call('POST', '/v1/api-keys', as, { name: 'CI', scopes: ['*'], ...more })).body;
  const get = async (as: Principal, id: string) => (await call('GET', `/v1/api-keys/${id}`, as)).body;
  const rotate = (as: Principal, id: string, body?: object, options?: Options) => call('POST', `/v1/api-keys/${id}/rotate`, as, body, options);
  const update = (as: Principal, id: string, body: object, options?: Options) => call('PATCH', `/v1/api-keys/${id}`, as, body, options);
  const revoke = (as: Principal, id: string) => call('DELETE', `/v1/api-keys/${id}`, as);
  const revokeAll = (as: Principal, body?: object) => call('POST', '/v1/api-keys/revoke-all', as, body);
  const factsOf = async (id: string) => (await call('GET', `/internal/v1/api-keys/${id}`, gateway)).body as unknown as { status: string; expiresAt: string | null; hash: string; allowedAddresses: string[] };
  const keyOf = (owner: Principal, { id, scopes }: ShownKey): Principal => ({ ...owner, type: 'api_key', id, scopes });
  const told = (tenantId: string) =>
    service.database.query<{ event_type: string; payload: Record<string, unknown> }>(
      `SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type LIKE '%api_key%' OR payload ->> 'action' LIKE 'api_key.%') ORDER BY sequence`,
      [tenantId],
    );
  const feedOf = (subject: string | null) => service.database.query<{ kind: string }>('SELECT kind FROM tenancy.revocation WHERE subject_id = $1 ORDER BY sequence', [subject]);

  describe('by rotation', () => {
    it('is a successor with a secret of its own, and all else as it was; the old one is taken until the overlap ends', async () => {
      const { owner, tenant } = await service.register();
      const old = await create(owner, { scopes: ['tenant.read', 'audit.read'], expiresAt: '2099-01-01T00:00:00Z', allowedAddresses: ['203.0.113.0/24'] });
      const before = Date.now();
      const { status, headers, body } = await rotate(owner, old.id, { overlapSeconds: 60 });
      expect([status, headers['location']]).toEqual([201, `/v1/api-keys/${body.id}`]);
      expect(body).toMatchObject({ name: 'CI', scopes: old.scopes, expiresAt: old.expiresAt, allowedAddresses: ['203.0.113.0/24'], status: 'active', replaces: old.id, rotatedTo: null });
      expect(parseApiKey(body.key)).toEqual({ environment: 'test', id: body.id });
      expect((await factsOf(body.id)).hash).toBe(hashApiKey(body.key));
      const ends = Date.parse(body.previous.overlapEndsAt);
      expect(ends - before).toBeGreaterThanOrEqual(60_000);
      expect(await get(owner, old.id)).toMatchObject({ status: 'active', rotatedTo: body.id, overlapEndsAt: body.previous.overlapEndsAt, expiresAt: old.expiresAt });
      expect(await factsOf(old.id)).toMatchObject({ status: 'active', hash: hashApiKey(old.key), expiresAt: body.previous.overlapEndsAt });
      expect(await feedOf(old.id)).toEqual([{ kind: 'api_key_changed' }]);
      expect((await told(tenant.id)).slice(2)).toMatchObject([
        { event_type: 'api_key.created', payload: { apiKeyId: body.id } },
        { event_type: 'audit.recorded', payload: { action: 'api_key.create', resource: { id: body.id }, after: { replaces: old.id }, personal: ['/after/name'] } },
        { event_type: 'api_key.rotated', payload: { apiKeyId: old.id, successorId: body.id, overlapEndsAt: body.previous.overlapEndsAt } },
        { event_type: 'audit.recorded', payload: { action: 'api_key.rotate', resource: { id: old.id }, before: { rotatedTo: null }, after: { rotatedTo: body.id }, personal: ['/before/name', '/after/name'] } },
      ]);
      expect(JSON.stringify(await told(tenant.id))).not.toContain(body.key.split('_')[3]);
    });

    it('overlaps for a day where nothing is said, and not at all by 0: the old key has ended', async () => {
      const { owner } = await service.register();
      const [one, other] = [await create(owner), await create(owner)];
      const { body } = await rotate(owner, one.id);
      expect(Date.parse(body.previous.overlapEndsAt) - Date.parse(body.createdAt)).toBe(day * 1000);
      const { body: next } = await rotate(owner, other.id, { overlapSeconds: 0 });
      expect(await get(owner, other.id)).toMatchObject({ status: 'rotated', rotatedTo: next.id });
      const { expiresAt } = await factsOf(other.id);
      expect(Date.parse(expiresAt ?? '')).toBeLessThanOrEqual(Date.now());
    });

    it('answers a retry with the same secret, and makes one successor', async () => {
      const { owner } = await service.register();
      const old = await create(owner);
      const key = newId();
      const first = await rotate(owner, old.id, { overlapSeconds: 60 }, { key });
      const again = await rotate(owner, old.id, { overlapSeconds: 60 }, { key });
      expect([again.text, again.headers['idempotent-replayed']]).toEqual([first.text, 'true']);
      expect(await service.database.query('SELECT 1 FROM tenancy.api_key WHERE replaces = $1', [old.id])).toHaveLength(1);
    });

    it.each([
      ['revoked', 'api_key_ended', async (owner: Principal, id: string) => void (await revoke(owner, id))],
      ['rotated', 'api_key_rotated', async (owner: Principal, id: string) => void (await rotate(owner, id))],
      ['rotated, and the overlap is over', 'api_key_ended', async (owner: Principal, id: string) => void (await rotate(owner, id, { overlapSeconds: 0 }))],
      ['paused', 'api_key_paused', async (owner: Principal, id: string) => void (await update(owner, id, { active: false }))],
      ['expired', 'api_key_ended', async (_: Principal, id: string) => void (await service.database.query(`UPDATE tenancy.api_key SET expires_at = now() - interval '1 s' WHERE id = $1`, [id]))],
    ])('is refused with 409 where it is %s', async (_, code, prepare) => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      await prepare(owner, id);
      const count = async () => (await service.database.query('SELECT 1 FROM tenancy.api_key WHERE tenant_id = $1', [owner.tenantId])).length;
      const before = await count();
      const { status, body } = await rotate(owner, id);
      expect([status, body.code]).toEqual([409, code]);
      expect(await count()).toBe(before);
    });

    it.each([-1, 604_801, 1.5, '60', null])('refuses an overlap of %j with 422', async (overlapSeconds) => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      // Null is nothing said, as with every optional member.
      expect((await rotate(owner, id, { overlapSeconds })).status).toBe(overlapSeconds === null ? 201 : 422);
    });

    it('leaves of the scopes what the caller has too, acts for the caller from then on, and is refused where nothing is left', async () => {
      const { owner, tenant } = await service.register();
      const old = await create(owner, { scopes: ['account.billing', 'tenant.read'] });
      const admin: Principal = { type: 'user', id: (await service.register()).owner.id, tenantId: tenant.id, roles: ['admin'] };
      expect((await rotate(admin, old.id)).body).toMatchObject({ scopes: ['tenant.read'], createdBy: admin.id });
      const owners = await create(owner, { scopes: ['account.billing'] });
      expect(await rotate(admin, owners.id)).toMatchObject({ status: 422, body: { code: 'scopes_invalid' } });
      expect(await get(owner, owners.id)).toMatchObject({ status: 'active', rotatedTo: null });
      // All that its creator has: of another creator.
      const everything = await create(owner);
      expect((await rotate(admin, everything.id)).body).toMatchObject({ scopes: ['*'], createdBy: admin.id });
    });

    it('can be by the key itself, which comes to no more than it had', async () => {
      const { owner } = await service.register();
      const old = await create(owner, { scopes: ['api_key.rotate', 'tenant.read'] });
      const { status, body } = await rotate(keyOf(owner, old), old.id);
      expect([status, body.scopes, body.createdBy]).toEqual([201, old.scopes, owner.id]);
      const all = await create(owner);
      expect((await rotate(keyOf(owner, old), all.id)).body.scopes).toEqual(old.scopes);
    });

    it('needs its capability, and another tenant’s key is 404 and unchanged', async () => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      expect((await rotate({ ...owner, roles: ['member'] }, id)).status).toBe(403);
      expect((await rotate({ ...owner, type: 'api_key', id, scopes: ['api_key.create'] }, id)).status).toBe(403);
      const other = await service.register();
      expect((await rotate(other.owner, id)).status).toBe(404);
      expect((await update(other.owner, id, { active: false })).status).toBe(404);
      expect((await call('GET', `/v1/api-keys/${id}`, other.owner)).status).toBe(404);
      expect(await get(owner, id)).toMatchObject({ status: 'active', rotatedTo: null, active: true });
    });

    it('is done once by many at once, also by the key itself', async () => {
      const { owner } = await service.register();
      const old = await create(owner);
      const answers = await Promise.all(Array.from({ length: 6 }, () => rotate(keyOf(owner, old), old.id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    });
  });

  describe('by a change', () => {
    it('is paused and taken up again, each told to the gateways, with an event and an audit record', async () => {
      const { owner, tenant } = await service.register();
      const { id } = await create(owner);
      expect((await update(owner, id, { active: false })).body).toMatchObject({ status: 'paused', active: false });
      expect(await factsOf(id)).toMatchObject({ status: 'paused' });
      expect((await update(owner, id, { active: true })).body).toMatchObject({ status: 'active' });
      expect(await factsOf(id)).toMatchObject({ status: 'active' });
      expect(await feedOf(id)).toEqual([{ kind: 'api_key_changed' }, { kind: 'api_key_changed' }]);
      const { changedApiKeys } = await service.app.get(RevocationsRepository).readSnapshot();
      expect(changedApiKeys).toContain(id);
      expect((await told(tenant.id)).slice(2)).toMatchObject([
        { event_type: 'api_key.updated', payload: { active: false, changed: ['active'] } },
        { payload: { action: 'api_key.update', before: { status: 'active' }, after: { status: 'paused' } } },
        { event_type: 'api_key.updated', payload: { active: true, changed: ['active'] } },
        { payload: { action: 'api_key.update' } },
      ]);
    });

    it('has another name, other networks in one way of writing, another expiry and none', async () => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      const networks = ['203.0.113.7', '2001:DB8:0::/32', '::ffff:10.0.0.0/104', '10.0.0.0/8'];
      const changed = await update(owner, id, { name: 'Deploy', allowedAddresses: networks, expiresAt: '2099-01-01T00:00:00+01:00' });
      expect(changed.body).toMatchObject({ name: 'Deploy', allowedAddresses: ['203.0.113.7/32', '2001:db8::/32', '10.0.0.0/8'], expiresAt: '2098-12-31T23:00:00.000Z' });
      expect((await factsOf(id)).allowedAddresses).toEqual(changed.body.allowedAddresses);
      expect((await update(owner, id, { allowedAddresses: [], expiresAt: null })).body).toMatchObject({ name: 'Deploy', allowedAddresses: [], expiresAt: null });
    });

    it('is held to the version that the caller has seen, and a change of nothing has none', async () => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      const read = await call('GET', `/v1/api-keys/${id}`, owner);
      const seen = { headers: { 'if-match': String(read.headers['etag']) } };
      const first = await update(owner, id, { name: 'One' }, seen);
      expect(first.status).toBe(200);
      expect(await update(owner, id, { name: 'Other' }, seen)).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
      expect(await rotate(owner, id, {}, seen)).toMatchObject({ status: 412 });
      const again = await update(owner, id, { name: 'One' });
      expect([again.status, again.headers['etag']]).toEqual([200, first.headers['etag']]);
      expect(await feedOf(id)).toHaveLength(1);
    });

    it.each([
      ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiry_past'],
      ['an empty name', { name: '' }, 'validation_failed'],
      ['null for the state', { active: null }, 'validation_failed'],
      ['a text for the state', { active: 'false' }, 'validation_failed'],
      ['null for the networks', { allowedAddresses: null }, 'validation_failed'],
      ['what is no network', { allowedAddresses: ['::/129'] }, 'validation_failed'],
      ['other scopes', { scopes: ['*'] }, 'validation_failed'],
      ['a status', { status: 'revoked' }, 'validation_failed'],
    ])('refuses %s with 422', async (_, body, code) => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      expect(await update(owner, id, body)).toMatchObject({ status: 422, body: { code } });
    });

    it('is not to be had back: a revoked, expired or rotated key answers 409', async () => {
      const { owner } = await service.register();
      const [revoked, expired, rotated] = [await create(owner), await create(owner), await create(owner)];
      await revoke(owner, revoked.id);
      await service.database.query(`UPDATE tenancy.api_key SET expires_at = now() - interval '1 s' WHERE id = $1`, [expired.id]);
      await rotate(owner, rotated.id, { overlapSeconds: 0 });
      for (const { id } of [revoked, expired, rotated]) expect(await update(owner, id, { active: true, expiresAt: null })).toMatchObject({ status: 409, body: { code: 'api_key_ended' } });
    });

    it('can be paused in its overlap', async () => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      await rotate(owner, id);
      expect((await update(owner, id, { active: false })).body).toMatchObject({ status: 'paused' });
    });
  });

  describe('by revoking all', () => {
    it('ends every key of the tenant in one step, tells it once, and touches nobody else’s', async () => {
      const { owner, tenant } = await service.register();
      const theirs = await service.register();
      const keys = [await create(owner), await create(owner), await create(owner)];
      await revoke(owner, keys[0]?.id ?? '');
      const other = await create(theirs.owner);
      expect(await revokeAll(owner, { reason: 'a laptop was lost' })).toMatchObject({ status: 200, body: { revoked: 2 } });
      for (const { id } of keys) expect(await factsOf(id)).toMatchObject({ status: 'revoked' });
      expect(await factsOf(other.id)).toMatchObject({ status: 'active' });
      expect(await feedOf(tenant.id)).toEqual([{ kind: 'tenant_keys_revoked' }]);
      expect((await service.app.get(RevocationsRepository).readSnapshot()).changedApiKeys).toContain(tenant.id);
      expect((await told(tenant.id)).slice(-2)).toMatchObject([
        { event_type: 'tenant.api_keys_revoked', payload: { tenantId: tenant.id, revoked: 2 } },
        { payload: { action: 'api_key.revoke_all', reason: 'a laptop was lost', resource: { type: 'tenant', id: tenant.id }, after: { revoked: 2 } } },
      ]);
      expect((await revokeAll(owner)).body).toEqual({ revoked: 0 });
      expect(await feedOf(tenant.id)).toHaveLength(1);
      const later = await create(owner);
      expect(await get(owner, later.id)).toMatchObject({ status: 'active' });
    });

    it('leaves no key that is made meanwhile by a key: each is revoked with the rest, or was not made', async () => {
      const { owner } = await service.register();
      const parents = await Promise.all(Array.from({ length: 4 }, () => create(owner)));
      const making = parents.flatMap((parent) => [call('POST', '/v1/api-keys', keyOf(owner, parent), { name: 'child', scopes: ['*'] }), rotate(keyOf(owner, parent), parent.id)]);
      const [ended, ...answers] = await Promise.all([revokeAll(owner), ...making]);
      expect(ended?.status).toBe(200);
      for (const { status } of answers) expect([201, 403, 409]).toContain(status);
      const left = await service.database.query('SELECT 1 FROM tenancy.api_key WHERE tenant_id = $1 AND revoked_at IS NULL', [owner.tenantId]);
      expect(left).toEqual([]);
    });

    it('needs its capability', async () => {
      const { owner } = await service.register();
      expect((await revokeAll({ ...owner, roles: ['member'] })).status).toBe(403);
      expect((await revokeAll({ ...owner, type: 'api_key', id: newId(), scopes: ['api_key.create'] })).status).toBe(403);
    });
  });

  it('a key that has ended makes no other, though the gateway had let it in', async () => {
    const { owner } = await service.register();
    const parent = await create(owner);
    await revoke(owner, parent.id);
    expect(await call('POST', '/v1/api-keys', keyOf(owner, parent), { name: 'child', scopes: ['*'] })).toMatchObject({ status: 403, body: { code: 'access_denied' } });
  });

  describe('the time of its last use', () => {
    const stamp = (uses: readonly { id: string; at: string }[], as = gateway) => call('POST', '/internal/v1/api-keys/uses', as, { uses });
    const shown = async (owner: Principal, id: string) => (await get(owner, id)).lastUsedAt;

    it('is shown once a gateway has told it, the latest of all, and changes nothing else of the key', async () => {
      const [one, other] = [await service.register(), await service.register()];
      const [mine, theirs] = [await create(one.owner), await create(other.owner)];
      expect(mine.lastUsedAt).toBeNull();
      const tag = (await call('GET', `/v1/api-keys/${mine.id}`, one.owner)).headers['etag'];
      const uses = [{ id: mine.id, at: '2026-11-22T08:00:00.000Z' }, { id: theirs.id, at: '2026-11-22T08:01:00.000Z' }, { id: mine.id, at: '2026-11-22T08:02:00.000Z' }];
      expect((await stamp(uses)).status).toBe(204);
      expect((await stamp([{ id: mine.id, at: '2026-11-22T07:00:00.000Z' }])).status).toBe(204);
      expect([await shown(one.owner, mine.id), await shown(other.owner, theirs.id)]).toEqual(['2026-11-22T08:02:00.000Z', '2026-11-22T08:01:00.000Z']);
      expect((await call('GET', '/v1/api-keys', one.owner)).text).toContain('"lastUsedAt":"2026-11-22T08:02:00.000Z"');
      expect((await call('GET', `/v1/api-keys/${mine.id}`, one.owner)).headers['etag']).toBe(tag);
    });

    it('passes over what is no key, and is never ahead of the present', async () => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      expect((await stamp([{ id: newId(), at: '2026-11-22T08:00:00.000Z' }, { id, at: '2099-01-01T00:00:00.000Z' }])).status).toBe(204);
      expect(Date.parse((await shown(owner, id)) ?? '')).toBeLessThanOrEqual(Date.now() + 1_000);
      expect((await stamp([])).status).toBe(204);
    });

    it('is told by services alone, a thousand keys at a time', async () => {
      const { owner } = await service.register();
      expect((await stamp([], owner)).status).toBe(403);
      const at = new Date().toISOString();
      expect((await stamp(Array.from({ length: 1_001 }, () => ({ id: newId(), at })))).status).toBe(422);
      expect((await stamp([{ id: 'x', at }])).status).toBe(422);
    });

    it('waits for nobody who changes the key', async () => {
      const { owner } = await service.register();
      const { id } = await create(owner);
      const changing = await DatabaseSession.open(service.database.adminUrl, { applicationName: 'test' });
      await changing.query('BEGIN');
      await changing.query('UPDATE tenancy.api_key SET name = $2 WHERE id = $1', [id, 'Changing']);
      expect((await stamp([{ id, at: '2026-11-22T08:00:00.000Z' }])).status).toBe(204);
      await changing.query('COMMIT');
      await changing.close();
      expect(await get(owner, id)).toMatchObject({ name: 'Changing', lastUsedAt: '2026-11-22T08:00:00.000Z' });
    });
  });
});
