import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootTenantService } from '../testing.js';

describe('a change of the e-mail address', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ sendsMail: true });
  });
  afterAll(() => service.close());

  const address = () => `${newId()}@plinth.example`;
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const login = async (email: string, password: string) => (await service.call('POST', '/v1/auth/login', { body: { email, password } })).status;
  const confirm = (token: string, key: string = newId()) => service.call('POST', '/v1/auth/email/change/confirm', { body: { token }, key });

  async function signedIn() {
    const { request, owner, user, tenant } = await service.register();
    await login(request.email, request.password);
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    const as: Principal = { ...owner, sessionId: session?.id ?? '' };
    const change = (email: string, password = request.password) => service.call('POST', '/v1/auth/email/change', { as, body: { email, password } });
    return { ...request, as, user, tenant, change };
  }

  it('counts when the link was followed that went to the new one, and is told to the old one', async () => {
    const { email, password, user, tenant, change } = await signedIn();
    const next = address();
    expect((await change(` ${next.toUpperCase()} `)).status).toBe(204);
    expect([await login(email, password), await login(next, password)]).toEqual([200, 401]);
    const [token, key] = [await service.mail.token(next, 'change-email'), newId()];
    expect([(await confirm(token, key)).status, (await confirm(token, key)).status]).toEqual([204, 204]);
    expect([await login(email, password), await login(next, password)]).toEqual([401, 200]);
    expect(codeOf(await confirm(token))).toEqual([422, 'mailed_token_invalid']);
    const [account] = await service.database.query<{ verified: boolean }>('SELECT email_verified_at IS NOT NULL AS verified FROM tenancy.account WHERE id = $1', [user.id]);
    expect(account?.verified).toBe(true);
    await eventually(async () => expect((await service.mail.to(email)).filter((message) => message.includes('Your e-mail address was changed'))).toHaveLength(1));
    const [event, ...more] = await service.database.query<{ payload: object }>(`SELECT payload FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type = 'user.email_changed'`, [user.id]);
    expect([event?.payload, more]).toEqual([{ userId: user.id }, []]);
    const [record] = await service.database.query<{ payload: object }>(`SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'auth.change_email'`, [tenant.id]);
    expect(record?.payload).toMatchObject({ before: { email }, after: { email: next }, personal: ['/before/email', '/after/email'] });
  });

  it('asks for the password: a stolen session is not enough', async () => {
    const { email, password, change } = await signedIn();
    const next = address();
    expect(codeOf(await change(next, 'another password'))).toEqual([403, 'password_wrong']);
    expect(await service.database.query('SELECT FROM tenancy.mailed_token WHERE email = $1', [next])).toEqual([]);
    expect(await login(email, password)).toBe(200);
  });

  it('answers the same for an address that is taken, whose reader alone is told', async () => {
    const { email, password, change } = await signedIn();
    const other = await service.register();
    expect((await change(other.request.email)).status).toBe(204);
    expect(codeOf(await confirm(await service.mail.token(other.request.email, 'change-email')))).toEqual([409, 'email_taken']);
    expect([await login(email, password), await login(other.request.email, other.request.password)]).toEqual([200, 200]);
  });

  it('is good once, for a day, and the newest link makes the older ones good for nothing', async () => {
    const { email, password, change } = await signedIn();
    const [first, second] = [address(), address()];
    await change(first);
    await service.database.query(`UPDATE tenancy.mailed_token SET created_at = created_at - interval '1 minute' WHERE email = $1`, [first]);
    await change(second);
    const [older, newer] = [await service.mail.token(first, 'change-email'), await service.mail.token(second, 'change-email')];
    expect((await confirm(newer)).status).toBe(204);
    expect(codeOf(await confirm(older))).toEqual([422, 'mailed_token_invalid']);
    expect([await login(email, password), await login(second, password)]).toEqual([401, 200]);
    const late = await signedIn();
    const third = address();
    await late.change(third);
    await service.database.query('UPDATE tenancy.mailed_token SET expires_at = now() WHERE email = $1', [third]);
    expect(codeOf(await confirm(await service.mail.token(third, 'change-email')))).toEqual([422, 'mailed_token_invalid']);
  });

  it('makes the links that went to the old address good for nothing, and a link of another purpose is none of these', async () => {
    const { email, password, change } = await signedIn();
    const reset = async (token: string) => codeOf(await service.call('POST', '/v1/auth/password/reset', { body: { token, password: 'a new long password' } }));
    await service.call('POST', '/v1/auth/password/forgot', { body: { email } });
    const resetToken = await service.mail.token(email, 'reset-password');
    const next = address();
    await change(next);
    const token = await service.mail.token(next, 'change-email');
    expect([codeOf(await confirm(resetToken)), await reset(token)]).toEqual([[422, 'mailed_token_invalid'], [422, 'mailed_token_invalid']]);
    expect((await confirm(token)).status).toBe(204);
    expect(await reset(resetToken)).toEqual([422, 'mailed_token_invalid']);
    expect(await login(next, password)).toBe(200);
  });

  it('floods no mailbox', async () => {
    const { change } = await signedIn();
    expect((await change(address())).status).toBe(204);
    expect(codeOf(await change(address()))).toEqual([429, 'email_changes_too_many']);
  });
});
