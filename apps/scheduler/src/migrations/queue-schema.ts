import { rolesOf } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
/** @ruleExempt breaker: the queue's own migrations, on PostgreSQL by the owner's URL (ADR 0015) */
import { Logger as LibraryLogger, runMigrations } from 'graphile-worker';
import { schema } from './index.js';

const { app, system } = rolesOf(schema);

/** The library's tables; it has named them so since its schema 11. */
const tables = ['_private_jobs', '_private_tasks', '_private_job_queues', '_private_known_crontabs'];

/**
 * What the service's roles may do with the library's tables, which belong to the owner. The library
 * enables row-level security without a policy, so that at first only the owner sees a row.
 * The app role gets no right on them: it enqueues by a function of the owner's.
 */
const rights = `
  GRANT SELECT ON ${schema}.migrations, ${schema}.jobs TO ${system};
  ${tables
    .map(
      (table) => `
  GRANT SELECT, INSERT, UPDATE, DELETE ON ${schema}.${table} TO ${system};
  DROP POLICY IF EXISTS system_works ON ${schema}.${table};
  CREATE POLICY system_works ON ${schema}.${table} TO ${system} USING (true) WITH CHECK (true);`,
    )
    .join('')}
  CREATE OR REPLACE FUNCTION ${schema}.enqueue_run(run_id uuid, run_at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE queued bigint;
    BEGIN
      SELECT job.id INTO queued FROM ${schema}.add_job('job_run', json_build_object('runId', run_id), run_at => run_at) AS job;
      UPDATE ${schema}.job_run SET queue_job_id = queued WHERE id = run_id AND outcome IS NULL;
    END $$;
  REVOKE ALL ON FUNCTION ${schema}.enqueue_run FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION ${schema}.enqueue_run TO ${app}, ${system};`;

/** Everything of the above and of the library; in a schema whose own objects are left alone. */
const removal = `
  DROP FUNCTION IF EXISTS ${schema}.enqueue_run;
  DO $$
  DECLARE thing text;
  BEGIN
    FOR thing IN SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = '${schema}'::regnamespace
      AND p.proname IN ('add_job', 'add_jobs', 'complete_jobs', 'force_unlock_workers', 'permanently_fail_jobs', 'remove_job', 'reschedule_jobs')
    LOOP EXECUTE 'DROP FUNCTION ' || thing; END LOOP;
  END $$;
  DROP VIEW IF EXISTS ${schema}.jobs;
  DROP TABLE IF EXISTS ${tables.map((table) => `${schema}.${table}`).join(', ')};
  DROP TYPE IF EXISTS ${schema}.job_spec;
  DO $$ BEGIN IF to_regclass('${schema}.migrations') IS NOT NULL THEN DELETE FROM ${schema}.migrations; END IF; END $$;`;

/**
 * Brings the library's tables to its installed version, as the owner, and gives the service its
 * rights. After `migrate`; safe to repeat, and from several places at once.
 */
export async function installQueue(ownerUrl: string): Promise<void> {
  await withSession(ownerUrl, async (session) => {
    await runMigrations({ connectionString: ownerUrl, schema, maxPoolSize: 2, logger: new LibraryLogger(() => () => undefined) });
    await session.query(rights);
  });
}

/** Removes the library's tables with the jobs in them. Before `migrate` down. */
export async function removeQueue(ownerUrl: string): Promise<void> {
  await withSession(ownerUrl, async (session) => void (await session.query(removal)));
}

async function withSession(ownerUrl: string, work: (session: DatabaseSession) => Promise<void>): Promise<void> {
  const session = await DatabaseSession.open(ownerUrl, { applicationName: 'plinth-migrate', statementTimeoutMs: 60_000 });
  try {
    await session.query(`SELECT pg_advisory_lock(hashtext('plinth.migrate.${schema}.queue'))`);
    await work(session);
  } finally {
    await session.close();
  }
}
