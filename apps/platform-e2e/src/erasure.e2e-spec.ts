import { join } from 'node:path';
import type { SignedIn } from '@plinth/dev-stack';
import { eventually, MailFolder } from '@plinth/testing';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { runningStack, type AuditEntry } from './stack.js';

describe('the erasure of a person', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const mail = new MailFolder(join(stack.home, 'mail'));
  const statusOf = async (receipt: string) => (await gateway.call<{ state: string; certificate: string | null }>('GET', `/v1/auth/erasure/${receipt}`)).body;

  /** Somebody who has joined the tenant and given up their own, with a new token. */
  async function guestOf(owner: SignedIn): Promise<SignedIn> {
    const guest = await stack.newTenant('To be given up');
    expect((await gateway.call('POST', `/v1/tenants/${owner.tenantId}/invitations`, { token: owner.token, body: { email: guest.email, role: 'member' } })).status).toBe(201);
    const token = await mail.token(guest.email, 'accept-invitation');
    expect((await gateway.call('POST', '/v1/invitations/accept', { token: guest.token, body: { token } })).status).toBe(200);
    expect((await gateway.call<{ tenantIds: string[] }>('POST', '/v1/auth/erasure', { token: guest.token, body: { password: guest.password } })).body.tenantIds).toEqual([guest.tenantId]);
    expect((await gateway.call('POST', `/v1/tenants/${guest.tenantId}/deactivate`, { token: guest.token, body: { reason: 'nobody needs it' } })).status).toBe(200);
    return { ...guest, token: await gateway.signIn(guest.email, guest.password) };
  }

  it('takes what is personal out of account and trail, leaves the chain valid and the others as they are, and is certified', async () => {
    const owner = await stack.newTenant('Of those who stay');
    const guest = await guestOf(owner);
    const entryOf = async (query: string): Promise<AuditEntry> => {
      const found = await eventually(async () => {
        const [entry] = await stack.auditEntries(owner, query);
        expect(entry).toBeDefined();
        return entry;
      });
      return found as AuditEntry;
    };
    const joined = `?action=invitation.accept&actor=${guest.userId}`;
    const before = await entryOf(joined);
    expect(before.ip).toEqual(expect.any(String));

    const asked = await gateway.call<{ id: string; receipt: string }>('POST', '/v1/auth/erasure', { token: guest.token, body: { password: guest.password } });
    expect([asked.status, asked.text]).toEqual([202, expect.any(String)]);
    await eventually(async () => expect((await gateway.call('GET', '/v1/auth/me', { token: guest.token })).status).toBe(401));
    expect((await gateway.call('POST', '/v1/auth/login', { body: { email: guest.email, password: guest.password } })).status).toBe(401);

    await eventually(async () => expect((await statusOf(asked.body.receipt)).state).toBe('erased'), { withinMs: 30_000 });
    const { certificate } = await statusOf(asked.body.receipt);
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', stack.facts.gatewayUrl));
    const { payload } = await jwtVerify(certificate ?? '', keys, { typ: 'erasure-certificate+jwt' });
    expect(payload).toMatchObject({ sub: guest.userId, erasure: { id: asked.body.id, account: { rows: { account: 1 } }, auditTrail: { keysDestroyed: expect.any(Number) } } });
    // A certificate is no token.
    expect((await gateway.call('GET', '/v1/auth/me', { token: certificate ?? '' })).status).toBe(401);

    expect(await stack.query('SELECT FROM tenancy.account WHERE email = $1', [guest.email])).toEqual([]);
    expect(await entryOf(joined)).toMatchObject({ id: before.id, hash: before.hash, actor: before.actor, ip: null, userAgent: null });
    expect(await entryOf(`?action=person.erase&resourceId=${guest.userId}`)).toMatchObject({ outcome: 'success' });
    // Its address stood in the invitation, too.
    expect(JSON.stringify(await stack.auditEntries(owner, '?limit=100'))).not.toContain(guest.email);
    expect(await entryOf('?action=auth.register')).toMatchObject({ ip: expect.any(String), after: { user: { email: owner.email } } });
    const verified = await gateway.call<{ valid: boolean; erasedSubjects: number }>('POST', '/v1/audit/verify', { token: owner.token });
    expect([verified.status, verified.body.valid]).toEqual([200, true]);
    expect(verified.body.erasedSubjects).toBeGreaterThan(0);
  }, 90_000);
});
