import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import { ErasureReconciliation } from './erasure-reconciliation.js';
import { ErasureWorker } from './erasure-worker.js';
import { startAuditService } from './testing.js';
import { erasedTables, leftTables } from './what-becomes-of-tables.js';

/** The erasures that audit-service knows. */
let known: { readonly id: string; readonly subjects: readonly string[] }[] | undefined = [];
/** From where on it was asked for them. */
let asked: string[] = [];
let auditService: Awaited<ReturnType<typeof startAuditService>>;
let service: Awaited<ReturnType<typeof bootTenantService>>;
let worker: ErasureWorker;

beforeAll(async () => {
  auditService = await startAuditService(({ searchParams }) => {
    const after = searchParams.get('after') ?? '';
    asked.push(after);
    return { data: known?.toSorted((one, other) => (one.id < other.id ? -1 : 1)).filter(({ id }) => id > after).slice(0, 500) };
  });
  service = await bootTenantService({ auditServiceUrl: auditService.url });
  worker = service.app.get(ErasureWorker, { strict: false });
  await worker.stop();
}, 30_000);
afterAll(async () => {
  await service.close();
  await auditService.stop();
});

const carryOut = () => worker.runOnce(new AbortController().signal);
const query = <T extends Record<string, unknown>>(sql: string, parameters: unknown[] = []) => service.database.query<T>(sql, parameters);
const reconcile = () => service.app.get(ErasureReconciliation, { strict: false }).runOnce(new AbortController().signal);

/** What a backup holds of somebody who asks to be erased right after it, and is. */
async function erasedAfterBackup() {
  const { request, owner, user } = await service.register();
  await service.join(owner, { role: 'owner' });
  await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } });
  const [session] = await query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
  const tables = ['account', ...erasedTables, ...leftTables] as const;
  const backup = await Promise.all(tables.map(async (table) => [table, await query<{ row: object }>(`SELECT to_jsonb(t) AS row FROM tenancy.${table} t WHERE ${table === 'account' ? 'id' : 'account_id'} = $1`, [user.id])] as const));
  const asked = await service.call('POST', '/v1/auth/erasure', { as: { ...owner, sessionId: session?.id ?? '' }, body: { password: request.password } });
  expect(asked.status).toBe(202);
  await carryOut();
  const { id: erasureId } = asked.json() as unknown as { id: string };
  return { ...request, id: user.id, sessionId: session?.id ?? '', erasureId, backup };
}

/** The database is as it was when the backup was made, as far as the person goes. */
async function restore({ id, backup }: Awaited<ReturnType<typeof erasedAfterBackup>>): Promise<void> {
  await query('DELETE FROM tenancy.erasure WHERE account_id = $1', [id]);
  for (const [table, rows] of backup) {
    for (const { row } of rows) {
      if (table === 'account') await query(`UPDATE tenancy.account a SET email = b.email, password_hash = b.password_hash, email_verified_at = b.email_verified_at, status = b.status FROM jsonb_populate_record(NULL::tenancy.account, $1) b WHERE a.id = b.id`, [row]);
      else await query(`INSERT INTO tenancy.${table} SELECT * FROM jsonb_populate_record(NULL::tenancy.${table}, $1)`, [row]);
    }
  }
}

const login = (email: string, password: string) => service.call('POST', '/v1/auth/login', { body: { email, password } });
const toldOf = (erasureId: string) => query<{ payload: { subjects: string[] } }>(`SELECT payload FROM tenancy.event_outbox WHERE event_type = 'user.erased' AND payload->>'erasureId' = $1 ORDER BY sequence`, [erasureId]);
const trailOf = (accountId: string, action: string) => query(`SELECT FROM tenancy.event_outbox WHERE event_type = 'audit.recorded' AND payload->>'action' = $2 AND payload->'resource'->>'id' = $1`, [accountId, action]);

