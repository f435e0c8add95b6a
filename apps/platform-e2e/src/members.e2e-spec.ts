import { join } from 'node:path';
import { eventually, MailFolder } from '@plinth/testing';
import { runningStack } from './stack.js';

/** From the answer of a change to the moment at which it counts everywhere (architecture: "Revocation in a second"). */
const second = { withinMs: 1_000 };

describe('a person in two tenants', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const mail = new MailFolder(join(stack.home, 'mail'));

  it('is invited by mail, comes with the token it has, does what its role is from the next second on, and is out when it is removed', async () => {
    const [owner, person] = [await stack.newTenant('Who invites'), await stack.newTenant('Its own')];
    const tenant = `/v1/tenants/${owner.tenantId}`;
    const there = { authorization: `Bearer ${person.token}`, 'x-tenant-id': owner.tenantId };
    const read = () => gateway.call<{ code?: string }>('GET', tenant, { headers: there });
    const rename = () => gateway.call<{ code?: string }>('PATCH', tenant, { headers: there, body: { name: 'Renamed' } });
    const change = (body: object) => gateway.call('PATCH', `${tenant}/members/${person.userId}`, { token: owner.token, body });
    expect((await read()).body.code).toBe('tenant_forbidden');

    const role = await gateway.call<{ id: string }>('POST', `${tenant}/roles`, { token: owner.token, body: { name: 'Makers of keys', capabilities: ['api_key.create', 'api_key.read'] } });
    expect(role.status).toBe(201);
    expect((await gateway.call('POST', `${tenant}/invitations`, { token: owner.token, body: { email: person.email, role: 'viewer', customRoleIds: [role.body.id] } })).status).toBe(201);
    const token = await mail.token(person.email, 'accept-invitation');
    expect((await gateway.call('POST', '/v1/invitations/accept', { token: person.token, body: { token } })).body).toMatchObject({ tenantId: owner.tenantId, role: 'viewer' });

    await eventually(async () => expect((await read()).status).toBe(200), second);
    expect((await rename()).status).toBe(403);
    const made = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { headers: there, body: { name: 'CI', scopes: ['*'] } });
    expect(made.status).toBe(201);
    const byKey = (path: string) => gateway.call('GET', path, { headers: { 'x-api-key': made.body.key } });
    expect([(await byKey('/v1/api-keys')).status, (await byKey(tenant)).status, (await byKey('/v1/audit/entries')).status]).toEqual([200, 200, 403]);

    // More, then less than it was: the token stays the same.
    expect((await change({ role: 'admin' })).status).toBe(200);
    await eventually(async () => expect((await rename()).status).toBe(200), second);
    expect((await change({ role: 'viewer' })).status).toBe(200);
    await eventually(async () => expect((await rename()).status).toBe(403), second);
    expect((await gateway.call('PATCH', `${tenant}/roles/${role.body.id}`, { token: owner.token, body: { capabilities: ['project.view'] } })).status).toBe(200);
    await eventually(async () => expect((await byKey('/v1/api-keys')).status).toBe(403), second);

    expect((await gateway.call('DELETE', `${tenant}/members/${person.userId}`, { token: owner.token })).status).toBe(204);
    await eventually(async () => expect([(await read()).body.code, (await byKey(tenant)).status]).toEqual(['tenant_forbidden', 403]), second);
    expect((await gateway.call('GET', `/v1/tenants/${person.tenantId}`, { token: person.token })).status).toBe(200);

    await eventually(async () => {
      const actions = (await stack.auditEntries(owner, '?limit=100')).map(({ action }) => action);
      expect(actions).toEqual(expect.arrayContaining(['role.create', 'user.invite', 'invitation.accept', 'member.set_roles', 'role.change', 'user.remove']));
    });
  });
});
