import { platformLogId } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootAuditService, memberOf, somePayload, type AuditServiceUnderTest } from '../testing.js';

let service: AuditServiceUnderTest;
beforeAll(async () => {
  service = await bootAuditService();
});
afterAll(() => service.close());

const verify = async (tenantId: string) => (await service.call('POST', '/v1/audit/verify', memberOf(tenantId))).json();
const entries = (tenantId: string) =>
  service.database.query('SELECT * FROM audit.entry WHERE tenant_id = $1 ORDER BY sequence', [tenantId]);
const sequences = async (tenantId: string) => (await entries(tenantId)).map(({ sequence }) => Number(sequence));
const head = async (tenantId: string) => (await service.database.query('SELECT * FROM audit.chain_head WHERE tenant_id = $1', [tenantId]))[0];

async function logOf(length: number): Promise<string> {
  const tenantId = newId();
  await service.record(...Array.from({ length }, () => somePayload(tenantId)));
  return tenantId;
}

describe('appending', () => {
  it('numbers a hundred entries that arrive in crowds from 1 to 100, without gap or fork', async () => {
    const tenantId = newId();
    // Five times as many as there are connections: a larger crowd would wait for one longer than a slow machine is given.
    for (let crowd = 0; crowd < 4; crowd += 1) await Promise.all(Array.from({ length: 25 }, () => service.record(somePayload(tenantId))));
    expect(await sequences(tenantId)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const links = await service.database.query(
      `SELECT leaf.sequence FROM audit.leaf leaf LEFT JOIN audit.leaf before ON before.tenant_id = leaf.tenant_id AND before.sequence = leaf.sequence - 1
       WHERE leaf.tenant_id = $1 AND leaf.previous_hash = coalesce(before.hash, repeat('0', 64))`,
      [tenantId],
    );
    expect(links).toHaveLength(100);
    expect(await verify(tenantId)).toMatchObject({ valid: true, entries: 100, checkpointSize: 100 });
  });

  it('gives each tenant, and what has none, a log of its own', async () => {
    const [one, other] = [newId(), newId()];
    await service.record(somePayload(one), somePayload(other), somePayload(one), somePayload(platformLogId));
    expect([await sequences(one), await sequences(other), await sequences(platformLogId)]).toEqual([[1, 2], [1], [1]]);
  });

  it('takes an entry once, however often it is delivered', async () => {
    const payload = somePayload(newId());
    await service.record(payload, payload, { ...payload, entryId: payload.entryId.toUpperCase() });
    expect(await sequences(payload.tenantId)).toEqual([1]);
  });

  it('numbers entries that come together in their order, each in its tenant\'s log, under one signature', async () => {
    const [one, other] = [newId(), newId()];
    const payloads = Array.from({ length: 30 }, (_, index) => somePayload(index % 3 === 0 ? other : one));
    await service.recordTogether(...payloads);
    for (const tenantId of [one, other]) {
      const own = payloads.filter((payload) => payload.tenantId === tenantId);
      expect((await entries(tenantId)).map(({ id }) => id)).toEqual(own.map(({ entryId }) => entryId));
      expect(await sequences(tenantId)).toEqual(own.map((_, index) => index + 1));
      expect(await verify(tenantId)).toMatchObject({ valid: true, entries: own.length, checkpointSize: own.length });
    }
    const [transactions] = await service.database.query(
      `SELECT count(DISTINCT xmin::text)::int AS count FROM (
         SELECT xmin FROM audit.entry WHERE tenant_id = ANY ($1) UNION ALL SELECT xmin FROM audit.leaf WHERE tenant_id = ANY ($1)
         UNION ALL SELECT xmin FROM audit.chain_head WHERE tenant_id = ANY ($1)) written`,
      [[one, other]],
    );
    expect(transactions).toEqual({ count: 1 });
  });

  it('goes on where it was, and drops from what comes together what the log has and what is there twice', async () => {
    const tenantId = newId();
    const payloads = Array.from({ length: 5 }, () => somePayload(tenantId));
    const [first, second, third, fourth, fifth] = payloads;
    await service.recordTogether(first!, second!);
    await service.recordTogether(second!, third!, { ...third!, reason: 'again' }, fourth!, { ...first!, entryId: first!.entryId.toUpperCase() }, third!);
    await service.recordTogether(third!, first!);
    await service.record(fifth!);
    expect((await entries(tenantId)).map(({ id, reason }) => [id, reason])).toEqual(payloads.map(({ entryId }) => [entryId, null]));
    expect(await verify(tenantId)).toMatchObject({ valid: true, entries: 5, checkpointSize: 5 });
  });

  it('takes the same entry into two logs, since ids are a log\'s own', async () => {
    const [payload, other] = [somePayload(newId()), newId()];
    await service.recordTogether(payload, { ...payload, tenantId: other });
    expect([await sequences(payload.tenantId), await sequences(other)]).toEqual([[1], [1]]);
  });

  it('lets batches of the same tenants, new ones and in whatever order, wait for one another and never for ever', async () => {
    const [first, fresh, middle, last] = Array.from({ length: 4 }, () => newId()) as [string, string, string, string];
    await service.record(somePayload(first), somePayload(middle), somePayload(last));
    const [held, mayGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holder = service.transactor.runSystem('hold', async (tx) => {
      await tx.query('SELECT FROM audit.chain_head WHERE tenant_id = $1 FOR UPDATE', [middle]);
      held.resolve();
      await mayGo.promise;
    });
    await held.promise;
    // Each comes as far as it can: from both ends, were the locks taken in the order of arrival.
    const batches = [[first, fresh, middle, last], [last, middle, fresh, first]].map((tenants) => service.recordTogether(...tenants.map((tenantId) => somePayload(tenantId))));
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => expect(await service.database.query(waiting)).toHaveLength(2)).finally(() => mayGo.resolve());
    await Promise.all([holder, ...batches]);
    expect(await Promise.all([first, fresh, middle, last].map(sequences))).toEqual([[1, 2, 3], [1, 2], [1, 2, 3], [1, 2, 3]]);
  });

  it('appends nothing of what comes together where one has no leaf\'s form', async () => {
    const tenantId = newId();
    await expect(service.recordTogether(somePayload(tenantId), somePayload(newId(), { reason: 'a\0b' }))).rejects.toThrow();
    expect(await sequences(tenantId)).toEqual([]);
    expect(await head(tenantId)).toBeUndefined();
  });

  it('keeps personal values encrypted, and in one place only', async () => {
    const payload = somePayload(newId());
    await service.record(payload);
    const [row] = await entries(payload.tenantId);
    const { personal } = row as { personal: object };
    expect(Object.keys(personal).sort()).toEqual(['/after/contactEmail', '/ip', '/userAgent']);
    for (const value of ['203.0.113.7', 'Example/1.0', 'jane@example.com']) expect(JSON.stringify(row)).not.toContain(value);
  });

  it('commits to every JSON value that PostgreSQL gives back', async () => {
    const after = JSON.parse(
      String.raw`{"big":1e21,"small":5e-324,"max":1.7976931348623157e308,"zero":-0,"fraction":0.1,"whole":1.0,"long":12345678901234567890,
        "text":"\u00e9\ud83d\ude00 \u2028 \\u0000 'x'; DROP TABLE audit.entry; --","__proto__":{"a":1},"$commitment":"x","":[[],{},null,true]}`,
    ) as Record<string, unknown>;
    const payload = somePayload(newId(), { before: {}, after, reason: '\t\r\n', personal: ['/after/small', '/after/__proto__', '/reason', '/before'] });
    await service.record(payload);
    expect(await verify(payload.tenantId)).toMatchObject({ valid: true, entries: 1 });
    const read = await service.call('GET', `/v1/audit/entries/${payload.entryId}`, memberOf(payload.tenantId));
    expect(read.json()).toMatchObject({ before: {}, reason: '\t\r\n' });
    expect(read.json()['after']).toEqual(JSON.parse(JSON.stringify(after)));
  });

  it.each([
    ['NUL', { after: { a: '\0' } }],
    ['a lone surrogate', { userAgent: '\ud800' }],
    ['a personal pointer to what the log is searched by', { personal: ['/actor/id'] }],
    ['a time that is none', { occurredAt: '2026-02-30T25:00:00Z' }],
  ])('refuses %s, and leaves no trace of it', async (_name, changes) => {
    const payload = somePayload(newId(), changes);
    await expect(service.record(payload)).rejects.toThrow();
    expect(await sequences(payload.tenantId)).toEqual([]);
    expect(await head(payload.tenantId)).toBeUndefined();
  });
});

describe('appending to a log that was tampered with', () => {
  it.each([
    ['whose head was cut back', (tenantId: string) => `UPDATE audit.chain_head SET size = 2 WHERE tenant_id = '${tenantId}'`],
    ['whose head is gone', (tenantId: string) => `DELETE FROM audit.chain_head WHERE tenant_id = '${tenantId}'`],
  ])('%s loses no entry, and signs for nothing', async (_name, sql) => {
    const tenantId = await logOf(3);
    await service.tamper(sql(tenantId));
    await service.recordTogether(somePayload(tenantId), somePayload(tenantId));
    await service.record(somePayload(tenantId));
    expect(await sequences(tenantId)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await head(tenantId)).toMatchObject({ key_id: '', signature: '' });
    const findings = (await verify(tenantId))['findings'] as unknown as { kind: string }[];
    expect(findings.at(-1)).toMatchObject({ kind: 'unanchored' });
    expect(service.logLines.some((line) => line.includes('stays unsigned') && line.includes(tenantId))).toBe(true);
  });

  it.each([
    ['leaf', 1],
    ['entry', 1],
    ['both', 1],
    ['both', 3],
  ])('whose next numbers were taken passes over them, and is valid when the intruders are gone (%s, %d)', async (part, count) => {
    const tenantId = await logOf(3);
    const forged = `tenant_id, 3 + n, ('00000000-0000-7000-8000-00000000000' || n)::uuid, occurred_at`;
    const from = (table: string) => `FROM audit.${table}, generate_series(1, ${count}) n WHERE tenant_id = '${tenantId}' AND sequence = 3`;
    const leaf = `INSERT INTO audit.leaf SELECT ${forged}, content_hash, hash, hash ${from('leaf')}`;
    const entry = `INSERT INTO audit.entry SELECT ${forged}, actor_type, actor_id, action, resource_type, resource_id, outcome,
      request_id, trace_id, reason, before, after, personal ${from('entry')}`;
    await service.tamper(part === 'both' ? `${leaf}; ${entry}` : part === 'leaf' ? leaf : entry);
    await service.record(somePayload(tenantId), somePayload(tenantId));
    const intruders = Array.from({ length: count }, (_, index) => ({ sequence: 4 + index, kind: 'inserted' }));
    expect(await verify(tenantId)).toMatchObject({ firstBrokenSequence: 4, findings: intruders, findingsTotal: count });

    const gone = (table: string) => `DELETE FROM audit.${table} WHERE id::text LIKE '00000000-0000-7000-8000-00000000000_' AND tenant_id = '${tenantId}'`;
    await service.tamper(`${gone('entry')}; ${gone('leaf')}`);
    expect(await verify(tenantId)).toMatchObject({ valid: true, entries: 5, checkpointSize: 5 + count });
  });

  it('whose numbers further on were taken passes over them, however many come together', async () => {
    const tenantId = await logOf(3);
    const intruder = (sequence: number) => `INSERT INTO audit.leaf SELECT tenant_id, ${sequence}, gen_random_uuid(), occurred_at, content_hash, hash, 'forged' FROM audit.leaf
      WHERE tenant_id = '${tenantId}' AND sequence = 3`;
    await service.tamper([5, 6, 9, 1_000_000_000].map(intruder).join(';'));
    await service.recordTogether(...Array.from({ length: 4 }, () => somePayload(tenantId)));
    await service.record(somePayload(tenantId));
    expect(await sequences(tenantId)).toEqual([1, 2, 3, 4, 7, 8, 10, 11]);
    expect(((await verify(tenantId))['findings'] as unknown as { kind: string; sequence: number }[]).map(({ kind, sequence }) => [kind, sequence])).toEqual(
      [5, 6, 9, 1_000_000_000].map((sequence) => ['inserted', sequence]),
    );
    await service.tamper(`DELETE FROM audit.leaf WHERE tenant_id = '${tenantId}' AND hash = 'forged'`);
    expect(await verify(tenantId)).toMatchObject({ valid: true, entries: 8, checkpointSize: 11 });
  });

  it('does not keep entries of other logs from theirs', async () => {
    const [tampered, honest] = [await logOf(2), await logOf(2)];
    await service.tamper(`UPDATE audit.chain_head SET size = 1 WHERE tenant_id = '${tampered}'`);
    await service.recordTogether(somePayload(tampered), somePayload(honest), somePayload(tampered));
    expect([await sequences(tampered), await sequences(honest)]).toEqual([[1, 2, 3, 4], [1, 2, 3]]);
    expect(await head(tampered)).toMatchObject({ key_id: '', signature: '' });
    expect(await verify(honest)).toMatchObject({ valid: true, entries: 3 });
  });

  it('whose tail was cut goes on after the place that the head signed for', async () => {
    const tenantId = await logOf(3);
    await service.tamper(`DELETE FROM audit.entry WHERE tenant_id = '${tenantId}' AND sequence = 3; DELETE FROM audit.leaf WHERE tenant_id = '${tenantId}' AND sequence = 3`);
    await service.record(somePayload(tenantId));
    expect(await sequences(tenantId)).toEqual([1, 2, 4]);
    expect(await verify(tenantId)).toMatchObject({ firstBrokenSequence: 3, findings: [{ sequence: 3, kind: 'missing' }] });
  });
});

describe('the tables', () => {
  const roles = ['plinth_audit_app', 'plinth_audit_system', 'plinth_audit_owner'];
  const tables = ['entry', 'leaf', 'chain_head'];
  const as = (role: string, sql: string) => service.database.query(`SET ROLE ${role}; ${sql}`);

  it.each(roles.flatMap((role) => tables.map((table) => [role, table])))('let %s neither delete nor truncate %s', async (role, table) => {
    await expect(as(role, `DELETE FROM audit.${table}`)).rejects.toMatchObject({ code: '42501' });
    await expect(as(role, `TRUNCATE audit.${table}`)).rejects.toMatchObject({ code: '42501' });
  });

  it.each(roles.flatMap((role) => ['entry', 'leaf'].map((table) => [role, table])))('let %s change nothing in %s', async (role, table) => {
    await expect(as(role, `UPDATE audit.${table} SET sequence = sequence`)).rejects.toMatchObject({ code: '42501' });
  });

  it('stop the superuser too who does not switch the triggers off', async () => {
    await expect(service.database.query('UPDATE audit.entry SET action = action')).rejects.toMatchObject({ code: '42501' });
    await expect(service.database.query('TRUNCATE audit.leaf')).rejects.toMatchObject({ code: '42501' });
  });

  it('let the app role write nothing', async () => {
    const tenantId = await logOf(1);
    for (const table of tables) {
      const sql = `INSERT INTO audit.${table} SELECT * FROM audit.${table}`;
      await expect(service.transactor.run({ tenantId, principalId: null }, (tx) => tx.query(sql))).rejects.toMatchObject({ code: '42501' });
    }
    const update = `UPDATE audit.chain_head SET size = 0`;
    await expect(service.transactor.run({ tenantId, principalId: null }, (tx) => tx.query(update))).rejects.toMatchObject({ code: '42501' });
  });

  it('show the app role its tenant alone, and nothing without a tenant', async () => {
    const [one, other] = [await logOf(2), await logOf(1)];
    for (const table of tables) {
      const seenBy = async (tenantId: string | null) =>
        new Set((await service.transactor.read({ tenantId, principalId: null }, (conn) => conn.query<{ tenant_id: string }>(`SELECT tenant_id FROM audit.${table}`))).map((row) => row.tenant_id));
      expect(await seenBy(one)).toEqual(new Set([one]));
      expect(await seenBy(other)).toEqual(new Set([other]));
      expect(await seenBy(newId())).toEqual(new Set());
      expect(await seenBy(null)).toEqual(new Set());
    }
  });
});
