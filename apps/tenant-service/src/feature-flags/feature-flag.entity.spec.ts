import { FeatureFlag } from './feature-flag.entity.js';

const now = new Date('2026-11-27T12:00:00Z');

describe('FeatureFlag', () => {
  it('is off for everybody where a boolean flag is made without a word', () => {
    expect(FeatureFlag.create({ key: 'a', type: 'boolean' }, now).state).toMatchObject({ enabled: true, variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off', salt: 'a' });
  });

  it('is switched off to `off` where it has one, whatever its default is', () => {
    expect(FeatureFlag.create({ key: 'a', type: 'boolean', defaultVariant: 'on' }, now).state.offVariant).toBe('off');
    expect(FeatureFlag.create({ key: 'a', type: 'boolean', variants: { yes: true, no: false }, defaultVariant: 'no' }, now).state.offVariant).toBe('no');
    expect(FeatureFlag.create({ key: 'a', type: 'string', variants: { x: 'X', y: 'Y' }, defaultVariant: 'y' }, now).state.offVariant).toBe('y');
  });

  it('has no default of its own where its variants are given: which is meant, nobody can tell', () => {
    expect(() => FeatureFlag.create({ key: 'a', type: 'boolean', variants: { on: true, off: false } }, now)).toThrow('feature_flag_invalid');
    expect(() => FeatureFlag.create({ key: 'a', type: 'string' }, now)).toThrow('feature_flag_invalid');
  });

  it('counts what changes it, and nothing else', () => {
    const flag = FeatureFlag.create({ key: 'a', type: 'boolean' }, now);
    const later = new Date(now.getTime() + 1);
    expect(flag.change({ rules: [], description: null }, later)).toEqual([]);
    expect(flag.state).toMatchObject({ version: 1, updatedAt: now });
    expect(flag.change({ rules: [{ variant: 'on' }], description: null }, later)).toEqual(['rules']);
    expect([flag.switchTo(true, later), flag.switchTo(false, later)]).toEqual([false, true]);
    expect(flag.state).toMatchObject({ version: 3, enabled: false, updatedAt: later });
  });
});
