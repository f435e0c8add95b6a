import type { Migration } from '@plinth/database';

/**
 * Lets the service delete old runs, by a function and by nothing else. The fence is in the function, for the table has
 * no row-level security: a week of runs stays whatever the caller asks for, and of each job what its summary tells.
 */
export const purgeJobRuns: Migration = {
  name: '0002_purge_job_runs',
  up: `
    CREATE INDEX job_run_finished ON scheduler.job_run (finished_at) WHERE outcome IS NOT NULL;
    -- Deletes up to max_rows runs that ended before the given time, the oldest first, and says how many. Of each job stay
    -- the last that ended, the last that succeeded and the last that failed: each condition is a probe of the index that
    -- the summary uses. Nobody writes to a run that has ended, so no writer waits for this.
    CREATE FUNCTION scheduler.purge_job_runs(finished_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT id FROM scheduler.job_run run
          WHERE outcome IS NOT NULL AND finished_at < least(finished_before, now() - interval '7 days')
            AND EXISTS (SELECT 1 FROM scheduler.job_run later WHERE later.job = run.job AND later.outcome IS NOT NULL
                        AND (later.requested_at, later.id) > (run.requested_at, run.id))
            AND (outcome <> 'succeeded' OR EXISTS (SELECT 1 FROM scheduler.job_run later WHERE later.job = run.job
                        AND later.outcome = 'succeeded' AND later.finished_at > run.finished_at))
            AND (error_at IS NULL OR EXISTS (SELECT 1 FROM scheduler.job_run later WHERE later.job = run.job
                        AND later.error_at > run.error_at))
          ORDER BY finished_at LIMIT max_rows
        ), gone AS (
          DELETE FROM scheduler.job_run run USING doomed WHERE run.id = doomed.id RETURNING run.id
        )
        SELECT count(*)::int FROM gone
      $$;
    REVOKE ALL ON FUNCTION scheduler.purge_job_runs FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION scheduler.purge_job_runs TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION scheduler.purge_job_runs;
    DROP INDEX scheduler.job_run_finished;`,
};
