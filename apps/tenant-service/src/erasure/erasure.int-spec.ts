import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { totpCode } from '../second-factor/one-time-codes.js';
import { secretOf } from '../second-factor/testing.js';
import { bootTenantService, issuer } from '../testing.js';
import { ErasureWorker } from './erasure-worker.js';
import { startAuditService } from './testing.js';
import { erasedTables, leftTables } from './what-becomes-of-tables.js';

/** What audit-service answers of an erasure, by its id; nothing is known of any other. */
const trails = new Map<string, { erasedAt: string; logs: number; keys: number }>();
let auditService: Awaited<ReturnType<typeof startAuditService>>;
let service: Awaited<ReturnType<typeof bootTenantService>>;
let worker: ErasureWorker;

beforeAll(async () => {
  auditService = await startAuditService(({ pathname }) => trails.get(pathname.split('/').at(-1) ?? '') ?? { erasedAt: null, logs: 0, keys: 0 });
  service = await bootTenantService({ auditServiceUrl: auditService.url });
  worker = service.app.get(ErasureWorker, { strict: false });
  // Each test says when.
  await worker.stop();
}, 30_000);
afterAll(async () => {
  await service.close();
  await auditService.stop();
});

const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
const carryOut = () => worker.runOnce(new AbortController().signal);
const login = (email: string, password: string) => service.call('POST', '/v1/auth/login', { body: { email, password } });
const statusOf = async (receipt: string) => (await service.call('GET', `/v1/auth/erasure/${receipt}`)).json() as unknown as { state: string; certificate: string | null };

/** Somebody who has signed in, and whose tenant somebody else owns too, unless they alone do. */
async function person({ alone = false } = {}) {
  const { request, owner, user, tenant } = await service.register();
  if (!alone) await service.join(owner, { role: 'owner' });
  await login(request.email, request.password);
  const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
  const as: Principal = { ...owner, sessionId: session?.id ?? '' };
  const ask = (body: object = { password: request.password }, key: string = newId()) => service.call('POST', '/v1/auth/erasure', { as, body, key });
  return { ...request, id: user.id, tenantId: tenant.id, as, ask };
}

