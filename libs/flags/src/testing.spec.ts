import { FlagsForTests } from './testing.js';

const tenantId = '018f0000-0000-7000-8000-000000000001';

describe('FlagsForTests', () => {
  it('knows what was set, of each type, and nothing else', async () => {
    const { flags } = new FlagsForTests().set('new-trail', true).set('size', 5).set('theme', 'dark').set('limits', { rows: 1 });
    expect(await flags.isOn('new-trail', {})).toBe(true);
    expect((await flags.evaluate('size', {}, 1)).value).toBe(5);
    expect((await flags.evaluate('theme', {}, '')).value).toBe('dark');
    expect((await flags.evaluate('limits', {}, {})).value).toEqual({ rows: 1 });
    expect(await flags.evaluate('other', {}, 'mine')).toEqual({ value: 'mine', reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND' });
  });

  it('sets a flag for some, the last one first', async () => {
    const kit = new FlagsForTests().set('new-trail', false).setFor('new-trail', { tenants: [tenantId] }, true).setFor('new-trail', { users: ['u1'] }, false);
    expect(await kit.flags.isOn('new-trail', { tenantId, targetingKey: 'u2' })).toBe(true);
    expect(await kit.flags.isOn('new-trail', { tenantId, targetingKey: 'u1' })).toBe(false);
    expect(await kit.flags.isOn('new-trail', {})).toBe(false);
    kit.setFor('new-trail', { tiers: ['enterprise'] }, true).setTier(tenantId, 'enterprise');
    expect(await kit.flags.isOn('new-trail', { tenantId, targetingKey: 'u1' })).toBe(true);
    kit.set('new-trail', false);
    expect(await kit.flags.isOn('new-trail', { tenantId, targetingKey: 'u2' })).toBe(false);
  });

  it('refuses what no flag can be', () => {
    const kit = new FlagsForTests();
    expect(() => kit.set('Bad Key', true)).toThrow('/key');
    expect(() => kit.set('a', Number.NaN)).toThrow('no flag can have this value');
    expect(() => kit.setFor('a', { users: ['u1'] }, true)).toThrow('set a for everybody first');
    expect(() => kit.set('a', true).setFor('a', { users: ['u1'] }, 'text')).toThrow('/variants');
    expect(() => kit.define({ key: 'a', type: 'boolean', variants: { on: true }, defaultVariant: 'on', rules: [{ variant: 'gone' }] })).toThrow('/rules/0/variant');
  });

  it('is away where the test says so, and forgets what is unset', async () => {
    const kit = new FlagsForTests().set('new-trail', true);
    kit.away = true;
    expect(await kit.flags.evaluate('new-trail', {}, false)).toMatchObject({ value: false, errorCode: 'PROVIDER_NOT_READY' });
    kit.away = false;
    expect(await kit.unset('new-trail').flags.isOn('new-trail', {}, true)).toBe(true);
  });
});
