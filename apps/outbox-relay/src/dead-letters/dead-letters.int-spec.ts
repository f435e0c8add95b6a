import { platformLogId, rolesOf } from '@plinth/contracts';
import { DatabaseSession, migrate, Transactor } from '@plinth/database';
import type { RawMessage } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { Metrics } from '@plinth/telemetry';
import { eventually, seriesOf, TestGateway, type TestDatabase } from '@plinth/testing';
import { migrations, schema } from '../migrations/index.js';
import { bootRelay, createRelayDatabase, operator, relayConfig, type RelayUnderTest } from '../testing.js';
import { DeadLettersRepository } from './dead-letters.repository.js';

interface Page {
  readonly data: { readonly id: string; readonly offset: string }[];
  readonly nextCursor: string | null;
}

let database: TestDatabase;
let relay: RelayUnderTest;
const [admin, viewer] = [operator(), operator('PLATFORM_VIEWER')];

beforeAll(async () => {
  database = await createRelayDatabase();
  const gateway = new TestGateway('outbox-relay');
  // Nobody listens there: what is asked for stays asked for.
  relay = await bootRelay(relayConfig(database, gateway, { kafkaBrokers: ['127.0.0.1:1'] }), gateway, ['audit-service']);
});
afterEach(() => database.query('TRUNCATE relay.dead_letter, relay.event_outbox'));
afterAll(async () => {
  await relay.close();
  await database.drop();
});

let place = 0;

/** Keeps a letter as the intake does. @returns its id */
async function keep(headers: Record<string, string> = {}, value: Buffer | null = Buffer.from('{"n":1}')): Promise<string> {
  const facts = { dlq_topic: 'plinth.audit', dlq_partition: '0', dlq_offset: String(++place), dlq_group: 'audit-service', dlq_error: 'SampleError', ...headers };
  const message: RawMessage = {
    ...{ topic: 'plinth.dead-letter', partition: 0, offset: String(place), timestamp: new Date(), key: Buffer.from('key'), value },
    headers: Object.entries(facts).map(([name, text]) => ({ name, value: Buffer.from(text) })),
  };
  const letters = relay.app.get(DeadLettersRepository);
  await relay.app.get(Transactor).runSystem('take_in_dead_letter', (tx) => letters.takeIn(tx, message));
  const [row] = await database.query<{ id: string }>('SELECT id FROM relay.dead_letter ORDER BY sequence DESC LIMIT 1');
  return row?.id ?? '';
}

const get = (path: string, as = viewer) => relay.call('GET', `/v1/admin/dead-letters${path}`, as);
const list = async (query: string) => (await get(query)).body as unknown as Page;
const post = (path: string, body?: object, as = admin, key = newId()) => relay.call('POST', `/v1/admin/dead-letters${path}`, as, { 'idempotency-key': key }, body);
const redrive = (id: string, as = admin, key = newId()) => post(`/${id}/redrive`, undefined, as, key);
const rowOf = async (id: string) => (await database.query('SELECT * FROM relay.dead_letter WHERE id = $1', [id]))[0] ?? {};
const audited = async () => await database.query<{ payload: Record<string, unknown> }>(`SELECT payload FROM relay.event_outbox WHERE event_type = 'audit.recorded' ORDER BY sequence`);

