import { killPart } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import pg from 'pg';
import type { Stack } from './trial.js';

/**
 * Kills the relay when Kafka has acknowledged a batch and its rows are not marked yet: all of it has to
 * be published again. Rows that wait to be published are locked, so that the relay's mark has to wait
 * for us. Needs a load that goes on.
 */
export async function killRelayBeforeItsMark(stack: Stack): Promise<void> {
  await asAdministrator(stack, async (client) => {
    const backend = await eventually(async () => {
      await client.query('ROLLBACK; BEGIN');
      await client.query(`SELECT FROM tenancy.event_outbox WHERE status = 'pending' FOR UPDATE`);
      return await eventually(
        () => backendThat(client, `application_name = 'outbox-relay tenancy' AND wait_event_type = 'Lock'`),
        { withinMs: 500, everyMs: 5 },
      );
    }, { withinMs: 20_000, everyMs: 5 });
    await killPart(stack.home, 'outbox-relay');
    // The server sees a client's death only when it answers: it would still mark the rows.
    await client.query('SELECT pg_terminate_backend($1)', [backend]);
    await client.query('ROLLBACK');
  });
}

/**
 * Kills PostgreSQL when a write is committed and its client does not know: the server is told to wait
 * for a standby that does not exist after it has flushed a commit. Needs a load that goes on.
 */
export async function killPostgresAtCommit(stack: Stack): Promise<void> {
  await asAdministrator(stack, async (client) => {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await client.query('SELECT pg_reload_conf()');
    await eventually(() => backendThat(client, `usename = 'plinth_tenancy_app' AND wait_event = 'SyncRep'`), { everyMs: 5 });
    // In the file only: the server that runs goes on waiting, the next one starts without.
    await client.query('ALTER SYSTEM RESET synchronous_standby_names');
    await killPart(stack.home, 'postgres');
  });
}

async function backendThat(client: pg.Client, condition: string): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE ${condition}`);
  if (rows[0] === undefined) throw new Error(`no backend waits: ${condition}`);
  return rows[0].pid;
}

async function asAdministrator(stack: Stack, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: stack.facts.databaseUrl });
  client.on('error', () => undefined); // its server may be what is killed
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
