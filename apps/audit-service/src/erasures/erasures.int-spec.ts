import { randomBytes } from 'node:crypto';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootAuditService, memberOf, somePayload, type AuditServiceUnderTest } from '../testing.js';
import { ErasuresService } from './erasures.service.js';

let service: AuditServiceUnderTest;
const secrets = [randomBytes(32)];
beforeAll(async () => {
  service = await bootAuditService({ subjectKeySecrets: secrets });
}, 30_000);
afterAll(() => service.close());

const tenantService: Principal = { type: 'service', id: 'tenant-service', tenantId: null, roles: [], scopes: [] };

const entriesOf = async (tenantId: string) =>
  ((await service.call('GET', '/v1/audit/entries', memberOf(tenantId))).json() as unknown as { data: Record<string, never>[] }).data;
const verify = async (tenantId: string) => {
  const { status, json } = await service.call('POST', '/v1/audit/verify', memberOf(tenantId));
  return { ...json(), status } as unknown as { status: number; findings: { sequence: number; kind: string }[] };
};
const erase = (subjects: string[], erasureId = newId()) =>
  service.transactor.runSystem('append_audit_entries', (tx) => service.app.get(ErasuresService).erase(tx, { userId: subjects[0] ?? '', erasureId, subjects }));
/** An act of a person, from an address, on an account of their own. */
const actOf = (person: string, tenantId: string) =>
  somePayload(tenantId, { actor: { type: 'user', id: person }, resource: { type: 'account', id: person }, before: null, after: { email: 'jane@example.com' }, personal: ['/after/email'] });
const storedText = async () => JSON.stringify([await service.database.query('SELECT * FROM audit.entry'), await service.database.query('SELECT * FROM audit.leaf')]);

