import type { Queryable } from '@plinth/database';

export interface Lease {
  readonly source: string;
  readonly partition: number;
}

/** Partitions of an outbox: the generated column `partition` counts from 0 to 63 (ADR 0001). */
export const partitionCount = 64;

/** The leases of all replicas. Every statement is committed at once; times are the database's. */
export class LeaseTable {
  constructor(
    private readonly connection: Queryable,
    private readonly replicaId: string,
  ) {}

  /** Makes the leases of sources that have none yet. */
  async begin(sources: readonly string[]): Promise<void> {
    await this.connection.query(BEGIN_LEASES, [sources, partitionCount]);
  }

  /** A new replica, with no lease yet, that is known for `ttlMs`. */
  async register(ttlMs: number): Promise<void> {
    await this.connection.query(REGISTER, [this.replicaId, ttlMs]);
  }

  /** @returns false where this replica had expired: its leases may be others' by now */
  async renew(ttlMs: number): Promise<boolean> {
    return (await this.connection.query(RENEW, [this.replicaId, ttlMs])).length === 1;
  }

  /** Forgets replicas that have gone; their leases are free then. */
  async reap(): Promise<void> {
    await this.connection.query(REAP, [this.replicaId]);
  }

  async countReplicas(): Promise<number> {
    const [row] = await this.connection.query<{ count: number }>('SELECT count(*)::int AS count FROM relay.replica');
    return row?.count ?? 0;
  }

  /** Takes up to so many free leases of each source. @returns what was taken */
  async take(wanted: ReadonlyMap<string, number>): Promise<Lease[]> {
    return await this.connection.query<Lease>(TAKE, [this.replicaId, [...wanted.keys()], [...wanted.values()]]);
  }

  async release(leases: readonly Lease[]): Promise<void> {
    await this.connection.query(RELEASE, [this.replicaId, leases.map(({ source }) => source), leases.map(({ partition }) => partition)]);
  }

  /** The replica's end: everything is free at once. */
  async leave(): Promise<void> {
    await this.connection.query('DELETE FROM relay.replica WHERE id = $1', [this.replicaId]);
  }
}

/** Held by a replica's session for as long as it lives, so that the end of the one shows in the other. */
export const replicaLock = (replicaId: string) => `plinth.outbox-relay.replica ${replicaId}`;

const BEGIN_LEASES = `
  INSERT INTO relay.lease (source, partition)
  SELECT source, partition FROM unnest($1::text[]) AS source CROSS JOIN generate_series(0, $2 - 1) AS partition
  ON CONFLICT ON CONSTRAINT lease_pkey DO NOTHING`;

const REGISTER = `INSERT INTO relay.replica (id, expires_at) VALUES ($1, clock_timestamp() + make_interval(secs => $2 / 1000.0))`;

/** Against REAP: whichever locks the row first decides, for the other looks at its condition again. */
const RENEW = `
  UPDATE relay.replica SET expires_at = clock_timestamp() + make_interval(secs => $2 / 1000.0)
  WHERE id = $1 AND expires_at > clock_timestamp() RETURNING id`;

/**
 * A replica is gone when its time is up, or when its session is: kill -9 ends the session at once, and nobody has to
 * wait for the time. The locks that this takes to find out end with the statement.
 */
const REAP = `
  DELETE FROM relay.replica
  WHERE id <> $1 AND (expires_at <= clock_timestamp() OR pg_try_advisory_xact_lock(hashtextextended('${replicaLock('')}' || id, 0)))`;

/** What another one is just taking is passed over. */
const TAKE = `
  UPDATE relay.lease SET replica_id = $1
  FROM unnest($2::text[], $3::int[]) AS wanted (source, count)
  CROSS JOIN LATERAL (
    SELECT free.source, free.partition FROM relay.lease free
    WHERE free.source = wanted.source AND free.replica_id IS NULL
    ORDER BY free.partition LIMIT wanted.count FOR UPDATE SKIP LOCKED
  ) taken
  WHERE lease.source = taken.source AND lease.partition = taken.partition AND EXISTS (SELECT FROM relay.replica WHERE id = $1)
  RETURNING lease.source, lease.partition`;

const RELEASE = `
  UPDATE relay.lease SET replica_id = NULL
  FROM unnest($2::text[], $3::int[]) AS released (source, partition)
  WHERE lease.source = released.source AND lease.partition = released.partition AND lease.replica_id = $1`;
