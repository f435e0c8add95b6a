import { shape, type Described } from '@plinth/http';

/** A role of a tenant's own making. */
export interface CustomRole {
  readonly id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  /** Counts the changes; the entity tag. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const customRoleShape = shape.named(
  'CustomRole',
  shape.record({
    id: shape.uuid(),
    name: shape.text('Unique in the tenant.'),
    capabilities: shape.list(shape.text(), 'What its holders may do, in alphabetical order.'),
    createdAt: shape.dateTime(),
    updatedAt: shape.dateTime(),
  }),
);
export type CustomRoleView = Described<typeof customRoleShape>;

export function customRoleView({ id, name, capabilities, createdAt, updatedAt }: CustomRole): CustomRoleView {
  return { id, name, capabilities, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
