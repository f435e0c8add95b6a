import { randomBytes } from 'node:crypto';
import { newId } from '@plinth/kernel';
import type { TestDatabase } from '@plinth/testing';
import { bootSample, sampleDatabase, someUser, type Sample } from './testing.js';

const secret = randomBytes(32);
let database: TestDatabase;
let service: Sample;
beforeAll(async () => {
  database = await sampleDatabase();
  service = await bootSample(database, [secret]);
});
afterAll(async () => {
  await service.close();
  await database.drop();
});

const effectsOf = async (what: string) => (await database.query('SELECT id FROM sample.effect WHERE what = $1', [what])).length;
const records = async () => (await database.query('SELECT key_hash FROM sample.idempotency_record')).length;

describe('a keyed request', () => {
  it('is answered again with the same status, bytes, Location and ETag, and has one effect', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const first = await service.post('/effects', { what }, { as, key });
    const again = await service.post('/effects', { what }, { as, key });
    expect(first).toMatchObject({ status: 201, location: `/effects/${first.json.id}`, etag: `"${what}"`, replayed: false });
    expect(again).toEqual({ ...first, replayed: true });
    expect(await effectsOf(what)).toBe(1);
  });

  it('is one request under the quoted and the bare key', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const first = await service.post('/effects', { what }, { as, key: `"${key}"` });
    expect(await service.post('/effects', { what }, { as, key })).toEqual({ ...first, replayed: true });
  });

  it('is the same in another order of its members, and another one with any other content', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const first = await service.post('/effects', { what, note: { a: 1, b: [1, 2] } }, { as, key });
    expect((await service.post('/effects', { note: { b: [1, 2], a: 1 }, what }, { as, key })).text).toBe(first.text);
    const others = [{ what: newId() }, { what, note: { a: 1, b: [2, 1] } }, { what, note: { a: '1', b: [1, 2] } }];
    for (const other of others) expect(await service.post('/effects', other, { as, key })).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
    expect((await service.post('/effects?a=1', { what, note: { a: 1, b: [1, 2] } }, { as, key })).status).toBe(422);
    expect((await service.post('/effects', { what, note: { a: 1, b: [1, 2] } }, { as, key, headers: { 'if-match': '"1"' } })).status).toBe(422);
    expect(await effectsOf(what)).toBe(1);
  });

  it('shares its key with no other tenant, no other member of the tenant and no other route', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const first = await service.post('/effects', { what }, { as, key });
    const answers = [
      await service.post('/effects', { what }, { as: someUser(), key }),
      await service.post('/effects', { what }, { as: someUser(as.tenantId ?? ''), key }),
      await service.post('/effects', { what }, { as: { ...as, tenantId: newId() }, key }),
      await service.post('/effects', { what }, { as: { ...as, type: 'api_key' }, key }),
      await service.post('/others', { what }, { as, key }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, replayed: false });
    expect(new Set([first, ...answers].map(({ json }) => json.id)).size).toBe(6);
  });

  it('belongs before sign-in to the account that it names, in whatever case', async () => {
    const [key, what] = [newId(), newId()];
    const signUp = (account: string, password: string) => service.post('/sign-ups', { what, account, password }, { key });
    const first = await signUp('a@plinth.example', 'one');
    expect(await signUp('a@plinth.example', 'one')).toEqual({ ...first, replayed: true });
    expect((await signUp('a@plinth.example', 'two')).status).toBe(422);
    expect((await signUp(' A@plinth.example', 'one')).status).toBe(422);
    expect(await signUp('b@plinth.example', 'one')).toMatchObject({ status: 201, replayed: false });
  });

  it('is refused where the route is open and does not say whom a key belongs to', async () => {
    const what = newId();
    expect((await service.post('/effects', { what }, { key: newId() })).status).toBe(500);
    expect(await effectsOf(what)).toBe(0);
  });

  it('needs a key, also where the route declares nothing, and has its effect once there too', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    expect(await service.post('/undeclared', { what }, { as })).toMatchObject({ status: 400, json: { code: 'idempotency_key_required' } });
    const first = await service.post('/undeclared', { what }, { as, key });
    expect(first.status).toBe(202);
    expect(await service.post('/undeclared', { what }, { as, key })).toEqual({ ...first, replayed: true });
    expect(await effectsOf(what)).toBe(1);
  });

  it.each(['', '""', 'x'.repeat(256), 'tab\there', 'é'])('is refused with the key %j', async (key) => {
    const what = newId();
    expect(await service.post('/effects', { what }, { as: someUser(), key })).toMatchObject({ status: 400, json: { code: 'idempotency_key_malformed' } });
    expect(await effectsOf(what)).toBe(0);
  });
});