describe('GET /v1/admin/dead-letters', () => {
  it('lists the newest first, without what they say', async () => {
    const ids = [await keep(), await keep({ ce_type: 'tenant.updated.v1' }, Buffer.from('{"email":"a@b.example"}'))];
    const { status, body } = await get('');
    expect(status).toBe(200);
    expect((body as unknown as Page).data.map(({ id }) => id)).toEqual(ids.toReversed());
    expect((body['data'] as object[])[0]).toMatchObject({ status: 'pending', group: 'audit-service', eventType: 'tenant.updated.v1', valueBytes: 23, replayCount: 0 });
    expect(JSON.stringify(body)).not.toContain('example');
    expect(JSON.stringify(body)).not.toContain(Buffer.from('{"email"').toString('base64').slice(0, 8));
  });

  it('narrows by each filter, alone and together', async () => {
    const audit = await keep();
    const other = await keep({ dlq_group: 'other', dlq_error: 'OtherError', dlq_topic: 'plinth.ai' });
    await redrive(audit);
    await database.query(`UPDATE relay.dead_letter SET status = 'redriven' WHERE id = $1`, [audit]);
    const ids = async (query: string) => (await list(query)).data.map(({ id }) => id);
    expect(await ids('?group=other')).toEqual([other]);
    expect(await ids('?topic=plinth.audit')).toEqual([audit]);
    expect(await ids('?error=OtherError&topic=plinth.ai')).toEqual([other]);
    expect(await ids('?status=redriven')).toEqual([audit]);
    expect(await ids('?status=pending&group=audit-service')).toEqual([]);
  });

  it('narrows by what the message names, and by when and how often it failed', async () => {
    const [eventId, tenantId] = [newId(), newId()];
    const named = await keep({ ce_type: 'tenant.updated.v2', ce_id: eventId, ce_tenantid: tenantId, dlq_failed_at: '2026-03-01T12:00:00.000Z', dlq_replay_count: '3' });
    const { fingerprint } = await rowOf(named);
    const other = await keep({ ce_type: 'tenant.updated.v1', ce_id: newId(), ce_tenantid: newId(), dlq_failed_at: '2026-03-02T12:00:00.000Z' });
    const ids = async (query: string) => (await list(query)).data.map(({ id }) => id);
    for (const query of ['eventType=tenant.updated.v2', `eventId=${eventId.toUpperCase()}`, `tenantId=${tenantId}`, `fingerprint=${String(fingerprint)}`, 'failedTo=2026-03-02', 'minReplayCount=3']) {
      expect(await ids(`?${query}`)).toEqual([named]);
    }
    expect(await ids('?failedFrom=2026-03-01T12:00:00.001Z')).toEqual([other]);
    expect(await ids('?failedFrom=2026-03-01T13:00:00%2B01:00&failedTo=2026-03-02T12:00:00Z&minReplayCount=0')).toEqual([named]);
    expect(await ids('?minReplayCount=4')).toEqual([]);
    expect(await ids('?failedFrom=1066-10-14')).toHaveLength(2);
  });

  it('pages through without loss or repetition while letters arrive, and refuses a cursor of another list', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(await keep());
    const seen: string[] = [];
    let cursor: string | null = '';
    let last = '';
    while (cursor !== null) {
      const page: Page = await list(`?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      await keep();
      last = cursor;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids.toReversed());
    expect(await get(`?limit=2&group=other&cursor=${last}`)).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
    expect(await get(`?cursor=${last}x`)).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
  });

  it.each(['limit=0', 'limit=201', 'status=lost', 'group=', 'unknown=1', 'eventId=1', 'fingerprint=xyz', 'failedFrom=yesterday', 'failedTo=2026-02-30', 'failedFrom=0000-01-01', 'failedTo=2026-02-03T08Z', 'minReplayCount=-1', 'minReplayCount=9999999'])('answers 400 to %s', async (query) => {
    expect((await get(`?${query}`)).status).toBe(400);
  });
});

describe('a failure that is told twice', () => {
  const rows = async () => (await database.query('SELECT id FROM relay.dead_letter')).length;

  it('is one letter: its consumer died between the letter and its offset', async () => {
    const facts = { dlq_offset: '7', ce_id: newId() };
    const id = await keep({ ...facts, dlq_failed_at: '2026-11-22T08:00:00Z' });
    expect(await keep({ ...facts, dlq_failed_at: '2026-11-22T08:00:09Z', dlq_error: 'OtherError' })).toBe(id);
    expect(await rows()).toBe(1);
    expect((await get(`/${id}`)).body).toMatchObject({ error: 'SampleError' });
  });

  it('is two letters for two groups, after being sent again, and where its topic was made anew', async () => {
    const facts = { dlq_offset: '7', ce_id: newId() };
    const ids = [await keep(facts), await keep({ ...facts, dlq_group: 'other' }), await keep({ ...facts, dlq_replay_count: '1' }), await keep({ ...facts, ce_id: newId() })];
    expect(new Set(ids).size).toBe(4);
    expect(await rows()).toBe(4);
  });

  it('is two letters where they do not say who failed: nothing is dropped on a guess', async () => {
    const facts = { dlq_offset: '7', dlq_group: '' };
    await keep(facts);
    await keep(facts);
    expect(await rows()).toBe(2);
  });
});

describe('GET /v1/admin/dead-letters/groups', () => {
  const groups = async (query = '') => (await get(`/groups${query}`)).body as unknown as { data: Record<string, unknown>[]; nextCursor: string | null };

  it('puts together what failed in the same way, by names alone, and counts it', async () => {
    // Fixed ones: one in some hundreds holds what looks like a card number, and is no name then.
    const errorOf = (id: string) => `SampleError:01a21f12-8d0c-7000-8000-${id}`;
    const first = await keep({ ce_type: 'tenant.updated.v1', dlq_error: errorOf('0000000000a1') }, Buffer.from('{"email":"a@b.example"}'));
    const second = await keep({ ce_type: 'tenant.updated.v1', dlq_error: errorOf('0000000000a2') });
    await keep({ ce_type: 'tenant.updated.v2', dlq_error: errorOf('0000000000a3') });
    await keep({ ce_type: 'tenant.updated.v1', dlq_group: 'other' });
    await post(`/${second}/discard`, { reason: 'a test' });
    const { data } = await groups();
    expect(data.map(({ total }) => total)).toEqual([1, 1, 2]);
    expect(data[2]).toMatchObject({
      ...{ group: 'audit-service', topic: 'plinth.audit', eventType: 'tenant.updated.v1', exampleId: first },
      counts: { pending: 1, redriven: 0, processed: 0, failed_again: 0, discarded: 1 },
    });
    expect(new Set(data.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(data[2]?.['oldestPendingAt']).toBe(data[2]?.['firstReceivedAt']);
    expect((await list(`?fingerprint=${String(data[2]?.['fingerprint'])}`)).data.map(({ id }) => id)).toEqual([second, first]);
    expect(JSON.stringify(data)).not.toContain('b.example');
  });

  it('tells errors by their codes, which are no ids, apart', async () => {
    await keep({ dlq_error: 'QueryFailedError:23505' });
    await keep({ dlq_error: 'QueryFailedError:23514' });
    await keep({ dlq_error: '' });
    expect((await groups()).data).toHaveLength(3);
  });

  it('pages through while letters arrive, each group once and counted as at the first page', async () => {
    for (const error of ['A', 'B', 'C', 'A', 'D']) await keep({ dlq_error: error });
    const first = await groups('?limit=2');
    expect(first.data.map(({ error, total }) => [error, total])).toEqual([['D', 1], ['A', 2]]);
    await keep({ dlq_error: 'C' });
    const second = await groups(`?limit=2&cursor=${first.nextCursor}`);
    expect(second.data.map(({ error, total }) => [error, total])).toEqual([['C', 1], ['B', 1]]);
    expect(second.nextCursor).toBeNull();
    expect((await groups('?error=C')).data.map(({ total }) => total)).toEqual([2]);
    expect(await get(`?cursor=${first.nextCursor}`)).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
  });
});

describe('GET /v1/admin/dead-letters/{id}', () => {
  it('shows bytes, what can be read of them, and leaves a line in the audit trail', async () => {
    const id = await keep({ odd: 'é' });
    const { status, body } = await get(`/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, key: Buffer.from('key').toString('base64'), value: Buffer.from('{"n":1}').toString('base64'), json: { n: 1 } });
    expect(body['headers']).toContainEqual({ name: 'odd', value: Buffer.from('é').toString('base64'), text: 'é' });
    expect(await audited()).toMatchObject([{ payload: { action: 'dead_letter.read', actor: { type: 'operator', id: viewer.id }, tenantId: platformLogId, resource: { type: 'dead_letter', id } } }]);
  });

  it.each([['no value', null], ['text', Buffer.from('text')], ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])], ['nested endlessly', Buffer.from('['.repeat(300_000) + ']'.repeat(300_000))]])(
    'shows a value that is %s without json',
    async (_, value) => {
      const { status, body } = await get(`/${await keep({}, value)}`);
      expect(status).toBe(200);
      expect(body['value']).toBe(value?.toString('base64') ?? null);
      expect(body).not.toHaveProperty('json');
    },
  );

  it('answers 404 to an unknown id and 400 to what is none', async () => {
    expect(await get(`/${newId()}`)).toMatchObject({ status: 404, body: { code: 'dead_letter_not_found' } });
    expect(await get('/1')).toMatchObject({ status: 400, body: { code: 'id_malformed' } });
  });
});

