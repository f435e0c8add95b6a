import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
const path = '/ofrep/v1/evaluate/flags';

interface Flag {
  readonly key: string;
  readonly value: unknown;
  readonly reason: string;
  readonly variant?: string;
}

describe('POST /ofrep/v1/evaluate/flags', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ flagOverrides: { 'set-outside': 'false', 'misfit-outside': 'maybe' } });
  });
  afterAll(() => service.close());

  const keyOf = (name: string) => `${name}-${newId().slice(-12)}`;
  const create = async (body: object) => expect((await service.call('POST', '/v1/feature-flags', { as: operator, body })).status).toBe(201);
  const ask = (as: Principal, key: string, context: unknown = { targetingKey: 'u1' }) => service.call('POST', `${path}/${key}`, { as, body: { context }, key: null });
  const askAll = (as: Principal, headers: Record<string, string> = {}, context: unknown = { targetingKey: 'u1' }) => service.call('POST', path, { as, body: { context }, key: null, headers });

  it('answers key, value, reason and variant of one flag, in the protocol’s names, without an Idempotency-Key', async () => {
    const { owner } = await service.register();
    const key = keyOf('theme');
    await create({ key, type: 'json', variants: { plain: {}, dark: { colors: ['#000'] } }, defaultVariant: 'plain', rules: [{ users: ['u1'], variant: 'dark' }] });
    const answer = await ask(owner, key);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.json()).toEqual({ key, value: { colors: ['#000'] }, reason: 'TARGETING_MATCH', variant: 'dark', metadata: { version: 1, reason: 'TARGETING_MATCH', rule: 0 } });
    // The protocol's list of reasons has no DEFAULT.
    expect((await ask(owner, key, { targetingKey: 'u2' })).json()).toEqual({ key, value: {}, reason: 'UNKNOWN', variant: 'plain', metadata: { version: 1, reason: 'DEFAULT' } });
  });

  it('takes tenant and tier from the credential, and never from the body', async () => {
    const [mine, theirs] = [await service.register(), await service.register()];
    const [byTenant, byTier] = [keyOf('by-tenant'), keyOf('by-tier')];
    await create({ key: byTenant, type: 'boolean', rules: [{ tenants: [mine.tenant.id], variant: 'on' }] });
    await create({ key: byTier, type: 'boolean', rules: [{ tiers: ['enterprise'], variant: 'on' }] });
    expect((await service.call('PUT', `/v1/admin/tenants/${mine.tenant.id}/tier`, { as: operator, body: { tier: 'enterprise' } })).status).toBe(200);
    const claims = { targetingKey: 'u1', tenantId: mine.tenant.id, tenant: mine.tenant.id, tier: 'enterprise' };
    for (const key of [byTenant, byTier]) {
      expect((await ask(mine.owner, key)).json()).toMatchObject({ value: true, reason: 'TARGETING_MATCH' });
      expect((await ask(theirs.owner, key, claims)).json()).toMatchObject({ value: false });
      const flags = (await askAll(theirs.owner, {}, claims)).json() as unknown as { flags: Flag[] };
      expect(flags.flags.find((flag) => flag.key === key)?.value).toBe(false);
    }
    const key: Principal = { type: 'api_key', id: newId(), tenantId: mine.tenant.id, roles: ['owner'], scopes: ['feature_flag.evaluate'] };
    expect((await ask(key, byTier)).json()).toMatchObject({ value: true });
  });

  it('targets by the caller’s attributes', async () => {
    const { owner } = await service.register();
    const key = keyOf('country');
    await create({ key, type: 'boolean', rules: [{ attributes: { country: ['CH'] }, variant: 'on' }] });
    expect((await ask(owner, key, { targetingKey: 'u1', country: 'CH', plan: { nested: true } })).json()).toMatchObject({ value: true });
    expect((await ask(owner, key, { targetingKey: 'u1', country: 'DE' })).json()).toMatchObject({ value: false });
  });

  it('splits by the targeting key, the same each time, about as the percentage says', async () => {
    const { owner } = await service.register();
    const key = keyOf('split');
    await create({ key, type: 'boolean', salt: 'frozen-for-the-test', rules: [{ split: [{ variant: 'on', percent: 30 }] }] });
    const values: boolean[] = [];
    for (let index = 0; index < 300; index += 1) values.push((await ask(owner, key, { targetingKey: `user-${index}` })).json()['value'] as unknown as boolean);
    // By this salt always the same ones. That it holds within 1 % of many is tested in libs/flags.
    expect(values.filter(Boolean).length).toBeGreaterThan(70);
    expect(values.filter(Boolean).length).toBeLessThan(110);
    const again = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(owner, key, { targetingKey: `user-${index}` })));
    expect(again.map((answer) => answer.json()['value'])).toEqual(values.slice(0, 20));
    expect(again[values.indexOf(true)]?.json()).toMatchObject({ reason: 'SPLIT', metadata: { rule: 0 } });
  });

  it('gives everybody the off variant from the moment the switch is thrown', async () => {
    const { owner } = await service.register();
    const key = keyOf('kill');
    await create({ key, type: 'boolean', defaultVariant: 'on', rules: [{ variant: 'on' }] });
    expect((await ask(owner, key)).json()).toMatchObject({ value: true });
    await service.call('POST', `/v1/feature-flags/${key}/disable`, { as: operator, body: { reason: 'it broke' } });
    expect((await ask(owner, key)).json()).toMatchObject({ value: false, reason: 'DISABLED', variant: 'off' });
    await service.call('DELETE', `/v1/feature-flags/${key}`, { as: operator });
    expect((await ask(owner, key)).status).toBe(404);
  });

  it('lets the environment set a flag for everybody, and passes over what the flag cannot be', async () => {
    const { owner } = await service.register();
    await create({ key: 'set-outside', type: 'boolean', defaultVariant: 'on' });
    expect((await ask(owner, 'set-outside')).json()).toEqual({ key: 'set-outside', value: false, reason: 'STATIC', metadata: { version: 1, reason: 'STATIC' } });
    await service.database.query(
      `INSERT INTO tenancy.feature_flag (id, key, type, enabled, variants, default_variant, off_variant, rules, salt, version, created_at, updated_at)
       VALUES ($1, 'misfit-outside', 'boolean', true, '{"on": true}', 'on', 'on', '[]', 's', 1, now(), now())`,
      [newId()],
    );
    expect((await ask(owner, 'misfit-outside')).json()).toMatchObject({ value: true, reason: 'STATIC', variant: 'on' });
  });

  it('answers all flags in use by key, with an entity tag, and 304 to who has them', async () => {
    const { owner } = await service.register();
    const [one, other] = [keyOf('bulk-a'), keyOf('bulk-b')];
    for (const key of [one, other]) await create({ key, type: 'boolean', rules: [{ users: ['u1'], variant: 'on' }] });
    const all = await askAll(owner);
    const { flags } = all.json() as unknown as { flags: Flag[] };
    expect(flags.map(({ key }) => key)).toEqual(flags.map(({ key }) => key).toSorted());
    expect(flags.filter(({ key }) => [one, other].includes(key))).toMatchObject([{ value: true }, { value: true }]);
    const etag = all.headers['etag'] as string;
    expect(etag).toMatch(/^"[\w-]+"$/);
    const unchanged = await askAll(owner, { 'if-none-match': etag });
    expect([unchanged.status, unchanged.text, unchanged.headers['etag']]).toEqual([304, '', etag]);
    // Of another user, and of another version of a flag, it is another answer.
    expect((await askAll(owner, { 'if-none-match': etag }, { targetingKey: 'u2' })).status).toBe(200);
    await service.call('POST', `/v1/feature-flags/${one}/disable`, { as: operator });
    const changed = await askAll(owner, { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect((changed.json() as unknown as { flags: Flag[] }).flags.find(({ key }) => key === one)).toMatchObject({ value: false, reason: 'DISABLED' });
  });

  it('answers the others where one flag cannot be evaluated', async () => {
    const { owner } = await service.register();
    const [sound, broken] = [keyOf('sound'), keyOf('broken')];
    for (const key of [sound, broken]) await create({ key, type: 'boolean' });
    await service.database.query(`UPDATE tenancy.feature_flag SET default_variant = 'gone' WHERE key = $1`, [broken]);
    const { flags } = (await askAll(owner)).json() as unknown as { flags: Flag[] };
    expect(flags.filter(({ key }) => [sound, broken].includes(key))).toEqual([
      { key: broken, errorCode: 'GENERAL', errorDetails: expect.any(String) },
      expect.objectContaining({ key: sound, value: false }),
    ]);
    await service.database.query(`UPDATE tenancy.feature_flag SET default_variant = 'off' WHERE key = $1`, [broken]);
  });

  it.each<[string, unknown]>([
    ['no context', {}],
    ['a context that is no object', { context: 'u1' }],
    ['a context of null', { context: null }],
    ['no targeting key', { context: { country: 'CH' } }],
    ['an empty targeting key', { context: { targetingKey: '' } }],
    ['a targeting key that is no text', { context: { targetingKey: 7 } }],
    ['a targeting key without an end', { context: { targetingKey: 'x'.repeat(1_001) } }],
    ['no body', undefined],
  ])('refuses %s by 400 INVALID_CONTEXT, in the protocol’s shape', async (_, body) => {
    const { owner } = await service.register();
    const one = await service.call('POST', `${path}/some-flag`, { as: owner, key: null, ...(body === undefined ? {} : { body }) });
    expect([one.status, one.json()]).toEqual([400, { key: 'some-flag', errorCode: 'INVALID_CONTEXT', errorDetails: expect.any(String) }]);
    const all = await service.call('POST', path, { as: owner, key: null, ...(body === undefined ? {} : { body }) });
    expect([all.status, all.json()]).toEqual([400, { errorCode: 'INVALID_CONTEXT', errorDetails: expect.any(String) }]);
  });

  it('refuses what is no JSON by 400 PARSE_ERROR, and what it does not know by 404 FLAG_NOT_FOUND', async () => {
    const { owner } = await service.register();
    for (const payload of ['{"context":', '[]', '{"context":{"targetingKey":"a","targetingKey":"b"}}']) {
      const headers = { ...(await service.identity('POST', `${path}/some-flag`, owner)), 'content-type': 'application/json' };
      const answer = await service.app.inject({ method: 'POST', url: `${path}/some-flag`, headers, payload });
      expect([answer.statusCode, answer.json()]).toEqual([400, { key: 'some-flag', errorCode: 'PARSE_ERROR', errorDetails: expect.any(String) }]);
    }
    // What has not the form of a key is not repeated: it may be what a caller pasted there.
    for (const [key, told] of [['no-such-flag', 'no-such-flag'], ['constructor', 'constructor'], ['NoSuchFlag', '~'], ['a%20b', '~']] as const) {
      const answer = await ask(owner, key);
      expect([answer.status, answer.headers['content-type'], answer.json()]).toEqual([404, 'application/json; charset=utf-8', { key: told, errorCode: 'FLAG_NOT_FOUND', errorDetails: expect.any(String) }]);
    }
  });

  it('is for members, keys with the scope and operators who read flags; refused in the protocol’s shape', async () => {
    const { owner } = await service.register();
    const key = keyOf('access');
    await create({ key, type: 'boolean', rules: [{ tenants: [owner.tenantId], variant: 'on' }] });
    for (const role of ['owner', 'admin', 'member', 'viewer']) expect((await ask({ ...owner, roles: [role] }, key)).json()).toMatchObject({ value: true });
    // An operator belongs to no tenant: rules that ask for one do not hold.
    for (const role of ['PLATFORM_ADMIN', 'PLATFORM_VIEWER']) expect((await ask({ ...operator, roles: [role] }, key)).json()).toMatchObject({ value: false });
    for (const as of [{ ...owner, type: 'api_key' as const, id: newId(), scopes: ['tenant.read'] }, { ...owner, roles: [] }]) {
      const answer = await ask(as, key);
      expect([answer.status, answer.json()]).toEqual([403, { key: expect.any(String), errorCode: 'GENERAL', errorDetails: expect.any(String) }]);
    }
    expect((await service.call('POST', `${path}/${key}`, { body: { context: { targetingKey: 'u1' } }, key: null })).status).toBe(401);
  });

  it('honours an Idempotency-Key where one is sent', async () => {
    const { owner } = await service.register();
    const key = keyOf('keyed');
    await create({ key, type: 'boolean' });
    const keyed = () => service.call('POST', `${path}/${key}`, { as: owner, body: { context: { targetingKey: 'u1' } }, key: 'one-key' });
    expect([(await keyed()).status, (await keyed()).status]).toEqual([200, 200]);
  });
});

