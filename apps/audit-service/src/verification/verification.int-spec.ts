import { newId } from '@plinth/kernel';
import { bootAuditService, memberOf, somePayload, type AuditServiceUnderTest } from '../testing.js';
import { leafHashAt, type ChainRow } from '../trail/chain-walk.js';
import { contentHashOf } from '../trail/content.js';
import { zeroHash } from '../trail/leaf.js';
import { sealedContentOf } from '../trail/stored-entry.js';
import { ChainsRepository } from './chains.repository.js';

let service: AuditServiceUnderTest;
beforeAll(async () => {
  service = await bootAuditService();
});
afterAll(() => service.close());

const verify = (tenantId: string) => service.call('POST', '/v1/audit/verify', memberOf(tenantId));

async function logOf(length: number): Promise<string> {
  const tenantId = newId();
  await service.record(...Array.from({ length }, (_, index) => somePayload(tenantId, { reason: `change ${index + 1}` })));
  return tenantId;
}

/** What verification finds after the SQL, in which `:log` stands for the condition on the tenant. */
async function findingsAfter(sql: string, length = 5): Promise<string[]> {
  const tenantId = await logOf(length);
  await service.tamper(sql.replaceAll(':log', `tenant_id = '${tenantId}'`).replaceAll(':id', tenantId));
  return findingsOf(tenantId);
}

async function findingsOf(tenantId: string): Promise<string[]> {
  const answer = await verify(tenantId);
  expect(answer.status).toBe(409);
  const { findings } = answer.json() as unknown as { findings: { sequence: number; kind: string; detail: string }[] };
  for (const { detail } of findings) expect(detail).toMatch(/^[A-Z].*\.$/);
  return findings.map(({ sequence, kind }) => `${sequence} ${kind}`);
}

const bothTables = (statement: (table: string) => string) => `${statement('entry')}; ${statement('leaf')}`;

describe('verification of an untouched log', () => {
  it('answers 200 with what was verified', async () => {
    const tenantId = await logOf(3);
    const [head] = await service.database.query('SELECT hash FROM audit.chain_head WHERE tenant_id = $1', [tenantId]);
    const answer = await verify(tenantId);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ valid: true, entries: 3, checkpointSize: 3, pruned: 0, erasedSubjects: 0, headHash: head?.['hash'] });
  });

  it('answers 200 for a log that has not begun', async () => {
    expect((await verify(newId())).json()).toEqual({ valid: true, entries: 0, checkpointSize: 0, pruned: 0, erasedSubjects: 0, headHash: '0'.repeat(64) });
  });

  it('reads a log of several pages, and finds nothing while entries arrive', async () => {
    const tenantId = newId();
    await service.recordTogether(...Array.from({ length: 420 }, () => somePayload(tenantId)));
    let appending = true;
    const appends = (async () => {
      while (appending) await service.record(somePayload(tenantId));
    })();
    for (let time = 0; time < 10; time++) {
      const answer = await verify(tenantId);
      expect(answer.status).toBe(200);
      expect(answer.json()['entries']).toBeGreaterThanOrEqual(420);
    }
    appending = false;
    await appends;
  });

  it('is allowed to owners and admins, and to nobody without an identity', async () => {
    const tenantId = await logOf(1);
    const statusAs = async (role: string) => (await service.call('POST', '/v1/audit/verify', memberOf(tenantId, role))).status;
    expect([await statusAs('owner'), await statusAs('admin'), await statusAs('member'), await statusAs('viewer')]).toEqual([200, 200, 403, 403]);
    const past = await service.app.inject({ method: 'POST', url: '/v1/audit/verify' });
    expect(past.statusCode).toBe(401);
  });

  it('honours an idempotency key where one is sent', async () => {
    const tenantId = await logOf(1);
    const owner = memberOf(tenantId);
    const send = () => service.call('POST', '/v1/audit/verify', owner, { 'idempotency-key': 'once' });
    const first = await send();
    await service.record(somePayload(tenantId));
    const second = await send();
    expect(second.text).toBe(first.text);
    expect(second.headers['idempotent-replayed']).toBe('true');
  });
});

