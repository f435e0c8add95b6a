import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import type { FeatureFlagView } from './feature-flag.entity.js';
import type { FlagChangeView } from './flag-change.js';

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
const viewer: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_VIEWER'] };

describe('/v1/feature-flags', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ flagOverrides: { 'set-outside': 'true' } });
  });
  afterAll(() => service.close());

  const keyOf = (name: string) => `${name}-${newId().slice(-12)}`;
  const create = (body: object, as = operator) => service.call('POST', '/v1/feature-flags', { as, body });
  const read = async (key: string) => (await service.call('GET', `/v1/feature-flags/${key}`, { as: operator })).json() as unknown as FeatureFlagView;
  const history = async (key: string, query = '') => (await service.call('GET', `/v1/feature-flags/${key}/changes${query}`, { as: viewer })).json() as unknown as { data: FlagChangeView[]; nextCursor: string | null };
  const told = (id: string) =>
    service.database.query<{ what: string; tenant_id: string | null; payload: Record<string, unknown> }>(
      `SELECT coalesce(payload ->> 'action', event_type) AS what, tenant_id, payload FROM tenancy.event_outbox
       WHERE payload ->> 'flagId' = $1 OR payload -> 'resource' ->> 'id' = $1 ORDER BY sequence`,
      [id],
    );

  it('are made with as little as a key and a type', async () => {
    const key = keyOf('little');
    const made = await create({ key, type: 'boolean' });
    expect([made.status, made.headers['etag'], made.headers['location']]).toEqual([201, '"1"', `/v1/feature-flags/${key}`]);
    expect(made.json()).toMatchObject({ key, type: 'boolean', enabled: true, variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off', rules: [], salt: key, version: 1, description: null });
    expect(await read(key)).toEqual(made.json());
  });

  it('have values of each type', async () => {
    for (const [type, variants] of [['string', { a: 'A', b: '' }], ['number', { a: 1, b: -2.5e3 }], ['json', { a: { rows: [1, { x: null }] }, b: {} }]] as const) {
      const key = keyOf(type);
      expect((await create({ key, type, variants, defaultVariant: 'a', offVariant: 'b' })).status).toBe(201);
      expect(await read(key)).toMatchObject({ type, variants, defaultVariant: 'a', offVariant: 'b' });
    }
  });

  it('are changed, switched and archived, each with an event, a line of history and an entry of the platform’s trail', async () => {
    const key = keyOf('life');
    const { id } = (await create({ key, type: 'boolean', reason: 'for the launch' })).json() as unknown as FeatureFlagView;
    const rules = [{ users: ['u1'], variant: 'on' }, { split: [{ variant: 'on', percent: 12.5 }] }];
    const patched = await service.call('PATCH', `/v1/feature-flags/${key}`, { as: operator, body: { rules, description: 'The trail', reason: 'first users' }, headers: { 'if-match': '"1"' } });
    expect([patched.status, patched.headers['etag'], patched.json()]).toEqual([200, '"2"', expect.objectContaining({ rules, description: 'The trail', version: 2 })]);
    const off = await service.call('POST', `/v1/feature-flags/${key}/disable`, { as: operator, body: { reason: 'it broke' } });
    expect([off.status, off.json()]).toEqual([200, expect.objectContaining({ enabled: false, version: 3 })]);
    expect((await service.call('POST', `/v1/feature-flags/${key}/enable`, { as: operator })).json()).toMatchObject({ enabled: true, version: 4 });
    expect((await service.call('DELETE', `/v1/feature-flags/${key}`, { as: operator })).status).toBe(204);
    expect((await service.call('GET', `/v1/feature-flags/${key}`, { as: operator })).json()).toMatchObject({ status: 404, code: 'feature_flag_not_found' });

    const { data } = await history(key);
    expect(data.map(({ action, version, reason, operatorId }) => [action, version, reason, operatorId])).toEqual([
      ['archive', 5, null, operator.id],
      ['enable', 4, null, operator.id],
      ['disable', 3, 'it broke', operator.id],
      ['update', 2, 'first users', operator.id],
      ['create', 1, 'for the launch', operator.id],
    ]);
    expect(data[3]).toMatchObject({ before: { rules: [], description: null }, after: { rules, description: 'The trail' } });
    expect([data[0]?.after, data[4]?.before]).toEqual([null, null]);
    const events = await told(id);
    expect(events.map(({ what }) => what)).toEqual([
      ...['feature_flag.created', 'feature_flag.create', 'feature_flag.updated', 'feature_flag.update', 'feature_flag.updated', 'feature_flag.disable'],
      ...['feature_flag.updated', 'feature_flag.enable', 'feature_flag.archived', 'feature_flag.archive'],
    ]);
    expect(events.every(({ tenant_id }) => tenant_id === null)).toBe(true);
    expect(events[2]?.payload).toEqual({ flagId: id, key, enabled: true, changed: ['description', 'rules'] });
    expect(events[3]?.payload).toMatchObject({ actor: { type: 'operator', id: operator.id }, reason: 'first users', personal: ['/before/rules', '/after/rules'] });
  });

  it('change nothing by what they are already', async () => {
    const key = keyOf('same');
    const { id } = (await create({ key, type: 'boolean', rules: [{ variant: 'on' }] })).json() as unknown as FeatureFlagView;
    const patched = await service.call('PATCH', `/v1/feature-flags/${key}`, { as: operator, body: { rules: [{ variant: 'on' }], salt: key }, headers: { 'if-match': '"1"' } });
    expect([patched.status, patched.headers['etag']]).toEqual([200, '"1"']);
    expect((await service.call('POST', `/v1/feature-flags/${key}/enable`, { as: operator })).headers['etag']).toBe('"1"');
    expect((await told(id)).map(({ what }) => what)).toEqual(['feature_flag.created', 'feature_flag.create']);
  });

  it('are not changed unseen: If-Match is required, and lets one of two through', async () => {
    const key = keyOf('seen');
    await create({ key, type: 'boolean' });
    const patch = (description: string, headers: Record<string, string>) => service.call('PATCH', `/v1/feature-flags/${key}`, { as: operator, body: { description }, headers });
    expect((await patch('x', {})).json()).toMatchObject({ status: 428, code: 'precondition_required' });
    const both = await Promise.all([patch('one', { 'if-match': '"1"' }), patch('two', { 'if-match': '"1"' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await patch('three', { 'if-match': '*' })).status).toBe(200);
    for (const [method, path] of [['POST', '/disable'], ['DELETE', '']] as const) {
      expect((await service.call(method, `/v1/feature-flags/${key}${path}`, { as: operator, headers: { 'if-match': '"1"' } })).status).toBe(412);
    }
    expect((await read(key)).enabled).toBe(true);
  });

  it('give their key free when they are archived, and the history of the key is one', async () => {
    const key = keyOf('again');
    const first = (await create({ key, type: 'boolean' })).json() as unknown as FeatureFlagView;
    expect((await create({ key, type: 'string', variants: { a: 'A' }, defaultVariant: 'a' })).json()).toMatchObject({ status: 409, code: 'feature_flag_key_taken' });
    await service.call('DELETE', `/v1/feature-flags/${key}`, { as: operator });
    const second = (await create({ key, type: 'string', variants: { a: 'A' }, defaultVariant: 'a' })).json() as unknown as FeatureFlagView;
    expect(second).toMatchObject({ version: 1, offVariant: 'a' });
    const page = await history(key, '?limit=2');
    expect(page.data.map(({ action, flagId }) => [action, flagId])).toEqual([['create', second.id], ['archive', first.id]]);
    expect((await history(key, `?limit=2&cursor=${page.nextCursor}`)).data.map(({ action }) => action)).toEqual(['create']);
    expect((await service.call('GET', `/v1/feature-flags/other/changes?cursor=${page.nextCursor}`, { as: operator })).json()).toMatchObject({ code: 'cursor_invalid' });
  });

  it('are made once, however often it is asked with one key', async () => {
    const [key, idempotencyKey] = [keyOf('once'), newId()];
    const answers = [];
    for (let retry = 0; retry < 3; retry += 1) answers.push(await service.call('POST', '/v1/feature-flags', { as: operator, body: { key, type: 'boolean' }, key: idempotencyKey }));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await history(key)).data).toHaveLength(1);
  });

  it('are listed by key, page by page', async () => {
    for (const name of ['zz-a', 'zz-b', 'zz-c']) await create({ key: keyOf(name), type: 'boolean' });
    const keys: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { data, nextCursor } = (await service.call('GET', `/v1/feature-flags?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, { as: viewer })).json() as unknown as { data: FeatureFlagView[]; nextCursor: string | null };
      keys.push(...data.map(({ key }) => key));
      cursor = nextCursor;
    }
    expect(keys).toEqual([...new Set(keys)].toSorted());
    expect(keys.filter((key) => key.startsWith('zz-'))).toHaveLength(3);
  });

  it.each<[string, object, string]>([
    ['an unknown member', { regions: [] }, 'validation_failed'],
    ['a key in capitals', { key: 'Big' }, 'validation_failed'],
    ['no type', { type: undefined }, 'validation_failed'],
    ['null for the rules', { rules: null }, 'validation_failed'],
    ['a flag of numbers without any', { type: 'number' }, 'feature_flag_invalid'],
    ['a variant of another type', { variants: { on: 'yes', off: false } }, 'feature_flag_invalid'],
    ['a default that is no variant', { defaultVariant: 'maybe' }, 'feature_flag_invalid'],
    ['a rule with two answers', { rules: [{ variant: 'on', split: [{ variant: 'on', percent: 1 }] }] }, 'feature_flag_invalid'],
    ['more than 100 percent', { rules: [{ split: [{ variant: 'on', percent: 99 }, { variant: 'off', percent: 2 }] }] }, 'feature_flag_invalid'],
    ['rules that are too large', { rules: Array.from({ length: 3 }, (_, rule) => ({ variant: 'on', users: Array.from({ length: 9_000 }, (__, user) => `user-${rule}-${user}`) })) }, 'feature_flag_too_large'],
  ])('refuse %s', async (_, change, code) => {
    const key = keyOf('bad');
    const answer = await create({ key, type: 'boolean', ...change });
    expect(answer.json()).toMatchObject({ status: 422, code });
    expect((await history(key)).data).toEqual([]);
  });

  it('refuse a change that would not be sound, and stay what they were', async () => {
    const key = keyOf('sound');
    await create({ key, type: 'boolean', rules: [{ variant: 'on' }] });
    const patch = (body: object) => service.call('PATCH', `/v1/feature-flags/${key}`, { as: operator, body, headers: { 'if-match': '"1"' } });
    expect((await patch({ variants: { off: false } })).json()).toMatchObject({ status: 422, code: 'feature_flag_invalid', errors: [{ pointer: '/rules/0/variant', detail: expect.any(String) }] });
    for (const body of [{ key: 'other' }, { type: 'string' }, { enabled: false }, { version: 9 }]) expect((await patch(body)).json()).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(await read(key)).toMatchObject({ version: 1, variants: { on: true, off: false } });
  });

  it('refuse the type that the environment’s value of the key has not', async () => {
    expect((await create({ key: 'set-outside', type: 'number', variants: { a: 1 }, defaultVariant: 'a' })).json()).toMatchObject({ status: 409, code: 'feature_flag_overridden' });
    expect((await create({ key: 'set-outside', type: 'boolean' })).status).toBe(201);
  });

  it('are made and changed by operators with the capability alone, and seen by operators alone', async () => {
    const { owner } = await service.register();
    const key = keyOf('closed');
    await create({ key, type: 'boolean' });
    const calls = [['GET', ''], ['GET', `/${key}`], ['GET', `/${key}/changes`], ['POST', ''], ['PATCH', `/${key}`], ['POST', `/${key}/disable`], ['POST', `/${key}/enable`], ['DELETE', `/${key}`]] as const;
    for (const as of [owner, { ...owner, roles: ['owner', 'PLATFORM_ADMIN'] }, { ...owner, type: 'api_key' as const, id: newId(), scopes: ['*'] }]) {
      for (const [method, path] of calls) expect((await service.call(method, `/v1/feature-flags${path}`, { as, ...(method === 'GET' ? {} : { body: {} }) })).status).toBe(403);
    }
    for (const [method, path] of calls) expect((await service.call(method, `/v1/feature-flags${path}`, { as: viewer, ...(method === 'GET' ? {} : { body: {} }) })).status).toBe(method === 'GET' ? 200 : 403);
    expect((await service.call('GET', '/v1/feature-flags')).status).toBe(401);
    expect(await read(key)).toMatchObject({ version: 1 });
  });

  it('are rows that a tenant’s transaction does not see and cannot write', async () => {
    const { owner } = await service.register();
    const key = keyOf('rows');
    await create({ key, type: 'boolean' });
    const transactor = service.app.get(Transactor, { strict: false });
    const scope = { tenantId: owner.tenantId, principalId: owner.id };
    for (const table of ['feature_flag', 'feature_flag_change']) expect(await transactor.read(scope, (conn) => conn.query(`SELECT 1 FROM tenancy.${table}`))).toEqual([]);
    expect(await transactor.run({ ...scope }, (tx) => tx.query('UPDATE tenancy.feature_flag SET enabled = false RETURNING key'))).toEqual([]);
    expect((await read(key)).enabled).toBe(true);
    await expect(transactor.run({ tenantId: null, principalId: operator.id }, (tx) => tx.query('UPDATE tenancy.feature_flag_change SET reason = NULL'))).rejects.toThrow();
  });
});
