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
 * Kills the audit consumer when the transaction of its batch is committed and the batch's offset is not: all of it is read
 * again. As below, its commit is flushed and never answered; its alone, for were the writes held too, nothing new would come to
 * it. Needs a load that goes on.
 */
export async function killAuditBeforeItsOffset(stack: Stack): Promise<void> {
  const consumer = 'plinth_audit_system';
  await asAdministrator(stack, async (client) => {
    await client.query(`ALTER ROLE ${consumer} SET synchronous_commit = 'on'`);
    await client.query(`ALTER SYSTEM SET synchronous_commit = 'local'`);
    await holdAnswersToCommits(client);
    try {
      // A session that comes after it goes by what is set for its role.
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [consumer]);
      await eventually(() => backendThat(client, `usename = '${consumer}' AND wait_event = 'SyncRep'`), { withinMs: 30_000, everyMs: 5 });
      await killPart(stack.home, 'audit-service');
    } finally {
      await client.query('ALTER SYSTEM RESET synchronous_standby_names');
      await client.query('ALTER SYSTEM RESET synchronous_commit');
      await client.query(`ALTER ROLE ${consumer} RESET synchronous_commit`);
      await client.query('SELECT pg_reload_conf()');
    }
  });
}

/** The advisory lock that a slow transaction waits for; of nobody else. */
const slowCommit = 7_316_041;

/**
 * Holds a tenant's writes at their commit, when their events have their numbers in the outbox, until many later events of
 * others are published; then lets them go. Needs a load that goes on, on other tenants too.
 */
export async function commitAfterLaterOnes(stack: Stack, tenantId: string): Promise<void> {
  await asAdministrator(stack, async (client) => {
    await client.query(`SELECT pg_advisory_lock(${slowCommit})`);
    try {
      await client.query(`
        CREATE FUNCTION tenancy.commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM pg_advisory_xact_lock_shared(${slowCommit}); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER commit_slowly AFTER INSERT ON tenancy.event_outbox DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.tenant_id = '${tenantId}') EXECUTE FUNCTION tenancy.commit_slowly();`);
      await eventually(() => backendThat(client, `usename = 'plinth_tenancy_app' AND wait_event = 'advisory'`), { everyMs: 5 });
      const { rows } = await client.query<{ held: string }>(`SELECT max(sequence) AS held FROM tenancy.event_outbox`);
      await eventually(async () => {
        const later = await client.query(`SELECT FROM tenancy.event_outbox WHERE sequence > $1 AND status = 'published'`, [rows[0]?.held]);
        if ((later.rowCount ?? 0) < 20) throw new Error(`only ${later.rowCount} later events are published`);
      }, { everyMs: 20 });
    } finally {
      await client.query(`SELECT pg_advisory_unlock(${slowCommit})`);
      await client.query('DROP FUNCTION IF EXISTS tenancy.commit_slowly CASCADE');
    }
  });
}

/**
 * Kills PostgreSQL when a write is committed and its client does not know: the server is told to wait
 * for a standby that does not exist after it has flushed a commit. Needs a load that goes on.
 */
export async function killPostgresAtCommit(stack: Stack): Promise<void> {
  await asAdministrator(stack, async (client) => {
    await holdAnswersToCommits(client);
    await eventually(() => backendThat(client, `usename = 'plinth_tenancy_app' AND wait_event = 'SyncRep'`), { everyMs: 5 });
    // In the file only: the server that runs goes on waiting, the next one starts without.
    await client.query('ALTER SYSTEM RESET synchronous_standby_names');
    await killPart(stack.home, 'postgres');
  });
}

/** A standby that does not exist is waited for after each commit is flushed. */
async function holdAnswersToCommits(client: pg.Client): Promise<void> {
  await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
  await client.query('SELECT pg_reload_conf()');
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
