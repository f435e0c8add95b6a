import { randomBytes } from 'node:crypto';
import { CsrfTokens, hashSessionCookie, newSessionCookie } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

const dayMs = 86_400_000;
const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

describe('the session of a browser', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const cookieIn = (headers: Readonly<Record<string, unknown>>) => /^plinth_session=([\w-]{43}); Max-Age=7776000; Path=\/; HttpOnly; SameSite=Lax$/.exec(String(headers['set-cookie']))?.[1] ?? '';

  async function signIn(request: { readonly email: string; readonly password: string }, key: string = newId()) {
    const { email, password } = request;
    const answer = await service.call('POST', '/v1/auth/login', { body: { email, password, session: 'cookie' }, key });
    return { ...answer, body: answer.json() as unknown as { csrfToken: string; expiresAt: string }, cookie: cookieIn(answer.headers) };
  }

  async function newBrowser() {
    const registered = await service.register();
    const { cookie, body } = await signIn(registered.request);
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [registered.user.id]);
    const sessionId = session?.id ?? '';
    return { ...registered, cookie, ...body, sessionId, caller: { ...registered.owner, sessionId } };
  }

  const find = async (cookie: string) => {
    const { status, json } = await service.call('POST', '/internal/v1/browser-sessions/find', { as: gateway, body: { cookieHash: hashSessionCookie(cookie) } });
    return { status, facts: json() as unknown as { sessionId: string; userId: string; memberships: { tenantId: string; roles: string[] }[]; operatorRoles: string[]; expiresAt: string; ended: boolean } };
  };
  const stored = async (sessionId: string) => (await service.database.query('SELECT * FROM tenancy.session WHERE id = $1', [sessionId]))[0] ?? {};
  const usedAgo = (sessionId: string, ms: number) =>
    service.database.query(`UPDATE tenancy.session SET created_at = created_at - $2 * interval '1 ms', expires_at = expires_at - $2 * interval '1 ms', refreshed_at = refreshed_at - $2 * interval '1 ms' WHERE id = $1`, [sessionId, ms]);

  it('is opened by a cookie that is stored hashed, and the answer has no token but the one against forgery', async () => {
    const { request, user } = await service.register();
    const { status, text, body, cookie, headers } = await signIn(request);
    expect([status, Object.keys(body).sort(), headers['cache-control']]).toEqual([200, ['csrfToken', 'expiresAt'], 'no-store']);
    expect(text).not.toContain(cookie);
    const sessions = await service.database.query<{ id: string; cookie_hash: Buffer }>('SELECT * FROM tenancy.session WHERE account_id = $1', [user.id]);
    expect(sessions).toMatchObject([{ refresh_token_hash: null, second_factor: false }]);
    expect(sessions[0]?.cookie_hash.toString('hex')).toBe(hashSessionCookie(cookie));
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(29 * dayMs);
    expect((await service.call('POST', '/v1/auth/refresh', { body: { refreshToken: cookie } })).status).toBe(401);
  });

  it('changes nothing for whoever asks for tokens', async () => {
    const { request } = await service.register();
    for (const session of [{}, { session: 'token' }]) {
      const { email, password } = request;
      const { status, headers, json } = await service.call('POST', '/v1/auth/login', { body: { email, password, ...session } });
      expect([status, Object.keys(json()), headers['set-cookie']]).toEqual([200, ['accessToken', 'refreshToken', 'expiresIn', 'tokenType'], undefined]);
    }
    const { email, password } = request;
    expect((await service.call('POST', '/v1/auth/login', { body: { email, password, session: 'x' } })).status).toBe(422);
  });

  it('is given again to who repeats the sign-in, and to nobody else under the same key', async () => {
    const { request } = await service.register();
    const other = await service.register();
    const key = newId();
    const first = await signIn(request, key);
    const again = await signIn(request, key);
    expect([again.headers['idempotent-replayed'], again.cookie, again.text]).toEqual(['true', first.cookie, first.text]);
    const wrong = await signIn({ ...request, password: 'not this one at all' }, key);
    expect([wrong.status, wrong.headers['set-cookie']]).toEqual([422, undefined]);
    expect((await signIn(other.request, key)).cookie).not.toBe(first.cookie);
    const kept = await service.database.query<{ row: string }>('SELECT r::text AS row FROM tenancy.idempotency_record r');
    expect(kept.map(({ row }) => row).join()).not.toContain(Buffer.from(first.cookie).toString('hex'));
    expect(service.logLines.join()).not.toContain(first.cookie);
  });

  it('has one credential, whoever writes it', async () => {
    const { sessionId } = await newBrowser();
    await expect(service.database.query('UPDATE tenancy.session SET refresh_token_hash = $2 WHERE id = $1', [sessionId, randomBytes(32)])).rejects.toThrow('session_has_one_credential');
  });

  it('is told to gateways by its cookie’s hash: whose it is, where it belongs and until when', async () => {
    const { cookie, user, tenant, sessionId, expiresAt } = await newBrowser();
    expect(await find(cookie)).toEqual({
      status: 200,
      facts: { sessionId, userId: user.id, memberships: [{ tenantId: tenant.id, roles: ['owner'], capabilities: [] }], operatorRoles: [], expiresAt, ended: false },
    });
    expect((await find(newSessionCookie())).status).toBe(404);
    expect((await service.call('POST', '/internal/v1/browser-sessions/find', { as: gateway, body: { cookieHash: cookie } })).status).toBe(422);
  });

  it('goes on by being used: 30 days from the last time, 90 from the sign-in', async () => {
    const { cookie, sessionId } = await newBrowser();
    const { facts: fresh } = await find(cookie);
    expect((await stored(sessionId))['refreshed_at']).toBeNull();
    await usedAgo(sessionId, 20 * dayMs);
    const { facts: later } = await find(cookie);
    expect(Math.abs(Date.parse(later.expiresAt) - Date.parse(fresh.expiresAt))).toBeLessThan(60_000);
    const { refreshed_at: noted } = await stored(sessionId);
    expect(noted).not.toBeNull();
    // A use a moment later is not noted: it would be one write for each of a thousand calls.
    await find(cookie);
    expect((await stored(sessionId))['refreshed_at']).toEqual(noted);
    await usedAgo(sessionId, 29 * dayMs);
    await find(cookie);
    await usedAgo(sessionId, 29 * dayMs);
    const { facts: old } = await find(cookie);
    expect(Date.parse(old.expiresAt)).toBeLessThan(Date.now() + 13 * dayMs);
  });

  it('that nobody has used for 30 days does not come back', async () => {
    const { cookie, sessionId } = await newBrowser();
    await usedAgo(sessionId, 31 * dayMs);
    const { facts } = await find(cookie);
    expect([Date.parse(facts.expiresAt) < Date.now(), (await stored(sessionId))['refreshed_at']]).toEqual([true, null]);
  });

  it('shows its CSRF token again, the same one, to who has a session', async () => {
    const { caller, csrfToken, sessionId } = await newBrowser();
    const answer = await service.call('GET', '/v1/auth/csrf', { as: caller });
    expect([answer.status, answer.json()]).toEqual([200, { csrfToken }]);
    expect(new CsrfTokens([randomBytes(32)]).isOf(csrfToken, sessionId)).toBe(false);
    const key = { type: 'api_key' as const, id: newId(), tenantId: newId(), roles: ['owner'], scopes: ['*'] };
    expect((await service.call('GET', '/v1/auth/csrf', { as: key })).json()).toMatchObject({ status: 403, code: 'session_required' });
  });

  it('ends by signing out, which has the browser forget it, and by a retry that finds it ended', async () => {
    const { caller, cookie, sessionId } = await newBrowser();
    for (let time = 0; time < 2; time += 1) {
      const { status, headers } = await service.call('POST', '/v1/auth/logout', { as: caller });
      expect([status, headers['set-cookie']]).toEqual([204, 'plinth_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax']);
    }
    expect((await find(cookie)).facts.ended).toBe(true);
    expect(await service.database.query('SELECT 1 FROM tenancy.revocation WHERE subject_id = $1', [sessionId])).toHaveLength(1);
    expect(await service.database.query(`SELECT 1 FROM tenancy.event_outbox WHERE event_type = 'user.logged_out' AND payload @> $1`, [JSON.stringify({ sessionId })])).toHaveLength(1);
  });

  it('ends with all others when the password changes, and with the account', async () => {
    const { request, caller, cookie } = await newBrowser();
    const other = await signIn(request);
    const changed = await service.call('POST', '/v1/auth/password/change', { as: caller, body: { currentPassword: request.password, newPassword: 'another horse battery' } });
    expect([changed.status, (await find(cookie)).facts.ended, (await find(other.cookie)).facts.ended]).toEqual([204, false, true]);
    await service.database.query(`UPDATE tenancy.account SET status = 'disabled' WHERE id = $1`, [caller.id]);
    expect((await find(cookie)).facts).toMatchObject({ ended: true });
  });

  it('leaves the cookie of a session by token alone when that signs out', async () => {
    const { request, user, owner } = await service.register();
    const { email, password } = request;
    await service.call('POST', '/v1/auth/login', { body: { email, password } });
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    const { status, headers } = await service.call('POST', '/v1/auth/logout', { as: { ...owner, sessionId: session?.id ?? '' } });
    expect([status, headers['set-cookie']]).toEqual([204, undefined]);
  });
});
