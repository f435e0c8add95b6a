import pg from 'pg';

/** The ids of the outbox rows that tell of a tenant's changes, as the administrator sees them. */
export async function renamingEvents(databaseUrl: string, tenantId: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type = 'tenant.updated'`, [tenantId]);
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
}

/** What the demo changes behind the trail's back, and puts back. */
export interface Tampered {
  readonly before: string;
  readonly after: string;
}

/**
 * Runs work with an administrator's connection on which triggers do not fire, as an attacker with full
 * rights has it.
 *
 * @returns null where the database's administrator is no superuser and cannot do that
 */
export async function asSuperuser<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T | null> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ super: string }>("SELECT current_setting('is_superuser') AS super");
    if (rows[0]?.super !== 'on') return null;
    await client.query('SET session_replication_role = replica');
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Sets an entry's action, and tells what it was. */
export async function setAction(client: pg.Client, tenantId: string, sequence: number, action: string): Promise<Tampered> {
  const { rows } = await client.query<{ action: string }>('SELECT action FROM audit.entry WHERE tenant_id = $1 AND sequence = $2', [tenantId, sequence]);
  await client.query('UPDATE audit.entry SET action = $3 WHERE tenant_id = $1 AND sequence = $2', [tenantId, sequence, action]);
  return { before: rows[0]?.action ?? '', after: action };
}
