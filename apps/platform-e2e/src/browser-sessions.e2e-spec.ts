import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

describe('a front end in a browser', () => {
  const stack = runningStack();

  async function newBrowser() {
    const owner = await stack.newTenant('In a browser');
    const { cookie, csrfToken } = await stack.gateway.signInBrowser(owner.email, owner.password);
    return { owner, csrfToken, reads: { cookie }, changes: { cookie, 'x-csrf-token': csrfToken } };
  }

  const me = (headers: Record<string, string>) => stack.gateway.call<{ code?: string; sessionId?: string; activeTenant?: { id: string } }>('GET', '/v1/auth/me', { headers });

  it('signs in by a cookie that its pages cannot read, changes something with the CSRF token, and signs out', async () => {
    const { owner, csrfToken, reads, changes } = await newBrowser();
    expect((await me(reads)).body.activeTenant).toMatchObject({ id: owner.tenantId });
    // A page that was loaded anew has lost its token.
    expect((await stack.gateway.call('GET', '/v1/auth/csrf', { headers: reads })).body).toEqual({ csrfToken });

    const rename = (headers: Record<string, string>) => stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { headers, body: { name: 'Renamed in a browser' } });
    expect(await rename(reads)).toMatchObject({ status: 403, body: { code: 'csrf_token_invalid' } });
    expect(await rename({ ...changes, 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
    expect(await rename({ ...changes, 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 200, body: { name: 'Renamed in a browser' } });
    await eventually(async () => {
      const entries = await stack.auditEntries(owner, '?action=tenant.update');
      expect(entries.map(({ actor }) => actor)).toEqual([{ type: 'user', id: owner.userId }]);
    });

    const logout = await stack.gateway.call('POST', '/v1/auth/logout', { headers: changes });
    expect([logout.status, logout.headers.get('set-cookie')]).toEqual([204, expect.stringMatching(/^plinth_session=; Max-Age=0; /)]);
    await eventually(async () => expect((await me(reads)).body.code).toBe('session_revoked'), { withinMs: 1_000 });
  });

  it('is signed out within a second from another session, and by a change of the password', async () => {
    const { owner, reads } = await newBrowser();
    const { sessionId } = (await me(reads)).body;
    expect((await stack.gateway.call('DELETE', `/v1/auth/sessions/${sessionId}`, { token: owner.token })).status).toBe(204);
    await eventually(async () => expect((await me(reads)).status).toBe(401), { withinMs: 1_000 });

    const again = await stack.gateway.signInBrowser(owner.email, owner.password);
    expect((await me({ cookie: again.cookie })).status).toBe(200);
    const changed = await stack.gateway.call('POST', '/v1/auth/password/change', { token: owner.token, body: { currentPassword: owner.password, newPassword: 'another horse battery' } });
    expect(changed.status).toBe(204);
    await eventually(async () => expect((await me({ cookie: again.cookie })).status).toBe(401), { withinMs: 1_000 });
  });

  it('shows where its person is signed in, by what and since when', async () => {
    const { owner, reads } = await newBrowser();
    const { email, password } = owner;
    await stack.gateway.call('POST', '/v1/auth/login', { body: { email, password }, headers: { 'user-agent': 'Tablet/1.0 (\t kitchen )' } });
    const { body } = await stack.gateway.call<{ data: { current: boolean; userAgent: string; ip: string; createdAt: string; lastUsedAt: string }[] }>('GET', '/v1/auth/sessions', { headers: reads });
    expect(body.data.map(({ current, userAgent, ip }) => [current, userAgent, ip])).toEqual([
      [false, 'Tablet/1.0 ( kitchen )', '127.0.0.1'],
      [true, expect.any(String), '127.0.0.1'],
      [false, expect.any(String), '127.0.0.1'],
    ]);
    for (const { createdAt, lastUsedAt } of body.data) expect(lastUsedAt).toBe(createdAt);
  });

  it('is told when its tenant is suspended, and goes on when it is restored', async () => {
    const { owner, reads } = await newBrowser();
    const tenant = () => stack.gateway.call('GET', `/v1/tenants/${owner.tenantId}`, { headers: reads });
    const operator = await stack.gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    expect((await tenant()).status).toBe(200);
    await stack.gateway.call('POST', `/v1/tenants/${owner.tenantId}/suspend`, { token: operator, body: { reason: 'to see it' } });
    await eventually(async () => expect((await tenant()).body['code']).toBe('tenant_suspended'), { withinMs: 1_000 });
    await stack.gateway.call('POST', `/v1/tenants/${owner.tenantId}/restore`, { token: operator });
    await eventually(async () => expect((await tenant()).status).toBe(200), { withinMs: 1_000 });
  });
});
