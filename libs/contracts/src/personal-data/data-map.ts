import { services, type ServiceName } from '../services.js';
import { dataKindNames, type DataKind } from './data-kinds.js';
import { idempotencyTables, inboxTables, ownTables } from './library-tables.js';
import { aiTables, auditTables, relayTables, schedulerTables } from './other-tables.js';
import type { SchemaData, TableData } from './table-data.js';
import { tenancyTables } from './tenancy-tables.js';

/** What every column of every service's tables holds. */
export const dataMap: Readonly<Record<ServiceName, SchemaData>> = {
  gateway: ownTables,
  'tenant-service': { ...ownTables, ...inboxTables, ...idempotencyTables, ...tenancyTables },
  'audit-service': { ...ownTables, ...inboxTables, ...idempotencyTables, ...auditTables },
  'ai-gateway': { ...ownTables, ...idempotencyTables, ...aiTables },
  'outbox-relay': { ...ownTables, ...idempotencyTables, ...relayTables },
  scheduler: { ...ownTables, ...idempotencyTables, ...schedulerTables },
};

/** A column that holds personal data. */
export interface PersonalColumn {
  readonly kind: DataKind;
  readonly service: ServiceName;
  readonly table: string;
  readonly column: string;
  /** `schema.table.column` */
  readonly place: string;
}

/** All of them, by kind and then as the services and their tables are listed. */
export const personalColumns: readonly PersonalColumn[] = dataKindNames.flatMap((kind) =>
  services.flatMap(({ name, schema }) =>
    Object.entries(dataMap[name]).flatMap(([table, { personal }]) =>
      (personal?.[kind] ?? []).map((column) => ({ kind, service: name, table, column, place: `${schema}.${table}.${column}` })),
    ),
  ),
);

/** The services whose databases hold a kind, in the order of their list. */
export function servicesHolding(kind: DataKind): readonly ServiceName[] {
  return [...new Set(personalColumns.filter((column) => column.kind === kind).map(({ service }) => service))];
}

/** A table as PostgreSQL has it. */
export interface RealTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string }[];
}

/** Where the map and a service's real tables differ, in sentences; empty where they agree. */
export function dataMapFaults(data: SchemaData, tables: readonly RealTable[]): string[] {
  const real = new Map(tables.map(({ name, columns }) => [name, columns.map((column) => column.name)]));
  return [
    ...Object.keys(data).filter((table) => !real.has(table)).map((table) => `${table} is in the data map and not there`),
    ...[...real].flatMap(([table, columns]) => tableFaults(table, columns, placedIn(data[table] ?? {}))),
  ];
}

function placedIn({ personal = {}, impersonal = {} }: TableData): readonly string[] {
  return [...Object.values(personal), ...Object.values(impersonal)].flat();
}

function tableFaults(table: string, real: readonly string[], placed: readonly string[]): string[] {
  return [
    ...real.filter((column) => !placed.includes(column)).map((column) => `${table}.${column} is not in the data map: say whose data it is, or why nobody's`),
    ...placed.filter((column) => !real.includes(column)).map((column) => `${table}.${column} is in the data map and not there`),
    ...placed.filter((column, index) => placed.indexOf(column) !== index).map((column) => `${table}.${column} is in the data map twice`),
  ];
}
