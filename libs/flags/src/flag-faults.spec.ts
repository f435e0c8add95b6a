import { flagFaults } from './flag-faults.js';
import type { FlagDefinition } from './flag.js';

const sound: FlagDefinition = {
  ...{ key: 'new-trail', type: 'boolean', version: 1, enabled: true, defaultVariant: 'off', offVariant: 'off', salt: 'new-trail' },
  variants: { on: true, off: false },
  rules: [
    { description: 'Ours', tenants: ['018f0000-0000-7000-8000-000000000001'], tiers: ['enterprise'], users: ['u1'], attributes: { country: ['CH'], beta: [true, 1] }, variant: 'on' },
    { from: '2026-11-27T00:00:00Z', until: '2026-12-01T00:00:00+01:00', split: [{ variant: 'on', percent: 33.333 }, { variant: 'off', percent: 66.667 }], splitBy: 'tenant' },
  ],
};

describe('flagFaults', () => {
  it('finds none in a sound flag', () => {
    expect(flagFaults(sound)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a key in capitals', { key: 'NewTrail' }, '/key'],
    ['a key with two dashes', { key: 'a--b' }, '/key'],
    ['no variants', { variants: {} }, '/variants'],
    ['a value of another type', { variants: { on: 'true', off: false } }, '/variants/on'],
    ['a list as JSON', { type: 'json', variants: { on: [1], off: {} } }, '/variants/on'],
    ['null as a value', { variants: { on: null, off: false } }, '/variants/on'],
    ['a default that is no variant', { defaultVariant: 'maybe' }, '/defaultVariant'],
    ['an off that every object has', { offVariant: 'constructor' }, '/offVariant'],
    ['a salt with a colon', { salt: 'a:b' }, '/salt'],
    ['rules that are no list', { rules: {} }, '/rules'],
    ['a rule without an answer', { rules: [{ users: ['u1'] }] }, '/rules/0'],
    ['a rule with two answers', { rules: [{ variant: 'on', split: [{ variant: 'on', percent: 1 }] }] }, '/rules/0'],
    ['a condition that is not known', { rules: [{ variant: 'on', regions: ['x'] }] }, '/rules/0'],
    ['an empty list, which would hold for nobody', { rules: [{ variant: 'on', users: [] }] }, '/rules/0/users'],
    ['a tenant that is no id', { rules: [{ variant: 'on', tenants: ['acme'] }] }, '/rules/0/tenants/0'],
    ['a tenant in capitals, which would hold for nobody', { rules: [{ variant: 'on', tenants: ['018F0000-0000-7000-8000-000000000001'] }] }, '/rules/0/tenants/0'],
    ['a tier that there is not', { rules: [{ variant: 'on', tiers: ['gold'] }] }, '/rules/0/tiers/0'],
    ['a variant that there is not', { rules: [{ variant: 'maybe' }] }, '/rules/0/variant'],
    ['a share of a variant that there is not', { rules: [{ split: [{ variant: 'on', percent: 1 }, { variant: 'maybe', percent: 1 }] }] }, '/rules/0/split/1/variant'],
    ['more than all', { rules: [{ split: [{ variant: 'on', percent: 60 }, { variant: 'off', percent: 40.001 }] }] }, '/rules/0/split'],
    ['less than nothing', { rules: [{ split: [{ variant: 'on', percent: -1 }] }] }, '/rules/0/split/0/percent'],
    ['a split unit without a split', { rules: [{ variant: 'on', splitBy: 'user' }] }, '/rules/0/splitBy'],
    ['a time without a zone', { rules: [{ variant: 'on', from: '2026-11-27T00:00:00' }] }, '/rules/0/from'],
    ['a leap second', { rules: [{ variant: 'on', from: '2016-12-31T23:59:60Z' }] }, '/rules/0/from'],
    ['an end before the begin', { rules: [{ variant: 'on', from: '2026-11-27T00:00:00Z', until: '2026-11-27T00:00:00Z' }] }, '/rules/0/until'],
  ])('finds %s', (_, change, pointer) => {
    expect(flagFaults({ ...sound, ...change }).map((fault) => fault.pointer)).toContain(pointer);
  });

  it('tells no value', () => {
    const faults = flagFaults({ ...sound, variants: { on: 's3cret', off: false }, rules: [{ variant: 's3cret' }] });
    expect(faults).toHaveLength(2);
    expect(JSON.stringify(faults)).not.toContain('s3cret');
  });
});