describe('POST /v1/admin/dead-letters/{id}/redrive', () => {
  it('is held to the letter that the operator has read', async () => {
    const id = await keep();
    const path = `/v1/admin/dead-letters/${id}`;
    const { etag } = (await relay.call('GET', path, viewer)).headers;
    const send = (tag: string) => relay.call('POST', `${path}/redrive`, admin, { 'idempotency-key': newId(), 'if-match': tag });
    expect(await send(`W/${String(etag)}`)).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect((await send(`"other", ${String(etag)}`)).status).toBe(202);
    expect((await relay.call('GET', path, viewer)).headers['etag']).not.toBe(etag);
    expect((await send(String(etag))).status).toBe(412);
    expect((await send('*')).status).toBe(202);
  });

  it('notes the request with its audit record, once for a key', async () => {
    const id = await keep();
    const key = newId();
    const answers = [await redrive(id, admin, key), await redrive(id, admin, key)];
    expect(answers[0]).toMatchObject({ status: 202, body: { id, status: 'pending', replayCount: 0, redriveRequestedAt: expect.any(String) as string } });
    expect([answers[1]?.status, answers[1]?.body]).toEqual([answers[0]?.status, answers[0]?.body]);
    expect(await audited()).toMatchObject([
      { payload: { action: 'dead_letter.redrive', actor: { type: 'operator', id: admin.id }, tenantId: platformLogId, resource: { type: 'dead_letter', id }, after: { group: 'audit-service', topic: 'plinth.audit' } } },
    ]);
  });

  it('keeps who asked first, and stays asked for while Kafka is away', async () => {
    const id = await keep();
    await redrive(id);
    await redrive(id, operator());
    await eventually(() => expect(relay.log).toContain('dead letters cannot be sent, trying again'));
    const [row] = await database.query('SELECT status, redrive_requested_by, replay_count FROM relay.dead_letter WHERE id = $1', [id]);
    expect(row).toEqual({ status: 'pending', redrive_requested_by: admin.id, replay_count: 0 });
  });

  it('answers 404 to an unknown letter and 409 where its group is unknown, and notes nothing', async () => {
    expect(await redrive(newId())).toMatchObject({ status: 404, body: { code: 'dead_letter_not_found' } });
    expect(await redrive(await keep({ dlq_group: 'nobody' }))).toMatchObject({ status: 409, body: { code: 'consumer_group_unknown' } });
    expect(await redrive(await keep({ dlq_group: '' }))).toMatchObject({ status: 409, body: { code: 'consumer_group_unknown' } });
    expect(await audited()).toEqual([]);
    expect(await database.query('SELECT id FROM relay.dead_letter WHERE redrive_requested_at IS NOT NULL')).toEqual([]);
  });

  it('sends nothing for the sixth time, unless it is forced to with a reason', async () => {
    const id = await keep({ dlq_replay_count: '5' });
    expect((await redrive(await keep({ dlq_replay_count: '4' }))).status).toBe(202);
    expect(await redrive(id)).toMatchObject({ status: 409, body: { code: 'replay_limit_reached' } });
    expect(await post(`/${id}/redrive`, { force: true })).toMatchObject({ status: 422, body: { code: 'reason_required' } });
    expect(await post(`/${id}/redrive`, { force: 'yes', reason: 'mended' })).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect((await rowOf(id))['redrive_requested_at']).toBeNull();
    expect((await post(`/${id}/redrive`, { force: true, reason: 'mended in 1.4.2' })).status).toBe(202);
    expect((await audited()).at(-1)).toMatchObject({ payload: { action: 'dead_letter.redrive', reason: 'mended in 1.4.2', resource: { id }, after: { forced: true, replayCount: 5 } } });
  });

  it.each([['no body', undefined], ['an empty one', {}]])('takes %s', async (_, body) => {
    expect((await post(`/${await keep()}/redrive`, body)).status).toBe(202);
  });

  it.each([{ reason: '' }, { reason: 'x'.repeat(501) }, { status: 'processed' }, { filters: 1 }])('answers 422 to %j', async (body) => {
    expect(await post(`/${await keep()}/redrive`, body)).toMatchObject({ status: 422 });
  });

  it('needs a key', async () => {
    const id = await keep();
    expect(await relay.call('POST', `/v1/admin/dead-letters/${id}/redrive`, admin)).toMatchObject({ status: 400, body: { code: 'idempotency_key_required' } });
  });
});

