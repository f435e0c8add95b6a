import { MigrateConfig } from '@plinth/config';
import { runMigrations } from '@plinth/database';
import { migrations, schema } from './migrations/index.js';
import { installQueue, removeQueue } from './migrations/queue-schema.js';

const { ownerDatabaseUrl } = MigrateConfig.fromEnvironment(process.env);
const direction = process.argv[2];

/** @ruleExempt pii: a command, which tells whoever runs it what it could not do */
try {
  if (direction === 'down') await removeQueue(ownerDatabaseUrl);
  await runMigrations(ownerDatabaseUrl, schema, migrations, direction);
  if (direction === 'up' && process.exitCode === undefined) await installQueue(ownerDatabaseUrl);
} catch (error) {
  process.stderr.write(`${schema}: the queue's tables: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
