import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootTenantService } from '../testing.js';

const page = 'verify-email';

describe('the verification of an e-mail address', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService({ requireEmailVerification: true, sendsMail: true });
  });
  afterAll(() => service.close());

  const verify = (token: string, key: string = newId()) => service.call('POST', '/v1/auth/email/verify', { body: { token }, key });
  const eventsOf = async (aggregateId: string) =>
    (await service.database.query<{ event_type: string }>(`SELECT event_type FROM tenancy.event_outbox WHERE aggregate_id = $1 AND aggregate_type <> 'log' ORDER BY sequence`, [aggregateId])).map((row) => row.event_type);
  const statusOf = async (tenantId: string) => (await service.database.query<{ status: string }>('SELECT status FROM tenancy.tenant WHERE id = $1', [tenantId]))[0]?.status;

  it('makes a tenant active that waited for it, once', async () => {
    const { request, user, tenant } = await service.register();
    expect(await statusOf(tenant.id)).toBe('pending');
    const token = await service.mail.token(request.email, page);
    const key = newId();
    expect([(await verify(token, key)).status, (await verify(token, key)).status]).toEqual([204, 204]);
    expect(await statusOf(tenant.id)).toBe('active');
    // A mail scanner follows the link before its reader does.
    expect((await verify(token)).status).toBe(204);
    expect(await eventsOf(user.id)).toEqual(['user.registered', 'user.email_verified']);
    expect(await eventsOf(tenant.id)).toEqual(expect.arrayContaining(['tenant.created', 'tenant.activated']));
  });

  it('leaves a tenant alone that an operator has activated meanwhile', async () => {
    const { request, tenant } = await service.register();
    const token = await service.mail.token(request.email, page);
    await service.database.query(`UPDATE tenancy.tenant SET status = 'suspended' WHERE id = $1`, [tenant.id]);
    expect((await verify(token)).status).toBe(204);
    expect(await statusOf(tenant.id)).toBe('suspended');
  });

  it('refuses what has expired or is unknown, and verifies nothing', async () => {
    const { request, tenant } = await service.register();
    const token = await service.mail.token(request.email, page);
    await service.database.query('UPDATE tenancy.mailed_token SET expires_at = now() WHERE email = $1', [request.email]);
    for (const bad of [token, 'x'.repeat(43)]) {
      const refused = await verify(bad);
      expect([refused.status, refused.json()['code']]).toEqual([422, 'mailed_token_invalid']);
    }
    expect(await statusOf(tenant.id)).toBe('pending');
  });

  it('sends the mail once more to who asks, and none to who is verified', async () => {
    const { request } = await service.register();
    const { email } = request;
    await service.mail.token(email, page);
    await service.database.query(`UPDATE tenancy.mailed_token SET created_at = created_at - interval '1 minute'`);
    const resend = () => service.call('POST', '/v1/auth/email/resend', { body: { email: ` ${email.toUpperCase()}` } });
    expect((await resend()).status).toBe(204);
    expect((await verify(await service.mail.token(email, page, 2))).status).toBe(204);
    const nobody = async () => (await service.database.query(`SELECT FROM tenancy.mail WHERE outcome = 'nobody'`)).length;
    const before = await nobody();
    await resend();
    await eventually(async () => expect(await nobody()).toBe(before + 1));
    expect(await service.mail.to(email)).toHaveLength(2);
  });

  it('keeps whoever is not verified from making another tenant', async () => {
    const { owner } = await service.register();
    const refused = await service.call('POST', '/v1/tenants', { as: { ...owner, tenantId: null, roles: [] }, body: { name: 'Another' } });
    expect([refused.status, refused.json()['code']]).toEqual([403, 'email_unverified']);
  });
});
