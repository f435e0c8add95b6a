import { join } from 'node:path';
import { eventually, MailFolder } from '@plinth/testing';
import { runningStack } from './stack.js';

/** From the answer of a change to the moment at which it counts everywhere (architecture: "Revocation in a second"). */
const second = { withinMs: 1_000 };
const kind = 'professional_engineer_licence';
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe("an engineer's licence", () => {
  const stack = runningStack();
  const { gateway } = stack;
  const mail = new MailFolder(join(stack.home, 'mail'));

  it('lets its engineer approve calculations once the tenant has verified it, there alone, until it is withdrawn or over; the token stays the same', async () => {
    const [owner, engineer] = [await stack.newTenant('An engineering office'), await stack.newTenant('The engineer’s own')];
    const tenant = `/v1/tenants/${owner.tenantId}`;
    expect((await gateway.call('POST', `${tenant}/invitations`, { token: owner.token, body: { email: engineer.email, role: 'member', roles: ['engineer'] } })).status).toBe(201);
    const token = await mail.token(engineer.email, 'accept-invitation');
    expect((await gateway.call('POST', '/v1/invitations/accept', { token: engineer.token, body: { token } })).status).toBe(200);

    const as = (tenantId: string) => ({ authorization: `Bearer ${engineer.token}`, 'x-tenant-id': tenantId });
    const capabilities = async (tenantId = owner.tenantId) => (await gateway.call<{ capabilities: string[] }>('GET', '/v1/auth/me', { headers: as(tenantId) })).body.capabilities;
    const mayApprove = () => eventually(async () => expect(await capabilities()).toContain('calculation.approve'), second);
    const mayNot = () => eventually(async () => expect(await capabilities()).not.toContain('calculation.approve'), second);
    const submit = () => gateway.call<{ id: string; status: string; number: string }>('POST', `${tenant}/own-credentials`, { headers: as(owner.tenantId), body: { kind, number: 'PE 4711-ZH', issuer: 'Board of Engineers', issuedOn: '2020-03-01', expiresOn: inDays(365) } });
    const decide = (id: string, step: string, caller: { token: string } | { headers: Record<string, string> } = { token: owner.token }) =>
      gateway.call<{ code?: string; status: string }>('POST', `${tenant}/members/${engineer.userId}/credentials/${id}/${step}`, { ...caller, body: step === 'verify' ? {} : { reason: 'Struck off the register' } });

    await eventually(async () => expect(await capabilities()).toContain('calculation.view'), second);
    await mayNot();
    const licence = (await submit()).body;
    expect(licence).toMatchObject({ status: 'submitted', number: 'PE 4711-ZH' });
    await mayNot();
    expect((await decide(licence.id, 'verify', { headers: as(owner.tenantId) })).status).toBe(403);
    expect((await decide(licence.id, 'verify')).body.status).toBe('verified');
    await mayApprove();

    // An office of another's: the same person, with the same role there, and no licence that this office has verified.
    const other = await stack.newTenant('Another office');
    await stack.query(`INSERT INTO tenancy.membership (tenant_id, account_id, role, roles, created_at) VALUES ($1, $2, 'member', '{engineer}', now())`, [other.tenantId, engineer.userId]);
    await eventually(async () => expect(await capabilities(other.tenantId)).toContain('calculation.view'), { withinMs: 3_000 });
    expect(await capabilities(other.tenantId)).not.toContain('calculation.approve');
    expect((await gateway.call('POST', `/v1/tenants/${other.tenantId}/members/${engineer.userId}/credentials/${licence.id}/withdraw`, { token: other.token, body: { reason: 'x' } })).status).toBe(404);

    expect((await decide(licence.id, 'withdraw')).body.status).toBe('withdrawn');
    await mayNot();

    // A second one, which comes to its end by the clock; the job tells of it.
    const renewed = (await submit()).body;
    expect((await decide(renewed.id, 'verify')).body.status).toBe('verified');
    await mayApprove();
    await stack.query(`UPDATE tenancy.credential SET expires_at = now() + interval '2 seconds' WHERE id = $1`, [renewed.id]);
    await stack.query(`INSERT INTO tenancy.revocation (kind, subject_id) VALUES ('memberships_changed', $1)`, [engineer.userId]);
    await eventually(async () => expect(await capabilities()).not.toContain('calculation.approve'), { withinMs: 5_000 });
    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    expect((await gateway.call('POST', '/v1/admin/jobs/credential_expiry/run', { token: operator })).status).toBe(202);
    await eventually(async () => expect((await mail.to(engineer.email)).some((message) => message.includes('A credential of yours has expired'))).toBe(true), { withinMs: 30_000 });

    const { body: list } = await gateway.call<{ data: { id: string; status: string }[] }>('GET', `${tenant}/credentials`, { token: owner.token });
    expect(list.data.map(({ id, status }) => [id, status])).toEqual([[renewed.id, 'expired'], [licence.id, 'withdrawn']]);
    await eventually(async () => {
      const entries = (await stack.auditEntries(owner, '?limit=100')).filter(({ action }) => action.startsWith('credential.'));
      expect(entries.map(({ action }) => action).sort()).toEqual(['credential.expire', 'credential.submit', 'credential.submit', 'credential.verify', 'credential.verify', 'credential.withdraw']);
      expect(JSON.stringify(entries)).not.toContain('4711');
    }, { withinMs: 15_000 });
  }, 120_000);
});
