import { configClass, ownerFields } from '@plinth/config';
import { runMigrations } from '@plinth/database';
import { migrations, schema } from './migrations/index.js';

class MigrateConfig extends configClass(ownerFields) {}

await runMigrations(MigrateConfig.fromEnvironment(process.env).ownerDatabaseUrl, schema, migrations, process.argv[2]);
