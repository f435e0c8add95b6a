import type { Principal } from '@plinth/http';
import { DatabaseSession } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import { searchOf, type TenantFilter, type TenantPosition } from './tenant-search.js';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly tier: string;
  readonly roles?: string[];
}
interface ListedPage {
  readonly data: Listed[];
  readonly nextCursor: string | null;
}

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_VIEWER'] };

describe('/v1/tenants', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const list = (as: Principal, query = '') => service.call('GET', `/v1/tenants${query}`, { as });
  const listed = async (as: Principal, query = '') => (await list(as, query)).json() as unknown as ListedPage;
  const create = (as: Principal, body: object = { name: 'Second' }, key?: string) => service.call('POST', '/v1/tenants', { as, body, ...(key === undefined ? {} : { key }) });

  it('lists to a user its own tenants, newest first, and nobody else’s', async () => {
    const { owner, tenant } = await service.register();
    await service.register();
    const made = (await create(owner)).json() as unknown as Listed;
    expect((await listed(owner)).data).toMatchObject([{ id: made.id, name: 'Second', roles: ['owner'] }, { id: tenant.id, name: 'Acme', roles: ['owner'] }]);
    const first = await listed(owner, '?limit=1');
    const second = await listed(owner, `?limit=1&cursor=${first.nextCursor}`);
    expect([first.data[0]?.id, second.data[0]?.id, second.nextCursor]).toEqual([made.id, tenant.id, null]);
    const other = await service.register();
    expect((await list(other.owner, `?limit=1&cursor=${first.nextCursor}`)).status).toBe(400);
  });

  it('makes a tenant that is active and its maker’s, once, with its event and a record in its own trail', async () => {
    const { owner, user } = await service.register();
    const key = newId();
    const answer = await create(owner, { name: 'Second', timeZone: 'Europe/Zurich', contactEmail: 'Ops@Second.example' }, key);
    const { id } = answer.json() as unknown as Listed;
    expect([answer.status, answer.headers['location'], answer.headers['etag']]).toEqual([201, `/v1/tenants/${id}`, '"1"']);
    expect(answer.json()).toMatchObject({ status: 'active', tier: 'free', timeZone: 'Europe/Zurich', contactEmail: 'ops@second.example' });
    expect((await create(owner, { name: 'Second', timeZone: 'Europe/Zurich', contactEmail: 'Ops@Second.example' }, key)).text).toBe(answer.text);
    expect((await listed(owner)).data).toHaveLength(2);
    const told = await service.database.query('SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 ORDER BY sequence', [id]);
    expect(told).toMatchObject([
      { event_type: 'tenant.created', payload: { tenantId: id, ownerId: user.id, status: 'active' } },
      { event_type: 'audit.recorded', payload: { tenantId: id, actor: { type: 'user', id: user.id }, action: 'tenant.create', personal: ['/after/contactEmail'] } },
    ]);
    expect((await service.call('GET', `/v1/tenants/${id}`, { as: { ...owner, tenantId: id } })).status).toBe(200);
  });

  it('is no key’s, and an operator makes none', async () => {
    const { owner } = await service.register();
    const key: Principal = { ...owner, type: 'api_key', id: newId(), scopes: ['*'] };
    for (const answer of [await list(key), await create(key)]) expect(answer.json()).toMatchObject({ status: 403, code: 'session_required' });
    expect((await create({ ...operator, roles: ['PLATFORM_ADMIN'] })).json()).toMatchObject({ status: 403, code: 'user_required' });
    expect((await list({ ...operator, roles: ['owner'] })).json()).toMatchObject({ status: 403, code: 'access_denied' });
  });

  it.each([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a time zone that is none', { name: 'x', timeZone: 'Mars/Olympus' }],
    ['an owner’s field of the server', { name: 'x', tier: 'enterprise' }],
    ['a status', { name: 'x', status: 'pending' }],
  ])('refuses %s with 422', async (_, body) => {
    const { owner } = await service.register();
    expect((await create(owner, body)).status).toBe(422);
    expect((await listed(owner)).data).toHaveLength(1);
  });

  it('lets a user have fifty at most', async () => {
    const { owner, user } = await service.register();
    await service.database.query(
      `WITH made AS (
         INSERT INTO tenancy.tenant (id, name, slug, status, tier, time_zone, settings, version, created_at, updated_at)
         SELECT gen_random_uuid(), 'n', 'slug-' || gen_random_uuid(), CASE WHEN n = 50 THEN 'deactivated' ELSE 'active' END, 'free', 'UTC', '{}', 1, now(), now() FROM generate_series(1, 50) n RETURNING id
       ) INSERT INTO tenancy.membership (tenant_id, account_id, role, created_at) SELECT id, $1, 'member', now() FROM made`,
      [user.id],
    );
    expect((await create(owner)).json()).toMatchObject({ status: 409, code: 'tenants_too_many' });
  });

  it('lets operators look for status, tier, words and the time of creation', async () => {
    const { tenant } = await service.register();
    const name = (n: string) => service.database.query('UPDATE tenancy.tenant SET name = $2 WHERE id = $1', [tenant.id, n]);
    const found = async (query: string) => (await listed(operator, `?${query}`)).data.map(({ id }) => id);
    await name('Größe & Söhne.GmbH (Zürich) 4711x');
    for (const q of ['größe', 'SÖHNE', 'gmbh zür', '4711', 'gro%C3%9Fe', 'zürich größe']) {
      expect([q, await found(`q=${q.includes('%') ? q : encodeURIComponent(q)}`)]).toEqual([q, q.startsWith('gro') ? [] : [tenant.id]]);
    }
    expect(await found(`q=${encodeURIComponent(`gmbh nirgends`)}`)).toEqual([]);
    expect(await found(`q=${encodeURIComponent('&|!')}`)).toEqual([]);
    expect(await found('q=gmbh&status=suspended')).toEqual([]);
    expect(await found('q=gmbh&status=active&tier=free')).toEqual([tenant.id]);
    expect(await found('q=gmbh&tier=enterprise')).toEqual([]);
    await service.database.query(`UPDATE tenancy.tenant SET created_at = '2020-05-05T10:00:00Z' WHERE id = $1`, [tenant.id]);
    expect(await found('createdFrom=2020-05-05&createdTo=2020-05-06')).toEqual([tenant.id]);
    expect(await found('createdTo=2020-05-05T10:00:00Z')).toEqual([]);
    expect(await found(`createdTo=${encodeURIComponent('2020-05-05T12:00:01+02:00')}`)).toEqual([tenant.id]);
    expect(Object.keys((await listed(operator, '?q=gmbh')).data[0] ?? {}).sort()).toEqual(['createdAt', 'id', 'name', 'slug', 'status', 'tier', 'updatedAt']);
  });

  it.each(['status=gone', 'tier=gold', 'q=', 'createdFrom=2020-05-05T10:00:00', 'createdTo=yesterday', 'owner=x', 'cursor=abc'])('answers 400 to %s', async (query) => {
    expect((await list(operator, `?${query}`)).status).toBe(400);
  });

  it('pages through all, once each, also through those of one moment', async () => {
    await service.database.query(
      `INSERT INTO tenancy.tenant (id, name, slug, status, tier, time_zone, settings, version, created_at, updated_at)
       SELECT gen_random_uuid(), 'Twin ' || n, 'twin-' || n, 'active', 'basic', 'UTC', '{}', 1, '2021-01-01T00:00:00Z', now() FROM generate_series(1, 25) n`,
    );
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 6; pages += 1) {
      const page = await listed(operator, `?q=twin&limit=10${cursor}`);
      seen.push(...page.data.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect([seen.length, new Set(seen).size]).toEqual([25, 25]);
    const first = await listed(operator, '?q=twin&limit=10');
    expect((await list(operator, `?q=other&limit=10&cursor=${first.nextCursor}`)).json()).toMatchObject({ status: 400, code: 'cursor_invalid' });
  });
});

