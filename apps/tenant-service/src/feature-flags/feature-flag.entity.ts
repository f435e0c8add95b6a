import { isDeepStrictEqual } from 'node:util';
import { flagFaults, flagTypes, maxFlagBytes, rulesSchema, variantsSchema, type FlagDefinition, type FlagRule, type FlagType, type FlagValue } from '@plinth/flags';
import { shape, type Described, type Shape } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { featureFlagErrors } from './feature-flags.errors.js';

/** A flag as it is stored. */
export interface FlagState extends FlagDefinition {
  readonly id: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly archivedAt: Date | null;
}

/** What an operator may change; an absent member stays as it is. */
export type FlagChanges = Partial<Pick<FlagState, 'description' | 'variants' | 'defaultVariant' | 'offVariant' | 'rules' | 'salt'>>;

/** A new flag, as far as an operator says it. */
export interface NewFlag extends FlagChanges {
  readonly key: string;
  readonly type: FlagType;
  readonly enabled?: boolean;
}

const variantsShape: Shape<Readonly<Record<string, FlagValue>>> = { schema: variantsSchema };
const rulesShape: Shape<readonly FlagRule[]> = { schema: rulesSchema };

/** A flag as the API, its history and the audit trail show it. */
export const featureFlagShape = shape.named(
  'FeatureFlag',
  shape.record({
    id: shape.uuid(),
    key: shape.text('Lower-case words with - between them.'),
    description: shape.nullable(shape.text()),
    type: shape.oneOf(flagTypes),
    enabled: shape.boolean('The kill switch: while it is false everybody gets offVariant.'),
    variants: variantsShape,
    defaultVariant: shape.text('For whom no rule holds.'),
    offVariant: shape.text(),
    rules: rulesShape,
    salt: shape.text('Another one deals all splits anew; flags with one salt split alike.'),
    version: shape.integer(),
    createdAt: shape.dateTime(),
    updatedAt: shape.dateTime(),
  }),
);
export type FeatureFlagView = Described<typeof featureFlagShape>;

/** What a boolean flag is where nothing else is said. */
const onOff = { on: true, off: false } as const;

export class FeatureFlag {
  constructor(public state: FlagState) {}

  /** Switched on; a boolean flag has `on` and `off`, and is off. @throws Problem `feature_flag_invalid`, `feature_flag_too_large` (422) */
  static create({ key, type, description = null, enabled = true, variants, defaultVariant, offVariant, rules = [], salt = key }: NewFlag, now: Date): FeatureFlag {
    const values = variants ?? (type === 'boolean' ? onOff : {});
    const standard = defaultVariant ?? (variants === undefined && type === 'boolean' ? 'off' : '');
    const off = offVariant ?? (type === 'boolean' && Object.hasOwn(values, 'off') ? 'off' : standard);
    const flag = new FeatureFlag({
      ...{ id: newId(), key, type, description, enabled, variants: values, defaultVariant: standard, offVariant: off, rules, salt },
      ...{ version: 1, createdAt: now, updatedAt: now, archivedAt: null },
    });
    flag.requireSound();
    return flag;
  }

  /** Applies the changes. @returns the names of the members that are different now; with none the version stays @throws Problem `feature_flag_invalid`, `feature_flag_too_large` (422) */
  change(changes: FlagChanges, now: Date): readonly string[] {
    const differs = (name: string) => {
      const wanted = changes[name as keyof FlagChanges];
      return wanted !== undefined && !isDeepStrictEqual(wanted, this.state[name as keyof FlagChanges]);
    };
    const changed = Object.keys(changes).filter(differs).toSorted();
    if (changed.length === 0) return changed;
    this.touch(Object.fromEntries(changed.map((name) => [name, changes[name as keyof FlagChanges]])), now);
    this.requireSound();
    return changed;
  }

  /** Throws the kill switch, or takes it back. @returns whether it stood otherwise */
  switchTo(enabled: boolean, now: Date): boolean {
    if (this.state.enabled === enabled) return false;
    this.touch({ enabled }, now);
    return true;
  }

  archive(now: Date): void {
    this.touch({ archivedAt: now }, now);
  }

  toView(): FeatureFlagView {
    const { archivedAt: _, createdAt, updatedAt, ...shown } = this.state;
    return { ...shown, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  }

  private touch(changes: Partial<FlagState>, now: Date): void {
    this.state = { ...this.state, ...changes, version: this.state.version + 1, updatedAt: now };
  }

  private requireSound(): void {
    const { variants, rules } = this.state;
    if (Buffer.byteLength(JSON.stringify({ variants, rules })) > maxFlagBytes) throw featureFlagErrors.tooLarge();
    const faults = flagFaults(this.state);
    if (faults.length > 0) throw featureFlagErrors.invalid(faults);
  }
}
