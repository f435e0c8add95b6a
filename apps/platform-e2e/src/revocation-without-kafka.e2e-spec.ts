import { join } from 'node:path';
import { killPart, makeUp, type SignedIn } from '@plinth/dev-stack';
import { eventually, MailFolder } from '@plinth/testing';
import { runningStack } from './stack.js';

/** From the answer of a change to the moment at which it counts everywhere (architecture: "Revocation in a second"). */
const second = { withinMs: 1_000 };

describe('while Kafka is gone', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const read = async ({ tenantId }: SignedIn, headers: Record<string, string>) => {
    const { status, body } = await gateway.call<{ code?: string }>('GET', `/v1/tenants/${tenantId}`, { headers });
    return status === 200 ? 200 : body.code;
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const keyOf = async ({ token }: SignedIn) => (await gateway.call<{ id: string; key: string }>('POST', '/v1/api-keys', { token, body: { name: 'e2e', scopes: ['tenant.read'] } })).body;
  const mail = new MailFolder(join(stack.home, 'mail'));
  let operator: string;

  beforeAll(async () => {
    operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    await killPart(stack.home, 'kafka');
  });
  afterAll(() => makeUp(stack.home), 120_000);

  it('a revoked key and a session that was ended are refused within a second', async () => {
    const owner = await stack.newTenant();
    const { id, key } = await keyOf(owner);
    expect([await read(owner, { 'x-api-key': key }), await read(owner, bearer(owner.token))]).toEqual([200, 200]);
    expect((await gateway.call('DELETE', `/v1/api-keys/${id}`, { token: owner.token })).status).toBe(204);
    await eventually(async () => expect(await read(owner, { 'x-api-key': key })).toBe('api_key_invalid'), second);
    expect((await gateway.call('POST', '/v1/auth/logout', { token: owner.token })).status).toBe(204);
    await eventually(async () => expect(await read(owner, bearer(owner.token))).toBe('session_revoked'), second);
  });

  it('a suspended tenant is refused within a second by token and by key, and let in within one when it is restored', async () => {
    const owner = await stack.newTenant();
    const { key } = await keyOf(owner);
    const both = async () => [await read(owner, { 'x-api-key': key }), await read(owner, bearer(owner.token))];
    const take = async (step: string) => expect((await gateway.call('POST', `/v1/tenants/${owner.tenantId}/${step}`, { token: operator, body: { reason: 'e2e' } })).status).toBe(200);
    expect(await both()).toEqual([200, 200]);
    await take('suspend');
    await eventually(async () => expect(await both()).toEqual(['tenant_suspended', 'tenant_suspended']), second);
    await take('restore');
    await eventually(async () => expect(await both()).toEqual([200, 200]), second);
  });

  it('a role that is taken is gone from the token at hand within a second, and what is given is there', async () => {
    const [owner, person] = [await stack.newTenant(), await stack.newTenant()];
    const tenant = `/v1/tenants/${owner.tenantId}`;
    expect((await gateway.call('POST', `${tenant}/invitations`, { token: owner.token, body: { email: person.email, role: 'admin' } })).status).toBe(201);
    const token = await mail.token(person.email, 'accept-invitation');
    expect((await gateway.call('POST', '/v1/invitations/accept', { token: person.token, body: { token } })).status).toBe(200);
    const rename = async () => (await gateway.call('PATCH', tenant, { headers: { ...bearer(person.token), 'x-tenant-id': owner.tenantId }, body: { name: 'Renamed' } })).status;
    const become = (role: string) => gateway.call('PATCH', `${tenant}/members/${person.userId}`, { token: owner.token, body: { role } });
    await eventually(async () => expect(await rename()).toBe(200), second);
    expect((await become('viewer')).status).toBe(200);
    await eventually(async () => expect(await rename()).toBe(403), second);
    expect((await become('admin')).status).toBe(200);
    await eventually(async () => expect(await rename()).toBe(200), second);
  });
});
