import { join } from 'node:path';
import { eventually, MailFolder } from '@plinth/testing';
import { runningStack } from './stack.js';

describe('who forgot the password', () => {
  const stack = runningStack();
  const mail = new MailFolder(join(stack.home, 'mail'));

  it('chooses a new one by mail; whoever was signed in is out within a second, and it stands in the trail', async () => {
    const person = await stack.newTenant();
    const { email } = person;
    expect((await stack.gateway.call('GET', '/v1/auth/me', { token: person.token })).status).toBe(200);
    expect((await stack.gateway.call('POST', '/v1/auth/password/forgot', { body: { email } })).status).toBe(204);
    const token = await mail.token(email, 'reset-password');
    const password = 'another horse battery';
    expect((await stack.gateway.call('POST', '/v1/auth/password/reset', { body: { token, password } })).status).toBe(204);
    await eventually(async () => expect(await stack.gateway.call('GET', '/v1/auth/me', { token: person.token })).toMatchObject({ status: 401, body: { code: 'session_revoked' } }), { withinMs: 1_000 });

    const login = (with_: string) => stack.gateway.call<{ accessToken: string }>('POST', '/v1/auth/login', { body: { email, password: with_ } });
    expect((await login(person.password)).status).toBe(401);
    const { status, body } = await login(password);
    expect(status).toBe(200);
    await eventually(async () => {
      const entries = await stack.gateway.call<{ data: { action: string }[] }>('GET', '/v1/audit/entries?limit=50', { token: body.accessToken });
      expect(entries.body.data.map(({ action }) => action)).toEqual(expect.arrayContaining(['mail.reset_password', 'auth.reset_password', 'auth.verify_email']));
    });
    const used = await stack.gateway.call('POST', '/v1/auth/password/reset', { body: { token, password } });
    expect([used.status, used.body]).toEqual([422, expect.objectContaining({ code: 'mailed_token_invalid' })]);
  });
});
