import { MigrateConfig } from '@plinth/config';
import { runMigrations } from '@plinth/database';
import { migrations, schema } from './migrations/index.js';

await runMigrations(MigrateConfig.fromEnvironment(process.env).ownerDatabaseUrl, schema, migrations, process.argv[2]);
