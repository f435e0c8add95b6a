import { retentionClasses, retentionClassNames, type RetentionClass, type RetentionClassName } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';

const classMembers = { dataClass: shape.oneOf(retentionClassNames), what: shape.text(), days: shape.integer('So long it is kept after its end.') };

export const retentionPolicyShape = shape.named(
  'RetentionPolicy',
  shape.record({
    ...classMembers,
    decidedBy: shape.oneOf(['tenant', 'default', 'platform'], 'Who chose the days; what the platform decides a tenant cannot change.'),
    defaultDays: shape.integer(),
    minDays: shape.integer(),
    maxDays: shape.integer(),
  }),
);
export type RetentionPolicyView = Described<typeof retentionPolicyShape>;

export const retentionPreviewShape = shape.named(
  'RetentionPreview',
  shape.record({
    ...classMembers,
    due: shape.integer('How many the next run would delete.'),
    held: shape.integer('How many are past their time and are kept by a legal hold.'),
    holds: shape.list(
      shape.record({
        id: shape.uuid(),
        rows: shape.integer('How many of these it keeps; another hold may keep the same.'),
        reason: shape.nullable(shape.text('Null for the platform’s on a person, which the tenant is not told.')),
      }),
    ),
  }),
  'Of each class 100,000 at most are looked at.',
);
export type RetentionPreviewView = Described<typeof retentionPreviewShape>;

export function classOf(name: RetentionClassName): RetentionClass {
  return retentionClasses[name];
}

/** @param chosen the tenant's own days; null where it goes by the default */
export function retentionPolicyView(dataClass: RetentionClassName, chosen: number | null): RetentionPolicyView {
  const { what, decidedBy, defaultDays, minDays, maxDays } = classOf(dataClass);
  const own = decidedBy === 'tenant' ? (chosen === null ? 'default' : 'tenant') : 'platform';
  return { dataClass, what, days: chosen ?? defaultDays, decidedBy: own, defaultDays, minDays, maxDays };
}