describe('POST /v1/admin/dead-letters/{id}/discard', () => {
  it('sets a letter aside, with who, when and why, and says so in the platform log', async () => {
    const id = await keep();
    const answer = await post(`/${id}/discard`, { reason: 'a duplicate of 17' });
    expect(answer).toMatchObject({ status: 200, body: { id, status: 'discarded', discardedBy: admin.id, discardReason: 'a duplicate of 17', discardedAt: expect.any(String) as string } });
    expect(await audited()).toMatchObject([
      { payload: { action: 'dead_letter.discard', actor: { type: 'operator', id: admin.id }, tenantId: platformLogId, reason: 'a duplicate of 17', before: { status: 'pending' }, after: { status: 'discarded' } } },
    ]);
    expect((await list('?status=discarded')).data.map((letter) => letter.id)).toEqual([id]);
    expect(await post(`/${id}/discard`, { reason: 'again' })).toMatchObject({ status: 409, body: { code: 'dead_letter_discarded' } });
  });

  it('is undone by a redrive that is forced, and by no other', async () => {
    const id = await keep();
    await post(`/${id}/discard`, { reason: 'by mistake' });
    expect(await redrive(id)).toMatchObject({ status: 409, body: { code: 'dead_letter_discarded' } });
    const answer = await post(`/${id}/redrive`, { force: true, reason: 'it was the wrong one' });
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending', discardedAt: null, discardReason: null, redriveRequestedAt: expect.any(String) as string } });
    expect((await audited()).at(-1)).toMatchObject({ payload: { before: { status: 'discarded' }, after: { status: 'pending' } } });
  });

  it('takes no letter that is being sent, and of a discard and a redrive at once one', async () => {
    const id = await keep();
    await redrive(id);
    expect(await post(`/${id}/discard`, { reason: 'too late' })).toMatchObject({ status: 409, body: { code: 'dead_letter_being_sent' } });
    for (let n = 0; n < 10; n += 1) {
      const contended = await keep();
      const answers = await Promise.all([post(`/${contended}/discard`, { reason: 'at once' }), redrive(contended)]);
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
      const { status, redrive_requested_at: requestedAt } = await rowOf(contended);
      expect(status === 'discarded').toBe(requestedAt === null);
    }
  });

  it('is held to the letter that the operator has read, and needs a reason', async () => {
    const id = await keep();
    const { etag } = (await get(`/${id}`)).headers;
    const send = (tag: string) => relay.call('POST', `/v1/admin/dead-letters/${id}/discard`, admin, { 'idempotency-key': newId(), 'if-match': tag }, { reason: 'read' });
    expect(await send('"other"')).toMatchObject({ status: 412 });
    for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 'x', force: true }]) expect((await post(`/${id}/discard`, body)).status).toBe(422);
    expect(await post(`/${id}/discard`)).toMatchObject({ status: 400, body: { code: 'body_required' } });
    expect((await send(String(etag))).status).toBe(200);
    const done = await keep();
    await database.query(`UPDATE relay.dead_letter SET status = 'processed' WHERE id = $1`, [done]);
    expect(await post(`/${done}/discard`, { reason: 'x' })).toMatchObject({ status: 409, body: { code: 'dead_letter_processed' } });
    expect(await post(`/${newId()}/discard`, { reason: 'x' })).toMatchObject({ status: 404, body: { code: 'dead_letter_not_found' } });
  });
});

