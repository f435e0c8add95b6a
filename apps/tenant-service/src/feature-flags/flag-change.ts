import { shape, type Described } from '@plinth/http';
import type { FeatureFlagView } from './feature-flag.entity.js';
import { featureFlagShape } from './feature-flag.entity.js';

export const flagActions = ['create', 'update', 'enable', 'disable', 'archive'] as const;
export type FlagAction = (typeof flagActions)[number];

/** What an operator did to a flag. */
export interface FlagChange {
  readonly sequence: number;
  readonly flagId: string;
  readonly key: string;
  readonly action: FlagAction;
  /** Of the flag, after it. */
  readonly version: number;
  readonly operatorId: string;
  readonly reason: string | null;
  readonly before: FeatureFlagView | null;
  readonly after: FeatureFlagView | null;
  readonly at: Date;
}
export type NewFlagChange = Omit<FlagChange, 'sequence'>;

export const flagChangeShape = shape.named(
  'FeatureFlagChange',
  shape.record({
    flagId: shape.uuid('A key that was archived may be another flag’s later.'),
    key: shape.text(),
    action: shape.oneOf(flagActions),
    version: shape.integer('Of the flag, after the change.'),
    operatorId: shape.uuid(),
    reason: shape.nullable(shape.text()),
    before: shape.nullable(featureFlagShape),
    after: shape.nullable(featureFlagShape),
    at: shape.dateTime(),
  }),
);
export type FlagChangeView = Described<typeof flagChangeShape>;

export function flagChangeView({ sequence: _, at, ...change }: FlagChange): FlagChangeView {
  return { ...change, at: at.toISOString() };
}