describe('the reconciliation of erasures', () => {
  beforeEach(() => {
    known = [];
  });

  it('erases somebody again whom a restore has brought back, once, the same way, and records it', async () => {
    const [one, other] = [await erasedAfterBackup(), await service.register()];
    known = [{ id: one.erasureId, subjects: [newId(), one.id, 'no id'] }];
    await restore(one);
    // Back: with the account, the sessions and the memberships.
    expect((await login(one.email, one.password)).status).toBe(200);
    await reconcile();
    expect((await login(one.email, one.password)).status).toBe(401);
    expect(await query(`SELECT FROM tenancy.revocation WHERE subject_id = $1 AND kind = 'session_revoked'`, [one.sessionId])).not.toEqual([]);
    await carryOut();
    expect(await query('SELECT email, status FROM tenancy.account WHERE id = $1', [one.id])).toEqual([{ email: null, status: 'erased' }]);
    for (const table of [...erasedTables, ...leftTables]) expect(await query(`SELECT FROM tenancy.${table} WHERE account_id = $1`, [one.id])).toEqual([]);
    // It is the same erasure, told a second time; who keeps something of the person knows it by then.
    expect(await toldOf(one.erasureId)).toHaveLength(2);
    await reconcile();
    await carryOut();
    expect(await trailOf(one.id, 'account.erase_again')).toHaveLength(1);
    expect(await toldOf(one.erasureId)).toHaveLength(2);
    expect((await login(other.request.email, other.request.password)).status).toBe(200);
  });

  it('does it once where it is asked for many times at once, and nothing for whom there is no account', async () => {
    const one = await erasedAfterBackup();
    known = [{ id: one.erasureId, subjects: [one.id] }, { id: newId(), subjects: [newId()] }];
    await restore(one);
    await Promise.all([reconcile(), reconcile(), reconcile()]);
    expect(await trailOf(one.id, 'account.erase_again')).toHaveLength(1);
    await carryOut();
  });

  it('erases nobody for an erasure that was never asked for here, whatever the other side says', async () => {
    const [one, other] = [await erasedAfterBackup(), await service.register()];
    known = [{ id: newId(), subjects: [other.user.id] }, { id: one.erasureId, subjects: [one.id, other.user.id] }];
    await restore(one);
    await reconcile();
    await carryOut();
    expect(await query('SELECT status FROM tenancy.account WHERE id = ANY ($1) ORDER BY status', [[one.id, other.user.id]])).toEqual([{ status: 'active' }, { status: 'erased' }]);
    expect(await trailOf(other.user.id, 'account.erase_again')).toEqual([]);
  });

  it('tells an erasure again that audit-service has forgotten, with all ids under which it knew the person, and not one that is on its way', async () => {
    const one = await erasedAfterBackup();
    await reconcile();
    expect(await toldOf(one.erasureId)).toHaveLength(1);
    await query(`UPDATE tenancy.erasure SET erased_at = erased_at - interval '2 hours'`);
    known = (await query<{ id: string; subjects: string[] }>('SELECT id, subjects FROM tenancy.erasure WHERE id <> $1', [one.erasureId])).map(({ id, subjects }) => ({ id, subjects }));
    await Promise.all([reconcile(), reconcile()]);
    await reconcile();
    const [first, again] = await toldOf(one.erasureId);
    expect(again?.payload).toEqual(first?.payload);
    expect(await trailOf(one.id, 'account.tell_erasure_again')).toHaveLength(1);
    // Half an hour later it would be told again; it is known by then, also under an earlier id.
    await query(`UPDATE tenancy.erasure SET told_again_at = told_again_at - interval '1 hour'`);
    known?.push({ id: '00000000-0000-7000-8000-000000000001', subjects: [one.id] });
    await reconcile();
    expect(await toldOf(one.erasureId)).toHaveLength(2);
  });

  it('goes through more than a page of each side, without taking for forgotten what a later page holds', async () => {
    const one = await erasedAfterBackup();
    await query(`UPDATE tenancy.erasure SET erased_at = erased_at - interval '2 hours'`);
    const ours = await query<{ id: string; subjects: string[] }>('SELECT id, subjects FROM tenancy.erasure');
    // Many from before any of ours.
    known = [...Array.from({ length: 700 }, (_, index) => ({ id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`, subjects: [newId()] })), ...ours];
    asked = [];
    await reconcile();
    expect(asked).toEqual(['', '00000000-0000-7000-8000-000000000499']);
    expect(await toldOf(one.erasureId)).toHaveLength(1);
  });

  it('fails, to be tried again, where audit-service says something else', async () => {
    known = undefined;
    await expect(reconcile()).rejects.toThrow('another form');
  });
});
