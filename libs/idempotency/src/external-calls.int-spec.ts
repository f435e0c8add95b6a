import { randomBytes } from 'node:crypto';
import { rolesOf } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { eventually, type TestDatabase } from '@plinth/testing';
import { bootSample, sampleDatabase, someUser, type Sample } from './testing.js';

let database: TestDatabase;
let service: Sample;
beforeAll(async () => {
  database = await sampleDatabase();
});
beforeEach(async () => {
  service = await bootSample(database, [randomBytes(32)]);
});
afterEach(() => service.close());
afterAll(() => database.drop());

const effectsOf = async (what: string) => (await database.query('SELECT id FROM sample.effect WHERE what = $1', [what])).length;
const endLeases = () => database.query('UPDATE sample.idempotency_record SET leased_until = now() WHERE leased_until IS NOT NULL');
const unknown = { status: 409, json: { code: 'outcome_unknown' }, retryAfter: undefined };

/** A request whose call to the outside has begun and does not end. */
async function begun(as = someUser()) {
  const [key, what] = [newId(), newId()];
  service.outside.holding = true;
  const first = service.post('/letters', { what }, { as, key });
  await eventually(() => expect(service.outside.calls.length).toBeGreaterThan(0));
  return { as, key, what, first, again: () => service.post('/letters', { what }, { as, key }) };
}

describe('a keyed call to the outside', () => {
  it('is made once, and its answer given again', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const first = await service.post('/letters', { what }, { as, key });
    const again = await service.post('/letters', { what }, { as, key });
    expect(first).toMatchObject({ status: 201, location: `/letters/${first.json.id}`, replayed: false });
    expect(again).toEqual({ ...first, replayed: true });
    expect(service.outside.calls).toHaveLength(1);
    expect(await effectsOf(what)).toBe(1);
  });

  it('answers 409 with Retry-After while it runs, and holds no transaction open meanwhile', async () => {
    const { first, again } = await begun();
    const open = await database.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'sample' AND datname = $1 AND xact_start IS NOT NULL`, [database.name]);
    expect(open).toEqual([]);
    expect(await again()).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress' }, retryAfter: '1' });
    service.outside.release();
    const answer = await first;
    expect(await again()).toEqual({ ...answer, replayed: true });
    expect(service.outside.calls).toHaveLength(1);
  });

  it('refuses another request with its key while it runs', async () => {
    const { as, key, first } = await begun();
    expect(await service.post('/letters', { what: 'other' }, { as, key })).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
    service.outside.release();
    await first;
  });

  it('is unknown after its lease and never made again, until its outcome is recorded after all', async () => {
    const { first, again } = await begun();
    await endLeases();
    expect(await again()).toMatchObject(unknown);
    service.outside.release();
    const answer = await first;
    expect(await again()).toEqual({ ...answer, replayed: true });
    expect(service.outside.calls).toHaveLength(1);
  });

  it('is unknown after a failure between the call and its record', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const again = () => service.post('/letters', { what, then: 'crash' }, { as, key });
    expect((await again()).status).toBe(500);
    expect(await again()).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress' } });
    await endLeases();
    expect(await again()).toMatchObject(unknown);
    expect(service.outside.calls).toHaveLength(1);
    expect(await effectsOf(what)).toBe(0);
  });

  it('is unknown at once where its caller says so, with what it wrote', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const again = () => service.post('/letters', { what, then: 'unknown' }, { as, key });
    expect((await again()).status).toBe(502);
    expect(await again()).toMatchObject(unknown);
    expect(service.outside.calls).toHaveLength(1);
    expect(await effectsOf(what)).toBe(1);
  });

  it('is made again after one that may be, under the same key to the other side', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const again = (headerKey: string) => service.post('/letters', { what, then: 'retryable' }, { as, key: headerKey });
    expect([(await again(key)).status, (await again(key)).status, (await again(newId())).status]).toEqual([502, 502, 502]);
    const [first, second, other] = service.outside.calls;
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(first).not.toContain(key);
    expect(await effectsOf(what)).toBe(3);
  });

  it('leaves a claim that the purge takes when it has expired, and not before', async () => {
    const [as, key, kept] = [someUser(), newId(), newId()];
    await service.post('/letters', { what: newId(), then: 'retryable' }, { as, key });
    await service.post('/letters', { what: newId(), then: 'unknown' }, { as, key: kept });
    const purge = await DatabaseSession.open(database.urlAs(rolesOf('scheduler').system), { applicationName: 'purge' });
    const claims = () => database.query('SELECT expires_at > now() AS counts FROM sample.idempotency_record WHERE answer IS NULL');
    try {
      await purge.query(`SELECT sample.purge_idempotency('infinity', 100)`);
    } finally {
      await purge.close();
    }
    expect((await claims()).filter(({ counts }) => counts === false)).toEqual([]);
    expect((await service.post('/letters', { what: newId(), then: 'unknown' }, { as, key: kept })).status).toBe(422);
    expect((await service.post('/letters', { what: newId() }, { as, key })).status).toBe(201);
  });

  it('is made once of twenty at once', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.post('/letters', { what }, { as, key })));
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1);
    expect(service.outside.calls).toHaveLength(1);
    expect(await effectsOf(what)).toBe(1);
  });

  it('is refused on a route that does not declare it, before anything is called', async () => {
    expect((await service.post('/letters-undeclared', { what: newId() }, { as: someUser(), key: newId() })).status).toBe(500);
    expect(service.outside.calls).toEqual([]);
  });
});
