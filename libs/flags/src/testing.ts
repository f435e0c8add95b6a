import { Module, type DynamicModule } from '@nestjs/common';
import type { Tier } from '@plinth/contracts';
import { systemClock, type Clock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { FlagEvaluator, flagFaults, FlagOverrides, Flags, typeOfValue, type FlagDefinition, type FlagRule, type FlagSource, type FlagValue } from './index.js';

const quiet = Logger.create({ service: 'test', level: 'silent', format: 'json' });

@Module({})
class FlagsForTestsModule {}

/**
 * Flags that a test sets, in memory and at once; they are evaluated by the same code as tenant-service's. A flag that the test
 * says nothing of is not known: its callers get their own defaults.
 */
export class FlagsForTests implements FlagSource {
  /** Where nothing is known of any flag, as before tenant-service was reached. */
  away = false;
  /** What a service's code is given. */
  readonly flags: Flags;
  private readonly definitions = new Map<string, FlagDefinition>();
  private readonly tiers = new Map<string, Tier>();

  /** @param clock by which rules hold; a test that is about time holds one */
  constructor(clock: Clock = systemClock) {
    this.flags = new Flags({ source: this, evaluator: new FlagEvaluator({ overrides: FlagOverrides.none, logger: quiet, clock }) });
  }

  /** For everybody, in place of whatever the flag was. */
  set(key: string, value: FlagValue): this {
    const type = typeOfValue(value);
    if (type === undefined) throw new Error('no flag can have this value');
    return this.define({ key, type, variants: { value }, defaultVariant: 'value' });
  }

  /** For those of the condition alone; the flag has to be set, or defined, before. The last that is set comes first. */
  setFor(key: string, condition: Pick<FlagRule, 'tenants' | 'tiers' | 'users' | 'attributes'>, value: FlagValue): this {
    const flag = this.definitions.get(key);
    if (flag === undefined) throw new Error(`set ${key} for everybody first`);
    const variant = `value-${flag.version}`;
    return this.define({ ...flag, version: flag.version + 1, variants: { ...flag.variants, [variant]: value }, rules: [{ ...condition, variant }, ...flag.rules] });
  }

  /** A whole flag, for a test of its rules. @throws Error that lists what is not sound */
  define({ enabled = true, rules = [], version = 1, ...flag }: Pick<FlagDefinition, 'key' | 'type' | 'variants' | 'defaultVariant'> & Partial<FlagDefinition>): this {
    const whole: FlagDefinition = { offVariant: flag.defaultVariant, salt: flag.key, ...flag, enabled, rules, version };
    const faults = flagFaults(whole);
    if (faults.length > 0) throw new Error(`the flag ${flag.key} is not sound: ${faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join(', ')}`);
    this.definitions.set(flag.key, whole);
    return this;
  }

  /** As if there had never been one. */
  unset(key: string): this {
    this.definitions.delete(key);
    return this;
  }

  setTier(tenantId: string, tier: Tier): this {
    this.tiers.set(tenantId, tier);
    return this;
  }

  /** In place of `FlagsModule`, in the module under test. */
  get module(): DynamicModule {
    return { module: FlagsForTestsModule, global: true, providers: [{ provide: Flags, useValue: this.flags }], exports: [Flags] };
  }

  find(key: string): FlagDefinition | null | undefined {
    return this.away ? undefined : (this.definitions.get(key) ?? null);
  }

  tierOf(tenantId: string): Promise<Tier | null> {
    return Promise.resolve(this.tiers.get(tenantId) ?? null);
  }
}
