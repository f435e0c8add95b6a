import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { jest } from '@jest/globals';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { bootTenantService } from '../testing.js';

const next = 'a new long password';

describe('POST /v1/auth/password/change', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  const login = async (email: string, password: string) => (await service.call('POST', '/v1/auth/login', { body: { email, password } })).status;

  /** Somebody who has signed in so many times; the last session is the one that calls. */
  async function signedIn(sessions = 1) {
    const { request, owner, user } = await service.register();
    for (let n = 0; n < sessions; n += 1) await login(request.email, request.password);
    const rows = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1 ORDER BY id', [user.id]);
    const as: Principal = { ...owner, sessionId: rows.at(-1)?.id ?? '' };
    const change = (currentPassword: string, newPassword = next, key: string = newId()) => service.call('POST', '/v1/auth/password/change', { as, key, body: { currentPassword, newPassword } });
    return { ...request, user, as, change };
  }

  it('takes the new password from then on, ends all other sessions, and tells the owner', async () => {
    const { email, password, user, change } = await signedIn(3);
    const key = newId();
    expect([(await change(password, next, key)).status, (await change(password, next, key)).status]).toEqual([204, 204]);
    expect([await login(email, password), await login(email, next)]).toEqual([401, 200]);
    const sessions = await service.database.query<{ open: boolean }>('SELECT revoked_at IS NULL AS open FROM tenancy.session WHERE account_id = $1 ORDER BY id', [user.id]);
    expect(sessions.map(({ open }) => open)).toEqual([false, false, true, true]);
    expect(await service.database.query(`SELECT FROM tenancy.event_outbox WHERE event_type = 'password.changed' AND aggregate_id = $1`, [user.id])).toHaveLength(1);
    await eventually(async () => expect((await service.mail.to(email)).filter((message) => message.includes('Your password was changed'))).toHaveLength(1));
  });

  it('refuses who does not know the current one, changes nothing, and keeps the try in the trail', async () => {
    const { email, password, user, change } = await signedIn(2);
    const refused = await change('another password');
    expect([refused.status, refused.json()['code']]).toEqual([403, 'password_wrong']);
    expect(await login(email, password)).toBe(200);
    expect(await service.database.query('SELECT FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NOT NULL', [user.id])).toEqual([]);
    const tries = await service.database.query(`SELECT FROM tenancy.event_outbox WHERE payload->>'action' = 'auth.change_password' AND payload->>'outcome' = 'failure' AND payload->'actor'->>'id' = $1`, [user.id]);
    expect(tries).toHaveLength(1);
  });

  it('lets one of two changes at once through: for the other the password has become another', async () => {
    const { email, password, change } = await signedIn();
    const passwords = ['the first new password', 'the second new password'];
    const answers = await Promise.all(passwords.map((one) => change(password, one)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 403]);
    const won = passwords[answers.findIndex(({ status }) => status === 204)] ?? '';
    expect(await login(email, won)).toBe(200);
  });

  it.each(['password', 'QWERTYUIOP'])('refuses %s, here, at sign-up and at a reset', async (bad) => {
    const { email, password, change } = await signedIn();
    await service.call('POST', '/v1/auth/password/forgot', { body: { email } });
    const token = await service.mail.token(email, 'reset-password');
    const consents = (await service.call('GET', '/v1/policies')).json()['data'];
    const answers = [
      await change(password, bad),
      await service.call('POST', '/v1/auth/password/reset', { body: { token, password: bad } }),
      await service.call('POST', '/v1/auth/register', { body: { email: `${newId()}@plinth.example`, password: bad, tenantName: 'x', consents: (consents as unknown as { document: string; version: string }[]).map(({ document, version }) => ({ document, version })) } }),
    ];
    expect(answers.map((answer) => [answer.status, answer.json()['code']])).toEqual(answers.map(() => [422, 'password_too_common']));
    expect(answers.map((answer) => answer.json()['errors']?.[0]?.['pointer'])).toEqual(['/newPassword', '/password', '/password']);
    // The link was not used up.
    expect((await service.call('POST', '/v1/auth/password/reset', { body: { token, password: next } })).status).toBe(204);
  });

  it('lets no sign-in by the old password outlive it, though that was verified before', async () => {
    const { email, password, user, change } = await signedIn();
    const hasher = service.app.get(PasswordHasher, { strict: false });
    const { promise: changed, resolve: go } = Promise.withResolvers<void>();
    const verify = jest.spyOn(hasher, 'verify').mockImplementationOnce(async () => {
      await changed;
      return true;
    });
    const late = login(email, password);
    await eventually(() => expect(verify).toHaveBeenCalledTimes(1));
    expect((await change(password)).status).toBe(204);
    go();
    expect(await late).toBe(401);
    verify.mockRestore();
    const open = await service.database.query('SELECT FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL', [user.id]);
    expect(open).toHaveLength(1);
  });

  it('is for sessions alone', async () => {
    const { owner, request } = await service.register();
    const refused = await service.call('POST', '/v1/auth/password/change', { as: owner, body: { currentPassword: request.password, newPassword: next } });
    expect([refused.status, refused.json()['code']]).toEqual([403, 'session_required']);
  });
});
