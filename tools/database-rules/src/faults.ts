import { rolesOf } from '@plinth/contracts';
import type { DatabaseRules, TableRights, TableRule } from '@plinth/database';
import type { Catalog, Grant, Role, Table } from './catalog.ts';

/** The house's form: nothing that a caller can create in comes first, and temporary tables come last. */
const pinned = 'search_path=pg_catalog, pg_temp';

/** Rights that row-level security does not narrow. */
const pastRowSecurity: ReadonlySet<string> = new Set(['TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN']);

const byTenant: TableRule = { readBy: 'tenant', column: 'tenant_id', because: 'the rule' };

/** Who sees the table's rows: what the rules say of it, else each tenant its own. Undefined where neither can be. */
export function ruleOf(table: Table, { tables }: DatabaseRules): TableRule | undefined {
  return tables[table.name] ?? (table.columns.some(({ name }) => name === 'tenant_id') ? byTenant : undefined);
}

/** Where a schema and the rules of its service differ, in sentences; empty where they agree. */
export function faultsOf(catalog: Catalog, rules: DatabaseRules): string[] {
  return [
    ...goneFaults(catalog, rules),
    ...catalog.tables.flatMap((table) => tableFaults(table, catalog.schema, rules)),
    ...catalog.tables.flatMap((table) => oracleFaults(table, catalog.schema, rules)),
    ...rightsFaults(catalog, rules),
    ...viewFaults(catalog, rules),
    ...functionFaults(catalog),
    ...usageFaults(catalog),
  ];
}

/** What would lift a service's roles over their grants and policies. */
export function roleFaults(roles: readonly Role[]): string[] {
  return roles.flatMap(({ name, powers, memberOf }) => [
    ...powers.map((power) => `${name} has ${power}`),
    ...memberOf.map((other) => `${name} is a member of ${other}`),
  ]);
}

function goneFaults({ tables, views }: Catalog, rules: DatabaseRules): string[] {
  const there = new Set([...tables, ...views].map(({ name }) => name));
  const indexes = new Set(tables.flatMap(({ unique }) => unique.map(({ name }) => name)));
  const listed = [rules.tables, rules.systemRights, rules.ownersViews, ...Object.values(rules.rightsOfOthers)].flatMap((list) => Object.keys(list));
  return [
    ...[...new Set(listed)].filter((name) => !there.has(name)).map((name) => `${name} is listed and not there`),
    ...Object.keys(rules.uniqueAcrossTenants).filter((name) => !indexes.has(name)).map((name) => `${name} is listed and not there`),
  ];
}

function tableFaults(table: Table, schema: string, rules: DatabaseRules): string[] {
  const { name, owner, rowSecurity, forced, columns, grants } = table;
  const rule = ruleOf(table, rules);
  const faults: string[] = [];
  if (owner !== rolesOf(schema).owner) faults.push(`${name} belongs to ${owner}`);
  for (const { role, privilege } of grants) if (pastRowSecurity.has(privilege)) faults.push(`${role} has ${privilege} on ${name}, which row-level security does not narrow`);
  if (rule === undefined) return [...faults, `${name} has no tenant_id and is not listed`];
  if ('column' in rule && !columns.some((column) => column.name === rule.column)) faults.push(`${name} has no column ${rule.column}`);
  if (rules.tables[name] !== undefined && rule.readBy === 'tenant' && rule.column === 'tenant_id' && rule.addedBy === undefined) faults.push(`${name} follows the rule and need not be listed`);
  if (rule.readBy === 'nobody') faults.push(...grants.filter((grant) => isReading(grant, schema)).map(({ role, privilege }) => `${role} has ${privilege} on ${name}, which nobody is said to read`));
  else if (rule.readBy !== 'everyone' && !(rowSecurity && forced)) faults.push(`${name} does not force row-level security`);
  return faults;
}

function isReading({ role, privilege }: Grant, schema: string): boolean {
  return role === rolesOf(schema).app && privilege !== 'INSERT';
}

