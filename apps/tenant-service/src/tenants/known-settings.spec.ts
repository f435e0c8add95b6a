import { knownSettings, settingFaults } from './known-settings.js';

const faults = (settings: Record<string, unknown>) => settingFaults(settings, Object.keys(settings));

describe('a setting', () => {
  it.each<[string, unknown]>([
    ['locale', 'de-CH'],
    ['locale', 'zh-Hant-TW'],
    ['currency', 'CHF'],
    ['weekStart', 'monday'],
    ['operatorAccess', 'closed'],
    ['branding', { displayName: 'Acme', primaryColor: '#00ff7F', logoUrl: 'https://cdn.example/logo.svg' }],
    ['branding', {}],
    ['support', { email: 'help@acme.example' }],
    ['a product’s own', { anything: ['goes', 1, null] }],
  ])('%s may be %j', (name, value) => {
    expect(faults({ [name]: value })).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['locale', 'German', '/settings/locale'],
    ['locale', 7, '/settings/locale'],
    ['currency', 'chf', '/settings/currency'],
    ['weekStart', 'friday', '/settings/weekStart'],
    ['operatorAccess', 'sometimes', '/settings/operatorAccess'],
    ['branding', { logoUrl: 'javascript:alert(1)' }, '/settings/branding/logoUrl'],
    ['branding', { font: 'x' }, '/settings/branding'],
    ['branding', 'blue', '/settings/branding'],
    ['support', { email: 'nobody' }, '/settings/support/email'],
  ])('%s may not be %j', (name, value, pointer) => {
    expect(faults({ [name]: value })).toEqual([expect.objectContaining({ pointer })]);
  });

  it('that was stored before its schema holds up no other', () => {
    expect(settingFaults({ locale: 'German', theme: 'dark' }, ['theme'])).toEqual([]);
  });

  it('is known by the names that are documented, and quotes no value in what it says', () => {
    expect(Object.keys(knownSettings)).toEqual(['locale', 'currency', 'weekStart', 'operatorAccess', 'branding', 'support']);
    expect(JSON.stringify(faults({ locale: 'secret-value', currency: 'secret-value' }))).not.toContain('secret-value');
  });
});
