/** Where a letter stands. `redriven`: sent again, and not yet seen to be handled or to fail. */
export const letterStatuses = ['pending', 'redriven', 'processed', 'failed_again', 'discarded'] as const;
export type LetterStatus = (typeof letterStatuses)[number];

/** What narrows letters down; a missing one does not. */
export interface LetterFilters {
  /** The consumer group that failed. */
  readonly group?: string | undefined;
  /** The original topic. */
  readonly topic?: string | undefined;
  readonly error?: string | undefined;
  readonly status?: LetterStatus | undefined;
  readonly fingerprint?: string | undefined;
  /** With its version, as `tenant.updated.v1`. */
  readonly eventType?: string | undefined;
  readonly eventId?: string | undefined;
  readonly tenantId?: string | undefined;
  /** ISO 8601; the first moment of failure that counts. */
  readonly failedFrom?: string | undefined;
  /** ISO 8601; the first one that does not any more. */
  readonly failedTo?: string | undefined;
  readonly minReplayCount?: number | undefined;
  /** The redrive of many that it was sent by last. */
  readonly redriveId?: string | undefined;
}

/** In the order of the parameters of `NARROWED`. */
const names = ['group', 'topic', 'error', 'status', 'fingerprint', 'eventType', 'eventId', 'tenantId', 'failedFrom', 'failedTo', 'minReplayCount', 'redriveId'] as const satisfies readonly (keyof LetterFilters)[];

/** The filters alone, of whatever else an object has; moments in one notation. A member that is null counts as absent. */
export function filtersIn(object: { readonly [Name in keyof LetterFilters]: LetterFilters[Name] | null }): LetterFilters {
  const { failedFrom, failedTo } = object;
  const all = { ...object, failedFrom: momentOf(failedFrom ?? undefined), failedTo: momentOf(failedTo ?? undefined) };
  return Object.fromEntries(names.flatMap((name) => ((all[name] ?? undefined) === undefined ? [] : [[name, all[name]]])));
}

/** Nothing failed before 1970, and PostgreSQL knows no year 0. */
function momentOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : new Date(Math.max(0, Date.parse(text))).toISOString();
}

/** Each filter's value in a fixed order, null where there is none: the first parameters of a query with `NARROWED`. */
export function filterValues(filters: LetterFilters): (string | number | null)[] {
  return names.map((name) => filters[name] ?? null);
}

/** How many parameters `NARROWED` takes, from $1 on. */
export const filterCount = names.length;

/** PostgreSQL plans it with the values at hand, so that an absent filter costs nothing and a present one may use its index. */
export const NARROWED = `
  ($1::text IS NULL OR consumer_group = $1) AND ($2::text IS NULL OR topic = $2) AND ($3::text IS NULL OR error = $3)
  AND ($4::text IS NULL OR status = $4) AND ($5::text IS NULL OR fingerprint = $5) AND ($6::text IS NULL OR event_type = $6)
  AND ($7::uuid IS NULL OR event_id = $7) AND ($8::uuid IS NULL OR tenant_id = $8)
  AND ($9::timestamptz IS NULL OR failed_at >= $9) AND ($10::timestamptz IS NULL OR failed_at < $10)
  AND ($11::int IS NULL OR replay_count >= $11) AND ($12::uuid IS NULL OR redrive_batch_id = $12)`;