describe('the flags and tiers that services ask for', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());
  const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

  it('are services’ alone', async () => {
    const { owner, tenant } = await service.register();
    for (const url of ['/internal/v1/feature-flags', `/internal/v1/tenants/${tenant.id}/tier`]) {
      for (const as of [owner, operator]) expect((await service.call('GET', url, { as })).status).toBe(403);
      expect((await service.call('GET', url)).status).toBe(401);
    }
  });

  it('are whole definitions, with 304 while nothing has changed', async () => {
    await service.call('POST', '/v1/feature-flags', { as: operator, body: { key: 'whole', type: 'boolean', description: 'not for services' } });
    const answer = await service.call('GET', '/internal/v1/feature-flags', { as: gateway });
    expect(answer.json()).toEqual({ data: [{ key: 'whole', type: 'boolean', version: 1, enabled: true, variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off', rules: [], salt: 'whole' }] });
    const again = () => service.call('GET', '/internal/v1/feature-flags', { as: gateway, headers: { 'if-none-match': answer.headers['etag'] as string } });
    expect((await again()).status).toBe(304);
    await service.call('POST', '/v1/feature-flags/whole/disable', { as: operator });
    expect((await again()).json()).toMatchObject({ data: [{ enabled: false, version: 2 }] });
  });

  it('are 404 for no tenant', async () => {
    const { tenant } = await service.register();
    expect((await service.call('GET', `/internal/v1/tenants/${tenant.id}/tier`, { as: gateway })).json()).toEqual({ tier: 'free' });
    expect((await service.call('GET', `/internal/v1/tenants/${newId()}/tier`, { as: gateway })).status).toBe(404);
  });
});
