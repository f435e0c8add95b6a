import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { databaseUrlFile, rolePasswords } from './database-urls.ts';
import { readJson, writeJson } from './files.ts';
import { buildFingerprint } from './fingerprint.ts';
import { grantsText, listGrants, restoreGrants, type Grant } from './grants.ts';
import { UserError, type Say } from './output.ts';
import { nodeBinary, repoRoot, type Home } from './paths.ts';
import { marker, markerVariable } from './processes.ts';
import { ensurePassword } from './secrets.ts';
import { services, type Service } from './services.ts';
import { baseEnvironment } from './settings.ts';
import type { OperatorAccount } from './stack-file.ts';

interface DatabaseLibrary {
  readonly provisionService: (adminUrl: string, request: { schema: string; passwords: { owner: string; app: string; system: string } }) => Promise<void>;
}

/** The file of the operator's password among the home's secrets. */
const operatorPassword = 'OPERATOR_PASSWORD';

/** By service: the build whose migrations ran, and what its schema's log then held and its roles could do. */
type Migrated = Readonly<Record<string, { build: string; log: string; grants?: readonly Grant[] }>>;

/** Creates the schemas and roles of all services where they are missing, and sets the roles' passwords. */
export async function provision(home: Home, adminUrl: string): Promise<void> {
  const library = pathToFileURL(join(repoRoot, 'libs/database/dist/index.js')).href;
  const { provisionService } = (await import(library)) as DatabaseLibrary;
  try {
    for (const service of services) await provisionService(adminUrl, { schema: service.schema, passwords: rolePasswords(home, service) });
  } catch (error) {
    throw new UserError(`the database refuses to create schemas and roles: ${(error as Error).message} (a DATABASE_URL must be an administrator's)`);
  }
}

/**
 * Runs the migrations of every service that has some, three at a time. Skips a service whose build and
 * whose log of applied migrations are those of the last run: nothing can be left to do there, but that
 * rights which were taken away since are given back.
 *
 * @returns the services that were migrated
 * @throws UserError with what the first that failed said
 */
export async function migrateAll(home: Home, adminUrl: string, say: Say): Promise<string[]> {
  const file = join(home.run, 'migrated.json');
  const before = readJson<Migrated>(file) ?? {};
  const logs = await migrationLogs(adminUrl);
  const builds = new Map(services.map((service) => [service.name, buildFingerprint(service.name)]));
  const due = services.filter((service) => {
    const known = before[service.name];
    return migrationEntry(service) !== undefined && (known === undefined || known.build !== builds.get(service.name) || known.log !== logs[service.name]);
  });
  const queue = [...due];
  const work = async (): Promise<void> => {
    for (let service = queue.shift(); service !== undefined; service = queue.shift()) await migrateService(home, service, 'up');
  };
  await Promise.all([work(), work(), work()]);
  for (const { name, schema } of services.filter((service) => !due.includes(service))) {
    const lost = await restoreGrants(adminUrl, schema, before[name]?.grants ?? []);
    if (lost.length > 0) say(`${name} had lost rights, which it has again: ${grantsText(lost)}`);
  }
  if (due.length > 0) {
    const after = await migrationLogs(adminUrl);
    const entry = async ({ name, schema }: Service) => [name, { build: builds.get(name), log: after[name], grants: await listGrants(adminUrl, schema) }] as const;
    writeJson(file, Object.fromEntries(await Promise.all(services.map(entry))));
    say(`migrated: ${due.map((service) => service.name).join(', ')}`);
  }
  return due.map((service) => service.name);
}

/** Runs a service's own migration entry as its owner role. */
export async function migrateService(home: Home, service: Service, direction: 'up' | 'down'): Promise<void> {
  const entry = migrationEntry(service);
  if (entry === undefined) throw new UserError(`${service.name} has no migrations`);
  const env = { ...baseEnvironment(), [markerVariable]: marker(home.root, 'migration'), OWNER_DATABASE_URL_FILE: databaseUrlFile(home, service, 'owner') };
  try {
    await promisify(execFile)(nodeBinary, [entry, direction], { cwd: home.root, env });
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as Error & { stderr?: string; stdout?: string };
    throw new UserError(`the migrations of ${service.name} failed: ${(stderr || stdout || message).trim().slice(0, 2_000)}`);
  }
}

/** The platform's operator of this home: its password is made once and kept in the home alone. */
export function operatorOf(home: Home): OperatorAccount {
  return { email: 'operator@plinth.example', password: ensurePassword(home, operatorPassword) };
}

/** Sees to it that this home's operator can sign in, by tenant-service's own command; run again it changes nothing. */
export async function bootstrapOperator(home: Home): Promise<void> {
  const service = services.find(({ name }) => name === 'tenant-service');
  if (service === undefined) throw new Error('there is no tenant-service');
  const entry = join(repoRoot, 'apps', service.name, 'dist/bootstrap-operator.js');
  if (!existsSync(entry)) throw new UserError(`${service.name} is not built (${entry} is missing): run make up, which builds it`);
  const { email } = operatorOf(home);
  const env = {
    ...baseEnvironment(),
    [markerVariable]: marker(home.root, 'operator'),
    SYSTEM_DATABASE_URL_FILE: databaseUrlFile(home, service, 'system'),
    OPERATOR_EMAIL: email,
    OPERATOR_PASSWORD_FILE: join(home.secrets, operatorPassword),
  };
  try {
    await promisify(execFile)(nodeBinary, [entry], { cwd: home.root, env });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new UserError(`the operator ${email} could not be made: ${(stderr || message).trim().slice(0, 2_000)}`);
  }
}

function migrationEntry(service: Service): string | undefined {
  const entry = join(repoRoot, 'apps', service.name, 'dist/migrate.js');
  return existsSync(entry) ? entry : undefined;
}

/** What each schema's log says was applied, with its checksums: empty where there is no log. */
async function migrationLogs(adminUrl: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const logs: Record<string, string> = {};
    for (const { name, schema } of services) {
      const table = `${pg.escapeIdentifier(schema)}.schema_migration`;
      const { rows: found } = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
      const { rows } = found[0]?.exists === true ? await client.query<{ log: string | null }>(`SELECT string_agg(name || ' ' || checksum, ', ' ORDER BY name) AS log FROM ${table}`) : { rows: [] };
      logs[name] = rows[0]?.log ?? '';
    }
    return logs;
  } finally {
    await client.end();
  }
}
