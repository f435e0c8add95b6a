import { Injectable } from '@nestjs/common';
import type { ServiceName } from '@plinth/contracts';
import type { Queryable, Tx } from '@plinth/database';
import type { Consumer, ConsumerFlow, OutboxFlow } from '@plinth/outbox';

/** How far an outbox has been checked. */
export interface Mark {
  readonly source: string;
  readonly checked_until: Date;
  readonly checked_at: Date;
}

/** A minute of one outbox, or of one group that is told by it. */
export interface MinuteRow extends OutboxFlow, ConsumerFlow {
  readonly source: ServiceName;
  /** Empty for the outbox itself. */
  readonly consumer_group: string;
  /** Handled, and in no outbox. */
  readonly surplus: number;
  readonly closed: boolean;
  readonly checked_at: Date;
}

/** The last day of one outbox, or of one group. */
export interface DaySum extends Omit<MinuteRow, 'minute' | 'closed' | 'checked_at'> {
  readonly minutes: number;
  readonly unbalanced: number;
}

/** Counts by minute. Connections and transactions that are handed in are the relay's system role's. */
@Injectable()
export class ConservationRepository {
  /** @returns false while another replica is checking */
  async becomeChecker(tx: Tx): Promise<boolean> {
    const [row] = await tx.query<{ locked: boolean }>(BECOME_CHECKER);
    return row?.locked === true;
  }

  /** States since when each type is the group's: all of it, where the group is new; from now on, where only the type is. */
  async stateStarts(tx: Tx, { group, starts }: Consumer): Promise<void> {
    await tx.query(STATE_STARTS, [group, Object.keys(starts)]);
  }

  /** The groups from their stated starts on. */
  async listConsumers(conn: Queryable, declared: readonly Consumer[]): Promise<Consumer[]> {
    const stated = await conn.query<{ consumer_group: string; event_type: string; starts_at: string }>(LIST_STARTS);
    return declared.map((consumer) => {
      const own = stated.filter((row) => row.consumer_group === consumer.group && row.event_type in consumer.starts);
      return { ...consumer, starts: Object.fromEntries(own.map((row) => [row.event_type, row.starts_at])) };
    });
  }

  async listMarks(conn: Queryable): Promise<Mark[]> {
    return await conn.query<Mark>('SELECT source, checked_until, checked_at FROM relay.conservation_mark');
  }

  /** The database's time, less what must have passed before a minute is judged. */
  async lastClosedMinute(conn: Queryable, graceMs: number): Promise<Date> {
    const [row] = await conn.query<{ minute: Date }>(`SELECT date_trunc('minute', clock_timestamp() - $1 * interval '1 millisecond', 'UTC') AS minute`, [graceMs]);
    return (row as { minute: Date }).minute;
  }

  /** Of the oldest event that is there; null for none. Index: idx_outbox_status, the front of each status. */
  async oldestMinute(conn: Queryable, schema: string): Promise<Date | null> {
    const fronts = ['pending', 'processing', 'published', 'failed'].map((status) => `(SELECT min(created_at) FROM ${schema}.event_outbox WHERE status = '${status}')`);
    const [row] = await conn.query<{ minute: Date | null }>(`SELECT date_trunc('minute', least(${fronts.join(', ')}), 'UTC') AS minute`);
    return row?.minute ?? null;
  }

  async setMark(tx: Tx, source: string, checkedUntil: string): Promise<void> {
    await tx.query(SET_MARK, [source, checkedUntil]);
  }

  /**
   * What was counted, in the place of what was counted before. Where there are fewer events than before, the minute's rows are
   * being purged: the verdict stays, and the minute is closed.
   */
  async saveOutbox(tx: Tx, source: string, { minute, committed, published, skipped, waiting }: OutboxFlow): Promise<void> {
    await tx.query(SAVE_OUTBOX, [source, minute, committed, published, skipped, waiting]);
  }

  async saveConsumer(tx: Tx, source: string, group: string, { minute, published, handled, dead, discarded, missing }: ConsumerFlow): Promise<void> {
    await tx.query(SAVE_CONSUMER, [source, group, minute, published, handled, dead, discarded, missing]);
  }

  async addSurplus(tx: Tx, source: string, group: string, toldAt: readonly Date[]): Promise<void> {
    await tx.query(ADD_SURPLUS, [source, group, toldAt]);
  }

  /** Of the minutes that did not balance and can still change, those that were looked at longest ago. */
  async listOpen(conn: Queryable, limit: number): Promise<Pick<MinuteRow, 'source' | 'minute'>[]> {
    return await conn.query<Pick<MinuteRow, 'source' | 'minute'>>(LIST_OPEN, [limit]);
  }

  /** Events that the minute had when it was counted last. */
  async committedIn(conn: Queryable, source: string, minute: Date): Promise<number> {
    const [row] = await conn.query<{ committed: number }>(`SELECT committed FROM relay.conservation WHERE minute = $2 AND source = $1 AND consumer_group = ''`, [source, minute]);
    return row?.committed ?? 0;
  }

