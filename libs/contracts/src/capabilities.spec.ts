import { readFileSync } from 'node:fs';
import { capabilities, capabilitiesOf, credentialKinds, grantsOf, isPlatformCapability, isTenantCapability, madeGrantOf, resourceConditions, type Capability, type CapabilityArea } from './capabilities.js';
import { businessRoles, domainRoles, engineeringRoles, isGrantedByOperatorsOnly, platformRoles, roleMatches, tenantRoles } from './roles.js';

const given = JSON.parse(readFileSync(new URL('../fixtures/capabilities.json', import.meta.url), 'utf8')) as {
  readonly business: Readonly<Record<string, readonly string[]>>;
  readonly engineering: { readonly roles: Readonly<Record<string, string>>; readonly permissions: readonly string[] };
};

const entries = Object.entries(capabilities);
const namesOf = (area: CapabilityArea) => entries.filter(([, definition]) => definition.area === area).map(([name]) => name);

/** What a role alone has in the engineering domain; a condition or a credential stands behind the name. */
function engineeringOf(role: string): string[] {
  return (namesOf('engineering') as Capability[]).flatMap((capability) =>
    grantsOf(capability, [role]).map(({ condition, credential }) => [capability, condition, credential].filter((part) => part !== undefined).join(' ')),
  );
}

describe('the catalogue', () => {
  it('gives the business capabilities to the roles that were given, and to no other', () => {
    const ours = entries.filter(([, { area }]) => area === 'business').map(([name, { grants }]) => [name, grants.map(({ role }) => role)]);
    expect(Object.fromEntries(ours)).toEqual(given.business);
    expect(entries.filter(([, { area, grants }]) => area === 'business' && grants.some(({ condition, credential }) => condition ?? credential))).toEqual([]);
  });

  it('has the engineering permissions that were given, for the roles that were given', () => {
    expect(namesOf('engineering')).toEqual(given.engineering.permissions);
    const roles = new Set(entries.filter(([, { area }]) => area === 'engineering').flatMap(([, { grants }]) => grants.map(({ role }) => role)));
    expect([...roles].sort()).toEqual(Object.keys(given.engineering.roles).sort());
  });

  const permissions = given.engineering.permissions;
  it.each<[string, string, readonly string[]]>([
    ['owner', 'every permission', permissions],
    ['admin', 'manages users, approves calculations, full project access', permissions.filter((name) => !name.startsWith('account.'))],
    [
      'engineer',
      'approves structural calculations; needs a verified professional-engineer licence that has not expired',
      ['project.view', 'calculation.approve professional_engineer_licence', 'calculation.view', 'file.view'],
    ],
    ['estimator', 'creates and edits projects, runs calculations', ['project.create', 'project.edit', 'project.view', 'calculation.run', 'calculation.view', 'file.upload', 'file.view']],
    ['fabricator', 'reads approved projects only', ['project.view approved', 'calculation.view approved', 'file.view approved']],
    ['client', 'reads its own projects only', ['project.view own', 'calculation.view own', 'file.view own']],
    ['member', '', []],
    ['TRADER', '', []],
  ])('gives the %s: %s', (role, sentence, granted) => {
    expect(given.engineering.roles[role] ?? '').toBe(sentence);
    expect(engineeringOf(role)).toEqual(granted);
  });

  it('names each condition and credential from its list, and a role of the area in every grant', () => {
    const rolesOfArea: Record<CapabilityArea, readonly string[]> = {
      tenant: tenantRoles,
      business: [...businessRoles, 'INTERNAL'],
      engineering: [...tenantRoles, ...engineeringRoles],
      platform: platformRoles,
    };
    for (const [name, { area, grants }] of entries) {
      expect(name).toMatch(/^[a-z_]+(\.[a-z_]+)+$/);
      expect(grants.length).toBeGreaterThan(0);
      for (const { role, condition, credential } of grants) {
        expect(rolesOfArea[area]).toContain(role);
        expect([undefined, ...resourceConditions]).toContain(condition);
        expect([undefined, ...credentialKinds]).toContain(credential);
      }
    }
  });
});

describe('roles', () => {
  it('are of one list each', () => {
    const all = [...tenantRoles, ...businessRoles, ...engineeringRoles, ...platformRoles];
    expect(new Set(all).size).toBe(all.length);
  });

  it('of INTERNAL are all whose names begin so, and no other', () => {
    for (const role of ['INTERNAL_MANAGER', 'INTERNAL_FINANCE', 'INTERNAL_AUDITOR']) {
      expect(capabilitiesOf([role])).toContain('availability.view_all');
      expect(roleMatches('INTERNAL', role)).toBe(true);
    }
    for (const role of ['INTERNAL', 'INTERNAL_', 'internal_manager', 'MY_INTERNAL_ROLE', 'SELLER', 'owner', 'PLATFORM_ADMIN']) {
      expect(capabilitiesOf([role])).not.toContain('availability.view_all');
    }
    expect(capabilitiesOf(['INTERNAL_AUDITOR'])).toEqual(new Set(['availability.view_all']));
  });

  it('of the platform and INTERNAL ones are given by operators only', () => {
    expect([...platformRoles, 'INTERNAL', 'INTERNAL_MANAGER', 'INTERNAL_OF_A_TENANT'].filter((role) => !isGrantedByOperatorsOnly(role))).toEqual([]);
    expect([...tenantRoles, ...engineeringRoles, 'SELLER', 'BUYER', 'TRADER'].filter(isGrantedByOperatorsOnly)).toEqual([]);
  });

  it('add up, and unknown ones add nothing', () => {
    const added = capabilitiesOf(['viewer', 'BUYER', 'nobody']);
    expect(added).toEqual(new Set([...capabilitiesOf(['viewer']), ...capabilitiesOf(['BUYER'])]));
    expect(['tenant.read', 'requirement.create', 'tenant.update'].map((name) => added.has(name as Capability))).toEqual([true, true, false]);
    expect(grantsOf('project.view', ['fabricator', 'client']).map(({ condition }) => condition)).toEqual(['approved', 'own']);
    expect(capabilitiesOf([])).toEqual(new Set());
    expect(capabilitiesOf(['constructor', '__proto__'])).toEqual(new Set());
  });
});

describe('a role of a tenant’s own making', () => {
  it('grants what a tenant can have, without condition, and asks for a credential where the catalogue does of anybody', () => {
    expect(madeGrantOf('project.view')).toEqual({ role: 'made by the tenant' });
    expect(madeGrantOf('calculation.approve')).toEqual({ role: 'made by the tenant', credential: 'professional_engineer_licence' });
    expect(['tenant.suspend', 'job.run', 'nothing.here', '*', 'constructor', '__proto__'].map(madeGrantOf)).toEqual(Array(6).fill(undefined));
  });

  it('stands beside the domains’ roles, none of which operators alone give', () => {
    expect([...domainRoles].sort()).toEqual(['BUYER', 'SELLER', 'TRADER', 'client', 'engineer', 'estimator', 'fabricator']);
  });
});

describe('areas', () => {
  it("keep the platform's capabilities from tenants", () => {
    expect(isPlatformCapability('tenant.suspend')).toBe(true);
    expect(isPlatformCapability('tenant.update')).toBe(false);
    expect(['tenant.read', 'trade.settle', 'project.view'].map(isTenantCapability)).toEqual([true, true, true]);
    expect(['tenant.suspend', 'nothing.here', '*', 'toString', '__proto__'].map(isTenantCapability)).toEqual([false, false, false, false, false]);
  });
});
