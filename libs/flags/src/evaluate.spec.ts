import fc from 'fast-check';
import { bucketOf } from './bucket.js';
import { evaluate } from './evaluate.js';
import type { FlagDefinition } from './flag.js';

const tenantId = '018f0000-0000-7000-8000-000000000001';
const otherTenant = '018f0000-0000-7000-8000-000000000002';
const now = new Date('2026-11-27T12:00:00Z');

function flag(more: Partial<FlagDefinition> = {}): FlagDefinition {
  return { key: 'new-trail', type: 'boolean', version: 1, enabled: true, variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off', rules: [], salt: 'new-trail', ...more };
}

describe('evaluate', () => {
  it('gives the default variant, and says whether there were rules at all', () => {
    expect(evaluate(flag(), {}, now)).toEqual({ value: false, variant: 'off', reason: 'STATIC' });
    expect(evaluate(flag({ rules: [{ users: ['u1'], variant: 'on' }] }), { targetingKey: 'u2' }, now)).toEqual({ value: false, variant: 'off', reason: 'DEFAULT' });
  });

  it('gives everybody the off variant while the flag is switched off, whatever its rules say', () => {
    const killed = flag({ enabled: false, defaultVariant: 'on', rules: [{ variant: 'on' }] });
    expect(evaluate(killed, { targetingKey: 'u1', tenantId }, now)).toEqual({ value: false, variant: 'off', reason: 'DISABLED' });
  });

  it.each([
    ['a tenant', { tenants: [tenantId] }, { tenantId }, { tenantId: otherTenant }],
    ['a tier', { tiers: ['enterprise', 'professional'] as const }, { tier: 'enterprise' as const }, { tier: 'free' as const }],
    ['a user', { users: ['u1', 'u2'] }, { targetingKey: 'u2' }, { targetingKey: 'u3' }],
    ['an attribute', { attributes: { country: ['CH', 'AT'], beta: [true] } }, { attributes: { country: 'CH', beta: true } }, { attributes: { country: 'CH', beta: 'true' } }],
    ['tenant and user together', { tenants: [tenantId], users: ['u1'] }, { tenantId, targetingKey: 'u1' }, { tenantId: otherTenant, targetingKey: 'u1' }],
  ])('targets %s, and nobody else', (_, condition, inside, outside) => {
    const targeted = flag({ rules: [{ ...condition, variant: 'on' }] });
    expect(evaluate(targeted, inside, now)).toEqual({ value: true, variant: 'on', reason: 'TARGETING_MATCH', rule: 0 });
    for (const context of [outside, {}, { tenantId: null, tier: null, targetingKey: null }]) expect(evaluate(targeted, context, now)).toMatchObject({ value: false, reason: 'DEFAULT' });
  });

  it('takes no attribute from what every object has', () => {
    const targeted = flag({ rules: [{ attributes: { constructor: ['x'], toString: ['y'] }, variant: 'on' }] });
    expect(evaluate(targeted, { attributes: {} }, now).value).toBe(false);
  });

  it('lets the first rule that holds decide', () => {
    const ordered = flag({ type: 'string', variants: { a: 'A', b: 'B', c: 'C' }, defaultVariant: 'c', offVariant: 'c', rules: [{ users: ['u1'], variant: 'a' }, { variant: 'b' }] });
    expect(evaluate(ordered, { targetingKey: 'u1' }, now)).toMatchObject({ value: 'A', rule: 0 });
    expect(evaluate(ordered, { targetingKey: 'u2' }, now)).toMatchObject({ value: 'B', rule: 1 });
  });

  it('holds from its first moment on and until the first that is outside', () => {
    const timed = flag({ rules: [{ from: '2026-11-27T13:00:00+01:00', until: '2026-11-28T00:00:00Z', variant: 'on' }] });
    const at = (text: string) => evaluate(timed, {}, new Date(text)).value;
    expect(['2026-11-27T11:59:59.999Z', '2026-11-27T12:00:00Z', '2026-11-27T23:59:59.999Z', '2026-11-28T00:00:00Z'].map(at)).toEqual([false, true, true, false]);
  });

  it.each([
    ['number', { few: 10, many: 2.5 }, 'many', 2.5],
    ['json', { none: {}, all: { limits: { rows: 5 } } }, 'all', { limits: { rows: 5 } }],
    ['string', { x: 'X', y: '' }, 'y', ''],
  ] as const)('has values of the type %s', (type, variants, defaultVariant, value) => {
    expect(evaluate(flag({ type, variants, defaultVariant, offVariant: defaultVariant }), {}, now)).toEqual({ value, variant: defaultVariant, reason: 'STATIC' });
  });

  it('refuses to name a variant that it does not have', () => {
    expect(() => evaluate(flag({ defaultVariant: 'constructor' }), {}, now)).toThrow('has no variant');
  });
});

describe('a split', () => {
  const variants = { control: 'c', a: 'A', b: 'B' };
  const experiment = (percents: readonly [number, number], more = {}) =>
    flag({ type: 'string', variants, defaultVariant: 'control', offVariant: 'control', rules: [{ split: [{ variant: 'a', percent: percents[0] }, { variant: 'b', percent: percents[1] }], ...more }] });

  it('deals by the bucket of the user alone: a user has the same in every tenant and process', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), (targetingKey, first, second) => {
        const bucket = bucketOf('new-trail', targetingKey);
        const expected = bucket < first * 1_000 ? 'A' : bucket < (first + second) * 1_000 ? 'B' : 'c';
        for (const context of [{ targetingKey }, { targetingKey, tenantId, tier: 'free' as const }]) expect(evaluate(experiment([first, second]), context, now).value).toBe(expected);
      }),
    );
  });

  it('takes nothing from whom it has dealt in when the first share grows', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (targetingKey, one, other) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        if (evaluate(experiment([small, 0]), { targetingKey }, now).value === 'A') expect(evaluate(experiment([large, 0]), { targetingKey }, now).value).toBe('A');
      }),
    );
  });

  it('leaves whom no share has to the next rule', () => {
    const { rules, ...rest } = experiment([10, 10]);
    const followed: FlagDefinition = { ...rest, rules: [...rules, { variant: 'control', description: 'the rest' }] };
    const reasons = new Set(Array.from({ length: 200 }, (_, index) => evaluate(followed, { targetingKey: `u${index}` }, now)).map(({ reason, rule }) => `${reason} ${rule}`));
    expect([...reasons].sort()).toEqual(['SPLIT 0', 'TARGETING_MATCH 1']);
  });

  it('by tenant gives all users of a tenant the same', () => {
    const byTenant = experiment([50, 50], { splitBy: 'tenant' });
    const values = new Set(Array.from({ length: 50 }, (_, index) => evaluate(byTenant, { tenantId, targetingKey: `u${index}` }, now).value));
    expect(values.size).toBe(1);
    expect(evaluate(byTenant, { targetingKey: 'u1' }, now)).toMatchObject({ value: 'c', reason: 'DEFAULT' });
  });

  it('does not hold for whom nobody names', () => {
    expect(evaluate(experiment([100, 0]), {}, now)).toMatchObject({ value: 'c', reason: 'DEFAULT' });
    expect(evaluate(experiment([100, 0]), { targetingKey: '' }, now)).toMatchObject({ value: 'A', reason: 'SPLIT' });
  });

  it('deals anew by another salt', () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `u${index}`);
    const dealt = (salt: string) => keys.filter((targetingKey) => evaluate({ ...experiment([50, 0]), salt }, { targetingKey }, now).value === 'A');
    const kept = dealt('one').filter((key) => dealt('two').includes(key)).length;
    expect(kept).toBeGreaterThan(150);
    expect(kept).toBeLessThan(350);
  });
});
