import { schemaOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { outboxMigrations } from '@plinth/outbox';

export const schema = schemaOf('scheduler');

/** In the order of their application; shipped ones never change. */
export const migrations: readonly Migration[] = outboxMigrations(schema);