describe('the erasure of a person', () => {
  it('is never needed to keep a dump of the database from telling who was where', async () => {
    const [person, tenantId] = [newId(), newId()];
    await service.record(actOf(person, tenantId));
    expect(await storedText()).not.toMatch(/jane@example|203\.0\.113|Example\/1/);
    expect((await entriesOf(tenantId))[0]).toMatchObject({ ip: '203.0.113.7', userAgent: 'Example/1.0', after: { email: 'jane@example.com' }, erased: [] });
  });

  it('leaves nothing of the person to read in any log, the rest as it was, and every log valid', async () => {
    const [person, other, one, two] = [newId(), newId(), newId(), newId()];
    await service.record(actOf(person, one), actOf(other, one), actOf(person, two));
    const leaves = () => service.database.query(`SELECT hash FROM audit.leaf WHERE tenant_id = ANY ($1) AND occurred_at = '2026-11-22T08:00:00.123Z' ORDER BY tenant_id, sequence`, [[one, two]]);
    const before = await leaves();
    await erase([person]);
    expect(await leaves()).toEqual(before);

    const [told, ofOther, ofPerson] = await entriesOf(one);
    expect(ofPerson).toMatchObject({ actor: { id: person }, ip: null, userAgent: null, after: { email: null }, erased: ['/ip', '/userAgent', '/after/email'] });
    expect(ofOther).toMatchObject({ ip: '203.0.113.7', after: { email: 'jane@example.com' }, erased: [] });
    expect(told).toMatchObject({ action: 'person.erase', resource: { type: 'person', id: person }, actor: { type: 'service', id: 'audit-service' } });
    expect(await verify(one)).toMatchObject({ status: 200, valid: true, erasedSubjects: 1 });
    expect(await verify(two)).toMatchObject({ status: 200, valid: true, erasedSubjects: 1, entries: 2 });
  });

  it('covers what comes later, which is committed to and not kept', async () => {
    const [person, known, unknown] = [newId(), newId(), newId()];
    await service.record(actOf(person, known));
    await erase([person]);
    await service.recordTogether(actOf(person, known), actOf(person, unknown), actOf(newId(), unknown));
    const late = await service.database.query(`SELECT personal::text FROM audit.entry WHERE actor_id = $1 AND sequence <> 1 OR tenant_id = $2 AND actor_id = $1`, [person, unknown]);
    expect(late).toHaveLength(2);
    for (const { personal } of late) expect(personal).not.toContain('ciphertext');
    // The log in which the person stood nowhere before tells of the erasure, too.
    expect((await entriesOf(unknown)).map(({ action }) => action)).toContain('person.erase');
    expect(await verify(known)).toMatchObject({ valid: true });
    expect(await verify(unknown)).toMatchObject({ valid: true, entries: 3 });
  });

  it('happens once, however often it is told', async () => {
    const [person, tenantId, erasureId] = [newId(), newId(), newId()];
    await service.record(actOf(person, tenantId));
    await erase([person], erasureId);
    await erase([person], erasureId);
    await erase([person]);
    expect(await entriesOf(tenantId)).toHaveLength(2);
    const answer = await service.call('GET', `/internal/v1/erasures/${erasureId}`, tenantService);
    expect(answer.json()).toEqual({ erasedAt: expect.any(String), logs: 1, keys: 1 });
    const nothing = await service.call('GET', `/internal/v1/erasures/${newId()}`, tenantService);
    expect(nothing.json()).toEqual({ erasedAt: null, logs: 0, keys: 0 });
  });

  it('is listed with those whom it was of, until a restore of the database to a moment before, and done again when it is told again', async () => {
    const [person, tenantId, erasureId] = [newId(), newId(), newId()];
    await service.record(actOf(person, tenantId));
    const tables = ['entry', 'leaf', 'chain_head', 'subject_key'];
    const backup = await Promise.all(tables.map(async (table) => [table, await service.database.query<{ row: object }>(`SELECT to_jsonb(t) AS row FROM audit.${table} t WHERE tenant_id = $1`, [tenantId])] as const));
    await erase([person], erasureId);
    const listed = async (after?: string) => {
      const answer = await service.call('GET', `/internal/v1/erasures${after === undefined ? '' : `?after=${after}`}`, tenantService);
      return (answer.json() as unknown as { data: { id: string; subjects: string[] }[] }).data;
    };
    expect(await listed()).toContainEqual({ id: erasureId, subjects: [person] });
    expect((await listed(erasureId)).map(({ id }) => id)).not.toContain(erasureId);
    expect((await service.call('GET', '/internal/v1/erasures', memberOf(tenantId))).status).toBe(403);

    await service.tamper(`DELETE FROM audit.subject_erasure WHERE erasure_id = '${erasureId}'`);
    for (const [table, rows] of backup) {
      await service.tamper(`DELETE FROM audit.${table} WHERE tenant_id = '${tenantId}'`);
      for (const { row } of rows) await service.tamper(`INSERT INTO audit.${table} SELECT * FROM jsonb_populate_record(NULL::audit.${table}, '${JSON.stringify(row)}')`);
    }
    expect((await entriesOf(tenantId))[0]).toMatchObject({ ip: '203.0.113.7', erased: [] });
    expect((await listed()).map(({ id }) => id)).not.toContain(erasureId);

    await erase([person], erasureId);
    expect((await entriesOf(tenantId)).at(-1)).toMatchObject({ actor: { id: person }, ip: null, after: { email: null }, erased: ['/ip', '/userAgent', '/after/email'] });
    expect(await verify(tenantId)).toMatchObject({ status: 200, valid: true, erasedSubjects: 1, entries: 2 });
    expect(await listed()).toContainEqual({ id: erasureId, subjects: [person] });
  });

  it('and entries that are just being recorded leave no key behind', async () => {
    const [person, tenants] = [newId(), Array.from({ length: 20 }, () => newId())];
    await Promise.all([...tenants.slice(0, 10).map((tenantId) => service.record(actOf(person, tenantId))), erase([person]), ...tenants.slice(10).map((tenantId) => service.record(actOf(person, tenantId)))]);
    expect(await service.database.query('SELECT FROM audit.subject_key WHERE subject = $1 AND destroyed_at IS NULL', [person])).toEqual([]);
    for (const tenantId of tenants) expect(await verify(tenantId)).toMatchObject({ valid: true });
  });

  it('is found where somebody only pretends to one: a key destroyed without an entry, a key taken away, a value moved', async () => {
    const spoil = async (sql: (tenantId: string, person: string) => string) => {
      const [person, tenantId] = [newId(), newId()];
      await service.record(actOf(person, tenantId), actOf(newId(), tenantId));
      await service.tamper(sql(tenantId, person));
      const { status, findings } = await verify(tenantId);
      return [status, findings.map(({ sequence, kind }) => `${sequence} ${kind}`)];
    };
    const altered = [409, ['1 altered']];
    expect(await spoil((tenantId, person) => `UPDATE audit.subject_key SET wrapped = NULL, destroyed_at = now() WHERE tenant_id = '${tenantId}' AND subject = '${person}'`)).toEqual(altered);
    expect(await spoil((tenantId, person) => `DELETE FROM audit.subject_key WHERE tenant_id = '${tenantId}' AND subject = '${person}'`)).toEqual(altered);
    expect(await spoil((tenantId) => `UPDATE audit.entry SET personal = personal #- '{/ip,ciphertext}' WHERE tenant_id = '${tenantId}' AND sequence = 1`)).toEqual(altered);
    expect(await spoil((tenantId, person) => `UPDATE audit.subject_key SET wrapped = '\\x00' WHERE tenant_id = '${tenantId}' AND subject = '${person}'`)).toEqual(altered);
  });

  it('is beyond the service’s roles but by destruction', async () => {
    await service.record(actOf(newId(), newId()));
    const refused = { code: '42501' };
    for (const sql of ['DELETE FROM audit.subject_key', 'DELETE FROM audit.subject_erasure', `UPDATE audit.subject_key SET wrapped = '\\x00'`, 'TRUNCATE audit.subject_key']) {
      await expect(service.database.query(sql)).rejects.toMatchObject(refused);
    }
    await erase([newId()]);
    await expect(service.database.query(`UPDATE audit.subject_key SET wrapped = '\\x00', destroyed_at = NULL WHERE destroyed_at IS NOT NULL`)).rejects.toMatchObject(refused);
  });
});

describe('the keys of subjects', () => {
  it('are opened by a secret that has been replaced, and are none without it', async () => {
    const [person, tenantId] = [newId(), newId()];
    await service.record(actOf(person, tenantId));
    const [row] = await service.database.query('SELECT wrapped FROM audit.subject_key WHERE tenant_id = $1', [tenantId]);
    const { SubjectKeyRing, subjectKeySeal } = await import('../trail/subject-key-ring.js');
    const openedBy = (ring: Buffer[]) => new SubjectKeyRing(subjectKeySeal(ring)).open([{ subject: person, wrapped: row!['wrapped'] as Buffer }]).find(person);
    expect(openedBy([randomBytes(32), ...secrets])).toMatchObject({ type: 'secret' });
    expect(openedBy([randomBytes(32)])).toBeUndefined();
  });
});
