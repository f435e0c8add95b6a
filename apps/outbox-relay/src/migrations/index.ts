import { schemaOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { outboxMigrations } from '@plinth/outbox';
import { deadLetters } from './0001-dead-letters.js';
import { purgeDeadLetters } from './0002-purge-dead-letters.js';
import { leases } from './0003-leases.js';
import { desk } from './0004-desk.js';
import { redriveBatches } from './0005-redrive-batches.js';
import { archive } from './0006-archive.js';
import { eventDecisions } from './0007-event-decisions.js';
import { conservation } from './0008-conservation.js';
import { oneLetterAPlace } from './0010-one-letter-a-place.js';

export const schema = schemaOf('outbox-relay');

/** In the order of their application; shipped ones never change. */
export const migrations: readonly Migration[] = [...outboxMigrations(schema), ...idempotencyMigrations(schema), deadLetters, purgeDeadLetters, leases, desk, redriveBatches, archive, eventDecisions, conservation, oneLetterAPlace];