describe('who may come to the desk', () => {
  it('is operators alone; a viewer reads and sends nothing', async () => {
    const id = await keep();
    const owner = { type: 'user', id: newId(), tenantId: newId(), roles: ['owner', 'PLATFORM_ADMIN'] } as const;
    for (const path of ['/v1/admin/dead-letters', `/v1/admin/dead-letters/${id}`, '/v1/admin/outbox']) {
      expect((await relay.call('GET', path)).status).toBe(401);
      expect((await relay.call('GET', path, owner)).status).toBe(403);
      expect((await relay.call('GET', path, viewer)).status).toBe(200);
    }
    expect((await redrive(id, owner)).status).toBe(403);
    expect((await redrive(id, viewer)).status).toBe(403);
    expect((await post(`/${id}/discard`, { reason: 'x' }, viewer)).status).toBe(403);
    expect((await post(`/${id}/discard`, { reason: 'x' }, owner)).status).toBe(403);
    expect((await relay.call('GET', '/v1/admin/dead-letters/groups', owner)).status).toBe(403);
    expect((await relay.call('GET', '/v1/admin/dead-letters/groups', viewer)).status).toBe(200);
    expect((await relay.call('POST', `/v1/admin/dead-letters/${id}/redrive`)).status).toBe(401);
  });

  it('is nobody who speaks for a tenant, at the database', async () => {
    const id = await keep();
    const session = await DatabaseSession.open(database.appUrl(schema), { applicationName: 'desk-test' });
    const seenAs = async (tenantId: string, principalId: string) => {
      await session.query(`SELECT set_config('plinth.tenant_id', $1, false), set_config('plinth.principal_id', $2, false)`, [tenantId, principalId]);
      return await session.query('SELECT id FROM relay.dead_letter');
    };
    try {
      expect(await seenAs('', newId())).toEqual([{ id }]);
      expect(await seenAs(newId(), newId())).toEqual([]);
      expect(await seenAs('', '')).toEqual([]);
      expect(await session.query(`UPDATE relay.dead_letter SET status = 'discarded' RETURNING id`)).toEqual([]);
      for (const change of [`UPDATE relay.dead_letter SET replay_count = 0`, 'DELETE FROM relay.dead_letter', `UPDATE relay.dead_letter SET value = NULL`]) {
        await expect(session.query(change)).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await session.close();
    }
  });
});

describe('what becomes of old letters', () => {
  afterEach(() => database.query('TRUNCATE relay.dead_letter_archive, relay.purged_place'));

  const purge = async (days: number, rows = 100) => {
    const session = await DatabaseSession.open(database.systemUrl('scheduler'), { applicationName: 'desk-test' });
    try {
      const [row] = await session.query<{ gone: number }>(`SELECT relay.purge_dead_letters(now() - make_interval(days => $1), $2) AS gone`, [days, rows]);
      return row?.gone;
    } finally {
      await session.close();
    }
  };

  it('is that the scheduler deletes them, never what Kafka may still hold', async () => {
    const old = await keep();
    const recent = await keep();
    await database.query(`UPDATE relay.dead_letter SET received_at = now() - interval '15 days' WHERE id = $1`, [old]);
    await database.query(`UPDATE relay.dead_letter SET received_at = now() - interval '6 days' WHERE id = $1`, [recent]);
    expect(await purge(14)).toBe(1);
    expect(await purge(0)).toBe(0);
    expect((await list('')).data.map(({ id }) => id)).toEqual([recent]);
  });

  it('is a count by day, what went wrong and how it ended, added up over the steps of the purge', async () => {
    const [first, second, third] = [await keep({ ce_type: 'tenant.updated.v1' }), await keep({ ce_type: 'tenant.updated.v1' }), await keep({ ce_type: 'tenant.updated.v1' })];
    const other = await keep({ dlq_error: 'OtherError' });
    await post(`/${other}/discard`, { reason: 'a test' });
    const { fingerprint } = await rowOf(first);
    const age = (ids: string[], at: string) => database.query('UPDATE relay.dead_letter SET received_at = $2 WHERE id = ANY ($1)', [ids, at]);
    await age([first, third, other], '2026-03-01T23:59:59Z');
    await age([second], '2026-03-02T00:00:00Z');
    expect([await purge(14, 1), await purge(14, 10), await purge(14, 10)]).toEqual([1, 3, 0]);
    const { status, body } = await get('/archive');
    expect(status).toBe(200);
    const named = { fingerprint, group: 'audit-service', topic: 'plinth.audit', eventType: 'tenant.updated.v1', error: 'SampleError', status: 'pending' };
    const rows = body['data'] as Record<string, unknown>[];
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(expect.arrayContaining([{ ...named, day: '2026-03-01', letters: 2 }, { ...named, day: '2026-03-02', letters: 1 }]));
    expect(rows.filter((row) => row['status'] === 'discarded')).toMatchObject([{ day: '2026-03-01', error: 'OtherError', letters: 1 }]);
    const pages: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = (await get(`/archive?limit=1&fingerprint=${String(fingerprint)}${cursor && `&cursor=${cursor}`}`)).body as unknown as Page;
      pages.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([{ ...named, day: '2026-03-02', letters: 1 }, { ...named, day: '2026-03-01', letters: 2 }]);
    expect((await get('/archive?group=other')).body['data']).toEqual([]);
    expect((await get('/archive', { type: 'user', id: newId(), tenantId: newId(), roles: ['owner'] } as never)).status).toBe(403);
  });

  it('is not undone by Kafka, which may hold them for longer; what is new comes in all the same, and what is to be sent stays', async () => {
    const [old, waiting] = [await keep(), await keep()];
    await redrive(waiting);
    const [{ letter_offset: offset, letter_at: at }, newer] = [await rowOf(old), await rowOf(waiting)];
    await database.query(`UPDATE relay.dead_letter SET received_at = now() - interval '8 days'`);
    expect(await purge(7)).toBe(1);
    const letters = relay.app.get(DeadLettersRepository);
    const read = (place: { letter_offset: unknown; letter_at: unknown }) =>
      relay.app.get(Transactor).runSystem('take_in_dead_letter', (tx) =>
        letters.takeIn(tx, { topic: 'plinth.dead-letter', partition: 0, offset: String(place.letter_offset), timestamp: place.letter_at as Date, key: null, value: null, headers: [] }),
      );
    await read({ letter_offset: offset, letter_at: at });
    expect((await list('')).data.map(({ id }) => id)).toEqual([waiting]);
    await read({ letter_offset: newer['letter_offset'], letter_at: newer['letter_at'] });
    expect((await list('')).data).toHaveLength(1);
    // The topic was made anew: its offsets begin anew, later.
    await read({ letter_offset: 0, letter_at: new Date() });
    expect((await list('')).data).toHaveLength(2);
  });
});

describe('the metrics of the desk', () => {
  it('count letters by what they wait for', async () => {
    const [first] = [await keep(), await keep(), await keep()];
    await redrive(first);
    const sent = await keep();
    await database.query(`UPDATE relay.dead_letter SET status = 'redriven' WHERE id = $1`, [sent]);
    const series = seriesOf((await relay.app.get(Metrics).text()).body, 'plinth_dead_letters');
    const counts = Object.fromEntries([...series].map(([labels, count]) => [/status="(\w+)"/.exec(labels)?.[1], count]));
    expect(counts).toEqual({ waiting: 2, requested: 1, redriven: 1, processed: 0, failed_again: 0, discarded: 0 });
  });
});

describe('the migrations of relay', () => {
  it('go down to an empty schema, and up again', async () => {
    const own = await createRelayDatabase();
    const tables = async () => (await own.query(`SELECT relname FROM pg_class WHERE relnamespace = 'relay'::regnamespace AND relkind = 'r'`)).map(({ relname }) => relname as string);
    try {
      await migrate(own.urlAs(rolesOf(schema).owner), schema, migrations, 'down');
      expect(await tables()).toEqual(['schema_migration']);
      await migrate(own.urlAs(rolesOf(schema).owner), schema, migrations, 'up');
      expect(await tables()).toEqual(expect.arrayContaining(['dead_letter', 'event_outbox', 'idempotency_record']));
    } finally {
      await own.drop();
    }
  });
});
