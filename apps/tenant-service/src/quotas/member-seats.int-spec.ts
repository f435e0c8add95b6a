import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };

describe('the quota of members', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  async function newTenant() {
    const { owner, tenant } = await service.register();
    const users = async () => {
      const { data } = (await service.call('GET', `/v1/tenants/${tenant.id}/quotas`, { as: owner })).json() as unknown as { data: { metric: string; used: number; limit: number }[] };
      return data.find(({ metric }) => metric === 'users');
    };
    return {
      ...{ owner, tenant, users },
      limit: (limit: number) => service.call('PUT', `/v1/tenants/${tenant.id}/quotas/users`, { as: operator, body: { limit, reason: 'test' } }),
      /** A person with an open invitation, and how they accept it. */
      async invite() {
        const { request, owner: person } = await service.register();
        await service.call('POST', `/v1/tenants/${tenant.id}/invitations`, { as: owner, body: { email: request.email, role: 'member' } });
        const token = await service.newestMailedToken();
        return { person, accept: async () => (await service.call('POST', '/v1/invitations/accept', { as: person, body: { token } })).status };
      },
      remove: async (accountId: string | null) => (await service.call('DELETE', `/v1/tenants/${tenant.id}/members/${accountId}`, { as: owner })).status,
    };
  }

  it('counts who is there, from the owner on, and lets no more in than it has, however many come at once', async () => {
    const { tenant, users, limit, invite, remove } = await newTenant();
    expect(await users()).toMatchObject({ used: 1, limit: 25 });
    await limit(4);
    const invited: Awaited<ReturnType<typeof invite>>[] = [];
    for (let number = 0; number < 8; number += 1) invited.push(await invite());
    const statuses = await Promise.all(invited.map(({ accept }) => accept()));
    expect(statuses.filter((status) => status < 300)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    const members = () => service.database.query('SELECT 1 FROM tenancy.membership WHERE tenant_id = $1', [tenant.id]);
    expect(await members()).toHaveLength(4);
    expect(await users()).toMatchObject({ used: 4, limit: 4 });

    // Who was refused has the invitation still, and comes in when somebody has left.
    const [inside, outside] = [invited[statuses.findIndex((status) => status < 300)], invited[statuses.indexOf(429)]];
    expect(await remove(inside?.person.id ?? null)).toBeLessThan(300);
    expect(await users()).toMatchObject({ used: 3 });
    expect(await outside?.accept()).toBeLessThan(300);
    expect(await users()).toMatchObject({ used: 4 });
    expect(await members()).toHaveLength(4);
  });

  it('costs nothing to accept twice', async () => {
    const { users, invite } = await newTenant();
    const { accept } = await invite();
    expect(await accept()).toBeLessThan(300);
    expect(await accept()).toBeGreaterThanOrEqual(400);
    expect(await users()).toMatchObject({ used: 2 });
  });

  it('begins with those who are there, and lets them go, also where that is more than it has', async () => {
    const { owner, users, limit, invite, remove } = await newTenant();
    const member = await service.join(owner, { role: 'member' });
    await limit(1);
    expect(await users()).toMatchObject({ used: 2, limit: 1 });
    expect(await (await invite()).accept()).toBe(429);
    expect(await remove(member.id)).toBeLessThan(300);
    expect(await users()).toMatchObject({ used: 1, limit: 1 });
    expect(await (await invite()).accept()).toBe(429);
  });
});
