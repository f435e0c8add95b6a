import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';

export interface RunRequest {
  readonly id: string;
  readonly job: string;
  readonly trigger: 'cron' | 'manual';
  /** When the clock asked for it; null on demand. */
  readonly dueAt: Date | null;
}

/** A try that began: whose it is, and which one. */
export interface BegunAttempt {
  readonly job: string;
  readonly attempt: number;
}

export interface RunEnd {
  readonly id: string;
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed';
  readonly error: string | null;
  readonly result: unknown;
}

export interface EndedRun {
  readonly duration_ms: number;
  readonly finished_at: Date;
}

export interface LastEnd {
  readonly job: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly finishedAt: Date;
}

export interface RunRow {
  readonly id: string;
  readonly job: string;
  readonly trigger: 'cron' | 'manual';
  readonly requested_at: Date;
  /** The same to the microsecond, for cursors. */
  readonly requested_at_text: string;
  readonly attempt: number;
  readonly running: boolean;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly duration_ms: number | null;
  readonly outcome: 'succeeded' | 'failed' | null;
  readonly error: string | null;
  readonly result: unknown;
}

export interface JobSummaryRow {
  readonly job: string;
  readonly running: boolean;
  readonly last_run_at: Date | null;
  readonly last_duration_ms: number | null;
  readonly last_success_at: Date | null;
  readonly last_error: string | null;
  readonly last_error_at: Date | null;
}

/** Where a page of runs begins: below this one. */
export type RunPosition = readonly [requestedAt: string, id: string];

@Injectable()
export class JobRunsRepository {
  /** @returns false where an unfinished run is there already, or one that covers the moment at which this was due */
  async requestRun(tx: Tx, { id, job, trigger, dueAt }: RunRequest): Promise<boolean> {
    return (await tx.query(REQUEST_RUN, [id, job, trigger, dueAt])).length > 0;
  }

  /** Hands the run to the queue, in this transaction: it is there if and only if the run is. */
  async enqueueRun(tx: Tx, id: string, delayMs: number): Promise<void> {
    await tx.query(`SELECT scheduler.enqueue_run($1, now() + $2 * interval '1 millisecond')`, [id, delayMs]);
  }

  async findUnfinishedRun(tx: Tx, job: string): Promise<string | null> {
    const [row] = await tx.query<{ id: string }>(`SELECT id FROM scheduler.job_run WHERE job = $1 AND outcome IS NULL`, [job]);
    return row?.id ?? null;
  }

  /** @returns null where the run has ended, or another job of the queue carries it */
  async beginAttempt(tx: Tx, id: string, queueJobId: string): Promise<BegunAttempt | null> {
    const [begun] = await tx.query<BegunAttempt>(
      `UPDATE scheduler.job_run SET attempt = attempt + 1, running = true, started_at = now()
       WHERE id = $1 AND queue_job_id = $2 AND outcome IS NULL RETURNING job, attempt`,
      [id, queueJobId],
    );
    return begun ?? null;
  }

