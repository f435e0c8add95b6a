import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

/** Who tries, each with as much as it can have without an operator. */
const givers = ['owner', 'admin', 'member with every capability of an admin', 'owner’s key', 'key that may set roles'] as const;
type Giver = (typeof givers)[number];

const internal = ['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR', 'INTERNAL_FINANCE', 'INTERNAL_ANYTHING', 'INTERNAL', 'PLATFORM_ADMIN'];
/** What no giver here has: an operator's, INTERNAL_* roles', and of a tenant what only business roles give. */
const beyond = ['tenant.suspend', 'member.set_internal_roles', 'trade.settle', 'trade.approve', 'partner.suspend', '*', 'nothing.here'];

describe('nobody gives more than they have', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let who: Readonly<Record<Giver, Principal>>;
  let owner: Principal;
  let ownersRole: string;
  beforeAll(async () => {
    service = await bootTenantService();
    ({ owner } = await service.register());
    const [admin, member] = [await service.join(owner, { role: 'admin' }), await service.join(owner, { role: 'member' })];
    const { capabilities } = (await service.call('GET', '/v1/auth/me', { as: { ...admin, sessionId: newId() } })).json() as unknown as { capabilities: string[] };
    const key = async (scopes: string[]): Promise<Principal> => {
      const { id } = (await service.call('POST', '/v1/api-keys', { as: owner, body: { name: 'x', scopes } })).json() as unknown as { id: string };
      return { type: 'api_key', id, tenantId: owner.tenantId, roles: ['owner'], scopes };
    };
    who = {
      ...{ owner, admin, 'member with every capability of an admin': { ...member, capabilities } },
      'owner’s key': await key(['*']),
      'key that may set roles': await key(['member.set_roles', 'user.invite', 'role.manage', 'api_key.create']),
    };
    ownersRole = ((await service.call('POST', `/v1/tenants/${owner.tenantId}/roles`, { as: owner, body: { name: 'Payers', capabilities: ['account.billing'] } })).json() as unknown as { id: string }).id;
  });
  afterAll(() => service.close());

  const standing = async () => await service.database.query('SELECT account_id, roles, capabilities FROM tenancy.member_standing WHERE tenant_id = $1 ORDER BY account_id', [owner.tenantId]);
  const pending = async () => await service.database.query('SELECT id FROM tenancy.invitation WHERE tenant_id = $1 AND accepted_at IS NULL', [owner.tenantId]);
  const rolesMade = async () => await service.database.query('SELECT id, capabilities FROM tenancy.role WHERE tenant_id = $1 ORDER BY id', [owner.tenantId]);
  const keysMade = async () => await service.database.query('SELECT id, scopes FROM tenancy.api_key WHERE tenant_id = $1 ORDER BY id', [owner.tenantId]);

  /** Every way by which a role, a capability or a scope can come to somebody, each asked for what the giver has not. */
  function attempts(giver: Giver): [string, () => Promise<{ status: number; text: string }>][] {
    const as = who[giver];
    const tenant = `/v1/tenants/${as.tenantId}`;
    const [self, other] = [`${tenant}/members/${as.type === 'user' ? as.id : owner.id}`, `${tenant}/members/${who['member with every capability of an admin'].id}`];
    const call = (method: 'POST' | 'PATCH' | 'PUT', path: string, body: object) => () => service.call(method, path, { as, body });
    const invite = (given: object) => call('POST', `${tenant}/invitations`, { email: `${newId()}@plinth.example`, ...given });
    const tried: [string, () => Promise<{ status: number; text: string }>][] = [];
    for (const role of internal) {
      tried.push([`${role} to itself`, call('PATCH', self, { roles: [role] })], [`${role} to a member`, call('PATCH', other, { roles: [role] })]);
      tried.push([`${role} as the membership's`, call('PATCH', other, { role })], [`${role} by an invitation`, invite({ role: 'viewer', roles: [role] })]);
      tried.push([`a role called ${role}`, call('POST', `${tenant}/roles`, { name: role, capabilities: ['tenant.read'] })]);
      tried.push([`${role} as an operator would`, call('PUT', `/v1/admin/tenants/${as.tenantId}/members/${as.id}/internal-roles`, { roles: [role] })]);
    }
    for (const capability of beyond) {
      tried.push([`a role with ${capability}`, call('POST', `${tenant}/roles`, { name: `R ${newId()}`, capabilities: [capability] })]);
      // With `*` whoever makes a key gives it what they have, and no more: that one is let through elsewhere.
      if (capability !== '*') tried.push([`a key with ${capability}`, call('POST', '/v1/api-keys', { name: 'x', scopes: [capability] })]);
      tried.push([`a role that comes to have ${capability}`, call('PATCH', `${tenant}/roles/${ownersRole}`, { capabilities: [capability] })]);
    }
    if (giver !== 'owner') {
      tried.push(['ownership', call('PATCH', other, { role: 'owner' })], ['ownership by an invitation', invite({ role: 'owner' })], ['ownership as a transfer', call('POST', `${tenant}/transfer-ownership`, { accountId: as.id })]);
    }
    if (giver !== 'owner' && giver !== 'owner’s key') {
      tried.push(['an owner’s role', call('PATCH', other, { customRoleIds: [ownersRole] })], ['an owner’s role by an invitation', invite({ role: 'viewer', customRoleIds: [ownersRole] })]);
      tried.push(['an owner’s capability as a role', call('POST', `${tenant}/roles`, { name: `R ${newId()}`, capabilities: ['account.billing'] })]);
      tried.push(['an owner’s capability as a key', call('POST', '/v1/api-keys', { name: 'x', scopes: ['account.billing'] })]);
    }
    if (giver === 'key that may set roles') tried.push(['more than its scopes', call('PATCH', other, { role: 'admin' })], ['a key with more than its scopes', call('POST', '/v1/api-keys', { name: 'x', scopes: ['tenant.update'] })]);
    return tried;
  }

  it.each(givers)('%s', async (giver) => {
    const before = [await standing(), await pending(), await rolesMade(), await keysMade()];
    const faults: string[] = [];
    for (const [attempt, make] of attempts(giver)) {
      const { status, text } = await make();
      if (status !== 403 && status !== 422) faults.push(`${attempt}: ${status} ${text}`);
    }
    expect(faults).toEqual([]);
    expect([await standing(), await pending(), await rolesMade(), await keysMade()]).toEqual(before);
  }, 60_000);

  it('lets through what they have, so that the refusals above say something', async () => {
    for (const giver of ['owner', 'admin', 'member with every capability of an admin'] as const) {
      const as = who[giver];
      const answer = await service.call('POST', `/v1/tenants/${as.tenantId}/roles`, { as, body: { name: `R ${newId()}`, capabilities: ['project.view', 'audit.read'] } });
      expect([giver, answer.status]).toEqual([giver, 201]);
      const invited = await service.call('POST', `/v1/tenants/${as.tenantId}/invitations`, { as, body: { email: `${newId()}@plinth.example`, role: 'viewer' } });
      expect([giver, invited.status]).toEqual([giver, 201]);
    }
  });
});
