import { capabilities, grantsOf, type Capability } from './capabilities.js';
import { isOpenToOperators, openToOperators, operatorAccessMinutes, readableByOperators } from './operator-access.js';

describe('what operators can be let do in a tenant', () => {
  const names = Object.keys(capabilities) as Capability[];

  it('is what is listed, each once, and all of it of a tenant', () => {
    expect(names.filter(isOpenToOperators).sort()).toEqual([...openToOperators].sort());
    expect(new Set(openToOperators).size).toBe(openToOperators.length);
    expect(openToOperators.filter((name) => capabilities[name].area === 'platform')).toEqual([]);
  });

  it('is never members, roles, keys, ownership, billing, the end of the tenant, money or a decision over operators', () => {
    const closed = names.filter((name) => /^(member|credential\.(submit|verify)|user\.(invite|remove)|role\.manage|api_key\.(create|update|rotate|revoke)|account|operator_access|ai)|^tenant\.(transfer|deactivate)/.test(name));
    expect(closed.length).toBeGreaterThan(14);
    expect(closed.filter(isOpenToOperators)).toEqual([]);
  });

  it('is nothing that an INTERNAL_* role grants, and nothing for which anybody needs a credential', () => {
    const internal = names.filter((name) => grantsOf(name, ['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR', 'INTERNAL_FINANCE', 'INTERNAL_AUDITOR']).length > 0);
    const licensed = names.filter((name) => capabilities[name].grants.some(({ credential }) => credential !== undefined));
    expect([internal.length > 5, licensed]).toEqual([true, ['calculation.approve']]);
    expect([...internal, ...licensed].filter(isOpenToOperators)).toEqual([]);
  });

  it('is reading where nothing else is asked for', () => {
    expect(readableByOperators.filter((name) => !/\.(read|view|evaluate)$/.test(name))).toEqual([]);
  });

  it('is no name that got past the types', () => {
    expect(['*', '', 'tenant.suspend', 'constructor', '__proto__'].filter(isOpenToOperators)).toEqual([]);
  });

  it('lasts an hour where nothing is said, and eight at most', () => {
    expect(operatorAccessMinutes).toMatchObject({ default: 60, most: 480 });
  });
});
