import { join } from 'node:path';
import { eventually, MailFolder } from '@plinth/testing';
import { Secret, TOTP } from 'otpauth';
import { runningStack } from './stack.js';

describe('who has lost the second factor', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const mail = new MailFolder(join(stack.home, 'mail'));

  it('is let in by the password again once an operator has taken it away, and reads in the trail who did and why', async () => {
    const person = await stack.newTenant('Lost its telephone');
    const { email, password, token } = person;
    const factor = (path: string, body: object) => gateway.call<{ secret: string; recoveryCodes: string[] }>('POST', `/v1/auth/second-factor${path}`, { token, body });
    const { body: proposed } = await factor('', { password });
    const app = new TOTP({ secret: Secret.fromBase32(proposed.secret) });
    expect((await factor('/confirm', { code: app.generate() })).status).toBe(200);
    const login = () => gateway.call<{ code?: string }>('POST', '/v1/auth/login', { body: { email, password } });
    expect((await login()).body.code).toBe('second_factor_required');

    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const reset = (as: string, accountId: string) => gateway.call<{ code?: string }>('POST', `/v1/admin/accounts/${accountId}/second-factor/reset`, { token: as, body: { reason: 'Called back on the number we know' } });
    expect((await reset(token, person.userId)).status).toBe(403);
    const [own] = await stack.query<{ id: string }>('SELECT id FROM tenancy.account WHERE email = $1', [stack.facts.operator.email]);
    expect((await reset(operator, own?.id ?? '')).body.code).toBe('second_factor_own');
    expect((await reset(operator, person.userId)).status).toBe(204);

    // Whoever was signed in is out within a second; the password is good again.
    await eventually(async () => expect((await gateway.call<{ code?: string }>('GET', '/v1/auth/me', { token })).body.code).toBe('session_revoked'), { withinMs: 1_000 });
    expect((await login()).status).toBe(200);
    await eventually(async () => expect((await mail.to(email)).some((message) => message.includes('Your second factor was taken away'))).toBe(true), { withinMs: 15_000 });
    const again = { ...person, token: await gateway.signIn(email, password) };
    await eventually(async () => {
      const [entry] = (await stack.auditEntries(again, '?limit=100')).filter(({ action }) => action === 'account.reset_second_factor');
      expect(entry).toMatchObject({ actor: { type: 'operator', id: own?.id }, resource: { type: 'account', id: person.userId }, reason: 'Called back on the number we know' });
    });
  }, 60_000);
});
