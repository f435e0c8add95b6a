import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

describe('POST /v1/auth/refresh', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  interface Tokens {
    readonly accessToken: string;
    readonly refreshToken: string;
    readonly expiresIn: number;
  }

  async function signIn() {
    const { request, user, tenant } = await service.register();
    const { email, password } = request;
    const tokens = (await service.call('POST', '/v1/auth/login', { body: { email, password } })).json() as unknown as Tokens;
    return { user, tenant, ...tokens };
  }

  async function refresh(refreshToken: string, key: string = newId()) {
    const answer = await service.call('POST', '/v1/auth/refresh', { body: { refreshToken }, key });
    return { status: answer.status, text: answer.text, code: answer.json()['code'], ...(answer.json() as unknown as Tokens) };
  }

  const sessionOf = async (accountId: string) => {
    const [session] = await service.database.query<{ id: string; revoked_at: Date | null }>('SELECT id, revoked_at FROM tenancy.session WHERE account_id = $1', [accountId]);
    if (session === undefined) throw new Error('the account has no session');
    return session;
  };
  const usedAgo = (seconds: number) => service.database.query(`UPDATE tenancy.used_refresh_token SET used_at = used_at - make_interval(secs => $1)`, [seconds]);

  it('exchanges each token for one successor, of the same session', async () => {
    const { user, refreshToken } = await signIn();
    const first = await refresh(refreshToken);
    expect(first).toMatchObject({ status: 200, expiresIn: 600, tokenType: 'Bearer' });
    const second = await refresh(first.refreshToken);
    expect(second.status).toBe(200);
    expect(new Set([refreshToken, first.refreshToken, second.refreshToken]).size).toBe(3);
    expect(await service.database.query('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id])).toHaveLength(1);
  });

  it('answers the retry of a lost answer with the same successor, under the same key byte for byte and under another one too', async () => {
    const { refreshToken } = await signIn();
    const key = newId();
    const lost = await refresh(refreshToken, key);
    expect((await refresh(refreshToken, key)).text).toBe(lost.text);
    expect(await refresh(refreshToken)).toMatchObject({ status: 200, refreshToken: lost.refreshToken });
    await usedAgo(29);
    expect(await refresh(refreshToken)).toMatchObject({ status: 200, refreshToken: lost.refreshToken });
  });

  it('gives ten refreshes at once the same successor, and ends nothing', async () => {
    const { user, refreshToken } = await signIn();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
    expect((await sessionOf(user.id)).revoked_at).toBeNull();
  });

  it('ends the session, for both holders, where a used token comes again later', async () => {
    const { user, tenant, refreshToken } = await signIn();
    const { refreshToken: successor } = await refresh(refreshToken);
    await usedAgo(31);
    expect(await refresh(refreshToken)).toMatchObject({ status: 401, code: 'refresh_token_invalid' });
    expect(await refresh(successor)).toMatchObject({ status: 401, code: 'refresh_token_invalid' });
    const { id, revoked_at: revokedAt } = await sessionOf(user.id);
    expect(revokedAt).not.toBeNull();
    expect(await service.database.query(`SELECT 1 FROM tenancy.revocation WHERE kind = 'session_revoked' AND subject_id = $1`, [id])).toHaveLength(1);
    const told = await service.database.query<{ event_type: string; payload: object }>(
      `SELECT event_type, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type = 'session.revoked' OR payload ->> 'action' = 'auth.refresh') ORDER BY event_type`,
      [tenant.id],
    );
    expect(told).toMatchObject([
      { event_type: 'audit.recorded', payload: { outcome: 'failure', reason: 'refresh_token_reused', resource: { type: 'session', id } } },
      { event_type: 'session.revoked', payload: { userId: user.id, sessionId: id, reason: 'refresh_token_reused' } },
    ]);
  });

  it('ends it too where its successor was used already, however soon', async () => {
    const { refreshToken } = await signIn();
    const { refreshToken: successor } = await refresh(refreshToken);
    const { refreshToken: latest } = await refresh(successor);
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await refresh(latest)).status).toBe(401);
  });

  it('refuses what is no token, one that has expired, one of a session that has ended, and one of a disabled account', async () => {
    expect(await refresh('nobody-was-given-this')).toMatchObject({ status: 401, code: 'refresh_token_invalid' });
    expect((await service.call('POST', '/v1/auth/refresh', { body: { refreshToken: '' } })).status).toBe(422);
    const expired = await signIn();
    await service.database.query('UPDATE tenancy.session SET expires_at = now() WHERE account_id = $1', [expired.user.id]);
    expect((await refresh(expired.refreshToken)).status).toBe(401);
    const ended = await signIn();
    await service.database.query('UPDATE tenancy.session SET revoked_at = now() WHERE account_id = $1', [ended.user.id]);
    expect((await refresh(ended.refreshToken)).status).toBe(401);
    const disabled = await signIn();
    await service.database.query(`UPDATE tenancy.account SET status = 'disabled' WHERE id = $1`, [disabled.user.id]);
    expect((await refresh(disabled.refreshToken)).status).toBe(401);
  });

  it('lets a session live for 30 days from its last use, and 90 at most', async () => {
    const { user, refreshToken } = await signIn();
    const daysLeft = async () => {
      const [row] = await service.database.query<{ days: number }>(
        `SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM tenancy.session WHERE account_id = $1`,
        [user.id],
      );
      return row?.days;
    };
    await service.database.query(`UPDATE tenancy.session SET expires_at = now() + interval '1 day' WHERE account_id = $1`, [user.id]);
    const { refreshToken: second } = await refresh(refreshToken);
    expect(await daysLeft()).toBe(30);
    await service.database.query(`UPDATE tenancy.session SET created_at = now() - interval '80 days' WHERE account_id = $1`, [user.id]);
    expect((await refresh(second)).status).toBe(200);
    expect(await daysLeft()).toBe(10);
  });

  it('keeps no token, in whatever form it was given', async () => {
    const { refreshToken } = await signIn();
    const { refreshToken: successor } = await refresh(refreshToken);
    const rows = await service.database.query<{ row: string }>('SELECT used::text AS row FROM tenancy.used_refresh_token used UNION ALL SELECT session::text FROM tenancy.session session');
    for (const token of [refreshToken, successor]) {
      for (const form of [token, Buffer.from(token, 'base64url').toString('hex'), Buffer.from(token).toString('hex')]) {
        expect(rows.filter(({ row }) => row.includes(form))).toEqual([]);
      }
    }
  });
});