  /** The minute's rows are gone, or going. */
  async close(tx: Tx, source: string, minute: Date): Promise<void> {
    await tx.query('UPDATE relay.conservation SET closed = true, checked_at = clock_timestamp() WHERE minute = $2 AND source = $1', [source, minute]);
  }

  async forgetOld(tx: Tx): Promise<void> {
    await tx.query(FORGET_OLD);
  }

  async sumDay(conn: Queryable): Promise<DaySum[]> {
    return await conn.query<DaySum>(SUM_DAY);
  }

  /** Newest first. @param before minute, source and group below which the page begins; null from the newest on */
  async listUnbalanced(conn: Queryable, source: string | null, before: readonly [string, string, string] | null, limit: number): Promise<MinuteRow[]> {
    return await conn.query<MinuteRow>(LIST_UNBALANCED, [source, before?.[0] ?? null, before?.[1] ?? null, before?.[2] ?? null, limit]);
  }
}

/** One checker of all replicas, by a lock that ends with its transaction, however that ends. */
const BECOME_CHECKER = `SELECT pg_try_advisory_xact_lock(hashtextextended('plinth.outbox-relay.conservation', 0)) AS locked`;

const STATE_STARTS = `
  INSERT INTO relay.consumer_start (consumer_group, event_type, starts_at)
  SELECT $1, event_type, CASE WHEN EXISTS (SELECT FROM relay.consumer_start known WHERE known.consumer_group = $1) THEN now() ELSE '-infinity' END
  FROM unnest($2::text[]) AS event_type
  ON CONFLICT ON CONSTRAINT consumer_start_pkey DO NOTHING`;

const LIST_STARTS = 'SELECT consumer_group, event_type, starts_at::text AS starts_at FROM relay.consumer_start';

const SET_MARK = `
  INSERT INTO relay.conservation_mark (source, checked_until, checked_at) VALUES ($1, $2, clock_timestamp())
  ON CONFLICT (source) DO UPDATE SET checked_until = excluded.checked_until, checked_at = excluded.checked_at`;

const SAVE_OUTBOX = `
  INSERT INTO relay.conservation AS known (source, minute, committed, published, skipped, waiting) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT ON CONSTRAINT conservation_pkey DO UPDATE
  SET committed = excluded.committed, published = excluded.published, skipped = excluded.skipped, waiting = excluded.waiting, checked_at = clock_timestamp()
  WHERE excluded.committed >= known.committed AND NOT known.closed`;

const SAVE_CONSUMER = `
  INSERT INTO relay.conservation AS known (source, consumer_group, minute, published, handled, dead, discarded, missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT ON CONSTRAINT conservation_pkey DO UPDATE
  SET published = excluded.published, handled = excluded.handled, dead = excluded.dead, discarded = excluded.discarded, missing = excluded.missing,
      checked_at = clock_timestamp()
  WHERE excluded.published >= known.published AND NOT known.closed`;

const ADD_SURPLUS = `
  INSERT INTO relay.conservation AS known (source, consumer_group, minute, surplus)
  SELECT $1, $2, date_trunc('minute', told_at, 'UTC'), count(*) FROM unnest($3::timestamptz[]) AS told_at GROUP BY 3
  ON CONFLICT ON CONSTRAINT conservation_pkey DO UPDATE SET surplus = known.surplus + excluded.surplus, checked_at = clock_timestamp()`;

const LIST_OPEN = `
  SELECT source, minute FROM relay.conservation WHERE NOT balanced AND NOT closed AND (waiting > 0 OR missing > 0)
  GROUP BY source, minute ORDER BY min(checked_at) LIMIT $1`;

/** What balanced is kept a week, what did not a month. */
const FORGET_OLD = `
  DELETE FROM relay.conservation
  WHERE minute < now() - interval '30 days' OR (balanced AND minute < now() - interval '7 days')`;

const SUM_DAY = `
  SELECT source, consumer_group, count(*)::int AS minutes, count(*) FILTER (WHERE NOT balanced)::int AS unbalanced,
    sum(committed)::int AS committed, sum(published)::int AS published, sum(skipped)::int AS skipped, sum(waiting)::int AS waiting,
    sum(handled)::int AS handled, sum(dead)::int AS dead, sum(discarded)::int AS discarded, sum(missing)::int AS missing, sum(surplus)::int AS surplus
  FROM relay.conservation WHERE minute >= now() - interval '24 hours' GROUP BY source, consumer_group ORDER BY source, consumer_group`;

const LIST_UNBALANCED = `
  SELECT source, consumer_group, minute, committed, published, skipped, waiting, handled, dead, discarded, missing, surplus, closed, checked_at
  FROM relay.conservation
  WHERE NOT balanced AND ($1::text IS NULL OR source = $1)
    AND ($2::timestamptz IS NULL OR (minute, source, consumer_group) < ($2, $3::text, $4::text))
  ORDER BY minute DESC, source DESC, consumer_group DESC LIMIT $5`;
