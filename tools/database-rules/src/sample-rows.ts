import { randomBytes, randomUUID } from 'node:crypto';
import type { TableRule } from '@plinth/database';
import type { Column, Table } from './catalog.ts';

/** Somebody whose row may stand in any table: by its tenant, its person, or the key that names it. */
export interface Owner {
  readonly tenantId: string;
  readonly principalId: string;
  readonly key: Buffer;
}

export function someOwner(): Owner {
  return { tenantId: randomUUID(), principalId: randomUUID(), key: randomBytes(32) };
}

/** What a column has to hold for a row to be this owner's; undefined where rows have no owner. */
export function ownersValue(rule: TableRule, owner: Owner): { readonly column: string; readonly value: unknown } | undefined {
  if (rule.readBy === 'tenant') return { column: rule.column, value: owner.tenantId };
  if (rule.readBy === 'principal') return { column: rule.column, value: owner.principalId };
  if (rule.readBy === 'key_holder') return { column: rule.column, value: owner.key };
  return undefined;
}

/** An INSERT of a row that is the owner's and holds no more than it must. */
export function insertOf(table: Table, qualified: string, rule: TableRule, owner: Owner): { readonly sql: string; readonly values: readonly unknown[] } {
  const owned = ownersValue(rule, owner);
  const columns = table.columns.filter(({ name, required, computed }) => !computed && (required || name === owned?.column));
  const addedBy = 'addedBy' in rule ? rule.addedBy : undefined;
  const values = columns.map((column) => (column.name === owned?.column ? owned.value : column.name === addedBy ? owner.principalId : sampleValue(column)));
  return { sql: `INSERT INTO ${qualified} (${columns.map(({ name }) => `"${name}"`).join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`, values };
}

let number = 0;

/** A value of the column's type, another one at each call where the type has so many. @throws Error for a type that is not known here yet */
export function sampleValue({ name, type, enumValue }: Column): unknown {
  if (enumValue !== null) return enumValue;
  if (type.endsWith('[]')) return '{}';
  const [, base = type, length] = /^([a-z ]+?)(?:\((\d+)\))?(?: with(?:out)? time zone)?$/.exec(type) ?? [];
  switch (base) {
    case 'uuid':
      return randomUUID();
    case 'text':
    case 'character varying':
      return randomBytes(8).toString('hex').slice(0, length === undefined ? undefined : Number(length));
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
      return ++number;
    case 'boolean':
      return false;
    // In the future, where nothing is old enough to be purged.
    case 'timestamp':
    case 'date':
      return new Date(Date.now() + 3_600_000);
    case 'json':
    case 'jsonb':
      return '{}';
    case 'bytea':
      return randomBytes(32);
    case 'inet':
      return '192.0.2.1';
    default:
      throw new Error(`no sample for ${name} of type ${type}: add one to tools/database-rules/src/sample-rows.ts`);
  }
}