describe('what is kept', () => {
  it('is nothing of a thrown error, whose retry runs anew', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const before = await records();
    expect(await service.post('/effects', { what, then: 'throw' }, { as, key })).toMatchObject({ status: 409, json: { code: 'thrown' } });
    expect(await service.post('/effects', { what, then: 'unavailable' }, { as, key })).toMatchObject({ status: 503 });
    expect(await service.post('/effects', '{"what"', { as, key })).toMatchObject({ status: 400 });
    expect([await effectsOf(what), await records()]).toEqual([0, before]);
    expect(await service.post('/effects', { what }, { as, key })).toMatchObject({ status: 201, replayed: false });
    expect(await effectsOf(what)).toBe(1);
  });

  it('is the effect of a rejection and not its answer', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const before = await records();
    const ask = () => service.post('/effects', { what, then: 'reject' }, { as, key });
    expect([(await ask()).status, (await ask()).status]).toEqual([409, 409]);
    expect([await effectsOf(what), await records()]).toEqual([2, before]);
  });

  it('tells nothing of key, request and answer to who reads the table or the log', async () => {
    const [as, key, what] = [someUser(), `key-${newId()}`, newId()];
    const { json } = await service.post('/effects', { what }, { as, key });
    await service.post('/effects', { what: 'other' }, { as, key });
    const rows = await database.query<Record<string, unknown>>('SELECT *, encode(answer, $1) AS text FROM sample.idempotency_record', ['escape']);
    const dump = JSON.stringify(rows.map((row) => Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))));
    for (const secretText of [key, what, String(json.id)]) expect(dump).not.toContain(secretText);
    expect(service.logLines.length).toBeGreaterThan(0);
    expect(service.logLines.join('')).not.toContain(key);
  });

  it('is forgotten after its day: the key begins anew, though the row is not purged yet', async () => {
    const [as, key, what] = [someUser(), newId(), newId()];
    const first = await service.post('/effects', { what }, { as, key });
    await database.query(`UPDATE sample.idempotency_record SET expires_at = now() - interval '1 s'`);
    const second = await service.post('/effects', { what: 'another' }, { as, key });
    expect(second).toMatchObject({ status: 201, replayed: false });
    expect(second.json.id).not.toBe(first.json.id);
    expect(await service.post('/effects', { what: 'another' }, { as, key })).toEqual({ ...second, replayed: true });
  });

  it('is found by every replica while secrets are rotated: the new one is first told, then made current, then the old one goes', async () => {
    const next = randomBytes(32);
    const [told, current] = [await bootSample(database, [secret, next]), await bootSample(database, [next, secret])];
    try {
      const as = someUser();
      for (const writer of [service, told, current]) {
        const [key, what] = [newId(), newId()];
        const first = await writer.post('/effects', { what }, { as, key });
        // A replica with the old secret alone is gone before the new one is current.
        const readers = writer === current ? [told, current] : [service, told, current];
        for (const reader of readers) expect(await reader.post('/effects', { what }, { as, key })).toEqual({ ...first, replayed: true });
      }
    } finally {
      await told.close();
      await current.close();
    }
  });
});
