import type { TenantStatus, TenantTier } from './tenant.entity.js';

/** What operators look for; each filter that is there narrows the list. */
export interface TenantFilter {
  readonly status?: TenantStatus | undefined;
  readonly tier?: TenantTier | undefined;
  /** Words, of which name or slug have each at the begin of one of theirs. */
  readonly q?: string | undefined;
  /** The first moment of creation that is in the list. */
  readonly createdFrom?: Date | undefined;
  /** The first that is not in it any more. */
  readonly createdTo?: Date | undefined;
}

/** Where a page ends: creation in ISO 8601, then the id, for several are made in one millisecond. */
export type TenantPosition = readonly [createdAt: string, id: string];

/** A row of a list. */
export interface ListedTenant {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly status: TenantStatus;
  readonly tier: TenantTier;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** The caller's in it, where it is the caller's list. */
  readonly roles?: readonly string[];
}

export const listed = 't.id, t.name, t.slug, t.status, t.tier, t.created_at AS "createdAt", t.updated_at AS "updatedAt"';

/** That a row is behind a position; as rows, so that the index by time and id finds the place. */
export const behind = (createdAt: string, id: string) => `(${createdAt}::timestamptz IS NULL OR (t.created_at, t.id) < (${createdAt}::timestamptz, ${id}::uuid))`;

export const positionValues = (position: TenantPosition | null) => position ?? [null, null];

/** Words as PostgreSQL's parser makes them of names: whatever is neither letter nor digit parts them. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

/** More hits of the words than this are not sorted but met on the way, newest first: they are not far apart then. */
const fewHits = 1_000;

/**
 * The statement of a search. Only what is asked for stands in it: a filter that might be null would keep the planner from the
 * indexes that begin with it.
 */
export function searchOf(filter: TenantFilter, after: TenantPosition | null, limit: number): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const bound = (value: unknown) => `$${values.push(value)}`;
  const conditions: string[] = [];
  if (filter.status !== undefined) conditions.push(`t.status = ${bound(filter.status)}`);
  if (filter.tier !== undefined) conditions.push(`t.tier = ${bound(filter.tier)}`);
  if (filter.createdFrom !== undefined) conditions.push(`t.created_at >= ${bound(filter.createdFrom)}`);
  if (filter.createdTo !== undefined) conditions.push(`t.created_at < ${bound(filter.createdTo)}`);
  if (after !== null) conditions.push(`(t.created_at, t.id) < (${bound(after[0])}::timestamptz, ${bound(after[1])}::uuid)`);
  const order = `ORDER BY t.created_at DESC, t.id DESC LIMIT ${bound(limit)}`;
  if (filter.q === undefined) return { sql: `SELECT ${listed} FROM tenancy.tenant t ${where(conditions)} ${order}`, values };
  const words = wordsOf(filter.q);
  // Words alone, so nothing of the query's own grammar is in it. A text without a word finds nothing.
  conditions.push(words.length === 0 ? 'false' : `t.search_words @@ to_tsquery('simple', ${bound(words.map((word) => `'${word}':*`).join(' & '))})`);
  return { sql: searchByWords(where(conditions), order), values };
}

/**
 * PostgreSQL has no statistics of the begins of words: it takes a rare one for common, and would walk through all tenants for it. So up to
 * `fewHits` are fetched by the words' index and sorted; the second part runs only where there are more.
 */
const searchByWords = (conditions: string, order: string) => `
  WITH hits AS MATERIALIZED (SELECT t.id, t.name, t.slug, t.status, t.tier, t.created_at, t.updated_at FROM tenancy.tenant t ${conditions} LIMIT ${fewHits + 1}),
  few AS MATERIALIZED (SELECT count(*) <= ${fewHits} AS few FROM hits)
  (SELECT ${listed} FROM hits t WHERE (SELECT few FROM few) ${order})
  UNION ALL
  (SELECT ${listed} FROM tenancy.tenant t ${conditions} AND NOT (SELECT few FROM few) ${order})`;

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}
