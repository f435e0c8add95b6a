import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

const ofTheQueue = 'graphile-worker’s, of which the service’s worker alone takes jobs; nothing of a tenant is in a job';
const works = ['DELETE', 'INSERT', 'SELECT', 'UPDATE'];

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, idempotencyRules, {
  tables: {
    job_run: { readBy: 'everyone', because: 'jobs are the platform’s; the routes that read them are operators’' },
    migrations: { readBy: 'nobody', because: 'graphile-worker’s log of its own migrations' },
    _private_job_queues: { readBy: 'nobody', because: ofTheQueue },
    _private_jobs: { readBy: 'nobody', because: ofTheQueue },
    _private_known_crontabs: { readBy: 'nobody', because: ofTheQueue },
    _private_tasks: { readBy: 'nobody', because: ofTheQueue },
  },
  systemQueries: {
    last_job_runs: 'jobs are the platform’s',
    request_due_job_run: 'the clock asks, and no caller',
    begin_job_run: 'a job runs for no caller',
    retry_job_run: 'a job runs for no caller',
    finish_job_run: 'a job runs for no caller',
    purge_targets: 'which services’ purge functions are there',
    purge_published_and_expired: 'the purge functions of all services',
  },
  systemRights: {
    job_run: ['INSERT', 'SELECT', 'UPDATE'],
    jobs: ['SELECT'],
    migrations: ['SELECT'],
    _private_job_queues: works,
    _private_jobs: works,
    _private_known_crontabs: works,
    _private_tasks: works,
  },
  ownersViews: { jobs: 'graphile-worker’s, for the service’s worker, which may read the tables behind it too' },
});
