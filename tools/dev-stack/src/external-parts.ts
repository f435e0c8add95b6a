import { hostname } from 'node:os';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { probeBroker } from './kafka-probe.ts';
import { UserError } from './output.ts';
import type { Home } from './paths.ts';
import { probePostgres } from './postgres.ts';
import { ensurePassword } from './secrets.ts';
import type { Settings } from './settings.ts';

/**
 * A stack, as it signs the servers that its user names. Two stacks must not share one: they would set
 * each other's role passwords, and each would consume the other's events. So a stack leaves a claim: a
 * comment on a role in PostgreSQL, a topic in Kafka. While a claim's stack runs, others are refused;
 * where nothing of it is connected any more, the next one takes over.
 */
export interface Claimant {
  /** Made once for a home, so that a home that was erased is another stack. */
  readonly stack: string;
  readonly place: string;
}

export function claimantOf(home: Home): Claimant {
  return { stack: ensurePassword(home, 'STACK_ID').slice(0, 16).replaceAll(/[-_]/g, 'x'), place: `${hostname()}:${home.root}` };
}

/** Before anything starts. @throws UserError that names the setting, what is wrong, and what to do */
export async function refuseUnusableServers(home: Home, { databaseUrl, kafkaBrokers }: Pick<Settings, 'databaseUrl' | 'kafkaBrokers'>): Promise<void> {
  if (databaseUrl !== undefined) {
    await probePostgres(databaseUrl).catch((error: unknown) => {
      throw new UserError(`DATABASE_URL: ${databaseFault(error)}: correct it, or unset it for the embedded one`);
    });
    await refuseDatabaseInUse(databaseUrl, claimantOf(home));
  }
  if (kafkaBrokers !== undefined) {
    await Promise.any(kafkaBrokers.map(probeBroker)).catch(() => {
      throw new UserError(`KAFKA_BROKERS: no Kafka answers at ${kafkaBrokers.join(', ')}: correct it, or unset it for the embedded one`);
    });
    await claimKafka(kafkaBrokers, claimantOf(home));
  }
}

/** What a failed connection says, without what the URL holds. */
export function databaseFault(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'ERR_INVALID_URL') return 'it is no URL of the form postgresql://user:password@host:port/database';
  if (code === '28P01' || code === '28000') return `PostgreSQL refuses the login (${message})`;
  if (code === '3D000') return `PostgreSQL has no such database (${message})`;
  return `PostgreSQL does not answer (${message || code || 'no answer'})`;
}

/** Every stack has this role, and no service is ever connected as it. */
const claimedRole = 'plinth_relay_owner';

async function refuseDatabaseInUse(url: string, { stack }: Claimant): Promise<void> {
  const holder = await withDatabase(url, async (client) => {
    const claim = await databaseClaim(client);
    if (claim?.stack === stack) return undefined;
    // Roles are the cluster's, so a stack on another database of this server counts too.
    const { rows } = await client.query<{ sessions: number }>(
      `SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename ~ '^plinth_[a-z]+_(app|system|owner)$'`,
    );
    return (rows[0]?.sessions ?? 0) > 0 ? (claim?.place ?? 'somewhere else') : undefined;
  });
  if (holder === undefined) return;
  throw new UserError(
    `DATABASE_URL: this PostgreSQL is in use by the stack of ${holder}, whose roles would get other passwords: give each stack a server of its own, or stop that one (make down)`,
  );
}

/** Signs the server, once the roles are there. Safe to repeat. */
export async function claimDatabase(url: string, claimant: Claimant): Promise<void> {
  await withDatabase(url, (client) => client.query(`COMMENT ON ROLE ${claimedRole} IS ${pg.escapeLiteral(JSON.stringify(claimant))}`));
}

async function databaseClaim(client: pg.Client): Promise<Partial<Claimant> | undefined> {
  const { rows } = await client.query<{ claim: string | null }>(`SELECT shobj_description(oid, 'pg_authid') AS claim FROM pg_roles WHERE rolname = $1`, [claimedRole]);
  try {
    return (JSON.parse(rows[0]?.claim ?? 'null') as Partial<Claimant> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const claimPrefix = 'plinth.stack.';
/** Any group with a member says that a stack runs; those of @plinth/contracts, which is not built yet when this runs. */
const consumerGroups = ['audit-service', 'outbox-relay'];

/** A request whose answer was late is sent again, and finds that it has succeeded. */
function unlessGone(error: unknown): void {
  if ((error as { type?: string }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
}

async function claimKafka(brokers: readonly string[], { stack }: Claimant): Promise<void> {
  const { Kafka, logLevel } = kafkajs;
  // The first question after groups makes a new broker create what it keeps them in, and is refused until that is there.
  const retry = { retries: 8, maxRetryTime: 3_000 };
  const admin = new Kafka({ clientId: 'plinth-dev-stack', brokers: [...brokers], logLevel: logLevel.NOTHING, connectionTimeout: 3_000, retry }).admin();
  try {
    await admin.connect();
    const claims = (await admin.listTopics()).filter((topic) => topic.startsWith(claimPrefix));
    const own = `${claimPrefix}${stack}`;
    if (claims.includes(own)) return;
    const { groups } = await admin.describeGroups(consumerGroups);
    if (groups.some(({ members }) => members.length > 0)) {
      throw new UserError(
        `KAFKA_BROKERS: another stack consumes from ${brokers.join(', ')}, and each would take the other's events: give each stack a Kafka of its own, or stop that one (make down)`,
      );
    }
    if (claims.length > 0) await admin.deleteTopics({ topics: claims }).catch(unlessGone);
    await admin.createTopics({ topics: [{ topic: own, numPartitions: 1, replicationFactor: 1 }] });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`KAFKA_BROKERS: ${brokers.join(', ')} refuses what the stack needs (${(error as Error).message}): it must be allowed to list and create topics`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