/**
 * A unique violation tells a writer that a row is there which it cannot see. Ids of ours are no such
 * values: a UUID or a number of the database's is not chosen by a caller.
 */
function oracleFaults(table: Table, schema: string, rules: DatabaseRules): string[] {
  const rule = ruleOf(table, rules);
  if (rule === undefined || rule.readBy === 'everyone' || rule.readBy === 'nobody') return [];
  const { app } = rolesOf(schema);
  const mayWrite = (columns: readonly string[]) =>
    table.grants.some(({ role, privilege, column }) => role === app && (privilege === 'INSERT' || (privilege === 'UPDATE' && (column === null || columns.includes(column)))));
  const ofOurs = (name: string) => table.columns.some((column) => column.name === name && (column.computed || column.type === 'uuid'));
  const namesOwner = (name: string) => rule.readBy === 'tenant' && rule.column === name;
  return table.unique
    .filter(({ name, columns }) => mayWrite(columns) && !columns.some(namesOwner) && !columns.every(ofOurs) && rules.uniqueAcrossTenants[name] === undefined)
    .map(({ name, columns }) => `${name} is unique across tenants by ${columns.join(', ')} and not listed`);
}

function rightsFaults({ tables, views, schema }: Catalog, rules: DatabaseRules): string[] {
  const { app, system } = rolesOf(schema);
  const actual = [...tables, ...views].flatMap(({ name, grants }) => rightsIn(name, grants)).filter((right) => !right.startsWith(`${app} `));
  const listed = [...written(system, rules.systemRights), ...Object.entries(rules.rightsOfOthers).flatMap(([role, rights]) => written(role, rights))];
  return [
    ...actual.filter((right) => !listed.includes(right)).map((right) => `${right} is granted and not listed`),
    ...[...new Set(listed)].filter((right) => !actual.includes(right)).map((right) => `${right} is listed and not granted`),
  ];
}

/** One line for each role and privilege, its columns together. */
function rightsIn(relation: string, grants: readonly Grant[]): string[] {
  const columns = new Map<string, string[]>();
  const whole = grants.filter(({ column }) => column === null).map(({ role, privilege }) => `${role} ${relation} ${privilege}`);
  for (const { role, privilege, column } of grants) {
    const right = `${role} ${relation} ${privilege}`;
    if (column !== null) columns.set(right, [...(columns.get(right) ?? []), column]);
  }
  return [...whole, ...[...columns].map(([right, names]) => `${right} (${names.toSorted().join(', ')})`)];
}

function written(role: string, rights: TableRights): string[] {
  return Object.entries(rights).flatMap(([relation, privileges]) => privileges.map((privilege) => `${role} ${relation} ${privilege}`));
}

function viewFaults({ views }: Catalog, { ownersViews }: DatabaseRules): string[] {
  const unexplained = views.filter(({ name, invoker, grants }) => !invoker && grants.length > 0 && ownersViews[name] === undefined);
  const explained = views.filter(({ name, invoker }) => invoker && ownersViews[name] !== undefined);
  return [
    ...unexplained.map(({ name }) => `the view ${name} reads with its owner's rights: security_invoker is missing, or its reason`),
    ...explained.map(({ name }) => `the view ${name} reads with its reader's rights and need not be listed`),
  ];
}

function functionFaults({ definerFunctions }: Catalog): string[] {
  return definerFunctions.flatMap(({ name, settings, byEveryone }) => [
    ...(settings.includes(pinned) ? [] : [`${name} runs with its owner's rights and does not pin ${pinned}`]),
    ...(byEveryone ? [`${name} runs with its owner's rights for everybody`] : []),
  ]);
}

/** The relay comes for the outbox, the scheduler for the purge functions (ADR 0010, 0015). */
function usageFaults({ schema, usage }: Catalog): string[] {
  const { app, system } = rolesOf(schema);
  const known = [app, system, rolesOf('relay').system, rolesOf('scheduler').system];
  return usage.filter((role) => !known.includes(role)).map((role) => `${role} may name what is in ${schema}`);
}