  /** Ends a try that will be followed by another. @returns false where the try was taken over meanwhile */
  async recordFailure(tx: Tx, id: string, attempt: number, error: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE scheduler.job_run SET running = false, error = $3, error_at = now()
       WHERE id = $1 AND attempt = $2 AND running AND outcome IS NULL RETURNING id`,
      [id, attempt, error],
    );
    return rows.length > 0;
  }

  /** @returns null where the try was taken over meanwhile: its end is not the run's */
  async finishRun(tx: Tx, { id, attempt, outcome, error, result }: RunEnd): Promise<EndedRun | null> {
    const [ended] = await tx.query<EndedRun>(FINISH_RUN, [id, attempt, outcome, error, result === null ? null : JSON.stringify(result)]);
    return ended ?? null;
  }

  /** The last end of each job with each outcome. */
  async listLastEnds(conn: Conn, jobs: readonly string[]): Promise<LastEnd[]> {
    return await conn.query<LastEnd>(
      `SELECT job, outcome, max(finished_at) AS "finishedAt" FROM scheduler.job_run
       WHERE outcome IS NOT NULL AND job = ANY ($1::text[]) GROUP BY job, outcome`,
      [jobs],
    );
  }

  async listSummaries(conn: Conn, jobs: readonly string[]): Promise<JobSummaryRow[]> {
    return await conn.query<JobSummaryRow>(SUMMARIES, [jobs]);
  }

  /** Newest first. @param before null from the newest on */
  async listRuns(conn: Conn, job: string, before: RunPosition | null, limit: number): Promise<RunRow[]> {
    const [requestedAt, id] = before ?? [null, null];
    return await conn.query<RunRow>(
      `${SELECT_RUNS} WHERE job = $1 AND ($2::timestamptz IS NULL OR (requested_at, id) < ($2::timestamptz, $3::uuid))
       ORDER BY requested_at DESC, id DESC LIMIT $4`,
      [job, requestedAt, id, limit],
    );
  }

  async findRun(conn: Conn, job: string, id: string): Promise<RunRow | null> {
    const [row] = await conn.query<RunRow>(`${SELECT_RUNS} WHERE job = $1 AND id = $2`, [job, id]);
    return row ?? null;
  }
}

/**
 * Of two that ask at once one inserts, and the other waits for it and inserts nothing. A run by the clock is also not
 * needed where one was asked for since it was due: after an outage many occurrences come due, and one run does for all.
 */
const REQUEST_RUN = `
  INSERT INTO scheduler.job_run (id, job, trigger, due_at)
  SELECT $1::uuid, $2::text, $3::text, $4::timestamptz
  WHERE $4::timestamptz IS NULL OR NOT EXISTS (
    SELECT 1 FROM scheduler.job_run WHERE job = $2 AND (requested_at >= $4::timestamptz OR due_at = $4::timestamptz)
  )
  ON CONFLICT (job) WHERE outcome IS NULL DO NOTHING
  RETURNING id`;

const FINISH_RUN = `
  UPDATE scheduler.job_run
  SET outcome = $3::text, running = false, finished_at = clock_timestamp(), result = $5::jsonb,
      duration_ms = greatest(0, round(extract(epoch FROM clock_timestamp() - started_at) * 1000)),
      error = coalesce($4::text, error), error_at = CASE WHEN $4::text IS NULL THEN error_at ELSE clock_timestamp() END
  WHERE id = $1 AND attempt = $2 AND running AND outcome IS NULL
  RETURNING duration_ms::int, finished_at`;

/** Each part is one probe of an index of its own. */
const SUMMARIES = `
  SELECT name AS job, coalesce(unfinished.running, false) AS running,
         latest.started_at AS last_run_at, ended.duration_ms::int AS last_duration_ms, succeeded.finished_at AS last_success_at,
         failing.error AS last_error, failing.error_at AS last_error_at
  FROM unnest($1::text[]) AS name
  LEFT JOIN LATERAL (SELECT running FROM scheduler.job_run WHERE job = name AND outcome IS NULL) unfinished ON true
  LEFT JOIN LATERAL (SELECT started_at FROM scheduler.job_run WHERE job = name AND started_at IS NOT NULL
                     ORDER BY requested_at DESC, id DESC LIMIT 1) latest ON true
  LEFT JOIN LATERAL (SELECT duration_ms FROM scheduler.job_run WHERE job = name AND outcome IS NOT NULL
                     ORDER BY requested_at DESC, id DESC LIMIT 1) ended ON true
  LEFT JOIN LATERAL (SELECT finished_at FROM scheduler.job_run WHERE job = name AND outcome = 'succeeded'
                     ORDER BY finished_at DESC LIMIT 1) succeeded ON true
  LEFT JOIN LATERAL (SELECT error, error_at FROM scheduler.job_run WHERE job = name AND error_at IS NOT NULL
                     ORDER BY error_at DESC LIMIT 1) failing ON true`;

const SELECT_RUNS = `
  SELECT id, job, trigger, requested_at, requested_at::text AS requested_at_text, attempt, running, started_at, finished_at,
         duration_ms::int, outcome, error, result
  FROM scheduler.job_run`;