describe('of a hundred thousand tenants', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let session: DatabaseSession;
  beforeAll(async () => {
    service = await bootTenantService();
    await service.database.query(
      `INSERT INTO tenancy.tenant (id, name, slug, status, tier, time_zone, settings, version, created_at, updated_at)
       SELECT gen_random_uuid(), 'Company ' || n, 'company-' || md5(n::text), CASE WHEN n % 100 = 0 THEN 'suspended' ELSE 'active' END,
         (ARRAY['free', 'free', 'free', 'basic', 'professional', 'enterprise'])[1 + n % 6], 'UTC', '{}', 1, '2020-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', now()
       FROM generate_series(1, 100000) n`,
    );
    await service.database.query('ANALYZE tenancy.tenant');
    session = await DatabaseSession.open(service.database.systemUrl('tenancy'), { applicationName: 'explain' });
  }, 120_000);
  afterAll(async () => {
    await session.close();
    await service.close();
  });

  const behindHalf: TenantPosition = ['2020-02-01T00:00:00.000Z', newId()];
  it.each<[string, TenantFilter, TenantPosition | null, string]>([
    ['all', {}, null, 'idx_tenant_created'],
    ['all, in the middle', {}, behindHalf, 'idx_tenant_created'],
    ['suspended', { status: 'suspended' }, null, 'idx_tenant_status_created'],
    ['suspended, in the middle', { status: 'suspended' }, behindHalf, 'idx_tenant_status_created'],
    ['enterprise', { tier: 'enterprise' }, null, 'idx_tenant'],
    ['one word of one tenant', { q: '77777' }, null, 'idx_tenant_search'],
    ['a rare word of one tier', { q: '1234', tier: 'basic' }, null, 'idx_tenant_search'],
    ['two words', { q: 'company 4242' }, null, 'idx_tenant_search'],
    ['a word of all', { q: 'company' }, null, 'idx_tenant_created'],
    ['a day', { createdFrom: new Date('2020-02-01'), createdTo: new Date('2020-02-02') }, null, 'idx_tenant_created'],
  ])('%s: a page is found by an index, and no more than a thousand rows are read for it', async (_, filter, after, index) => {
    const { sql, values } = searchOf(filter, after, 51);
    const [plan] = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values);
    const nodes = nodesOf(plan?.['QUERY PLAN'][0].Plan);
    const text = JSON.stringify(nodes);
    expect(text).toContain(index);
    // A word that all have is met at once wherever one begins to read.
    if (filter.q !== 'company') expect(text).not.toContain('Seq Scan');
    // Entries of an index come by thousands in a bitmap; rows do not.
    const rows = nodes.filter((node) => node['Node Type'] !== 'Bitmap Index Scan').map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']);
    expect(Math.max(...rows)).toBeLessThanOrEqual(1_001);
  });
});

/** What EXPLAIN tells of a step of a plan. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(node: PlanNode | undefined): readonly PlanNode[] {
  if (node === undefined) return [];
  const { Plans = [], ...own } = node;
  return [own, ...Plans.flatMap(nodesOf)];
}
