/** Why something is as it is, in words. */
type Because = string;

/**
 * Who sees a table's rows as the `_app` role, where it is not each tenant its own by the column
 * `tenant_id`. `nobody` means that the role may not read the table at all, `everyone` that it holds no
 * tenant's and no person's rows, `operators` those who act without a tenant.
 */
export type TableRule =
  | {
      readonly readBy: 'tenant' | 'principal';
      readonly column: string;
      /** The column that names the principal who adds the row: nobody adds one in another's name. */
      readonly addedBy?: string;
      readonly because: Because;
    }
  /** Whoever names the row: the setting holds hexadecimal values of the column, separated by commas. */
  | { readonly readBy: 'key_holder'; readonly column: string; readonly setting: string; readonly because: Because }
  | { readonly readBy: 'operators' | 'everyone' | 'nobody'; readonly because: Because };

/** A table's rights in PostgreSQL's words, e.g. `SELECT`, or `UPDATE (a, b)` with the columns in alphabetical order. */
export type TableRights = Readonly<Record<string, readonly string[]>>;

/** What one owner of tables, a service or a library, says of them. */
export interface DatabaseRulesPart {
  readonly tables?: Readonly<Record<string, TableRule>>;
  /** The named queries of the `_system` role: what they cross tenants for. */
  readonly systemQueries?: Readonly<Record<string, Because>>;
  /** All that the `_system` role may do, by table. */
  readonly systemRights?: TableRights;
  /** All that roles of other services may do, by role and table. */
  readonly rightsOfOthers?: Readonly<Record<string, TableRights>>;
  /** Unique constraints and indexes by which a writer could learn of other tenants' rows: why it does not, or may. */
  readonly uniqueAcrossTenants?: Readonly<Record<string, Because>>;
  /** Views that read with their owner's rights instead of the reader's. */
  readonly ownersViews?: Readonly<Record<string, Because>>;
}

/** What holds of a service's schema beside the rule that a tenant sees its own rows. Held against the real schema by tools/database-rules. */
export interface DatabaseRules extends Required<DatabaseRulesPart> {
  readonly schema: string;
}

const migratorRules: DatabaseRulesPart = {
  tables: { schema_migration: { readBy: 'nobody', because: "the migrations' own log; the owner's alone" } },
};

/**
 * The rules of a schema from those of its service and of the libraries that have tables in it.
 *
 * @throws Error where two of them speak of the same thing
 */
export function databaseRules(schema: string, ...parts: readonly DatabaseRulesPart[]): DatabaseRules {
  const all = [migratorRules, ...parts];
  return {
    schema,
    tables: joined(all.map(({ tables }) => tables)),
    systemQueries: joined(all.map(({ systemQueries }) => systemQueries)),
    systemRights: joined(all.map(({ systemRights }) => systemRights)),
    rightsOfOthers: joinedByRole(all.map(({ rightsOfOthers }) => rightsOfOthers)),
    uniqueAcrossTenants: joined(all.map(({ uniqueAcrossTenants }) => uniqueAcrossTenants)),
    ownersViews: joined(all.map(({ ownersViews }) => ownersViews)),
  };
}

/** Several libraries may let the same role in, each to tables of its own. */
function joinedByRole(records: readonly (Readonly<Record<string, TableRights>> | undefined)[]): Readonly<Record<string, TableRights>> {
  const roles = new Set(records.flatMap((record) => Object.keys(record ?? {})));
  return Object.fromEntries([...roles].map((role) => [role, joined(records.map((record) => record?.[role]))]));
}

function joined<T>(records: readonly (Readonly<Record<string, T>> | undefined)[]): Readonly<Record<string, T>> {
  const entries = records.flatMap((record) => Object.entries(record ?? {}));
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two rules for ${twice}`);
  return Object.fromEntries(entries);
}
