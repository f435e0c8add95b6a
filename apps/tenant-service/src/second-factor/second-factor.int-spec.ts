import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { decodeJwt } from 'jose';
import { bootTenantService } from '../testing.js';
import { totpCode } from './one-time-codes.js';
import { secretOf } from './testing.js';

const step = 30_000;

describe('the second factor', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const login = (email: string, password: string, code?: string, key: string = newId()) => service.call('POST', '/v1/auth/login', { body: { email, password, ...(code === undefined ? {} : { code }) }, key });
  const mailsOf = async (email: string, subject: string) => (await service.mail.to(email)).filter((message) => message.includes(subject)).length;

  async function signedIn() {
    const { request, owner, user, tenant } = await service.register();
    await login(request.email, request.password);
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    const as: Principal = { ...owner, sessionId: session?.id ?? '' };
    const call = (path: string, body: object, key: string = newId()) => service.call('POST', `/v1/auth/second-factor${path}`, { as, body, key });
    const describe = async () => (await service.call('GET', '/v1/auth/second-factor', { as })).json() as unknown as { enabled: boolean; recoveryCodesLeft: number };
    return { ...request, as, user, tenant, call, describe };
  }

  /** Somebody with an app; `at` counts its codes in steps from now, of which one each way is good. */
  async function withFactor() {
    const person = await signedIn();
    const proposed = (await person.call('', { password: person.password })).json() as unknown as { secret: string };
    const secret = secretOf(proposed.secret);
    const at = (steps: number) => totpCode(secret, new Date(Date.now() + steps * step));
    const confirmed = await person.call('/confirm', { code: at(-1) });
    expect(confirmed.status).toBe(200);
    return { ...person, secret: proposed.secret, at, recoveryCodes: (confirmed.json() as unknown as { recoveryCodes: string[] }).recoveryCodes };
  }

  it('counts when a code was shown, not before: from then on a sign-in asks for one', async () => {
    const person = await signedIn();
    const proposed = await person.call('', { password: person.password });
    expect([proposed.status, (await login(person.email, person.password)).status, (await person.describe()).enabled]).toEqual([201, 200, false]);
    expect(codeOf(await person.call('/confirm', { code: '000000' }))).toEqual([403, 'second_factor_wrong']);
    const { secret } = proposed.json() as unknown as { secret: string };
    const app = secretOf(secret);
    expect((await person.call('/confirm', { code: totpCode(app, new Date()) })).status).toBe(200);
    expect(await person.describe()).toMatchObject({ enabled: true, recoveryCodesLeft: 10 });
    expect(codeOf(await login(person.email, person.password))).toEqual([401, 'second_factor_required']);
    expect(codeOf(await login(person.email, 'another password', totpCode(app, new Date())))).toEqual([401, 'credentials_invalid']);
    expect((await login(person.email, person.password, totpCode(app, new Date(Date.now() + step)))).status).toBe(200);
    expect(codeOf(await person.call('', { password: person.password }))).toEqual([409, 'second_factor_exists']);
    await eventually(async () => expect(await mailsOf(person.email, 'Signing in asks for a code now')).toBe(1));
  });

  it('ends every other session when it comes, and is told of', async () => {
    const { user, as } = await withFactor();
    const open = await service.database.query<{ id: string; second_factor: boolean }>('SELECT id, second_factor FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL', [user.id]);
    expect(open).toEqual([{ id: as.sessionId, second_factor: true }]);
    const events = await service.database.query<{ event_type: string }>(`SELECT event_type FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type LIKE 'user.second%'`, [user.id]);
    expect(events).toHaveLength(1);
  });

  it('takes each code once, from ten at once too', async () => {
    const { email, password, at } = await withFactor();
    const code = at(0);
    const answers = await Promise.all(Array.from({ length: 4 }, () => login(email, password, code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect(codeOf(await login(email, password, code))).toEqual([401, 'second_factor_invalid']);
    // A retry of the same request is the same answer.
    const [next, key] = [at(1), newId()];
    const [first, again] = [await login(email, password, next, key), await login(email, password, next, key)];
    expect([first.status, again.text]).toEqual([200, first.text]);
  });

  it('lets in by a recovery code, once, and says so to the owner', async () => {
    const { email, password, recoveryCodes, describe, tenant } = await withFactor();
    const code = recoveryCodes[3] ?? '';
    expect((await login(email, password, code.toLowerCase())).status).toBe(200);
    expect(codeOf(await login(email, password, code))).toEqual([401, 'second_factor_invalid']);
    expect((await describe()).recoveryCodesLeft).toBe(9);
    await eventually(async () => expect(await mailsOf(email, 'A recovery code was used')).toBe(1));
    const tries = await service.database.query<{ payload: { outcome: string; reason?: string; after?: object } }>(`SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'auth.login' ORDER BY sequence`, [tenant.id]);
    expect(tries.slice(-2)).toMatchObject([{ payload: { after: { confirmedBy: 'recovery_code' } } }, { payload: { outcome: 'failure', reason: 'second_factor_invalid' } }]);
  });

  it('bounds how often codes are tried by whoever knows the password', async () => {
    const { email, password } = await withFactor();
    const seen: unknown[] = [];
    for (let n = 0; n < 7; n += 1) seen.push((await login(email, password, '000000')).json()['code']);
    expect(seen.slice(0, 4)).toEqual(Array(4).fill('second_factor_invalid'));
    expect(seen.at(-1)).toBe('too_many_attempts');
  });

  it('is given up with the password and a code, and new recovery codes end the old ones', async () => {
    const { email, password, call, at, recoveryCodes, describe } = await withFactor();
    expect(codeOf(await call('/disable', { password: 'another password', code: at(0) }))).toEqual([403, 'password_wrong']);
    expect(codeOf(await call('/disable', { password, code: '000000' }))).toEqual([403, 'second_factor_wrong']);
    const renewed = await call('/recovery-codes', { password, code: recoveryCodes[0] });
    const fresh = (renewed.json() as unknown as { recoveryCodes: string[] }).recoveryCodes;
    expect([renewed.status, fresh.length]).toEqual([200, 10]);
    expect(codeOf(await login(email, password, recoveryCodes[1]))).toEqual([401, 'second_factor_invalid']);
    expect((await call('/disable', { password, code: at(0) })).status).toBe(204);
    expect(await describe()).toMatchObject({ enabled: false, recoveryCodesLeft: 0 });
    expect((await login(email, password)).status).toBe(200);
    expect(codeOf(await call('/disable', { password, code: at(1) }))).toEqual([404, 'second_factor_not_set_up']);
  });

  describe('that was lost', () => {
    const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
    const reset = (accountId: string, as: Principal = operator, body: object = { reason: 'Ticket 4711: called back on the number we know' }, key: string = newId()) =>
      service.call('POST', `/v1/admin/accounts/${accountId}/second-factor/reset`, { as, body, key });

    it('is taken away by an operator, with all sessions; the password is asked for as before, and it is told', async () => {
      const { email, password, user, tenant, recoveryCodes, describe, at } = await withFactor();
      const key = newId();
      expect([(await reset(user.id, operator, undefined, key)).status, (await reset(user.id, operator, undefined, key)).status]).toEqual([204, 204]);
      expect(await service.database.query('SELECT id FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL', [user.id])).toEqual([]);
      expect(await service.database.query('SELECT account_id FROM tenancy.recovery_code WHERE account_id = $1', [user.id])).toEqual([]);
      expect((await describe()).enabled).toBe(false);
      expect(codeOf(await login(email, 'another password'))).toEqual([401, 'credentials_invalid']);
      expect((await login(email, password)).status).toBe(200);
      const told = await service.database.query<{ event_type: string; payload: Record<string, unknown> }>(
        `SELECT event_type, payload FROM tenancy.event_outbox WHERE aggregate_id IN ($1, $2) AND (event_type = 'user.second_factor_reset' OR payload ->> 'action' = 'account.reset_second_factor') ORDER BY sequence`,
        [user.id, tenant.id],
      );
      expect(told).toMatchObject([
        { event_type: 'user.second_factor_reset', payload: { userId: user.id } },
        { payload: { tenantId: tenant.id, actor: { type: 'operator', id: operator.id }, resource: { type: 'account', id: user.id }, reason: 'Ticket 4711: called back on the number we know', before: { secondFactor: 'enabled' }, after: { secondFactor: 'none' } } },
      ]);
      const revoked = await service.database.query(`SELECT 1 FROM tenancy.event_outbox WHERE event_type = 'session.revoked' AND payload ->> 'userId' = $1`, [user.id]);
      const fed = await service.database.query(`SELECT 1 FROM tenancy.revocation r JOIN tenancy.session s ON s.id = r.subject_id WHERE r.kind = 'session_revoked' AND s.account_id = $1`, [user.id]);
      expect([revoked.length, fed.length]).toEqual([1, 1]);
      await eventually(async () => expect(await mailsOf(email, 'Your second factor was taken away')).toBe(1));
      expect([at(0), ...recoveryCodes].filter((code) => JSON.stringify(told).includes(code))).toEqual([]);
    });

    it('is taken away for a reason, by an operator who may, and never one’s own', async () => {
      const { user, as, describe } = await withFactor();
      for (const body of [{}, { reason: '' }, { reason: 'x', password: 'y' }]) expect((await reset(user.id, operator, body)).status).toBe(422);
      const key: Principal = { type: 'api_key', id: newId(), tenantId: as.tenantId, roles: ['owner'], scopes: ['*'] };
      for (const caller of [as, key, { ...operator, roles: ['PLATFORM_VIEWER'] }]) expect((await reset(user.id, caller)).status).toBe(403);
      for (const own of [user.id, user.id.toUpperCase()]) expect(codeOf(await reset(own, { ...operator, id: user.id }))).toEqual([403, 'second_factor_own']);
      expect((await describe()).enabled).toBe(true);
    });

    it('is not found where there is none, and takes nothing else away', async () => {
      const { user, as } = await signedIn();
      for (const id of [newId(), user.id]) expect(codeOf(await reset(id))).toEqual([404, 'second_factor_not_found']);
      expect(await service.database.query('SELECT 1 FROM tenancy.session WHERE id = $1 AND revoked_at IS NULL', [as.sessionId])).toHaveLength(1);
    });

    it('of an operator is taken away by another, into the platform’s log', async () => {
      const { user } = await withFactor();
      await service.database.query('DELETE FROM tenancy.membership WHERE account_id = $1', [user.id]);
      await service.database.query(`INSERT INTO tenancy.operator (account_id, roles, created_at) VALUES ($1, '{PLATFORM_ADMIN}', now())`, [user.id]);
      expect((await reset(user.id)).status).toBe(204);
      const [entry] = await service.database.query(`SELECT tenant_id FROM tenancy.event_outbox WHERE payload ->> 'action' = 'account.reset_second_factor' AND payload -> 'resource' ->> 'id' = $1`, [user.id]);
      expect(entry).toEqual({ tenant_id: null });
    });
  });

  it('shows its secret and its codes to no table, event or log', async () => {
    const { secret, recoveryCodes, at } = await withFactor();
    const [everything] = await service.database.query<{ text: string }>(
      `SELECT (SELECT string_agg(f::text, '') FROM tenancy.second_factor f) || (SELECT string_agg(c::text, '') FROM tenancy.recovery_code c) || (SELECT string_agg(e::text, '') FROM tenancy.event_outbox e) AS text`,
    );
    const hidden = [secret, secretOf(secret).toString('hex'), ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll('-', '')), `"${at(-1)}"`];
    for (const place of [everything?.text ?? '', service.logLines.join('')]) for (const text of hidden) expect(place).not.toContain(text);
  });

  it('is for who has signed in, and of nobody else', async () => {
    const { as } = await signedIn();
    const key: Principal = { type: 'api_key', id: newId(), tenantId: as.tenantId, roles: ['owner'], scopes: ['*'] };
    expect((await service.call('GET', '/v1/auth/second-factor', { as: key })).status).toBe(403);
    expect((await service.call('POST', '/v1/auth/second-factor', { body: { password: 'x' } })).status).toBe(401);
  });
});

describe('an operator where a second factor is required', () => {
  it('is one in sessions that it was shown in, after a refresh too, and keeps it', async () => {
    const service = await bootTenantService({ operatorSecondFactor: 'required' });
    try {
      const { request, user } = await service.register();
      await service.database.query('DELETE FROM tenancy.membership WHERE account_id = $1', [user.id]);
      await service.database.query(`INSERT INTO tenancy.operator (account_id, roles, created_at) VALUES ($1, '{PLATFORM_ADMIN}', now())`, [user.id]);
      const { email, password } = request;
      const signIn = async (code?: string) => (await service.call('POST', '/v1/auth/login', { body: { email, password, ...(code === undefined ? {} : { code }) } })).json() as unknown as { accessToken: string; refreshToken: string };
      const rolesIn = (token: string) => decodeJwt(token)['opr'];
      const first = await signIn();
      expect(rolesIn(first.accessToken)).toBeUndefined();
      const as: Principal = { type: 'user', id: user.id, tenantId: null, roles: [], sessionId: String(decodeJwt(first.accessToken)['sid']) };
      const call = (path: string, body: object) => service.call('POST', `/v1/auth/second-factor${path}`, { as, body });
      const { secret } = (await call('', { password })).json() as unknown as { secret: string };
      const app = secretOf(secret);
      expect((await call('/confirm', { code: totpCode(app, new Date(Date.now() - step)) })).status).toBe(200);
      const refreshed = (await service.call('POST', '/v1/auth/refresh', { body: { refreshToken: first.refreshToken } })).json() as unknown as { accessToken: string };
      expect(rolesIn(refreshed.accessToken)).toEqual(['PLATFORM_ADMIN']);
      expect(rolesIn((await signIn(totpCode(app, new Date()))).accessToken)).toEqual(['PLATFORM_ADMIN']);
      const asOperator: Principal = { ...as, type: 'operator', roles: ['PLATFORM_ADMIN'] };
      const refused = await service.call('POST', '/v1/auth/second-factor/disable', { as: asOperator, body: { password, code: totpCode(app, new Date(Date.now() + step)) } });
      expect([refused.status, refused.json()['code']]).toEqual([409, 'second_factor_demanded']);
    } finally {
      await service.close();
    }
  });
});
