import fc from 'fast-check';
import { Tenant, tenantSteps, tenantTiers, type TenantStatus, type TenantStep } from './tenant.entity.js';

const now = new Date('2026-11-22T12:00:00Z');
const created = (status: TenantStatus) => Tenant.create({ name: 'Acme', status, now });

/** Drawn anew: `pending -> active <-> suspended -> deactivated`, and from active too, where owners give up. */
const drawn: Readonly<Record<TenantStatus, Partial<Record<TenantStep, TenantStatus>>>> = {
  pending: { activate: 'active' },
  active: { suspend: 'suspended', deactivate: 'deactivated' },
  suspended: { restore: 'active', deactivate: 'deactivated' },
  deactivated: {},
};

const steps = Object.keys(tenantSteps) as TenantStep[];
const anyStep = fc.constantFrom(...steps);

describe('the life of a tenant', () => {
  it('goes the drawn ways and no others, whatever is tried in whatever order; a refused step changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom<TenantStatus>('pending', 'active'), fc.array(anyStep, { maxLength: 30 }), (begin, tried) => {
        const tenant = created(begin);
        let status = begin;
        let version = 1;
        for (const step of tried) {
          const next = drawn[status][step];
          if (next === undefined) {
            expect(() => tenant.take(step, now)).toThrow('tenant_status_conflict');
          } else {
            tenant.take(step, now);
            status = next;
            version += 1;
          }
          expect([tenant.status, tenant.version]).toEqual([status, version]);
        }
      }),
    );
  });

  it('ends with its deactivation', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 10 }), (tried) => {
        const tenant = created('active');
        tenant.take('deactivate', now);
        for (const step of tried) expect(() => tenant.take(step, now)).toThrow();
        expect(tenant.status).toBe('deactivated');
      }),
    );
  });

  it('has every status in reach, and no step leads to pending', () => {
    const reached = new Set<TenantStatus>(['pending']);
    for (let size = 0; size < reached.size; ) {
      size = reached.size;
      for (const status of [...reached]) for (const to of Object.values(drawn[status])) reached.add(to);
    }
    expect(reached.size).toBe(4);
    expect(Object.values(tenantSteps).map(({ to }) => to)).not.toContain('pending');
  });

  it('counts a change of tier or billing once, and the same again not at all', () => {
    const tenant = created('active');
    for (const tier of tenantTiers.filter((one) => one !== 'free')) {
      expect([tenant.setTier(tier, now), tenant.setTier(tier, now)]).toEqual([true, false]);
    }
    const billing = { ...tenant.billing, company: 'Acme Ltd' };
    expect([tenant.setBilling(billing, now), tenant.setBilling({ ...billing }, now)]).toEqual([true, false]);
    expect(tenant.version).toBe(5);
  });
});
