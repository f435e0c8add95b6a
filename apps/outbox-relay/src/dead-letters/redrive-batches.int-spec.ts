import { platformLogId } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { TestGateway, type TestDatabase } from '@plinth/testing';
import { bootRelay, createRelayDatabase, operator, relayConfig, type RelayUnderTest } from '../testing.js';

type Body = Record<string, unknown>;

let database: TestDatabase;
let relay: RelayUnderTest;
const [admin, viewer] = [operator(), operator('PLATFORM_VIEWER')];

beforeAll(async () => {
  database = await createRelayDatabase();
  const gateway = new TestGateway('outbox-relay');
  // Nobody listens there: what is handed to the sender stays with it.
  relay = await bootRelay(relayConfig(database, gateway, { kafkaBrokers: ['127.0.0.1:1'] }), gateway, ['audit-service']);
});
afterEach(() => database.query('TRUNCATE relay.dead_letter, relay.redrive_batch, relay.event_outbox'));
afterAll(async () => {
  await relay.close();
  await database.drop();
});

/** Letters as they are kept, without what they say. @returns their ids in the order of their arrival */
async function insertLetters(count: number, columns: Readonly<Record<string, string | number>> = {}): Promise<string[]> {
  const all = { consumer_group: 'audit-service', topic: 'plinth.audit', error: 'SampleError', replay_count: 0, status: 'pending', ...columns };
  const rows = await database.query<{ id: string }>(
    `INSERT INTO relay.dead_letter (id, letter_topic, letter_partition, letter_offset, letter_at, headers, ${Object.keys(all).join(', ')})
     SELECT gen_random_uuid(), 'plinth.dead-letter', 0, n, clock_timestamp(), '[]', ${Object.keys(all).map((_, index) => `$${index + 2}`).join(', ')} FROM generate_series(1, $1) AS n
     RETURNING id, sequence`,
    [count, ...Object.values(all)],
  );
  return rows.map(({ id }) => id);
}

const discarded = { status: 'discarded', discarded_at: '2026-11-22T08:00:00Z', discard_reason: 'a test' };
const path = '/v1/admin/dead-letters';
const redrive = (body?: object, as = admin, key = newId()) => relay.call('POST', `${path}/redrive`, as, { 'idempotency-key': key }, body);
const stop = (id: string, as = admin) => relay.call('POST', `${path}/redrives/${id}/stop`, as, { 'idempotency-key': newId() });
const get = (what: string, as = viewer) => relay.call('GET', `${path}/redrives${what}`, as);
const audited = async () => (await database.query<{ payload: Body }>(`SELECT payload FROM relay.event_outbox WHERE event_type = 'audit.recorded' ORDER BY sequence`)).map(({ payload }) => payload);
const batches = async () => await database.query('SELECT * FROM relay.redrive_batch');

