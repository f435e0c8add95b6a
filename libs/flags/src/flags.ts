import type { RequestContext } from '@plinth/http';
import type { Instruments, Metrics } from '@plinth/telemetry';
import type { FlagReason } from './evaluate.js';
import type { FlagContext, FlagDefinition, FlagValue } from './flag.js';
import type { FlagEvaluator } from './flag-evaluator.js';
import type { FlagSource } from './flag-source.js';
import { typeOfValue } from './flag-value.js';
import { flagMetrics } from './metrics.js';

/** OpenFeature's error codes, as far as an evaluation here can end with one. */
export type FlagErrorCode = 'PROVIDER_NOT_READY' | 'FLAG_NOT_FOUND' | 'TYPE_MISMATCH' | 'GENERAL';

/** A value, and how it came about. */
export interface FlagDetails<T extends FlagValue> {
  readonly value: T;
  readonly reason: FlagReason | 'ERROR';
  readonly variant?: string;
  /** Why the value is the caller's own default. */
  readonly errorCode?: FlagErrorCode;
}

/** `false` is a boolean to whoever asks, and not the literal. */
type Widened<T extends FlagValue> = T extends boolean ? boolean : T extends string ? string : T extends number ? number : Readonly<Record<string, unknown>>;

/** What flags are evaluated with. */
export interface FlagsOptions {
  readonly source: FlagSource;
  readonly evaluator: FlagEvaluator;
  readonly metrics?: Metrics | undefined;
}

/**
 * Flags for the code of a service, from memory. Open when in doubt: whatever goes wrong, the caller has its own default, and it is
 * counted. It never throws.
 */
export class Flags {
  private readonly instruments: Instruments<typeof flagMetrics> | undefined;

  constructor(private readonly options: FlagsOptions) {
    this.instruments = options.metrics?.of(flagMetrics);
  }

  /** @param fallback what it is where nobody can tell: while tenant-service was never reached, or has no such flag */
  async isOn(key: string, context: FlagContext, fallback = false): Promise<boolean> {
    return (await this.evaluate(key, context, fallback)).value;
  }

  /** @param fallback as in `isOn`; its type is the flag's */
  async evaluate<T extends FlagValue>(key: string, context: FlagContext, fallback: T): Promise<FlagDetails<Widened<T>>> {
    try {
      return await this.decide(key, context, fallback as unknown as Widened<T>);
    } catch {
      return this.failed(fallback as unknown as Widened<T>, 'GENERAL');
    }
  }

  private async decide<T extends FlagValue>(key: string, context: FlagContext, fallback: T): Promise<FlagDetails<T>> {
    const { source, evaluator } = this.options;
    const type = typeOfValue(fallback);
    if (type === undefined) return this.failed(fallback, 'TYPE_MISMATCH');
    const flag = source.find(key);
    if (flag === null || flag === undefined) {
      const overridden = evaluator.findOverride(key, type);
      if (overridden !== undefined) return { value: overridden as T, reason: 'STATIC' };
      return this.failed(fallback, flag === null ? 'FLAG_NOT_FOUND' : 'PROVIDER_NOT_READY');
    }
    if (flag.type !== type) return this.failed(fallback, 'TYPE_MISMATCH');
    const { value, reason, variant } = evaluator.evaluate(flag, await this.completed(flag, context));
    return { value: value as T, reason, ...(variant === undefined ? {} : { variant }) };
  }

  /** With the tier, where a rule asks for it. */
  private async completed({ rules }: FlagDefinition, context: FlagContext): Promise<FlagContext> {
    const { tenantId, tier } = context;
    if (tier !== undefined || tenantId === null || tenantId === undefined || !rules.some(({ tiers }) => tiers !== undefined)) return context;
    return { ...context, tier: await this.options.source.tierOf(tenantId) };
  }

  private failed<T extends FlagValue>(value: T, errorCode: FlagErrorCode): FlagDetails<T> {
    this.instruments?.fallbacks.add({ cause: errorCode });
    return { value, reason: 'ERROR', errorCode };
  }
}

/** For whom a request is answered: the tenant and the principal of the credential. */
export function flagContextOf({ tenantId, principal }: Pick<RequestContext, 'tenantId' | 'principal'>): FlagContext {
  return { tenantId, targetingKey: principal.id };
}
