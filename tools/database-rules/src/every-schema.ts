import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { rolesOf, services, type ServiceDefinition } from '@plinth/contracts';
import { provisionService, type DatabaseRules } from '@plinth/database';
import { TestDatabase } from '@plinth/testing';

export const appsFolder = join(import.meta.dirname, '../../../apps');

/** A database with the schema of every registered service, brought about by the services' own builds. */
export async function createEverySchema(): Promise<TestDatabase> {
  const database = await TestDatabase.create([]);
  try {
    for (const { schema } of services) await provisionService(database.adminUrl, { schema });
    await Promise.all(services.map((service) => migrate(database, service)));
    return database;
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** As a deployment does it, so that what a service does beside its list of migrations is there too. */
async function migrate(database: TestDatabase, { name, schema }: ServiceDefinition): Promise<void> {
  const env = { OWNER_DATABASE_URL: database.urlAs(rolesOf(schema).owner) };
  await promisify(execFile)(process.execPath, [join(appsFolder, name, 'dist/migrate.js'), 'up'], { env });
}

/** @throws Error where a registered service says nothing of its schema */
export async function rulesOf(service: ServiceDefinition): Promise<DatabaseRules> {
  const module = (await import(pathToFileURL(join(appsFolder, service.name, 'src/database-rules.ts')).href)) as { databaseRules?: DatabaseRules };
  if (module.databaseRules === undefined) throw new Error(`apps/${service.name}/src/database-rules.ts exports no databaseRules`);
  return module.databaseRules;
}
