import { Metrics } from '@plinth/telemetry';
import { Logger } from '@plinth/logging';
import type { FlagDefinition } from './flag.js';
import { FlagEvaluator } from './flag-evaluator.js';
import { FlagOverrides } from './flag-overrides.js';
import type { FlagSource } from './flag-source.js';
import { flagContextOf, Flags } from './flags.js';

const tenantId = '018f0000-0000-7000-8000-000000000001';
const byTier: FlagDefinition = {
  ...{ key: 'by-tier', type: 'boolean', version: 1, enabled: true, defaultVariant: 'off', offVariant: 'off', salt: 'by-tier' },
  variants: { on: true, off: false },
  rules: [{ tiers: ['enterprise'], variant: 'on' }],
};
const size: FlagDefinition = { ...byTier, key: 'size', type: 'number', variants: { few: 10 }, defaultVariant: 'few', offVariant: 'few', rules: [] };

function setup({ known = [byTier, size], tier = () => Promise.resolve('enterprise'), overrides = {} }: { known?: FlagDefinition[] | null; tier?: () => Promise<string>; overrides?: Record<string, string> } = {}) {
  const asked: string[] = [];
  const source: FlagSource = {
    find: (key) => (known === null ? undefined : (known.find((flag) => flag.key === key) ?? null)),
    tierOf: (id) => {
      asked.push(id);
      return tier() as Promise<'enterprise'>;
    },
  };
  const metrics = new Metrics('test');
  const logger = Logger.create({ service: 'test', level: 'silent', format: 'json' });
  const flags = new Flags({ source, evaluator: new FlagEvaluator({ overrides: FlagOverrides.of(overrides), logger }), metrics });
  const fallbacks = async () => [...(await metrics.text()).body.matchAll(/plinth_flag_fallbacks_total\{[^}]*cause="(\w+)"[^}]*\} (\d+)/g)].map(([, cause, count]) => `${cause} ${count}`);
  return { flags, asked, fallbacks };
}

describe('Flags', () => {
  it('look the tier up where a rule asks for it, and not where it is known or there is no tenant', async () => {
    const { flags, asked, fallbacks } = setup();
    expect(await flags.isOn('by-tier', { tenantId })).toBe(true);
    expect(asked).toEqual([tenantId]);
    expect(await flags.isOn('by-tier', { tenantId, tier: 'free' })).toBe(false);
    expect(await flags.isOn('by-tier', { tenantId: null })).toBe(false);
    expect((await flags.evaluate('size', { tenantId }, 25)).value).toBe(10);
    expect(asked).toHaveLength(1);
    expect(await fallbacks()).toEqual([]);
  });

  it.each([
    ['nothing was learned yet', { known: null }, 'by-tier', 'PROVIDER_NOT_READY'],
    ['there is no such flag', {}, 'no-such-flag', 'FLAG_NOT_FOUND'],
    ['the flag is of another type', {}, 'size', 'TYPE_MISMATCH'],
    ['the tier cannot be found out', { tier: () => Promise.reject(new Error('away')) }, 'by-tier', 'GENERAL'],
    ['the flag is not sound', { known: [{ ...byTier, rules: [], defaultVariant: 'gone' }] }, 'by-tier', 'GENERAL'],
  ] as const)('are the caller’s own default where %s, counted', async (_, options, key, errorCode) => {
    for (const fallback of [true, false]) {
      const { flags, fallbacks } = setup(options as Parameters<typeof setup>[0]);
      expect(await flags.evaluate(key, { tenantId }, fallback)).toEqual({ value: fallback, reason: 'ERROR', errorCode });
      expect(await flags.isOn(key, { tenantId }, fallback)).toBe(fallback);
      expect(await fallbacks()).toEqual([`${errorCode} 2`]);
    }
  });

  it('take what the environment says, also while nothing is known of any flag', async () => {
    const { flags, fallbacks } = setup({ known: null, overrides: { 'by-tier': 'true', size: 'many' } });
    expect(await flags.evaluate('by-tier', {}, false)).toEqual({ value: true, reason: 'STATIC' });
    expect(await flags.evaluate('size', {}, 25)).toMatchObject({ value: 25, errorCode: 'PROVIDER_NOT_READY' });
    expect(await fallbacks()).toEqual(['PROVIDER_NOT_READY 1']);
  });

  it('are asked for the tenant and the principal of a request', () => {
    const principal = { type: 'user', id: 'u1', tenantId, roles: [] } as const;
    expect(flagContextOf({ tenantId, principal })).toEqual({ tenantId, targetingKey: 'u1' });
  });
});
