import { AccessTokenVerifier, JwksCache } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { bootTenantService, issuer } from '../testing.js';

describe('POST /v1/auth/login', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const login = (email: string, password: string, key?: string) =>
    service.call('POST', '/v1/auth/login', { body: { email, password }, ...(key === undefined ? {} : { key }) });

  it('answers tokens, of which the access token verifies by the published keys', async () => {
    const { request, user, tenant } = await service.register();
    const answer = await login(` ${request.email.toUpperCase()} `, request.password);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ tokenType: 'Bearer', expiresIn: 600 });
    const jwks = (await service.call('GET', '/.well-known/jwks.json')).json() as never;
    const keys = new JwksCache({ load: async () => jwks });
    await keys.refresh();
    const claims = await new AccessTokenVerifier({ keys, issuer }).verify(String(answer.json()['accessToken']));
    expect(claims).toMatchObject({ userId: user.id, memberships: [{ tenantId: tenant.id, roles: ['owner'] }] });
  });

  it('keeps the refresh token as a hash only', async () => {
    const { request } = await service.register();
    const { refreshToken } = (await login(request.email, request.password)).json() as unknown as { refreshToken: string };
    const sessions = await service.database.query<{ refresh_token_hash: Buffer }>('SELECT refresh_token_hash FROM tenancy.session');
    expect(sessions.length).toBeGreaterThan(0);
    expect(sessions.some(({ refresh_token_hash }) => refresh_token_hash.includes(refreshToken))).toBe(false);
  });

  it('answers a retry with the same tokens', async () => {
    const { request } = await service.register();
    const key = newId();
    const first = await login(request.email, request.password, key);
    expect((await login(request.email, request.password, key)).text).toBe(first.text);
    expect((await login(request.email, 'another password', key)).json()).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('answers an unknown account and a wrong password alike', async () => {
    const { request } = await service.register();
    const wrong = await login(request.email, 'wrong password');
    const unknown = await login('nobody@plinth.example', 'wrong password');
    const { requestId: _wrong, ...wrongBody } = wrong.json();
    const { requestId: _unknown, ...unknownBody } = unknown.json();
    expect(wrong.status).toBe(401);
    expect(unknown.status).toBe(401);
    expect(unknownBody).toEqual(wrongBody);
  });

  it("commits the audit record of a failed try, in the trail of the account's tenant", async () => {
    const { request, tenant, user } = await service.register();
    await login(request.email, 'wrong password');
    const rows = await service.database.query<{ payload: Record<string, unknown> }>(
      `SELECT payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' = 'auth.login'`,
      [tenant.id],
    );
    expect(rows.map(({ payload }) => payload)).toMatchObject([{ outcome: 'failure', reason: 'credentials_invalid', resource: { id: user.id } }]);
  });

  it('does not keep a refusal: the retry under its key, with the right password, signs in', async () => {
    const { request } = await service.register();
    const key = newId();
    expect((await login(request.email, 'wrong password', key)).status).toBe(401);
    expect((await login(request.email, request.password, key)).status).toBe(200);
  });
});
