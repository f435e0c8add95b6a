/**
 * Columns as verification reads them: everything as text, so that no driver rounds a bigint, a time or a number within
 * jsonb. Times are milliseconds since 1970; a microsecond that was put in shows as a fraction.
 */
const milliseconds = (column: string) => `trim_scale(extract(epoch FROM ${column}) * 1000)::text`;

const plainEntryColumns =
  'id actor_type actor_id action resource_type resource_id outcome request_id trace_id reason'.split(' ');

/** @param alias of `audit.entry` in the query */
export function entryColumns(alias: string): string {
  return [
    ...plainEntryColumns.map((column) => `${alias}.${column}`),
    ...['sequence', 'before', 'after', 'personal'].map((column) => `${alias}.${column}::text AS ${column}`),
    `${milliseconds(`${alias}.occurred_at`)} AS occurred_at`,
  ].join(', ');
}

/** @param alias of `audit.leaf` in the query @param prefix of the names that the columns get */
export function leafColumns(alias: string, prefix: string): string {
  return [
    ...['id', 'content_hash', 'previous_hash', 'hash'].map((column) => `${alias}.${column} AS ${prefix}${column}`),
    `${alias}.sequence::text AS ${prefix}sequence`,
    `${milliseconds(`${alias}.occurred_at`)} AS ${prefix}occurred_at`,
  ].join(', ');
}

/** @param alias of `audit.chain_head` in the query */
export function headColumns(alias: string): string {
  return [
    ...['hash', 'key_id', 'signature'].map((column) => `${alias}.${column}`),
    `${alias}.size::text AS size`,
    `${milliseconds(`${alias}.updated_at`)} AS updated_at`,
  ].join(', ');
}
