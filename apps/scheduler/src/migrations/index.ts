import { schemaOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { outboxMigrations } from '@plinth/outbox';
import { jobRuns } from './0001-job-runs.js';
import { purgeJobRuns } from './0002-purge-job-runs.js';

export const schema = schemaOf('scheduler');

/** In the order of their application; shipped ones never change. */
export const migrations: readonly Migration[] = [...outboxMigrations(schema), ...idempotencyMigrations(schema), jobRuns, purgeJobRuns];
