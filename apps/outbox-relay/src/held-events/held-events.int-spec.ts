import { platformLogId, services } from '@plinth/contracts';
import { readTopic, testKafka } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, TestGateway, testKafkaBrokers, type TestDatabase } from '@plinth/testing';
import { bootRelay, createRelayDatabase, operator, relayConfig, type RelayUnderTest } from '../testing.js';

interface Item {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

let database: TestDatabase;
let relay: RelayUnderTest;
const [admin, viewer] = [operator(), operator('PLATFORM_VIEWER')];
const kafka = testKafka(testKafkaBrokers());

beforeAll(async () => {
  database = await createRelayDatabase();
  const gateway = new TestGateway('outbox-relay');
  relay = await bootRelay(relayConfig(database, gateway), gateway, []);
});
afterEach(async () => {
  for (const { schema } of services) await database.query(`TRUNCATE ${schema}.event_outbox`);
  await database.query('TRUNCATE relay.event_decision');
});
afterAll(async () => {
  await relay.close();
  await database.drop();
});

interface NewEvent {
  readonly aggregateId?: string;
  readonly status?: string;
  readonly schema?: string;
  readonly type?: string;
  readonly tenantId?: string | null;
}

async function insert({ aggregateId = newId(), status = 'pending', schema = 'tenancy', type = 'user.logged_in', tenantId = null }: NewEvent): Promise<string> {
  const id = newId();
  const failed = status === 'failed';
  await database.query(
    `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status, tenant_id, processing_attempts, last_error)
     VALUES ($1, $2, 1, $3, $4, 'user', $5, $6, $7, $8)`,
    [id, type, JSON.stringify({ userId: aggregateId, sessionId: id }), aggregateId, status, tenantId, failed ? 5 : 0, failed ? 'MESSAGE_TOO_LARGE' : null],
  );
  return id;
}

/** An aggregate whose first event failed for good, with so many behind it. @returns ids in order */
async function heldAggregate(behind = 2, more: NewEvent = {}): Promise<{ aggregateId: string; ids: string[] }> {
  const aggregateId = newId();
  const ids = [await insert({ ...more, aggregateId, status: 'failed' })];
  for (let n = 0; n < behind; n += 1) ids.push(await insert({ ...more, aggregateId }));
  return { aggregateId, ids };
}

interface Deciding {
  readonly as?: typeof admin;
  readonly source?: string;
  readonly key?: string;
  readonly body?: object;
}

const list = async (query = '') => (await relay.call('GET', `/v1/admin/outbox/events${query}`, viewer)).body as unknown as { data: Item[]; nextCursor: string | null };
const get = (id: string, source = 'tenant-service') => relay.call('GET', `/v1/admin/outbox/${source}/events/${id}`, viewer);
const decide = (action: 'rearm' | 'skip', id: string, { as = admin, source = 'tenant-service', key = newId(), body = { reason: 'mended' } }: Deciding = {}) =>
  relay.call('POST', `/v1/admin/outbox/${source}/events/${id}/${action}`, as, { 'idempotency-key': key }, body);
const audited = async () => (await database.query<{ payload: Record<string, unknown> }>(`SELECT payload FROM relay.event_outbox WHERE event_type = 'audit.recorded' ORDER BY sequence`)).map(({ payload }) => payload);
const published = async (id: string) => await eventually(async () => expect((await get(id)).body).toMatchObject({ status: 'published' }));

/** Ids of an aggregate's events as they lie in Kafka, each once. */
async function inKafka(aggregateIds: readonly string[]): Promise<Map<string, string[]>> {
  const messages = await readTopic(kafka, 'plinth.identity');
  return new Map(aggregateIds.map((aggregateId) => [aggregateId, [...new Set(messages.filter(({ key }) => String(key) === aggregateId).map(({ headers }) => String(headers?.['ce_id'])))]]));
}

describe('GET /v1/admin/outbox/events', () => {
  it('lists what holds its aggregate, with how much waits behind it and nothing of what it says', async () => {
    const tenantId = newId();
    const { aggregateId, ids } = await heldAggregate(3, { tenantId });
    const { data } = await list();
    expect(data).toEqual([
      {
        ...{ source: 'tenant-service', id: ids[0], status: 'failed', eventType: 'user.logged_in', eventVersion: 1, aggregateType: 'user', aggregateId, tenantId },
        ...{ attempts: 5, lastError: 'MESSAGE_TOO_LARGE', createdAt: expect.any(String) as string, nextAttemptAt: null, skippedAt: null, waitingBehind: 3 },
      },
    ]);
  });

  it('narrows by source, status, type and tenant, and pages over all sources without loss or repetition', async () => {
    const tenantId = newId();
    const ids = [];
    for (const schema of ['tenancy', 'tenancy', 'audit', 'relay', 'scheduler']) ids.push((await heldAggregate(1, { schema })).ids[0]);
    const [other] = (await heldAggregate(0, { schema: 'scheduler', type: 'user.logged_out', tenantId })).ids;
    const idsOf = async (query: string) => (await list(query)).data.map(({ id }) => id);
    expect(await idsOf('?source=tenant-service')).toEqual(ids.slice(0, 2));
    expect(await idsOf('?eventType=user.logged_out')).toEqual([other]);
    expect(await idsOf(`?tenantId=${tenantId}&source=scheduler&status=failed`)).toEqual([other]);
    expect(await idsOf('?status=processing')).toEqual([]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { data: Item[]; nextCursor: string | null } = await list(`?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([...ids, other]);
    expect(await relay.call('GET', '/v1/admin/outbox/events?cursor=x.y', viewer)).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
    for (const query of ['source=nobody', 'status=pending', 'tenantId=1', 'limit=0']) expect((await relay.call('GET', `/v1/admin/outbox/events?${query}`, viewer)).status).toBe(400);
  });
});

describe('POST .../rearm', () => {
  it('has the event published before what waited behind it, and leaves a record', async () => {
    const { aggregateId, ids } = await heldAggregate();
    await published(await insert({}));
    expect((await inKafka([aggregateId])).get(aggregateId)).toEqual([]);
    const answer = await decide('rearm', ids[0]!);
    expect(answer).toMatchObject({ status: 202, body: { id: ids[0], status: 'failed', decision: { action: 'rearm', reason: 'mended', decidedBy: admin.id, outcome: null } } });
    await published(ids[2]!);
    expect((await inKafka([aggregateId])).get(aggregateId)).toEqual(ids);
    expect((await get(ids[0]!)).body).toMatchObject({ status: 'published', attempts: 0, decision: { outcome: 'done' } });
    expect((await list()).data).toEqual([]);
    expect(await audited()).toMatchObject([
      {
        ...{ action: 'outbox.rearm', tenantId: platformLogId, actor: { type: 'operator', id: admin.id }, resource: { type: 'outbox_event', id: ids[0] }, reason: 'mended' },
        ...{ before: { source: 'tenant-service', status: 'failed', attempts: 5, lastError: 'MESSAGE_TOO_LARGE' }, after: { status: 'processing', attempts: 0 } },
      },
    ]);
  });

  it('gives one that is still refused all its tries again, and holds the aggregate meanwhile', async () => {
    const { ids } = await heldAggregate(1, { type: 'user.unheard_of' });
    await decide('rearm', ids[0]!);
    await eventually(async () => expect((await list('?status=processing')).data).toMatchObject([{ id: ids[0], lastError: 'unregistered_event', waitingBehind: 1 }]));
    expect((await get(ids[1]!)).body).toMatchObject({ status: 'pending' });
  });
});

describe('POST .../skip', () => {
  it('never publishes the event, and lets its aggregate go on in order', async () => {
    const { aggregateId, ids } = await heldAggregate(3);
    expect(await decide('skip', ids[0]!, { body: { reason: 'the customer left' } })).toMatchObject({ status: 202 });
    await published(ids[3]!);
    expect((await inKafka([aggregateId])).get(aggregateId)).toEqual(ids.slice(1));
    expect((await get(ids[0]!)).body).toMatchObject({ status: 'skipped', skippedAt: expect.any(String) as string, decision: { outcome: 'done' } });
    expect(await list()).toMatchObject({ data: [] });
    expect(await list('?status=skipped')).toMatchObject({ data: [{ id: ids[0], waitingBehind: 0 }] });
    const { body } = await relay.call('GET', '/v1/admin/outbox', viewer);
    expect((body['data'] as { source: string }[]).find(({ source }) => source === 'tenant-service')).toMatchObject({ counts: { failed: 0, skipped: 1 } });
    expect(await audited()).toMatchObject([{ action: 'outbox.skip', reason: 'the customer left', before: { status: 'failed' }, after: { status: 'skipped' } }]);
  });

  it('keeps the order of each of many aggregates whose events go on coming meanwhile', async () => {
    const held = [];
    for (let n = 0; n < 15; n += 1) held.push(await heldAggregate(2));
    await published(await insert({}));
    const later = (async () => {
      for (let round = 0; round < 10; round += 1) for (const one of held) one.ids.push(await insert({ aggregateId: one.aggregateId }));
    })();
    for (const { ids } of held) expect((await decide('skip', ids[0]!)).status).toBe(202);
    await later;
    for (const { ids } of held) await published(ids.at(-1)!);
    const found = await inKafka(held.map(({ aggregateId }) => aggregateId));
    for (const { aggregateId, ids } of held) expect(found.get(aggregateId)).toEqual(ids.slice(1));
  }, 60_000);
});

describe.each(['rearm', 'skip'] as const)('deciding to %s', (action) => {
  it('happens once, however often it is asked for', async () => {
    const { ids } = await heldAggregate(0);
    const key = newId();
    const first = await decide(action, ids[0]!, { key });
    await eventually(async () => expect((await get(ids[0]!)).body).toMatchObject({ decision: { outcome: 'done' } }));
    expect(await decide(action, ids[0]!, { key })).toMatchObject({ status: 202, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(await decide(action, ids[0]!)).toMatchObject({ status: 409, body: { code: 'outbox_event_not_failed' } });
    expect(await decide(action === 'skip' ? 'rearm' : 'skip', ids[0]!)).toMatchObject({ status: 409, body: { code: 'outbox_event_not_failed' } });
    expect(await audited()).toHaveLength(1);
  });

  it('is one decision where two operators decide at the same time', async () => {
    const { ids } = await heldAggregate(1);
    const answers = await Promise.all([decide(action, ids[0]!), decide('rearm', ids[0]!, { as: operator() }), decide('skip', ids[0]!, { as: operator() })]);
    expect(answers.every(({ status }) => status === 202 || status === 409)).toBe(true);
    await published(ids[1]!);
    const rows = await database.query(`SELECT outcome FROM relay.event_decision WHERE event_id = $1 AND outcome = 'done'`, [ids[0]]);
    expect(rows).toHaveLength(1);
  });

  it('tells when it came too late, and leaves a record of that', async () => {
    const { ids } = await heldAggregate(0);
    await database.query(`UPDATE tenancy.event_outbox SET status = 'published' WHERE id = $1`, [ids[0]]);
    await database.query(`INSERT INTO relay.event_decision (id, source, event_id, action, reason, decided_by) VALUES ($1, 'tenant-service', $2, $3, 'late', $4)`, [newId(), ids[0], action, admin.id]);
    await eventually(async () => expect((await get(ids[0]!)).body).toMatchObject({ status: 'published', decision: { outcome: 'too_late' } }));
    expect(await audited()).toMatchObject([{ action: `outbox.${action}`, outcome: 'failure', reason: 'not failed any more', actor: { id: admin.id } }]);
  });

  it('is refused to who may only read, for what is not there or elsewhere, for what has not failed, and without a reason', async () => {
    const { ids } = await heldAggregate(1);
    expect(await decide(action, ids[0]!, { as: viewer })).toMatchObject({ status: 403 });
    expect(await decide(action, newId())).toMatchObject({ status: 404, body: { code: 'outbox_event_not_found' } });
    expect(await decide(action, ids[0]!, { source: 'audit-service' })).toMatchObject({ status: 404 });
    expect(await decide(action, ids[0]!, { source: 'nobody' })).toMatchObject({ status: 404 });
    expect(await decide(action, ids[1]!)).toMatchObject({ status: 409, body: { code: 'outbox_event_not_failed' } });
    const refusals = [];
    for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 'NUL \0' }, { reason: 'fine', more: 1 }]) refusals.push((await decide(action, ids[0]!, { body })).status);
    expect(refusals).toEqual([422, 422, 422, 400, 422]);
    expect((await get(ids[0]!)).body).toMatchObject({ status: 'failed', decision: null });
    expect(await audited()).toEqual([]);
  });
});
