import { capabilities, capabilitiesOf, domainRoles, grantsOf, isTenantCapability, platformRoles, tenantRoles, type Capability } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import fc from 'fast-check';
import { holdsAll, ungivable, untakable } from './role-giving.js';

const person = (roles: readonly string[], made: readonly string[] = []): Principal => ({ type: 'user', id: 'p', tenantId: 't', roles, ...(made.length === 0 ? {} : { capabilities: made }) });
const key = (roles: readonly string[], scopes: readonly string[]): Principal => ({ type: 'api_key', id: 'k', tenantId: 't', roles, scopes });
const role = (name: string) => ({ role: name as 'owner', roles: [], customRoles: [] });
const domain = (...roles: string[]) => ({ roles, customRoles: [] });
const made = (...granted: string[]) => ({ roles: [], customRoles: [{ name: 'made', capabilities: granted }] });
const everyTenantCapability = (Object.keys(capabilities) as Capability[]).filter(isTenantCapability);

describe('who may give which role', () => {
  it.each([
    [['owner'], ['owner', 'admin', 'member', 'viewer']],
    [['admin'], ['admin', 'member', 'viewer']],
    [['member'], ['member', 'viewer']],
    [['viewer'], ['viewer']],
    [[], []],
  ])('%j gives %j', (held, givable) => {
    expect(tenantRoles.filter((one) => ungivable(person(held), role(one)).length === 0)).toEqual(givable);
  });

  it('lets owners and admins give the domains’ roles, and others what they have all of', () => {
    for (const held of ['owner', 'admin']) expect(ungivable(person([held]), domain(...domainRoles))).toEqual([]);
    expect(ungivable(person(['member']), domain(...domainRoles))).toEqual(domainRoles);
    expect(ungivable(person(['member', 'estimator']), domain('estimator', 'client', 'engineer'))).toEqual(['engineer']);
  });

  it.each(['INTERNAL_MANAGER', 'INTERNAL_ANYTHING', 'INTERNAL', ...platformRoles])('lets nobody of a tenant give %s, whatever they have', (name) => {
    for (const giver of [person(['owner']), person(['owner', name]), person(['admin', 'INTERNAL_DIRECTOR'], everyTenantCapability), key(['owner', name], ['*'])]) {
      expect(ungivable(giver, domain(name))).toEqual([name]);
      expect(ungivable(giver, role(name))).toEqual([name]);
    }
  });

  it('makes no owner by a key, and by no scope more than the scope', () => {
    expect(ungivable(key(['owner'], ['*']), role('owner'))).toEqual(['owner']);
    expect(ungivable(key(['owner'], ['*']), role('admin'))).toEqual([]);
    expect(ungivable(key(['owner'], ['member.set_roles']), role('viewer'))).toEqual(['viewer']);
    expect(ungivable(key(['owner'], ['member.set_roles']), domain('client'))).toEqual(['client']);
  });

  it('puts into a role of the tenant’s making what the maker has of everything, and nothing of the platform', () => {
    expect(holdsAll(person(['owner']), ['project.view', 'account.billing'])).toBe(true);
    expect(holdsAll(person(['admin']), ['account.billing'])).toBe(false);
    for (const client of [person(['client'])]) expect(ungivable(client, made('project.view'))).toEqual(['made']);
    for (const nothing of ['tenant.suspend', 'job.run', '*', 'nothing.here', 'constructor', '__proto__']) expect(holdsAll(person(['owner', 'PLATFORM_ADMIN'], [nothing]), [nothing])).toBe(false);
    // Under a licence both have it; a role of the tenant's making asks for the licence too.
    expect(holdsAll(person(['engineer']), ['calculation.approve'])).toBe(true);
    expect(ungivable(person(['engineer'], everyTenantCapability), role('admin'))).toEqual(['admin']);
  });

  it('lets an admin unmake no owner, a key none at all, and the owner’s key everybody else whatever its scopes', () => {
    expect(untakable(person(['admin']), role('owner'))).toEqual(['owner']);
    expect(untakable(person(['owner']), role('owner'))).toEqual([]);
    expect(untakable(key(['owner'], ['*']), role('owner'))).toEqual(['owner']);
    expect(untakable(key(['owner'], ['user.remove']), role('admin'))).toEqual([]);
  });

  it('never makes more than the giver has: whatever is given, given on, and put together', () => {
    const names = fc.subarray([...tenantRoles, ...domainRoles]);
    const caps = fc.subarray(everyTenantCapability);
    const width = (one: Principal, capability: Capability) => grantsOf(capability, one.roles).filter((grant) => grant.condition === undefined && grant.credential === undefined).length > 0;
    fc.assert(
      fc.property(names, caps, fc.constantFrom(...tenantRoles), caps, (held, extra, wanted, put) => {
        // Who is no owner or admin, who may give the domains' roles without having them.
        const giver = person(held.filter((one) => one !== 'owner' && one !== 'admin'), extra);
        if (ungivable(giver, role(wanted)).length === 0) {
          for (const capability of [...capabilitiesOf([wanted])].filter(isTenantCapability)) {
            const asFar = width(giver, capability) || (giver.capabilities ?? []).includes(capability) || !width(person([wanted]), capability);
            expect([wanted, capability, asFar]).toEqual([wanted, capability, true]);
          }
        }
        if (holdsAll(giver, put)) for (const capability of put) expect(grantsOf(capability, giver.roles).length > 0 || extra.includes(capability)).toBe(true);
      }),
    );
  });
});