/** All rows of all tables as text but those of the outbox, whose lifetime the certificate tells. */
async function everything(): Promise<string> {
  const tables = await service.database.query<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'tenancy'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'event_outbox'`);
  const texts = await Promise.all(tables.map(async ({ name }) => JSON.stringify([name, await service.database.query(`SELECT * FROM tenancy.${name}`)])));
  return texts.join('\n');
}

describe('asking for the own erasure', () => {
  it('closes the account at once: nobody signs in any more, and who is signed in is signed out', async () => {
    const one = await person();
    const asked = await one.ask();
    expect([asked.status, asked.json()]).toEqual([202, { id: expect.any(String), state: 'requested', receipt: expect.stringMatching(/^[\w-]{43}$/) }]);
    expect(codeOf(await login(one.email, one.password))).toEqual([401, 'credentials_invalid']);
    expect(await service.database.query('SELECT FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL', [one.id])).toEqual([]);
    expect(await service.database.query(`SELECT FROM tenancy.revocation WHERE subject_id = $1 AND kind = 'session_revoked'`, [one.as.sessionId])).toHaveLength(1);
    expect((await statusOf((asked.json() as unknown as { receipt: string }).receipt)).state).toBe('requested');
  });

  it('takes the password, and the second factor where there is one', async () => {
    const one = await person();
    expect(codeOf(await one.ask({ password: 'another password' }))).toEqual([403, 'password_wrong']);
    const proposed = (await service.call('POST', '/v1/auth/second-factor', { as: one.as, body: { password: one.password } })).json() as unknown as { secret: string };
    const secret = secretOf(proposed.secret);
    await service.call('POST', '/v1/auth/second-factor/confirm', { as: one.as, body: { code: totpCode(secret, new Date()) } });
    expect(codeOf(await one.ask())).toEqual([403, 'second_factor_wrong']);
    expect(codeOf(await one.ask({ password: one.password, code: '000000' }))).toEqual([403, 'second_factor_wrong']);
    expect((await one.ask({ password: one.password, code: totpCode(secret, new Date(Date.now() + 30_000)) })).status).toBe(202);
  });

  it('is refused to the last owner of a tenant in use, which is named, and to operators', async () => {
    const one = await person({ alone: true });
    const refused = await one.ask();
    expect([...codeOf(refused), (refused.json() as unknown as { tenantIds: string[] }).tenantIds]).toEqual([409, 'sole_owner', [one.tenantId]]);
    const operator: Principal = { ...one.as, type: 'operator', tenantId: null, roles: ['OPERATOR'] };
    expect(codeOf(await service.call('POST', '/v1/auth/erasure', { as: operator, body: { password: one.password } }))).toEqual([409, 'operator_account']);
    expect((await service.call('POST', `/v1/tenants/${one.tenantId}/deactivate`, { as: one.as, body: { reason: 'we close' } })).status).toBe(200);
    expect((await one.ask()).status).toBe(202);
  });

  it('is refused while a legal hold is on the person, and waits for the end of one that comes later', async () => {
    const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
    const hold = async (accountId: string) => {
      const placed = await service.call('POST', '/v1/admin/legal-holds', { as: operator, body: { accountId, reason: 'a claim' } });
      expect(placed.status).toBe(201);
      return placed.json() as unknown as { id: string };
    };
    const release = async ({ id }: { id: string }) => expect((await service.call('POST', `/v1/admin/legal-holds/${id}/release`, { as: operator, body: { reason: 'settled' } })).status).toBe(200);
    const one = await person();
    const first = await hold(one.id);
    expect(codeOf(await one.ask())).toEqual([409, 'legal_hold']);
    await release(first);
    expect((await one.ask()).status).toBe(202);
    const later = await hold(one.id);
    const due = () => service.database.query('UPDATE tenancy.erasure SET due_at = now() WHERE account_id = $1', [one.id]);
    const states = () => service.database.query('SELECT email, status FROM tenancy.account WHERE id = $1', [one.id]);
    await carryOut();
    expect(await states()).toEqual([{ email: one.email, status: 'erasing' }]);
    await release(later);
    await due();
    await carryOut();
    expect(await states()).toEqual([{ email: null, status: 'erased' }]);
  });

  it('that is sent twice is one', async () => {
    const [one, key] = [await person(), newId()];
    const [first, again] = [await one.ask(undefined, key), await one.ask(undefined, key)];
    expect(again.text).toBe(first.text);
    expect(await service.database.query('SELECT FROM tenancy.erasure WHERE account_id = $1', [one.id])).toHaveLength(1);
  });
});

describe('an erasure', () => {
  it('leaves nothing of the person but the id, ends the memberships, and tells who keeps something', async () => {
    const [one, host] = [await person(), await service.register()];
    const invited = await service.call('POST', `/v1/tenants/${host.tenant.id}/invitations`, { as: host.owner, body: { email: one.email, role: 'member' } });
    const { id: invitationId } = invited.json() as unknown as { id: string };
    await service.call('POST', '/v1/invitations/accept', { as: one.as, body: { token: await service.newestMailedToken() } });
    expect(await everything()).toContain(one.email);
    const { id: erasureId } = (await one.ask()).json() as unknown as { id: string };
    await carryOut();

    expect(await everything()).not.toContain(one.email);
    const [account] = await service.database.query('SELECT email, password_hash, email_verified_at, status FROM tenancy.account WHERE id = $1', [one.id]);
    expect(account).toEqual({ email: null, password_hash: null, email_verified_at: null, status: 'erased' });
    for (const table of [...erasedTables, ...leftTables]) expect(await service.database.query(`SELECT FROM tenancy.${table} WHERE account_id = $1`, [one.id])).toEqual([]);
    const events = await service.database.query<{ event_type: string; payload: { subjects?: string[]; tenantId?: string } }>(
      `SELECT event_type, payload FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type IN ('member.removed', 'user.erased') ORDER BY sequence`,
      [one.id],
    );
    expect(events.map(({ event_type }) => event_type)).toEqual(['member.removed', 'member.removed', 'user.erased']);
    expect(events.at(-1)?.payload).toEqual({ userId: one.id, erasureId, subjects: [one.id, invitationId] });
    // The host counts one member less again.
    const seats = await service.database.query<{ settled: string }>(`SELECT settled FROM tenancy.quota_window WHERE tenant_id = $1 AND metric = 'users' AND closed_at IS NULL`, [host.tenant.id]);
    expect(Number(seats[0]?.settled)).toBe(1);
  });

  it('touches nobody else', async () => {
    const [one, other] = [await person(), await person()];
    await one.ask();
    await carryOut();
    expect((await login(other.email, other.password)).status).toBe(200);
    expect(await service.database.query('SELECT FROM tenancy.consent WHERE account_id = $1', [other.id])).not.toEqual([]);
  });

  it('is carried out once, also by two replicas at once and after one that died in the middle', async () => {
    const one = await person();
    const { id } = (await one.ask()).json() as unknown as { id: string };
    // Who died had taken it, and left the tenant.
    await service.database.query(`DELETE FROM tenancy.membership WHERE account_id = $1`, [one.id]);
    await Promise.all([carryOut(), carryOut(), carryOut()]);
    await carryOut();
    expect(await service.database.query(`SELECT FROM tenancy.event_outbox WHERE event_type = 'user.erased' AND payload->>'erasureId' = $1`, [id])).toHaveLength(1);
  });

  it('frees the address for a new account', async () => {
    const one = await person();
    await one.ask();
    await carryOut();
    const again = await service.register(one.email);
    expect(again.answer.status).toBe(201);
    expect(again.user.id).not.toBe(one.id);
  });

  it('is of the principal’s own account alone, in the database too', async () => {
    const [one, other] = [await person(), await person()];
    const { id } = (await one.ask()).json() as unknown as { id: string };
    const asOther = async (sql: string) => {
      const { Transactor } = await import('@plinth/database');
      return await service.app.get(Transactor, { strict: false }).run({ tenantId: null, principalId: other.id }, (tx) => tx.query(sql));
    };
    await expect(asOther(`SELECT tenancy.erase_account('${id}', now())`)).rejects.toThrow();
    await expect(asOther(`SELECT tenancy.erase_account('${newId()}', now())`)).rejects.toThrow();
    await expect(asOther('SELECT * FROM tenancy.erasure')).rejects.toThrow();
    expect((await login(other.email, other.password)).status).toBe(200);
    await carryOut();
  });
});

describe('the certificate of an erasure', () => {
  it('is there when the trail is done too, signed by a published key, and names by when the copies are gone', async () => {
    const one = await person();
    const { id, receipt } = (await one.ask()).json() as unknown as { id: string; receipt: string };
    await carryOut();
    expect(await statusOf(receipt)).toMatchObject({ state: 'requested', certificate: null });
    const erasedAt = new Date(Date.now() + 1_000).toISOString();
    trails.set(id, { erasedAt, logs: 2, keys: 3 });
    const { state, certificate } = await statusOf(receipt);
    expect(state).toBe('erased');
    const jwks = (await service.call('GET', '/.well-known/jwks.json')).json() as never;
    const { payload } = await jwtVerify(certificate ?? '', createLocalJWKSet(jwks), { issuer, typ: 'erasure-certificate+jwt' });
    expect(payload).toMatchObject({
      sub: one.id,
      erasure: { id, completedAt: erasedAt, account: { rows: { account: 1, session: 1, consent: 2 } }, auditTrail: { erasedAt, logs: 2, keysDestroyed: 3 } },
    });
    const { copies } = payload['erasure'] as { copies: { what: string; goneBy: string }[] };
    for (const { goneBy } of copies) expect(Date.parse(goneBy)).toBeGreaterThan(Date.parse(erasedAt));
    expect(copies.map(({ what }) => what)).toContain('backups');
    expect((await statusOf(receipt)).certificate).toBe(certificate);
  });

  it('is nobody’s without the receipt', async () => {
    expect(codeOf(await service.call('GET', `/v1/auth/erasure/${'x'.repeat(43)}`))).toEqual([404, 'erasure_not_found']);
  });

  it('waits while audit-service is away', async () => {
    const one = await person();
    const { receipt } = (await one.ask()).json() as unknown as { receipt: string };
    await carryOut();
    await auditService.stop();
    await eventually(async () => expect((await service.call('GET', `/v1/auth/erasure/${receipt}`)).status).toBe(503));
  });
});