describe('a dry run', () => {
  it('tells what would be sent, by what went wrong, and what is left out and why; and does nothing', async () => {
    const first = await insertLetters(3);
    await insertLetters(2, { error: 'OtherError' });
    await insertLetters(4, { replay_count: 5 });
    await insertLetters(1, { consumer_group: 'nobody' });
    await insertLetters(2, discarded);
    await insertLetters(1, { status: 'processed' });
    await insertLetters(1, { status: 'failed_again' });
    await insertLetters(1, { status: 'redriven' });
    await insertLetters(1, { redrive_requested_at: '2026-11-22T08:00:00Z' });
    const { status, body } = await redrive({ all: true, dryRun: true });
    expect(status).toBe(202);
    expect(body).toMatchObject({ dryRun: true, selected: 5, redrive: null, groups: [{ error: 'SampleError', count: 3, group: 'audit-service' }, { error: 'OtherError', count: 2 }] });
    expect((body['firstIds'] as string[]).slice(0, 3)).toEqual(first);
    expect(body['excluded']).toEqual([
      { reason: 'already_requested', count: 1 },
      { reason: 'redriven', count: 1 },
      { reason: 'processed', count: 1 },
      { reason: 'failed_again', count: 1 },
      { reason: 'discarded', count: 2 },
      { reason: 'unknown_group', count: 1 },
      { reason: 'replay_limit', count: 4 },
    ]);
    expect(await batches()).toEqual([]);
    expect(await audited()).toEqual([]);
  });

  it('reaches what the filter names: each filter, and the limit of replays that is asked for', async () => {
    const [fromTenant, ofEvent] = [newId(), newId()];
    await insertLetters(1, { tenant_id: fromTenant, replay_count: 6 });
    await insertLetters(1, { event_id: ofEvent, event_type: 'tenant.updated.v1', failed_at: '2026-03-01T12:00:00Z' });
    await insertLetters(1, { status: 'redriven', topic: 'plinth.ai' });
    const selected = async (filter: object, more: object = {}) => (await redrive({ filter, dryRun: true, ...more })).body['selected'];
    expect(await selected({ tenantId: fromTenant })).toBe(0);
    expect(await selected({ tenantId: fromTenant }, { maxReplays: 7, reason: 'mended' })).toBe(1);
    expect(await selected({ minReplayCount: 6 }, { maxReplays: 7, reason: 'mended' })).toBe(1);
    expect(await selected({ eventId: ofEvent })).toBe(1);
    expect(await selected({ eventType: 'tenant.updated.v1', failedFrom: '2026-03-01', failedTo: '2026-03-02' })).toBe(1);
    expect(await selected({ topic: 'plinth.ai' })).toBe(0);
    expect(await selected({ topic: 'plinth.ai', status: 'redriven' })).toBe(1);
    expect(await selected({ group: 'audit-service' })).toBe(1);
    expect(await selected({ error: 'NoSuchError' })).toBe(0);
  });
});

