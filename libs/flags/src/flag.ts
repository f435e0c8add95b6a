import type { Tier } from '@plinth/contracts';

export const flagTypes = ['boolean', 'string', 'number', 'json'] as const;
export type FlagType = (typeof flagTypes)[number];

/** What a flag can be: `json` is an object, as OFREP has it. */
export type FlagValue = boolean | string | number | Readonly<Record<string, unknown>>;

/** By whom a rule splits: `user` is the targeting key of the evaluation. */
export const splitUnits = ['user', 'tenant'] as const;
export type SplitUnit = (typeof splitUnits)[number];

/** A share of those whom a rule reaches. */
export interface FlagShare {
  readonly variant: string;
  /** 0 to 100, in thousandths at the finest. */
  readonly percent: number;
}

/**
 * Who gets what. All conditions that are there have to hold; a list holds where one of it is met. Either `variant` or
 * `split` is there; whom the shares of a split leave over goes on to the next rule.
 */
export interface FlagRule {
  readonly description?: string;
  readonly tenants?: readonly string[];
  readonly tiers?: readonly Tier[];
  /** Targeting keys. */
  readonly users?: readonly string[];
  /** By name: the values that hold, of what whoever asks says of the user. */
  readonly attributes?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  /** ISO 8601 with its zone: the first moment at which the rule holds. */
  readonly from?: string;
  /** ISO 8601 with its zone: the first moment at which it holds no more. */
  readonly until?: string;
  readonly variant?: string;
  readonly split?: readonly FlagShare[];
  /** `user` where nothing is said. */
  readonly splitBy?: SplitUnit;
}

/** A flag as it is evaluated; `flagFaults` says whether it is sound. */
export interface FlagDefinition {
  /** Lower-case words with `-` between them; `FLAG_<KEY>` is the same in capitals with `_`. */
  readonly key: string;
  readonly type: FlagType;
  /** Counts its changes, from 1. */
  readonly version: number;
  /** The kill switch: while it is false everybody gets `offVariant`. */
  readonly enabled: boolean;
  readonly variants: Readonly<Record<string, FlagValue>>;
  /** For whom no rule holds. */
  readonly defaultVariant: string;
  readonly offVariant: string;
  /** The first that holds decides. */
  readonly rules: readonly FlagRule[];
  /** What the buckets of its splits hang on: flags with one salt split alike, another salt deals anew. */
  readonly salt: string;
}

/** For whom a flag is evaluated. Tenant and tier are for a server to say, never for its caller. */
export interface FlagContext {
  readonly tenantId?: string | null;
  readonly tier?: Tier | null;
  /** Who the user is, for lists and splits. */
  readonly targetingKey?: string | null;
  readonly attributes?: Readonly<Record<string, unknown>>;
}
