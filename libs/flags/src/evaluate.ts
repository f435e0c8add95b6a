import { bucketOf, bucketsOf } from './bucket.js';
import type { FlagContext, FlagDefinition, FlagRule, FlagValue } from './flag.js';

/** OpenFeature's reasons (specification, "Resolution Reason") of an evaluation that came to a value. */
export type FlagReason = 'STATIC' | 'DEFAULT' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED';

/** What a flag is for somebody, and why. */
export interface Evaluation {
  readonly value: FlagValue;
  /** The name of the value; none where the environment gives it. */
  readonly variant?: string;
  readonly reason: FlagReason;
  /** The place of the rule that decided, from 0. */
  readonly rule?: number;
}

/**
 * What the flag is for this context at this time. The same arguments give the same answer, in every process: nothing else
 * is looked at. A rule that asks for what the context does not have does not hold, a split without its unit neither.
 *
 * @throws Error where the flag names a variant that it does not have, which `flagFaults` finds before it is stored
 */
export function evaluate(flag: FlagDefinition, context: FlagContext, now: Date): Evaluation {
  if (!flag.enabled) return { ...variantOf(flag, flag.offVariant), reason: 'DISABLED' };
  for (const [rule, condition] of flag.rules.entries()) {
    if (!holds(condition, context, now)) continue;
    if (condition.variant !== undefined) return { ...variantOf(flag, condition.variant), reason: 'TARGETING_MATCH', rule };
    const dealt = dealtBy(condition, flag.salt, context);
    if (dealt !== undefined) return { ...variantOf(flag, dealt), reason: 'SPLIT', rule };
  }
  return { ...variantOf(flag, flag.defaultVariant), reason: flag.rules.length === 0 ? 'STATIC' : 'DEFAULT' };
}

function variantOf({ key, variants }: FlagDefinition, variant: string): { value: FlagValue; variant: string } {
  if (!Object.hasOwn(variants, variant)) throw new Error(`the flag ${key} has no variant ${variant}`);
  return { value: variants[variant] as FlagValue, variant };
}

function holds(rule: FlagRule, { tenantId, tier, targetingKey, attributes }: FlagContext, now: Date): boolean {
  return (
    isIn(rule.tenants, tenantId) &&
    isIn(rule.tiers, tier) &&
    isIn(rule.users, targetingKey) &&
    (rule.from === undefined || Date.parse(rule.from) <= now.getTime()) &&
    (rule.until === undefined || now.getTime() < Date.parse(rule.until)) &&
    // Of its own alone: every object has a `constructor`.
    Object.entries(rule.attributes ?? {}).every(([name, values]) => attributes !== undefined && Object.hasOwn(attributes, name) && (values as readonly unknown[]).includes(attributes[name]))
  );
}

function isIn<T>(list: readonly T[] | undefined, value: T | null | undefined): boolean {
  return list === undefined || (value !== null && value !== undefined && list.includes(value));
}

/** The variant that the split deals to the context; undefined for whom it leaves over. The shares lie one behind the other in the order of the list. */
function dealtBy({ split = [], splitBy = 'user' }: FlagRule, salt: string, { tenantId, targetingKey }: FlagContext): string | undefined {
  const unit = splitBy === 'user' ? targetingKey : tenantId;
  if (unit === null || unit === undefined) return undefined;
  const bucket = bucketOf(salt, unit);
  let end = 0;
  return split.find(({ percent }) => bucket < (end += bucketsOf(percent)))?.variant;
}