describe('a redrive by filter', () => {
  it('is one batch with one audit record, once for a key, and what comes later is not of it', async () => {
    await insertLetters(3);
    const body = { filter: { group: 'audit-service', status: null }, ratePerSecond: 7, reason: 'mended in 1.4.2' };
    const key = newId();
    const answers = [await redrive(body, admin, key), await redrive(body, admin, key)];
    expect(answers[0]).toMatchObject({
      status: 202,
      body: { dryRun: false, selected: 3, redrive: { status: 'sending', selected: 3, sent: 0, ratePerSecond: 7, maxReplays: 5, requestedBy: admin.id, filter: { group: 'audit-service' } } },
    });
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    await insertLetters(1);
    const [batch] = await batches();
    const [newest] = await database.query('SELECT max(sequence) - 1 AS sequence FROM relay.dead_letter');
    expect(batch?.['up_to_sequence']).toBe(newest?.['sequence']);
    expect(await audited()).toMatchObject([
      {
        ...{ action: 'dead_letter.redrive', actor: { type: 'operator', id: admin.id }, tenantId: platformLogId, reason: 'mended in 1.4.2' },
        ...{ resource: { type: 'dead_letter_redrive', id: batch?.['id'] }, after: { filter: { group: 'audit-service' }, all: false, selected: 3, ratePerSecond: 7 } },
      },
    ]);
  });

  it.each<[string, object | undefined, number, string]>([
    ['neither filter nor all', {}, 422, 'redrive_selection_unclear'],
    ['an empty filter', { filter: {} }, 422, 'redrive_selection_unclear'],
    ['a filter of nulls', { filter: { group: null, failedFrom: null } }, 422, 'redrive_selection_unclear'],
    ['a filter and all', { all: true, filter: { group: 'audit-service' } }, 422, 'redrive_selection_unclear'],
    ['all: false', { all: false }, 422, 'validation_failed'],
    ['a list', { filter: [{ group: 'audit-service' }] }, 422, 'redrive_selection_unclear'],
    ['a text', { filter: 'audit-service' }, 422, 'validation_failed'],
    ['an unknown filter', { filter: { groups: 'audit-service' } }, 422, 'validation_failed'],
    ['a status that is an end', { filter: { status: 'discarded' } }, 422, 'validation_failed'],
    ['a rate of 0', { all: true, ratePerSecond: 0 }, 422, 'validation_failed'],
    ['a rate of 1001', { all: true, ratePerSecond: 1001 }, 422, 'validation_failed'],
    ['half a letter a second', { all: true, ratePerSecond: 0.5 }, 422, 'validation_failed'],
    ['a higher limit without a reason', { all: true, maxReplays: 6 }, 422, 'reason_required'],
    ['101 replays', { all: true, maxReplays: 101, reason: 'x' }, 422, 'validation_failed'],
    ['no body', undefined, 400, 'body_required'],
  ])('refuses %s', async (_, body, status, code) => {
    await insertLetters(1);
    expect(await redrive(body)).toMatchObject({ status, body: { code } });
    expect(await batches()).toEqual([]);
  });

  it('takes null for what is not said', async () => {
    expect(await redrive({ all: true, filter: null, dryRun: null, ratePerSecond: null, maxReplays: null, reason: null })).toMatchObject({ status: 202, body: { redrive: { ratePerSecond: 50, maxReplays: 5, reason: null } } });
  });

  it('is stopped by an operator, once; what was not sent stays pending', async () => {
    await insertLetters(2_000);
    const { body } = await redrive({ all: true, ratePerSecond: 1 });
    const { id } = body['redrive'] as { id: string };
    expect(await stop(id)).toMatchObject({ status: 200, body: { id, status: 'stopped', stoppedBy: admin.id } });
    expect(await stop(id)).toMatchObject({ status: 409, body: { code: 'dead_letter_redrive_ended' } });
    expect((await audited()).map(({ action }) => action)).toEqual(['dead_letter.redrive', 'dead_letter.stop_redrive']);
    expect(await get(`/${id}`)).toMatchObject({ status: 200, body: { status: 'stopped', selected: 2_000, sent: 0 } });
    expect(await stop(newId())).toMatchObject({ status: 404, body: { code: 'dead_letter_redrive_not_found' } });
  });

  it('is listed, newest first, page by page', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.push(((await redrive({ all: true })).body['redrive'] as { id: string }).id);
    const page = (await get('?limit=2')).body as { data: { id: string }[]; nextCursor: string };
    const last = (await get(`?limit=2&cursor=${page.nextCursor}`)).body as { data: { id: string }[]; nextCursor: null };
    expect([...page.data, ...last.data].map(({ id }) => id)).toEqual(ids.toReversed());
    expect(last.nextCursor).toBeNull();
    expect(await get(`/${newId()}`)).toMatchObject({ status: 404, body: { code: 'dead_letter_redrive_not_found' } });
    expect(await get('/1')).toMatchObject({ status: 400, body: { code: 'id_malformed' } });
  });

  it('is for operators who may redrive; a viewer follows it, and a tenant sees nothing of it', async () => {
    await insertLetters(1);
    const owner = { type: 'user', id: newId(), tenantId: newId(), roles: ['owner', 'PLATFORM_ADMIN'] } as const;
    for (const as of [viewer, owner]) {
      expect((await redrive({ all: true }, as)).status).toBe(403);
      expect((await redrive({ all: true, dryRun: true }, as)).status).toBe(403);
    }
    const { body } = await redrive({ all: true });
    const { id } = body['redrive'] as { id: string };
    expect((await get(`/${id}`)).status).toBe(200);
    expect((await stop(id, viewer)).status).toBe(403);
    for (const what of ['', `/${id}`]) expect((await get(what, owner)).status).toBe(403);
    expect((await stop(id, owner)).status).toBe(403);
    expect((await relay.call('POST', `${path}/redrive`, admin, {}, { all: true }))).toMatchObject({ status: 400, body: { code: 'idempotency_key_required' } });
  });
});
