import { Transactor } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

/** What deletes, at the level of the database: the fences are there whatever the service asks for. */
describe('the retention functions', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let transactor: Transactor;
  beforeAll(async () => {
    service = await bootTenantService();
    transactor = service.app.get(Transactor, { strict: false });
  });
  afterAll(() => service.close());

  const sql = <T extends Record<string, unknown> = Record<string, unknown>>(text: string, values: unknown[] = []) => service.database.query<T>(text, values);
  const enforce = (of: string, days: number, rows = 500) =>
    transactor.runSystem('enforce_retention', (tx) => tx.query<{ tenant_id: string | null; gone: number }>('SELECT tenant_id, gone FROM tenancy.enforce_retention($1, $2, $3)', [of, days, rows]));
  const past = (of: string, days: number) => transactor.readSystem('retention', (conn) => conn.query<{ id: string; holds: string[] }>('SELECT id, holds FROM tenancy.past_retention($1, $2, NULL)', [of, days]));
  const has = async (table: string, id: string) => (await sql(`SELECT FROM tenancy.${table} WHERE id = $1`, [id])).length === 1;
  const hold = async (tenantId: string | null, accountId: string | null) => {
    const id = newId();
    await sql(`INSERT INTO tenancy.legal_hold (id, tenant_id, account_id, reason, placed_by, by_operator, placed_at) VALUES ($1, $2, $3, 'x', $1, true, now())`, [id, tenantId, accountId]);
    return id;
  };
  const setup = async () => {
    const { owner, tenant, user } = await service.register();
    return { owner, tenantId: tenant.id, accountId: user.id };
  };

  const invitation = async (tenantId: string, invitedBy: string, endedDaysAgo: number, column = 'revoked_at') => {
    const id = newId();
    await sql(
      `INSERT INTO tenancy.invitation (id, tenant_id, email, role, roles, custom_role_ids, token_hash, invited_by, created_at, expires_at, ${column === 'expires_at' ? 'accepted_at' : column})
       VALUES ($1, $2, $3, 'viewer', '{}', '{}', $4, $5, now() - interval '2 years', CASE WHEN $6 = 'expires_at' THEN now() - make_interval(days => $7) ELSE now() + interval '1 day' END,
         CASE WHEN $6 = 'expires_at' THEN NULL ELSE now() - make_interval(days => $7) END)`,
      [id, tenantId, `${id}@plinth.example`, Buffer.from(id), invitedBy, column, endedDaysAgo],
    );
    return id;
  };
  const session = async (accountId: string, { createdDaysAgo, expiredDaysAgo, revokedDaysAgo }: { createdDaysAgo: number; expiredDaysAgo: number; revokedDaysAgo?: number }) => {
    const id = newId();
    await sql(
      `INSERT INTO tenancy.session (id, account_id, refresh_token_hash, created_at, expires_at, revoked_at)
       VALUES ($1, $2, $3, now() - make_interval(days => $4), now() - make_interval(days => $5), now() - make_interval(days => $6))`,
      [id, accountId, Buffer.from(id), createdDaysAgo, expiredDaysAgo, revokedDaysAgo ?? null],
    );
    await sql(`INSERT INTO tenancy.used_refresh_token (token_hash, session_id, account_id, used_at, successor) VALUES ($1, $2, $3, now(), 'x')`, [Buffer.from(newId()), id, accountId]);
    return id;
  };

  it('delete ended invitations past their time, by the tenant that they are of, and none that is open or younger', async () => {
    const { tenantId, accountId } = await setup();
    const gone = [await invitation(tenantId, accountId, 91), await invitation(tenantId, accountId, 400, 'expires_at'), await invitation(tenantId, accountId, 100, 'accepted_at')];
    const kept = [await invitation(tenantId, accountId, 89), await invitation(tenantId, accountId, 1, 'expires_at')];
    expect(await enforce('ended_invitations', 90)).toEqual([{ tenant_id: tenantId, gone: 3 }]);
    expect(await Promise.all(gone.map((id) => has('invitation', id)))).toEqual([false, false, false]);
    expect(await Promise.all(kept.map((id) => has('invitation', id)))).toEqual([true, true]);
  });

  it('go by what the tenant has decided, and never below the fence', async () => {
    const [{ tenantId, accountId }, other] = [await setup(), await setup()];
    await sql(`INSERT INTO tenancy.retention_policy (tenant_id, data_class, days, version, updated_at, updated_by) VALUES ($1, 'ended_invitations', 1, 1, now(), $2), ($3, 'ended_invitations', 400, 1, now(), $2)`, [tenantId, accountId, other.tenantId]);
    const [young, old, kept] = [await invitation(tenantId, accountId, 6), await invitation(tenantId, accountId, 8), await invitation(other.tenantId, other.accountId, 399)];
    await enforce('ended_invitations', 90);
    expect([await has('invitation', young), await has('invitation', old), await has('invitation', kept)]).toEqual([true, false, true]);
  });

  it('keep what is held of a tenant, of who invited and of who was invited, and look past it to the rest', async () => {
    const [{ tenantId, accountId }, invited, free] = [await setup(), await setup(), await setup()];
    const held = [await invitation(tenantId, accountId, 500), await invitation(tenantId, accountId, 499)];
    const ofInvited = await invitation(free.tenantId, free.accountId, 498);
    await sql('UPDATE tenancy.invitation SET email = (SELECT email FROM tenancy.account WHERE id = $2) WHERE id = $1', [ofInvited, invited.accountId]);
    const other = [await invitation(free.tenantId, free.accountId, 300), await invitation(free.tenantId, free.accountId, 299)];
    const [onTenant, onPerson] = [await hold(tenantId, null), await hold(null, invited.accountId)];
    const explained = await past('ended_invitations', 90);
    expect(explained.find(({ id }) => id === held[0])?.holds).toEqual([onTenant]);
    expect(explained.find(({ id }) => id === ofInvited)?.holds).toEqual([onPerson]);
    expect(await enforce('ended_invitations', 90, 1)).toEqual([{ tenant_id: free.tenantId, gone: 1 }]);
    expect(await enforce('ended_invitations', 90, 1)).toEqual([{ tenant_id: free.tenantId, gone: 1 }]);
    expect(await enforce('ended_invitations', 90, 1)).toEqual([]);
    expect(await Promise.all([...held, ofInvited, ...other].map((id) => has('invitation', id)))).toEqual([true, true, true, false, false]);
    await sql('UPDATE tenancy.legal_hold SET released_at = now(), released_by = id, release_reason = $1 WHERE id = ANY ($2)', ['x', [onTenant, onPerson]]);
    expect((await enforce('ended_invitations', 90)).reduce((sum, { gone }) => sum + gone, 0)).toBe(3);
  });

  it('delete ended sessions with their used tokens, and keep each family as long as a token of it could be good', async () => {
    const { accountId } = await setup();
    const gone = await session(accountId, { createdDaysAgo: 130, expiredDaysAgo: 40 });
    const kept = [
      // Revoked long ago: its tokens would be good today, had it not been.
      await session(accountId, { createdDaysAgo: 60, expiredDaysAgo: -5, revokedDaysAgo: 50 }),
      // Idle for long, and not older than a session can be.
      await session(accountId, { createdDaysAgo: 85, expiredDaysAgo: 50 }),
      await session(accountId, { createdDaysAgo: 110, expiredDaysAgo: 20 }),
      await session(accountId, { createdDaysAgo: 1, expiredDaysAgo: -29 }),
    ];
    expect(await enforce('ended_sessions', 30)).toEqual([{ tenant_id: null, gone: 1 }]);
    expect(await has('session', gone)).toBe(false);
    expect(await Promise.all(kept.map((id) => has('session', id)))).toEqual([true, true, true, true]);
    expect(await sql('SELECT FROM tenancy.used_refresh_token WHERE session_id = ANY ($1)', [kept])).toHaveLength(4);
  });

  it('delete keys that ended, of those that took each other’s place the oldest first, and none that is good or has a younger one’s place', async () => {
    const { tenantId, accountId } = await setup();
    const key = async (endedDaysAgo: number | null, replaces: string | null = null) => {
      const id = newId();
      await sql(
        `INSERT INTO tenancy.api_key (id, tenant_id, created_by, name, key_hash, scopes, created_at, revoked_at, replaces) VALUES ($1, $2, $3, 'x', $4, '{}', now(), now() - make_interval(days => $5), $6)`,
        [id, tenantId, accountId, Buffer.from(id.replaceAll('-', '')), endedDaysAgo, replaces],
      );
      if (replaces !== null) await sql(`UPDATE tenancy.api_key SET rotated_to = $2, overlap_ends_at = now() - interval '400 days' WHERE id = $1`, [replaces, id]);
      await sql('INSERT INTO tenancy.api_key_use (api_key_id, tenant_id, last_used_at) VALUES ($1, $2, now())', [id, tenantId]);
      return id;
    };
    const first = await key(null);
    const second = await key(380, first);
    const third = await key(null, second);
    await sql('UPDATE tenancy.api_key SET rotated_to = NULL, overlap_ends_at = NULL WHERE id = $1', [third]);
    const recent = await key(20);
    expect(await enforce('ended_api_keys', 365)).toEqual([{ tenant_id: tenantId, gone: 1 }]);
    expect(await enforce('ended_api_keys', 365)).toEqual([{ tenant_id: tenantId, gone: 1 }]);
    expect(await enforce('ended_api_keys', 1)).toEqual([]);
    expect([await has('api_key', first), await has('api_key', second), await has('api_key', third), await has('api_key', recent)]).toEqual([false, false, true, true]);
    expect(await sql('SELECT replaces FROM tenancy.api_key WHERE id = $1', [third])).toEqual([{ replaces: null }]);
  });

  it('delete the proof of consents that are over for long, and no other', async () => {
    const { accountId } = await setup();
    const consent = async (document: string, givenDaysAgo: number, withdrawnDaysAgo?: number) => {
      const id = newId();
      await sql(`INSERT INTO tenancy.consent (id, account_id, document, document_version, given_at) VALUES ($1, $2, $3, $4, now() - make_interval(days => $5))`, [id, accountId, document, String(givenDaysAgo), givenDaysAgo]);
      if (withdrawnDaysAgo !== undefined) await sql('INSERT INTO tenancy.consent_withdrawal (consent_id, account_id, withdrawn_at) VALUES ($1, $2, now() - make_interval(days => $3))', [id, accountId, withdrawnDaysAgo]);
      return id;
    };
    const gone = [await consent('old_terms', 3_000), await consent('news', 2_000, 1_500)];
    const kept = [await consent('old_terms', 1_200), await consent('other', 2_000, 900), await consent('alone', 4_000)];
    expect(await enforce('obsolete_consents', 1_095)).toEqual([{ tenant_id: null, gone: 2 }]);
    expect(await Promise.all([...gone, ...kept].map((id) => has('consent', id)))).toEqual([false, false, true, true, true]);
    expect(await enforce('obsolete_consents', 1)).toEqual([{ tenant_id: null, gone: 1 }]);
  });

  it('keep sessions, consents and mailed links of persons who are held', async () => {
    const { tenantId, accountId } = await setup();
    const kept = await session(accountId, { createdDaysAgo: 400, expiredDaysAgo: 310 });
    const token = Buffer.from(newId());
    await sql(`INSERT INTO tenancy.mailed_token (token_hash, purpose, account_id, email, created_at, expires_at) VALUES ($1, 'verify_email', $2, 'x', now() - interval '20 days', now() - interval '19 days')`, [token, accountId]);
    const id = await hold(tenantId, accountId);
    expect(await enforce('ended_sessions', 30)).toEqual([]);
    await sql('SELECT tenancy.purge_mail(now(), 500)');
    expect([await has('session', kept), (await sql('SELECT FROM tenancy.mailed_token WHERE token_hash = $1', [token])).length]).toEqual([true, 1]);
    await sql('UPDATE tenancy.legal_hold SET released_at = now(), released_by = id, release_reason = $2 WHERE id = $1', [id, 'x']);
    expect(await enforce('ended_sessions', 30)).toEqual([{ tenant_id: null, gone: 1 }]);
    await sql('SELECT tenancy.purge_mail(now(), 500)');
    expect(await sql('SELECT FROM tenancy.mailed_token WHERE token_hash = $1', [token])).toEqual([]);
  });

  it('delete nothing where the holds cannot be asked', async () => {
    const { accountId } = await setup();
    const kept = await session(accountId, { createdDaysAgo: 400, expiredDaysAgo: 310 });
    await sql('ALTER TABLE tenancy.legal_hold RENAME TO legal_hold_gone');
    try {
      await expect(enforce('ended_sessions', 30)).rejects.toThrow();
      expect(await has('session', kept)).toBe(true);
    } finally {
      await sql('ALTER TABLE tenancy.legal_hold_gone RENAME TO legal_hold');
    }
    expect(await enforce('ended_sessions', 30)).toEqual([{ tenant_id: null, gone: 1 }]);
  });

  it('show a tenant what is past its time of its own alone, and let the app role delete nothing', async () => {
    const [one, other] = [await setup(), await setup()];
    const mine = await invitation(one.tenantId, one.accountId, 500);
    await invitation(other.tenantId, other.accountId, 500);
    const asTenant = { tenantId: one.tenantId, principalId: one.accountId };
    const seen = await transactor.read(asTenant, (conn) => conn.query<{ id: string }>('SELECT id FROM tenancy.past_retention($1, 90, NULL)', ['ended_invitations']));
    expect(seen).toEqual([{ id: mine }]);
    expect(await transactor.read(asTenant, (conn) => conn.query('SELECT id FROM tenancy.past_retention($1, 1, NULL)', ['ended_sessions']))).toEqual([]);
    await expect(transactor.read(asTenant, (conn) => conn.query('SELECT * FROM tenancy.enforce_retention($1, 1, 1)', ['ended_invitations']))).rejects.toThrow();
  });
});
