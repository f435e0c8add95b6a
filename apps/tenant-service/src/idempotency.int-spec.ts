import type { Principal } from '@plinth/http';
import { DatabaseSession } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootTenantService } from './testing.js';

let service: Awaited<ReturnType<typeof bootTenantService>>;
beforeAll(async () => {
  service = await bootTenantService();
});
afterAll(() => service.close());

const body = { name: 'once', scopes: ['tenant.read'] };
const makeKey = (as: Principal, key: string, wish: object = body) => service.call('POST', '/v1/api-keys', { as, key, body: wish });

/** What a tenant's writes to its API keys have left: rows, events, audit records, kept answers. */
async function effectsOf({ tenantId }: Principal) {
  const count = async (sql: string, parameters: unknown[] = [tenantId]) => Number((await service.database.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, parameters))[0]?.n);
  return {
    rows: await count('tenancy.api_key WHERE tenant_id = $1'),
    events: await count(`tenancy.event_outbox WHERE tenant_id = $1 AND event_type = 'api_key.created'`),
    audited: await count(`tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'api_key.create'`),
  };
}
const once = { rows: 1, events: 1, audited: 1 };
const records = async () => (await service.database.query('SELECT key_hash FROM tenancy.idempotency_record')).length;

/** Stops every write to API keys until it is released: the first of several requests is then in the middle of its transaction. */
async function stopWrites() {
  const session = await DatabaseSession.open(service.database.adminUrl, { applicationName: 'stops writes' });
  await session.query('BEGIN');
  await session.query('LOCK TABLE tenancy.api_key IN EXCLUSIVE MODE');
  const waiting = () => service.database.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'`, [service.database.name]);
  return { release: () => session.close(), waiting };
}

describe('50 identical keyed POSTs at once', () => {
  it('have one effect, and are answered the same 201 or told to come again', async () => {
    const [{ owner }, key] = [await service.register(), newId()];
    const answers = await Promise.all(Array.from({ length: 50 }, () => makeKey(owner, key)));
    const done = answers.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect([answer.status, answer.headers['retry-after'], answer.json()['code']]).toEqual([409, '1', 'idempotency_in_progress']);
    }
    expect(await effectsOf(owner)).toEqual(once);
    expect(await makeKey(owner, key)).toMatchObject({ status: 201, text: done[0]?.text });
  });

  it('wait for nobody and leave the pool to others while the first is in the middle', async () => {
    const [{ owner, tenant }, key] = [await service.register(), newId()];
    const { release, waiting } = await stopWrites();
    const first = makeKey(owner, key);
    await eventually(async () => expect(await waiting()).toHaveLength(1));
    // More than the pool has connections: were one of them to wait, nothing below would be answered.
    const others = await Promise.all(Array.from({ length: 49 }, () => makeKey(owner, key)));
    expect(others.map(({ status, headers }) => [status, headers['retry-after']])).toEqual(others.map(() => [409, '1']));
    expect((await service.call('GET', `/v1/tenants/${tenant.id}`, { as: owner })).status).toBe(200);
    expect((await service.call('PATCH', `/v1/tenants/${tenant.id}`, { as: owner, body: { name: 'Meanwhile' } })).status).toBe(200);
    await release();
    const answer = await first;
    expect(answer.status).toBe(201);
    expect(await makeKey(owner, key)).toMatchObject({ status: 201, text: answer.text });
    expect(await effectsOf(owner)).toEqual(once);
  });
});

describe('a key', () => {
  it("never shows one member's secret to another with the same key and body, nor to another tenant", async () => {
    const [{ owner, request }, stranger, colleague, key] = [await service.register(), await service.register(), await service.register(), newId()];
    await service.database.query(`INSERT INTO tenancy.membership (tenant_id, account_id, role, created_at) VALUES ($1, $2, 'admin', now())`, [owner.tenantId, colleague.user.id]);
    const mine = (await makeKey(owner, key)).json() as { key?: string };
    expect(mine.key).toMatch(/^plk_/);
    const others: Principal[] = [
      { type: 'user', id: colleague.user.id, tenantId: owner.tenantId, roles: ['admin'] },
      stranger.owner,
    ];
    for (const other of others) {
      const answer = await makeKey(other, key);
      expect([answer.status, answer.headers['idempotent-replayed']]).toEqual([201, undefined]);
      expect(answer.text).not.toContain(mine.key);
    }
    expect(service.logLines.join('')).not.toContain(key);
    expect(service.logLines.join('')).not.toContain(mine.key);
    expect(service.logLines.join('')).not.toContain(request.email);
  });

  it('is free on another route, and for another body it is refused', async () => {
    const [{ owner, tenant }, key] = [await service.register(), newId()];
    expect((await makeKey(owner, key)).status).toBe(201);
    const other = await makeKey(owner, key, { ...body, name: 'another' });
    expect([other.status, other.json()['code']]).toEqual([422, 'idempotency_key_reused']);
    expect((await service.call('PATCH', `/v1/tenants/${tenant.id}`, { as: owner, key, body: { name: 'Free' } })).status).toBe(200);
    expect(await effectsOf(owner)).toEqual(once);
  });
});

describe('a first attempt that failed', () => {
  it('by validation leaves no row, no event and no record, and its key to the good one', async () => {
    const [{ owner }, key] = [await service.register(), newId()];
    const before = await records();
    expect((await makeKey(owner, key, { ...body, scopes: ['no.such'] })).status).toBe(422);
    expect((await makeKey(owner, key, { ...body, scopes: 'all' })).status).toBe(422);
    expect([await effectsOf(owner), await records()]).toEqual([{ rows: 0, events: 0, audited: 0 }, before]);
    expect((await makeKey(owner, key)).status).toBe(201);
    expect(await effectsOf(owner)).toEqual(once);
  });

  it('by 503 in the middle of its transaction leaves nothing, and its key to the good one', async () => {
    const [{ owner }, key] = [await service.register(), newId()];
    const before = await records();
    const { release, waiting } = await stopWrites();
    const first = makeKey(owner, key);
    const [backend] = await eventually(async () => {
      const found = await waiting();
      expect(found).toHaveLength(1);
      return found;
    });
    await service.database.query('SELECT pg_terminate_backend($1)', [backend?.pid]);
    const answer = await first;
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    await release();
    expect([await effectsOf(owner), await records()]).toEqual([{ rows: 0, events: 0, audited: 0 }, before]);
    const retry = await makeKey(owner, key);
    expect([retry.status, retry.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect(await effectsOf(owner)).toEqual(once);
  });
});
