import { rolesOf } from '@plinth/contracts';
import pg from 'pg';

/** A service's schema and the passwords of its three roles; without passwords the roles cannot log in. */
export interface ProvisionRequest {
  readonly schema: string;
  readonly passwords?: { readonly owner: string; readonly app: string; readonly system: string };
}

/**
 * Creates a service's schema and its three roles where they are missing, as an administrator.
 * Safe to repeat, and to run from several places at once.
 */
export async function provisionService(adminUrl: string, request: ProvisionRequest): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await provisionOnce(adminUrl, request);
    } catch (error) {
      // Roles belong to the cluster, where no advisory lock of one database reaches: two that provision
      // at once collide as duplicates or as "tuple concurrently updated", and the second try finds the work done.
      const collided = ['42710', '42P06', '23505', 'XX000', '40P01'].includes((error as { code?: string }).code ?? '');
      if (!collided || attempt === maxAttempts) throw error;
    }
  }
}

const maxAttempts = 10;

async function provisionOnce(adminUrl: string, request: ProvisionRequest): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'plinth-provision' });
  await client.connect();
  try {
    await client.query('BEGIN');
    const roles = rolesOf(request.schema);
    const relay = rolesOf('relay').system;
    const scheduler = rolesOf('scheduler').system;
    for (const role of [roles.owner, roles.app, roles.system, relay, scheduler]) await createRole(client, role);
    if (request.passwords !== undefined) {
      await setPassword(client, roles.owner, request.passwords.owner);
      await setPassword(client, roles.app, request.passwords.app);
      await setPassword(client, roles.system, request.passwords.system);
    }
    const schema = pg.escapeIdentifier(request.schema);
    // An administrator that is no superuser must be a member of the owner to give it the schema.
    await client.query(`GRANT ${roles.owner} TO CURRENT_USER`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${roles.owner}`);
    // Two services enter other services' schemas: the relay for their outbox, the scheduler for their purge functions.
    // What they may do there, each table's own migration grants.
    await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${roles.app}, ${roles.system}, ${relay}, ${scheduler}`);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

async function createRole(client: pg.Client, role: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await client.query(`CREATE ROLE ${role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT`);
}

async function setPassword(client: pg.Client, role: string, password: string): Promise<void> {
  await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
}