describe('verification after a superuser', () => {
  const textColumns = ['actor_type', 'actor_id', 'action', 'resource_type', 'resource_id', 'outcome', 'request_id', 'trace_id', 'reason'];
  const edits: [string, string][] = [
    ...textColumns.map((column): [string, string] => [column, `${column} = ${column} || 'x'`]),
    ...textColumns.map((column): [string, string] => [`${column} (to empty)`, `${column} = ''`]),
    ['id', 'id = gen_random_uuid()'],
    ['occurred_at', `occurred_at = occurred_at + interval '1 ms'`],
    ['occurred_at (to infinity)', `occurred_at = 'infinity'`],
    ['before', `before = before || '{"name": "Umbrella"}'`],
    ['before (to SQL null)', 'before = NULL'],
    ['before (to JSON null)', `before = 'null'`],
    ['before (a member more)', `before = before || '{"plan": null}'`],
    ['after', `after = after - 'settings'`],
    ['a personal value', `personal = jsonb_set(personal, '{/ip,value}', '"203.0.113.8"')`],
    ['a salt', `personal = jsonb_set(personal, '{/ip,salt}', to_jsonb(repeat('0', 64)))`],
    ['a personal value (gone)', `personal = personal - '/userAgent'`],
    ['a personal value (of no place)', `personal = personal || jsonb_build_object('/before/x', personal -> '/ip')`],
  ];
  it.each(edits)('finds an edited entry: %s', async (_column, change) => {
    expect(await findingsAfter(`UPDATE audit.entry SET ${change} WHERE :log AND sequence = 3`)).toEqual(['3 altered']);
  });

  it.each([
    ['id', 'id = gen_random_uuid()'],
    ['occurred_at', `occurred_at = occurred_at - interval '1 ms'`],
    ['content_hash', `content_hash = repeat('a', 64)`],
    ['previous_hash', 'previous_hash = hash'],
    ['hash', 'hash = upper(hash)'],
  ])('finds an edited leaf: %s', async (_column, change) => {
    expect(await findingsAfter(`UPDATE audit.leaf SET ${change} WHERE :log AND sequence = 3`)).toEqual(['3 altered']);
  });

  it.each([
    ['size', 'size = 4'],
    ['hash', `hash = (SELECT hash FROM audit.leaf WHERE :log AND sequence = 4)`],
    ['updated_at', `updated_at = updated_at + interval '1 ms'`],
    ['key_id', `key_id = 'x'`],
    ['signature', `signature = ''`],
  ])('finds an edited head: %s', async (_column, change) => {
    expect(await findingsAfter(`UPDATE audit.chain_head SET ${change} WHERE :log`)).toEqual(['5 unanchored']);
  });

  it('finds the head deleted, or put in the place of another', async () => {
    expect(await findingsAfter('DELETE FROM audit.chain_head WHERE :log')).toEqual(['5 unanchored']);
    const other = await logOf(5);
    const copy = `DELETE FROM audit.chain_head WHERE :log;
      INSERT INTO audit.chain_head SELECT ':id'::uuid, size, hash, updated_at, key_id, signature FROM audit.chain_head WHERE tenant_id = '${other}'`;
    expect(await findingsAfter(copy)).toEqual(['5 unanchored']);
  });

  it('finds rows deleted from the middle', async () => {
    expect(await findingsAfter(bothTables((table) => `DELETE FROM audit.${table} WHERE :log AND sequence IN (2, 3)`))).toEqual(['2 missing', '3 missing']);
    expect(await findingsAfter('DELETE FROM audit.entry WHERE :log AND sequence = 2')).toEqual(['2 missing']);
    expect(await findingsAfter('DELETE FROM audit.leaf WHERE :log AND sequence = 2')).toEqual(['2 missing']);
  });

  it('finds the tail cut off', async () => {
    expect(await findingsAfter(bothTables((table) => `DELETE FROM audit.${table} WHERE :log AND sequence > 3`))).toEqual(['4 truncated', '5 truncated']);
    expect(await findingsAfter('DELETE FROM audit.entry WHERE :log AND sequence = 5')).toEqual(['5 truncated']);
    expect(await findingsAfter(bothTables((table) => `DELETE FROM audit.${table} WHERE :log`), 2)).toEqual(['1 truncated', '2 truncated']);
  });

  it.each([
    ['after the last', '6', 6],
    ['far after the last', '9223372036854775807', Number.MAX_SAFE_INTEGER + 1],
    ['before the first', '0', 0],
    ['far before the first', '-9223372036854775808', -(2 ** 63)],
  ])('finds a row inserted %s', async (_name, sequence, shown) => {
    const found = await findingsAfter(`
      INSERT INTO audit.entry SELECT tenant_id, ${sequence}, gen_random_uuid(), occurred_at, actor_type, actor_id, action, resource_type, resource_id,
        outcome, request_id, trace_id, reason, before, after, personal FROM audit.entry WHERE :log AND sequence = 5;
      INSERT INTO audit.leaf SELECT e.tenant_id, ${sequence}, e.id, e.occurred_at, l.content_hash, l.hash, l.hash
        FROM audit.leaf l JOIN audit.entry e ON e.tenant_id = l.tenant_id WHERE l.:log AND l.sequence = 5 AND e.sequence = ${sequence}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/ inserted$/);
    expect(Math.abs(Number(found[0]?.split(' ')[0]))).toBeGreaterThanOrEqual(Math.abs(shown));
  });

  it('finds two rows swapped, whole or in part', async () => {
    const swap = (table: string) => `UPDATE audit.${table} SET sequence = -sequence WHERE :log AND sequence IN (2, 4);
      UPDATE audit.${table} SET sequence = 6 + sequence WHERE :log AND sequence < 0`;
    expect(await findingsAfter(bothTables(swap))).toEqual(['2 reordered', '4 reordered']);
    expect(await findingsAfter(swap('entry'))).toEqual(['2 reordered', '4 reordered']);
    expect(await findingsAfter(swap('leaf'))).toEqual(['2 reordered', '4 reordered']);
  });

  it.each(['entry', 'leaf', 'both'])('finds a row moved to another tenant, on both sides (%s)', async (part) => {
    const [from, to] = [await logOf(5), await logOf(2)];
    const move = (table: string) => `UPDATE audit.${table} SET tenant_id = '${to}', sequence = 3 WHERE tenant_id = '${from}' AND sequence = 4`;
    await service.tamper(part === 'both' ? bothTables(move) : move(part));
    expect(await findingsOf(from)).toEqual(['4 moved']);
    expect(await findingsOf(to)).toEqual(['3 moved']);
  });

  /** A forger without the keys has the commitments. */
  const statedCommitments = { find: () => 'destroyed' as const };

  /** What a forger with this code does: edits an entry and makes leaves fit, from one sequence to another. */
  async function forge(tenantId: string, from: number, to: number): Promise<string> {
    await service.tamper(`UPDATE audit.entry SET reason = 'forged' WHERE tenant_id = '${tenantId}' AND sequence = ${from}`);
    const scope = { tenantId, principalId: null };
    const rows: ChainRow[] = [];
    await service.transactor.read(scope, async (conn) => {
      for await (const page of new ChainsRepository().chainPages(conn, tenantId)) rows.push(...page);
    });
    let previous = rows[from - 2]?.leaf?.hash ?? zeroHash;
    for (const { sequence, entry, leaf } of rows.slice(from - 1, to)) {
      const made = { ...leaf!, content_hash: contentHashOf(sealedContentOf(entry!, statedCommitments)), previous_hash: previous };
      previous = leafHashAt(tenantId, sequence, made)!;
      await service.tamper(`UPDATE audit.leaf SET content_hash = '${made.content_hash}', previous_hash = '${made.previous_hash}', hash = '${previous}'
        WHERE tenant_id = '${tenantId}' AND sequence = ${sequence}`);
    }
    return previous;
  }

  it('finds an entry altered whose leaf was recomputed to fit', async () => {
    const tenantId = await logOf(5);
    await forge(tenantId, 3, 3);
    expect(await findingsOf(tenantId)).toEqual(['3 forked']);
  });

  it('finds an entry altered where all that follows was recomputed to fit', async () => {
    const tenantId = await logOf(5);
    await forge(tenantId, 3, 5);
    expect(await findingsOf(tenantId)).toEqual(['5 forked']);
  });

  it('finds an entry altered where even the head was made to fit, but for the signature', async () => {
    const tenantId = await logOf(5);
    const hash = await forge(tenantId, 1, 5);
    await service.tamper(`UPDATE audit.chain_head SET hash = '${hash}' WHERE tenant_id = '${tenantId}'`);
    expect(await findingsOf(tenantId)).toEqual(['5 unanchored']);
  });

  it('is content again when the original bytes are put back', async () => {
    const tenantId = await logOf(3);
    const original = `WHERE tenant_id = '${tenantId}' AND sequence = 2`;
    await service.tamper(`CREATE TABLE kept AS SELECT * FROM audit.entry ${original}; UPDATE audit.entry SET action = 'x', after = NULL ${original}`);
    expect((await verify(tenantId)).status).toBe(409);
    await service.tamper(`UPDATE audit.entry e SET action = k.action, after = k.after FROM kept k WHERE e.id = k.id; DROP TABLE kept`);
    expect((await verify(tenantId)).status).toBe(200);
  });
});

describe('the answer about a broken log', () => {
  it('is a problem that names the first bad entry, and tells no other tenant and no content', async () => {
    const tenantId = await logOf(5);
    await service.tamper(`UPDATE audit.entry SET action = 'x' WHERE tenant_id = '${tenantId}' AND sequence >= 4`);
    const answer = await verify(tenantId);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({
      ...{ status: 409, code: 'audit_chain_broken', instance: '/v1/audit/verify', firstBrokenSequence: 4, findingsTotal: 2, entries: 5, checkpointSize: 5 },
      findings: [{ sequence: 4, kind: 'altered' }, { sequence: 5, kind: 'altered' }],
    });
  });

  it('lists a hundred findings and counts all', async () => {
    const tenantId = await logOf(130);
    await service.tamper(`UPDATE audit.entry SET action = 'x' WHERE tenant_id = '${tenantId}'`);
    const { findings, findingsTotal } = (await verify(tenantId)).json() as unknown as { findings: unknown[]; findingsTotal: number };
    expect([findings.length, findingsTotal]).toEqual([100, 130]);
  });
});

describe('every verification', () => {
  it('is itself told to the trail, with its outcome', async () => {
    const tenantId = await logOf(2);
    const owner = memberOf(tenantId);
    const outbox = () =>
      service.database.query<{ payload: Record<string, unknown>; tenant_id: string; aggregate_id: string }>(
        'SELECT payload, tenant_id, aggregate_id FROM audit.event_outbox WHERE tenant_id = $1 ORDER BY sequence',
        [tenantId],
      );
    await service.call('POST', '/v1/audit/verify', owner);
    await service.tamper(`DELETE FROM audit.entry WHERE tenant_id = '${tenantId}' AND sequence = 1`);
    await service.call('POST', '/v1/audit/verify', owner);
    const told = await outbox();
    expect(told).toHaveLength(2);
    for (const event of told) expect(event).toMatchObject({ aggregate_id: tenantId, payload: { action: 'audit.verify', tenantId, actor: { type: 'user', id: owner.id }, resource: { type: 'audit_log', id: tenantId } } });
    expect(told.map(({ payload }) => payload['outcome'])).toEqual(['success', 'failure']);
    expect(told.map(({ payload }) => (payload['after'] as { firstBrokenSequence: number | null }).firstBrokenSequence)).toEqual([null, 1]);
  });
});
