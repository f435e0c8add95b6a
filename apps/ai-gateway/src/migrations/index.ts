import { schemaOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { outboxMigrations } from '@plinth/outbox';
import { usage } from './0001-usage.js';
import { claimsInTheIdempotencyRecord } from './0002-claims-in-the-idempotency-record.js';
import { usageOfAPrincipal } from './0003-usage-of-a-principal.js';

export const schema = schemaOf('ai-gateway');

/** In the order of their application; shipped ones never change. */
export const migrations: readonly Migration[] = [...outboxMigrations(schema), ...idempotencyMigrations(schema), usage, claimsInTheIdempotencyRecord, usageOfAPrincipal];
