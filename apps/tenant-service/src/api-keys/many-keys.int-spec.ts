import { DatabaseSession } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import { stampUses } from './api-key-uses.repository.js';
import { selectFacts, selectPage } from './api-keys.repository.js';

/** What EXPLAIN tells of a step of a plan. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode | undefined): readonly PlanNode[] => (node === undefined ? [] : [node, ...(node.Plans ?? []).flatMap(nodesOf)]);

describe('with ten thousand keys of a tenant', () => {
  const count = 10_000;
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let owner: Principal;
  let ids: readonly string[];
  beforeAll(async () => {
    service = await bootTenantService();
    ({ owner } = await service.register());
    ids = Array.from({ length: count }, () => newId());
    await service.database.query(
      `INSERT INTO tenancy.api_key (id, tenant_id, created_by, name, key_hash, scopes, created_at)
       SELECT k, $2, $3, 'of many', sha256(k::text::bytea), '{*}', now() FROM unnest($1::uuid[]) k`,
      [ids, owner.tenantId, owner.id],
    );
    // Five times as many, newer ones, are of others.
    await service.database.query(
      `WITH other AS (
         INSERT INTO tenancy.tenant (id, name, slug, status, tier, time_zone, settings, version, created_at, updated_at)
         SELECT gen_random_uuid(), 'Other ' || n, 'other-' || n, 'active', 'basic', 'UTC', '{}', 1, now(), now() FROM generate_series(1, 50) n RETURNING id
       )
       INSERT INTO tenancy.api_key (id, tenant_id, created_by, name, key_hash, scopes, created_at)
       SELECT ('ff' || substr(gen_random_uuid()::text, 3))::uuid, other.id, $1, 'another one', sha256('x'), '{*}', now() FROM other, generate_series(1, 1000)`,
      [owner.id],
    );
    await service.database.query('ANALYZE tenancy.api_key');
  }, 60_000);
  afterAll(() => service.close());

  /** @returns the plan's text, and the most rows that a step of it has read */
  async function explain(role: 'app' | 'system', sql: string, values: unknown[]) {
    const url = role === 'app' ? service.database.appUrl('tenancy') : service.database.systemUrl('tenancy');
    const session = await DatabaseSession.open(url, { applicationName: 'explain' });
    try {
      await session.query('BEGIN');
      await session.query(`SELECT set_config('plinth.tenant_id', $1, true)`, [owner.tenantId]);
      const [plan] = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values);
      const nodes = nodesOf(plan?.['QUERY PLAN'][0].Plan);
      return { text: JSON.stringify(plan), rows: Math.max(...nodes.map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'])) };
    } finally {
      await session.close();
    }
  }

  it('the facts of one are found by its id', async () => {
    const { text, rows } = await explain('system', selectFacts, [ids[5_000]]);
    expect(text).toContain('api_key_pkey');
    expect(rows).toBeLessThanOrEqual(2);
  });

  it('a page of the list reads no more than the page, wherever it is', async () => {
    for (const before of [null, ids[5_000]]) {
      const { text, rows } = await explain('app', selectPage, [owner.tenantId, before, 51]);
      expect(text).toContain('idx_api_key_tenant');
      expect(rows).toBeLessThanOrEqual(51);
    }
  });

  it('the last use of a few is written by their ids', async () => {
    const used = ids.slice(0, 5);
    const { text, rows } = await explain('system', stampUses, [used, used.map(() => new Date().toISOString())]);
    expect(text).toContain('api_key_pkey');
    expect(rows).toBeLessThanOrEqual(5);
  });

  it('all are revoked by one call, with one event and one line of the feed', async () => {
    const told = async () => (await service.database.query('SELECT 1 FROM tenancy.event_outbox WHERE tenant_id = $1', [owner.tenantId])).length;
    const before = await told();
    const answer = await service.call('POST', '/v1/api-keys/revoke-all', { as: owner });
    expect([answer.status, answer.json()]).toEqual([200, { revoked: count }]);
    // The other one is the audit record.
    expect((await told()) - before).toBe(2);
    expect(await service.database.query('SELECT kind FROM tenancy.revocation WHERE subject_id = $1', [owner.tenantId])).toEqual([{ kind: 'tenant_keys_revoked' }]);
    const [left] = await service.database.query<{ mine: number; theirs: number }>(
      'SELECT count(*) FILTER (WHERE tenant_id = $1)::int AS mine, count(*) FILTER (WHERE tenant_id <> $1)::int AS theirs FROM tenancy.api_key WHERE revoked_at IS NULL',
      [owner.tenantId],
    );
    expect(left).toEqual({ mine: 0, theirs: 50_000 });
  });
});
