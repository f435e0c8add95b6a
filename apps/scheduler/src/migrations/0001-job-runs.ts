import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';

const schema = 'scheduler';
const { app, system } = rolesOf(schema);

/** The runs of all jobs, and the place in which the queue's library will put its tables (ADR 0015, `queue-schema.ts`). */
export const jobRuns: Migration = {
  name: '0001_job_runs',
  up: `
    -- No tenant: jobs are the platform's.
    CREATE TABLE scheduler.job_run (
      id uuid PRIMARY KEY,
      job text NOT NULL,
      trigger text NOT NULL CONSTRAINT job_run_trigger_known CHECK (trigger IN ('cron', 'manual')),
      requested_at timestamptz NOT NULL DEFAULT now(),
      -- When the clock asked for it; null for a run that somebody asked for.
      due_at timestamptz,
      -- Which job of the queue carries the run at present; an earlier one that turns up again is stale.
      queue_job_id bigint,
      -- Tries that began. Whoever ends a try names it, so that one that was taken over can record nothing.
      attempt int NOT NULL DEFAULT 0,
      running boolean NOT NULL DEFAULT false,
      -- Of the last try, as is the duration.
      started_at timestamptz,
      finished_at timestamptz,
      duration_ms bigint,
      outcome text CONSTRAINT job_run_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
      -- Class and code of the last error, never its text.
      error text,
      error_at timestamptz,
      result jsonb,
      CONSTRAINT job_run_end_complete CHECK ((outcome IS NULL) = (finished_at IS NULL))
    );
    -- A job has one unfinished run at most, whoever asks for more.
    CREATE UNIQUE INDEX job_run_unfinished ON scheduler.job_run (job) WHERE outcome IS NULL;
    CREATE INDEX job_run_by_job ON scheduler.job_run (job, requested_at DESC, id DESC);
    CREATE INDEX job_run_succeeded ON scheduler.job_run (job, finished_at DESC) WHERE outcome = 'succeeded';
    CREATE INDEX job_run_failing ON scheduler.job_run (job, error_at DESC) WHERE error_at IS NOT NULL;
    GRANT SELECT, INSERT ON scheduler.job_run TO ${app};
    GRANT SELECT, INSERT, UPDATE ON scheduler.job_run TO ${system};

    -- The library's own log. Where it is missing, the library first creates the schema, which the owner may not.
    CREATE TABLE scheduler.migrations (
      id int PRIMARY KEY,
      ts timestamptz NOT NULL DEFAULT now(),
      breaking boolean NOT NULL DEFAULT false
    );`,
  down: `
    DROP TABLE scheduler.job_run;
    DROP TABLE scheduler.migrations;`,
};
